"""Rates between currencies by day, as the API shows them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

import strawberry

from patron_core import validation
from patron_core.columns import check_day
from patron_core.currencies import converting, models
from patron_core.currencies.permissions import CURRENCY_READ

from ..declare import Connection, Query, extends, planned, resolver, root
from ..nodes import Node
from .figures import Figure, shown

__all__ = ["EXTENSIONS", "TYPES", "ExchangeRate"]


@planned(models.ExchangeRate)
class ExchangeRate(Node):
    """How much of one currency another one was worth on a day."""

    base_currency: str
    quote_currency: str
    day: dt.date
    rate: Decimal
    source: str
    version: int


Amount = Annotated[Decimal, strawberry.argument(description="The amount, in major units.")]
Of = Annotated[str, strawberry.argument(description="Its currency (ISO 4217).")]
Into = Annotated[str, strawberry.argument(description="The currency it is wanted in.")]
On = Annotated[dt.date | None, strawberry.argument(description="As of which day; today when left out.")]


@extends(Query)
class CurrencyQuery:
    exchange_rate: ExchangeRate | None = root(description="A rate by its id.")
    exchange_rates: Connection[ExchangeRate] = root(description="Rates between currencies by day.")

    @resolver(scope=CURRENCY_READ)
    async def amount_converted(
        self, info: strawberry.Info[Any, Any], amount: Amount, currency: Of, into: Into, on: On = None
    ) -> Figure | None:
        """An amount in another currency by the latest rate on or before a day; does not apply where none is known."""
        validation.currency(currency)
        given = validation.money(amount, currency, path=("amount",))
        validation.currency(into, path="into")
        day = None if on is None else check_day(on)
        return shown(
            await info.context.read(lambda uow: converting.converted(given, into, uow, day=day or uow.now.date()))
        )


TYPES = (ExchangeRate,)
EXTENSIONS = (CurrencyQuery,)
