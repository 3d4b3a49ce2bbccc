"""What distributors sold on: step by step, down to who uses it."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..parties.models import Party
from ..records import FINANCIAL, INTERNAL, Record, column, money, reference, subject
from ..values import Money

__all__ = ["SellThrough"]


class SellThrough(Record):
    """Goods that one party sold on to another, as it was reported. The last step is the end customer's."""

    __tablename__ = "sell_through"
    id_prefix = "slt"
    without_index = (
        ("quantity amount_minor amount_currency step source source_key", "Asked of a product, a seller or a time."),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "source_key"),
        Index(None, "tenant_id", "sku", "sold_on", "id"),
        Index(None, "tenant_id", "seller_id", "sold_on", "id"),
        Index(None, "tenant_id", "sold_on", "id"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("step >= 1", name="step"),
    )

    seller: Mapped[Party] = subject(Party, doc="Who sold it on, such as a distributor.")
    buyer: Mapped[Party | None] = subject(Party, optional=True, doc="Who bought it; null where nobody was named.")
    upstream: Mapped[SellThrough | None] = reference(
        "self", optional=True, doc="The sale by which the seller came to it; null where that is not known."
    )
    step: Mapped[int] = column(
        INTERNAL, doc="How many sales lie before it, and itself: 1 for the first.", filterable=True, orderable=True
    )
    to_end_customer: Mapped[bool] = column(
        INTERNAL, doc="Whether the buyer uses it, and does not sell it on.", filterable=True, index=True
    )
    sku: Mapped[str] = column(INTERNAL, doc="Which product.", filterable=True, orderable=True)
    quantity: Mapped[Decimal] = column(INTERNAL, doc="How many.", scale=3, filterable=True, orderable=True)
    amount: Mapped[Money | None] = money(
        FINANCIAL, doc="For how much, where it was told.", optional=True, filterable=True, orderable=True
    )
    sold_on: Mapped[dt.date] = column(INTERNAL, doc="On which day.", filterable=True, orderable=True)
    source: Mapped[str] = column(INTERNAL, doc="The system or partner that reported it.", filterable=True)
    source_key: Mapped[str] = column(INTERNAL, doc="Its key there: the same key twice is one sale.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        seller_id: Mapped[uuid.UUID]
        buyer_id: Mapped[uuid.UUID | None]
        upstream_id: Mapped[uuid.UUID | None]
