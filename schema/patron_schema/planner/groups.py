"""What a plan says of an aggregate: which rows are put into which groups, what is made of them, which groups are given in what order.

A part of `plan`, with the same rules: dialect-free, frozen, and no value of a request stands in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .catalog import ColumnField, OrderPath, RelationField, TypeEntry

if TYPE_CHECKING:
    from .plan import Condition, Param, Typename

__all__ = [
    "Aggregate",
    "Figure",
    "FigureTest",
    "Figures",
    "Function",
    "GroupEntry",
    "GroupKey",
    "GroupOrder",
    "Having",
    "Keys",
    "Moneys",
    "Tests",
]

Function = Literal["count", "sum", "average", "min", "max"]


@dataclass(frozen=True, slots=True)
class GroupKey:
    """What groups have in common. bucket: DAY to YEAR for dates and times. timezone: of times; UTC without. shown: as a scalar."""

    name: str
    path: OrderPath
    bucket: str | None
    timezone: Param | None
    shown: ColumnField


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a group. measure: key of its path; empty for a count. currency: which, of money that is compared.

    shown: the figure as a scalar; an average has its decimals.
    """

    function: Function
    measure: str
    path: OrderPath
    shown: ColumnField
    currency: Param | None = None


@dataclass(frozen=True, slots=True)
class Moneys:
    """A figure of money as a list of one entry for each currency: `amount`, `currencyCode` or a typename under each key."""

    figure: Figure
    entries: tuple[tuple[str, str | Typename], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """`sum`, `average`, `min` or `max`: the figure of each measure that was asked for."""

    entries: tuple[tuple[str, Figure | Moneys | Typename], ...]


@dataclass(frozen=True, slots=True)
class Keys:
    """`key`: the index of the group's key under each key of the answer; none where groups have it not in common."""

    entries: tuple[tuple[str, int | Typename | None], ...]


#: None: `key` of groups that have nothing in common.
GroupEntry = Figure | Figures | Keys | None


@dataclass(frozen=True, slots=True)
class FigureTest:
    """A comparison of a figure."""

    figure: Figure
    operator: str
    param: Param


@dataclass(frozen=True, slots=True)
class Tests:
    """Several conditions on a group: all, any, or (of one) not."""

    word: Literal["and", "or", "not"]
    conditions: tuple[FigureTest | Tests, ...]


Having = FigureTest | Tests


@dataclass(frozen=True, slots=True)
class GroupOrder:
    """One step of the groups' order: a figure, or the key with an index."""

    by: Figure | int
    descending: bool


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Groups of the rows of a connection. field: the relation they are at; none at the root. size: how many groups.

    order: complete, so that no two groups are equal in it.
    """

    target: TypeEntry
    field: RelationField | None
    where: Condition | None
    keys: tuple[GroupKey, ...]
    having: Having | None
    order: tuple[GroupOrder, ...]
    size: Param
    entries: tuple[tuple[str, GroupEntry | Typename], ...]
