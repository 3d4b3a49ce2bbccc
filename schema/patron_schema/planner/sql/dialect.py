"""What the two databases do each in their own way: how JSON is built, how a list is searched, how a statement is gated.

SQL texts come in, SQL texts go out. "JSON value" means a text that may stand inside `object`, `array` or `list`; on PostgreSQL it
may still be in pieces, which `whole` puts together.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Final

from patron_core.values import exponent_groups

from ..catalog import ScalarField
from ..plan import Param

__all__ = ["CURRENCIES", "MARK", "NAME", "SEALED", "UNUSUAL", "Dialect", "quoted"]

#: Stands before what counts in the price of an answer, once for each unit; not before the rows of an answer's own list.
MARK: Final = "\r"
#: Stands before the id of a party in JSON text that is not yet an answer; no JSON text of ours has it as it is.
NAME: Final = "\x01"

#: The first key of what stands in the place of an encrypted text until it is opened; no unescaped text looks like it.
SEALED: Final = "\x04"

#: The currencies whose exponent is not 2, by exponent.
CURRENCIES: Final = exponent_groups()
UNUSUAL: Final = tuple(code for codes in CURRENCIES.values() for code in codes)


class Dialect(ABC):
    """One database's way of writing."""

    #: sqlite or postgresql; also the attribute of a template.
    name: str
    preparer: Any
    false: str

    @abstractmethod
    def gate(self, body: str, tenant: Callable[[], str]) -> str:
        """The statement around the value; tenant: writes the parameter that names it, where the statement wants it."""

    @abstractmethod
    def place(self, position: int, param: Param) -> str:
        """How the statement writes its parameter number `position`."""

    @abstractmethod
    def object(self, entries: Sequence[tuple[str, str]]) -> str:
        """A JSON object of keys and JSON values."""

    #: Whether `counted` marks; where it cannot, answers are counted by how their objects begin.
    marks: bool

    @abstractmethod
    def counted(self, value: str, units: int = 1) -> str:
        """A JSON value with a `MARK` before it for each unit it counts."""

    def named(self, value: str, parties: Sequence[str]) -> str:
        """A JSON value with the ids of parties before it, each behind a `NAME`; as it is where texts cannot be marked."""
        return value

    @abstractmethod
    def text(self, constant: str) -> str:
        """A constant as a JSON string."""

    @abstractmethod
    def joined(self, *parts: str) -> str:
        """SQL text values as one JSON string; the parts need no escaping."""

    @abstractmethod
    def raw(self, constant: str) -> str:
        """A JSON constant (true, false, null, a number) as a JSON value."""

    @abstractmethod
    def truth(self, condition: str) -> str:
        """A condition as a JSON boolean."""

    @abstractmethod
    def number(self, sql: str) -> str:
        """An integer as a JSON value."""

    @abstractmethod
    def nested(self, sql: str) -> str:
        """A scalar sub-select's JSON as a JSON value; null where it gives no row."""

    @abstractmethod
    def array(self, item: str, order: str, only: str | None) -> str:
        """Aggregates items to a JSON array in an order, keeping the rows where `only` holds."""

    @abstractmethod
    def whole(self, value: str) -> str:
        """A JSON value as one SQL expression."""

    @abstractmethod
    def list(self, items: Sequence[str]) -> str:
        """A JSON array of JSON values."""

    @abstractmethod
    def choose(self, branches: Sequence[tuple[str, str]]) -> str:
        """The JSON of the first branch whose condition holds; null where none does."""

    @abstractmethod
    def member(self, value: str, values: str) -> str:
        """Whether a value is in a list parameter."""

    @abstractmethod
    def elements(self, values: str, alias: str) -> tuple[str, str, str]:
        """A list parameter as rows: what to select from, and the SQL of an element and of its place."""

    @abstractmethod
    def same(self, left: str, right: str) -> str:
        """Null-safe equality."""

    @abstractmethod
    def contains(self, value: str, needle: str) -> str:
        """Whether text contains text, by code point."""

    @abstractmethod
    def starts(self, value: str, prefix: str) -> str:
        """Whether text starts with text, by code point."""

    @abstractmethod
    def at(self, parts: Sequence[str], order: str, place: str) -> str:
        """`joined` parts of the group's row at a place (from 1) of an order, as a JSON value; null where there is none.

        parts: a constant, what differs from row to row, and a constant.
        """

    @abstractmethod
    def rows(self, key: str | None, lists: Sequence[str], order: str, source: str, first: str | None) -> str:
        """Rows for `OwnPage`: the text of each is its key and its JSON value in each list, with a tab between.

        first: SQL of a number that comes before them. PostgreSQL gives an array, SQLite a text with line breaks between.
        """

    @abstractmethod
    def only(self, constant: str) -> str:
        """What `rows` gives for one row with this text."""

    @abstractmethod
    def stored(self, column: str) -> str:
        """JSON that an inner select made, as a JSON value."""

    #: Ends a select whose expressions must run once for a row, however often the select around it names them.
    once: str

    @abstractmethod
    def summed(self, value: str, over: str = "") -> str:
        """An exact 64-bit sum; the statement fails where it is beyond. over: a window."""

    @abstractmethod
    def average(self, total: str, count: str, digits: int) -> str:
        """An integer sum divided by a count, with `digits` more decimals, rounded half to even; null where the sum is."""

    @abstractmethod
    def bucket(self, value: str, bucket: str, *, time: bool, zone: str | None) -> str:
        """The date on which the bucket of a date or a time starts. zone: the parameter that names the time zone; UTC without."""

    @abstractmethod
    def cast_text(self, sql: str) -> str:
        """An id as text."""

    @abstractmethod
    def scalar(self, field: ScalarField, value: str, currency: str | None) -> str:
        """A scalar's SQL value as a JSON value; currency: SQL of the currency beside an amount."""

    @abstractmethod
    def sealed(self, place: str, row: str, stored: str) -> str:
        """A stored form as a JSON object with its place and the row's id, for whoever opens it; null where it is null."""


def quoted(codes: Sequence[str]) -> str:
    """Codes as SQL literals."""
    return ", ".join(f"'{code}'" for code in codes)
