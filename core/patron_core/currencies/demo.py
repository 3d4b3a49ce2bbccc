"""Demo rows: rates of three currencies on two days; they are invented."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from patron_core.currencies.commands import EnterExchangeRate
from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext

__all__ = ["fill"]

_RATES: Final = (("USD", "1.10"), ("GBP", "0.85"), ("CHF", "0.95"))


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Enters the rates to the euro of today and of a month ago."""
    for days in (30, 0):
        for code, rate in _RATES:
            demo.uow.handle(
                EnterExchangeRate(
                    base_currency="EUR",
                    quote_currency=code,
                    day=demo.clock.now().date() - dt.timedelta(days=days),
                    rate=Decimal(rate) + Decimal(days) / 1000,
                    source="demo",
                )
            )
