"""What an indicator is: a figure of the business with its definition, its formula, where it comes from and how it is computed.

A slice names its indicators as `INDICATORS` in a room `indicators`; the catalogue finds them by that name. Computing one takes a fixed
number of statements and never reads who somebody is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from patron_core.figures import Figure
from patron_core.records import INTERNAL, Classification
from patron_core.slices import modules
from patron_core.unit_of_work import UnitOfWork

__all__ = ["Indicator", "Span", "indicator_named", "indicators"]


@dataclass(frozen=True, slots=True)
class Span:
    """Days an indicator is about: [start, end). currency: of amounts; those in others are left out."""

    start: dt.date
    end: dt.date
    currency: str

    @property
    def days(self) -> int:
        """How many days."""
        return (self.end - self.start).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """An indicator of the catalogue.

    code: stable, in capitals. unit: as in `Figure`; `currency` where it is money. sources: tables it is computed from. flow: whether it
    grows with the length of the time it is about, as revenue does and a share does not. classification: the most sensitive that it is
    made from. drill_down: a GraphQL operation that shows the rows, with the variables `from` and `to`.
    """

    code: str
    name: str
    definition: str
    formula: str
    unit: str
    sources: tuple[str, ...]
    drill_down: str
    compute: Callable[[UnitOfWork, Span], Figure]
    flow: bool = False
    classification: Classification = INTERNAL


def indicators() -> Iterator[Indicator]:
    """The catalogue, in the order of slices."""
    for slice_ in modules("indicators"):
        yield from slice_.INDICATORS


def indicator_named(code: str) -> Indicator | None:
    """The indicator of a code."""
    return next((each for each in indicators() if each.code == code), None)
