"""The parameters of a plan: numbers them and says how each request's value is checked and converted before it is bound.

Conversions raise INVALID_INPUT or LIMIT_EXCEEDED; the texts name the place and never the value.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final

from patron_core.access.grants import Rows
from patron_core.errors import InvalidInput, LimitExceeded
from patron_core.values import EXACT, currency_exponent

from .calendar import known_zone
from .catalog import Kind, ScalarField
from .plan import Limit, Param, ParamType, Source

__all__ = ["ACTOR", "CURSOR_SEPARATOR", "EXPONENTS", "NOW", "PARTY", "Parameters", "Unblinded"]

#: Variables that stand for who asks and when; no GraphQL variable can have these names.
PARTY: Final = "\x00party"
ACTOR: Final = "\x00actor"
NOW: Final = "\x00now"

CURSOR_SEPARATOR: Final = "."
#: The currency exponents an amount may have (ISO 4217), in the order of an amount test's parameters.
EXPONENTS: Final = (0, 2, 3, 4)
_LIST_MAX: Final = 250
_INT64: Final = 2**63
_NOBODY: Final = uuid.UUID(int=0)  # the nil uuid names no row, so what is no id equals none

_TYPES: dict[Kind, ParamType] = {
    Kind.ID: ParamType.UUID,
    Kind.TEXT: ParamType.TEXT,
    Kind.INT: ParamType.INT,
    Kind.BOOL: ParamType.BOOL,
    Kind.TIME: ParamType.TIME,
    Kind.DATE: ParamType.DATE,
    Kind.CODE: ParamType.TEXT,
    Kind.DECIMAL: ParamType.INT,
    Kind.AMOUNT: ParamType.INT,
}


@dataclass(frozen=True, slots=True)
class Same:
    """Binds the value as it is."""

    def __call__(self, value: Any) -> Any:
        return value


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value of a comparator; null inside a variable is refused where the plan expects a value."""

    kind: Kind
    id_prefix: str = ""
    scale: int = 0
    operator: str = "eq"

    def __call__(self, value: Any) -> Any:
        match self.kind:
            case Kind.ID:
                return uuid_of(value, self.id_prefix) or _NOBODY
            case Kind.TEXT:
                return _storable(value)
            case Kind.CODE:
                return getattr(value, "name", value)
            case Kind.DECIMAL:
                return _scaled(value, self.scale, self.operator)
            case _:
                return value


@dataclass(frozen=True, slots=True)
class Unblinded:
    """A text that is compared with an encrypted column; its hash is bound in its place when the tenant's keys are known."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Blinding:
    """A text for the encrypted column at a place, `table.column`."""

    place: str

    def __call__(self, value: Any) -> Unblinded:
        return Unblinded(self.place, _storable(value))


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text to be found anywhere in others: every row is looked at, so it must be worth it. It is taken as it is, nothing in it
    stands for anything else.
    """

    shortest: int

    def __call__(self, value: str) -> str:
        if len(value) < self.shortest:
            raise InvalidInput(
                f"The text that `contains` looks for is too short. It has {len(value)} characters. "
                f"Give at least {self.shortest}, or use `startsWith` or `eq`."
            )
        storable: str = _storable(value)
        return storable


@dataclass(frozen=True, slots=True)
class Many:
    """A list of values; at most 250."""

    one: Scalar | Blinding

    def __call__(self, value: Any) -> Any:
        if len(value) > _LIST_MAX:
            raise LimitExceeded(limit="values in a list", value=len(value), maximum=_LIST_MAX, advice="Split the list.")
        return [self.one(item) for item in value if item is not None]


@dataclass(frozen=True, slots=True)
class Amount:
    """A decimal amount in minor units of currencies with one exponent, rounded so that the comparison stays exact."""

    exponent: int
    operator: str

    def __call__(self, value: Decimal) -> int:
        return _scaled(value, self.exponent, self.operator)


@dataclass(frozen=True, slots=True)
class Size:
    """A page size."""

    name: str
    maximum: int
    advice: str = "Take several pages."

    def __call__(self, value: int | None) -> int:
        if value is None or value < 1:
            raise InvalidInput(
                f"`{self.name}` is out of range. It must be 1 to {self.maximum}. Pass a number in between."
            )
        if value > self.maximum:
            raise LimitExceeded(limit=self.name, value=value, maximum=self.maximum, advice=self.advice)
        return value


@dataclass(frozen=True, slots=True)
class Cursor:
    """The row id inside a cursor of this order."""

    name: str
    prefixes: tuple[str, ...]
    fingerprint: str

    def __call__(self, value: str) -> uuid.UUID:
        text, _, fingerprint = value.rpartition(CURSOR_SEPARATOR)
        head = text.rpartition("_")[0]
        found = uuid_of(text, head)
        if found is None or head not in self.prefixes or fingerprint != self.fingerprint:
            raise InvalidInput(
                f"`{self.name}` is not a cursor of this list in this order. It was made elsewhere or changed."
                " Pass a cursor that the same query gave."
            )
        return found


@dataclass(frozen=True, slots=True)
class CursorText:
    """The outer id inside a cursor."""

    def __call__(self, value: str) -> str:
        return value.rpartition(CURSOR_SEPARATOR)[0]


@dataclass(frozen=True, slots=True)
class RowId:
    """An id of one kind; what is no such id matches no row."""

    prefix: str

    def __call__(self, value: Any) -> uuid.UUID:
        return value if isinstance(value, uuid.UUID) else uuid_of(value, self.prefix) or _NOBODY


@dataclass(frozen=True, slots=True)
class RowIds:
    """Of a list of ids those of one kind."""

    prefix: str

    def __call__(self, value: Any) -> list[uuid.UUID]:
        found = (uuid_of(item, self.prefix) for item in value)
        return [each for each in found if each is not None]


@dataclass(frozen=True, slots=True)
class OuterIds:
    """A list of ids as they are shown outside; what is no id of these kinds is an empty text and names no row."""

    prefixes: tuple[str, ...]
    maximum: int

    def __call__(self, value: Any) -> list[str]:
        if len(value) > self.maximum:
            raise LimitExceeded(limit="ids", value=len(value), maximum=self.maximum, advice="Ask in several requests.")
        return [self._shown(str(item)) for item in value]

    def _shown(self, text: str) -> str:
        prefix = text.rpartition("_")[0]
        found = uuid_of(text, prefix) if prefix in self.prefixes else None
        return "" if found is None else f"{prefix}_{found}"


@dataclass(frozen=True, slots=True)
class TimeZone:
    """The IANA name of a time zone."""

    def __call__(self, value: str) -> str:
        if not known_zone(value):
            raise InvalidInput(
                "`timezone` names no time zone. It must be a name of the IANA database. Pass one such as Europe/Berlin or UTC."
            )
        return value


@dataclass(frozen=True, slots=True)
class CodedAmount:
    """A decimal amount beside the code of its currency, in that currency's minor units."""

    operator: str

    def __call__(self, value: Any) -> int:
        code, amount = value
        return _scaled(amount, currency_exponent(code), self.operator)


def uuid_of(text: Any, prefix: str) -> uuid.UUID | None:
    """The uuid of an outer id, or None when it is not one with this prefix."""
    head, _, rest = str(text).rpartition("_")
    if head != prefix or len(rest) != 36:
        return None
    try:
        return uuid.UUID(rest)
    except ValueError:
        return None


def _storable(text: str) -> str:
    """A text that may stand in a database: UTF-8 has no half of a surrogate pair, and PostgreSQL no NUL."""
    try:
        unknown = "the character U+0000" if b"\x00" in text.encode() else None
    except UnicodeEncodeError:
        unknown = "half of a surrogate pair"
    if unknown:
        raise InvalidInput(f"A text holds {unknown}. No text here can contain it. Remove it.")
    return text


def _scaled(value: Decimal, scale: int, operator: str) -> int:
    """A decimal as an integer of 10^-scale; beyond its digits it is rounded to the side that keeps the comparison true."""
    exact = EXACT.scaleb(Decimal(value), scale)
    whole = int(exact.to_integral_value(ROUND_CEILING if operator in ("lt", "gte") else ROUND_FLOOR))
    if operator in ("eq", "ne") and exact != whole:
        return -_INT64  # no stored number has this value, so nothing is equal to it
    return max(-_INT64, min(_INT64 - 1, whole))


class Parameters:
    """Hands out numbered parameters; number 1 is the tenant."""

    def __init__(self, page_max: int, *, pattern_min: int) -> None:
        self.page_max = page_max
        self.pattern_min = pattern_min
        self._params = [Param(1, ParamType.UUID, False, Source(), Same())]

    def all(self) -> tuple[Param, ...]:
        """All parameters, by number."""
        return tuple(self._params)

    def _add(self, kind: ParamType, source: Source, convert: Callable[[Any], Any], *, many: bool = False) -> Param:
        param = Param(len(self._params) + 1, kind, many, source, convert)
        self._params.append(param)
        return param

    def limit(self, rows: Rows) -> Limit:
        """Whose rows are read: the party the actor is, or the name it owns customers by."""
        if rows == "owned":
            return Limit(rows, (self._add(ParamType.TEXT, Source(variable=ACTOR), Same()),))
        party = self._add(ParamType.UUID, Source(variable=PARTY), Same())
        if rows != "shared":
            return Limit(rows, (party,))
        return Limit(rows, (party, self._add(ParamType.TIME, Source(variable=NOW), Same())))

    def size(self, name: str, source: Source) -> Param:
        """`first` or `last`."""
        return self._add(ParamType.INT, source, Size(name, self.page_max))

    def constant_size(self, rows: int) -> Param:
        """A size the document does not name."""
        return self._add(ParamType.INT, Source(value=rows), Same())

    def cursor(self, name: str, source: Source, prefixes: tuple[str, ...], fingerprint: str) -> Param:
        """`after` or `before`."""
        return self._add(ParamType.UUID, source, Cursor(name, prefixes, fingerprint))

    def cursor_text(self, source: Source) -> Param:
        """The outer id of a cursor."""
        return self._add(ParamType.TEXT, source, CursorText())

    def identifier(self, source: Source, prefix: str) -> Param:
        """The id of a row that is asked for."""
        return self._add(ParamType.UUID, source, RowId(prefix))

    def identifiers(self, source: Source, prefix: str) -> Param:
        """The ids of one kind in a list of ids."""
        return self._add(ParamType.UUID, source, RowIds(prefix), many=True)

    def wanted(self, source: Source, prefixes: tuple[str, ...]) -> Param:
        """All ids of a list, in its order."""
        return self._add(ParamType.TEXT, source, OuterIds(prefixes, self.page_max), many=True)

    def groups(self, source: Source) -> Param:
        """`first` of an aggregate."""
        return self._add(ParamType.INT, source, Size("first", self.page_max, "Filter, or group by fewer fields."))

    def timezone(self, source: Source) -> Param:
        """The time zone that buckets are read in."""
        return self._add(ParamType.TEXT, source, TimeZone())

    def text(self, source: Source) -> Param:
        """A text."""
        return self._add(ParamType.TEXT, source, Scalar(Kind.TEXT))

    def amount(self, operator: str, currency: Source, source: Source) -> Param:
        """The amount that a figure in one currency is compared with."""
        return self._add(ParamType.INT, Source(items=(currency, source)), CodedAmount(operator))

    def flag(self, source: Source) -> Param:
        """A boolean."""
        return self._add(ParamType.BOOL, source, Same())

    def many(self, field: ScalarField, source: Source) -> Param:
        """The list of `in` and `notIn`."""
        return self._add(_TYPES[field.kind], source, Many(_scalar(field, "eq")), many=True)

    def operands(self, field: ScalarField, operator: str, source: Source) -> tuple[Param, ...]:
        """The value of a comparator; for an amount one per currency exponent."""
        if field.kind is Kind.AMOUNT:
            return tuple(self._add(ParamType.INT, source, Amount(exponent, operator)) for exponent in EXPONENTS)
        if operator == "contains":
            return (self._add(_TYPES[field.kind], source, Pattern(self.pattern_min)),)
        return (self._add(_TYPES[field.kind], source, _scalar(field, operator)),)


def _scalar(field: ScalarField, operator: str) -> Scalar | Blinding:
    if field.sealed is not None:
        return Blinding(field.sealed)
    return Scalar(field.kind, field.id_prefix, field.scale, operator)
