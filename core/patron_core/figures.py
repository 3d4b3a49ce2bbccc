"""A number that explains itself: what it is, whether it applies, how it was made, from what, and as of when.

What computes a number makes a `Figure`; the API shows it as it is. One that does not apply has no value and says why, so that
nobody reads a zero where nothing is known. What it was made from are inputs with ids, by which it is followed to its rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from patron_core.values import Money

__all__ = ["MOST_IDS", "Figure", "Input", "Unit"]

#: Ids that an input names at most; `rows` says how many there are.
MOST_IDS: Final = 100
# Decimals of a share.
_SHARE_SCALE: Final = 4

Unit = str


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One thing a figure was made from.

    name: stable, in camel case. value: what it was, null where it was not known. description: what it is. ids: of rows it
    comes from, as the API shows them, at most 100 of them. rows: how many rows it comes from.
    """

    name: str
    value: Decimal | Money | int | str | None
    description: str
    ids: tuple[str, ...] = ()
    rows: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", max(self.rows, len(self.ids)))
        object.__setattr__(self, "ids", self.ids[:MOST_IDS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number with its explanation.

    value: null exactly where it does not apply. money: the same as an amount, where it is one. unit: what is counted, such as
    `days`, `purchases`, `share` (0 to 1) or a currency code. reason: why it applies or not, in a sentence. sample_size: how many
    facts it rests on. method: how it was made, with the source of a formula. as_of: up to which instant facts were counted.
    """

    value: Decimal | None
    unit: Unit
    applicable: bool
    reason: str
    sample_size: int
    method: str
    as_of: dt.datetime
    money: Money | None = None
    inputs: tuple[Input, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.applicable != (self.value is not None):
            raise ValueError("A figure contradicts itself. It has a value exactly where it applies. Leave one out.")

    @classmethod
    def of(
        cls,
        value: Decimal | int | Money,
        *,
        unit: Unit = "",
        reason: str,
        sample_size: int,
        method: str,
        as_of: dt.datetime,
        inputs: Sequence[Input] = (),
    ) -> Figure:
        """A figure that applies; the unit of an amount is its currency."""
        money = value if isinstance(value, Money) else None
        return cls(
            value=value.amount if isinstance(value, Money) else Decimal(value),
            unit=unit if money is None else money.currency_code,
            applicable=True,
            reason=reason,
            sample_size=sample_size,
            method=method,
            as_of=as_of,
            money=money,
            inputs=tuple(inputs),
        )

    @classmethod
    def share(
        cls,
        part: int,
        whole: int,
        *,
        reason: str,
        none: str = "There is nothing to take a share of.",
        method: str,
        as_of: dt.datetime,
        inputs: Sequence[Input] = (),
    ) -> Figure:
        """A part of a whole, 0 to 1 with four decimals. none: why it does not apply where the whole is nothing."""
        if not whole:
            return cls.none(none, unit="share", method=method, as_of=as_of, inputs=inputs)
        value = round(Decimal(part) / whole, _SHARE_SCALE)
        return cls.of(value, unit="share", reason=reason, sample_size=whole, method=method, as_of=as_of, inputs=inputs)

    @classmethod
    def none(
        cls,
        reason: str,
        *,
        unit: Unit = "",
        sample_size: int = 0,
        method: str,
        as_of: dt.datetime,
        inputs: Sequence[Input] = (),
    ) -> Figure:
        """A figure that does not apply, and why."""
        return cls(
            value=None,
            unit=unit,
            applicable=False,
            reason=reason,
            sample_size=sample_size,
            method=method,
            as_of=as_of,
            inputs=tuple(inputs),
        )
