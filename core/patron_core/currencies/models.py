"""Rates between currencies: what is kept. A rate counts from its day until a later one is entered."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..records import PUBLIC, Record, column

__all__ = ["RATE_SCALE", "ExchangeRate"]

#: Digits of a rate after the point.
RATE_SCALE = 9


class ExchangeRate(Record):
    """How much of one currency another one was worth on a day."""

    __tablename__ = "exchange_rate"
    id_prefix = "xrt"
    not_about_a_party = "Published, the same for everybody."
    without_index = (("source rate day quote_currency", "Asked of a pair of currencies, whose index has the day."),)
    __table_args__ = (
        UniqueConstraint("tenant_id", "base_currency", "quote_currency", "day"),
        CheckConstraint("rate > 0", name="rate"),
    )

    base_currency: Mapped[str] = column(
        PUBLIC, doc="The currency one of which is told (ISO 4217).", filterable=True, orderable=True
    )
    quote_currency: Mapped[str] = column(
        PUBLIC, doc="The currency it is told in (ISO 4217).", filterable=True, orderable=True
    )
    day: Mapped[dt.date] = column(PUBLIC, doc="From which day on it counts.", filterable=True, orderable=True)
    rate: Mapped[Decimal] = column(
        PUBLIC, doc="How much of the quote currency one of the base currency is.", scale=RATE_SCALE, filterable=True
    )
    source: Mapped[str] = column(PUBLIC, doc="Who published it, such as ECB.", filterable=True)
