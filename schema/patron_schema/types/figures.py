"""Numbers that explain themselves, as the API shows them. What makes them stands with its noun."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import strawberry

from patron_core import figures
from patron_core.values import Money

from .values import MoneyValue

__all__ = ["Figure", "FigureInput", "shown"]


@strawberry.type(description="One thing a figure was made from.")
class FigureInput:
    name: str = strawberry.field(description="Its stable name.")
    value: str | None = strawberry.field(description="What it was; null where it was not known.")
    description: str = strawberry.field(description="What it is.")
    rows: int = strawberry.field(description="How many rows it comes from.")
    ids: list[strawberry.ID] = strawberry.field(description="Ids of these rows, at most 100; `node` shows each.")


@strawberry.type(description="A number that says how it was made, from what, as of when, and whether it applies.")
class Figure:
    value: Decimal | None = strawberry.field(description="The number; null where it does not apply.")
    money: MoneyValue | None = strawberry.field(description="The number as an amount, where it is one.")
    unit: str = strawberry.field(description="What is counted: days, purchases, share (0 to 1), or a currency.")
    applicable: bool = strawberry.field(description="Whether it applies.")
    reason: str = strawberry.field(description="Why it applies or not.")
    sample_size: int = strawberry.field(description="How many facts it rests on.")
    method: str = strawberry.field(description="How it was made, with the source of a formula.")
    as_of: dt.datetime = strawberry.field(description="Up to which instant facts were counted.")
    inputs: list[FigureInput] = strawberry.field(description="What it was made from.")


def shown(figure: figures.Figure) -> Figure:
    """A figure as the API shows it."""
    return Figure(
        value=figure.value,
        money=None if figure.money is None else _money(figure.money),
        unit=figure.unit,
        applicable=figure.applicable,
        reason=figure.reason,
        sample_size=figure.sample_size,
        method=figure.method,
        as_of=figure.as_of,
        inputs=[
            FigureInput(
                name=each.name,
                value=_text(each.value),
                description=each.description,
                rows=each.rows,
                ids=[strawberry.ID(id_) for id_ in each.ids],
            )
            for each in figure.inputs
        ],
    )


def _money(amount: Money) -> MoneyValue:
    return MoneyValue(amount=amount.amount, currency_code=amount.currency_code)


def _text(value: Decimal | Money | int | str | None) -> str | None:
    if isinstance(value, Money):
        return f"{value.amount} {value.currency_code}"
    return None if value is None else str(value)
