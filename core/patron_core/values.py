"""Values that carry meaning without a database: money, periods, ids, time and the difference between absent and null.

Everything here is immutable and validated when made. Nothing reads a clock or a random source by itself: both are handed in.
"""

from __future__ import annotations

import datetime as dt
import enum
import os
import secrets
import uuid
from array import array
from dataclasses import dataclass, field
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import cache
from typing import Final, Literal, Protocol

__all__ = [
    "EXACT",
    "UNSET",
    "Clock",
    "Code",
    "FixedClock",
    "IdSource",
    "Money",
    "OutOfRange",
    "Period",
    "RandomIds",
    "SequentialIds",
    "SystemClock",
    "Unset",
    "currency_exponent",
    "known_currency",
    "uuid7",
    "uuid_of",
]


class Unset(enum.Enum):
    """The type of `UNSET`: a field the caller did not mention, which is not the same as null."""

    UNSET = "unset"

    def __bool__(self) -> Literal[False]:
        return False


UNSET: Final = Unset.UNSET


class Code(str, enum.Enum):  # noqa: UP042 - StrEnum would take the description for an encoding
    """An enum whose members carry their description: `GOLD = "gold", "5,000 points a year."`.

    The member's *name* is stored and shown by the API; the second item becomes the description of the GraphQL enum value
    and the third, where there is one, its deprecation reason.
    """

    description: str
    deprecated: str | None

    def __new__(cls, value: str, description: str = "", deprecated: str | None = None) -> Code:
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = description
        member.deprecated = deprecated
        return member


# ISO 4217:2015, list one: the minor unit of every currency whose exponent is not 2.
_EXPONENTS: Final[dict[str, int]] = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),  # noqa: SIM905
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_LOW_62: Final = 2**62 - 1
_UUID: Final = uuid.UUID
_UNKNOWN: Final = uuid.SafeUUID.unknown
_set = object.__setattr__
_LARGEST_MINOR: Final = 10**17
_TOO_LARGE: Final = (
    f"The amount is too large. It is beyond {_LARGEST_MINOR:,} minor units. Split it, or ask for less at once."
)
_MOST_DIGITS: Final = 20  # before the point, more than any amount has; keeps 1e999999 from being written out

#: Arithmetic that would rather raise `Inexact` than lose a digit, which Python's own does silently after 28.
EXACT: Final = Context(prec=400, traps=[InvalidOperation, Inexact])


@cache
def _currencies() -> frozenset[str]:
    from babel.numbers import list_currencies  # 40 ms of import, paid by the first amount and not by start-up

    return frozenset(list_currencies())


def known_currency(code: str) -> bool:
    """Whether `code` is an ISO 4217 currency code, in capitals."""
    return len(code) == 3 and code in _currencies()


def currency_exponent(code: str) -> int:
    """How many decimal places a currency has (ISO 4217): 2 for EUR, 0 for JPY, 3 for BHD."""
    return _EXPONENTS.get(code, 2)


def exponent_groups() -> dict[int, tuple[str, ...]]:
    """The currencies whose exponent is not 2, by exponent; SQL that renders money needs them as lists."""
    groups: dict[int, list[str]] = {}
    for code, exponent in _EXPONENTS.items():
        groups.setdefault(exponent, []).append(code)
    return {exponent: tuple(sorted(codes)) for exponent, codes in sorted(groups.items())}


class OutOfRange(ValueError):
    """A value that cannot be kept or added up; the text may be shown to whoever gave it or asked for it."""


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: integer minor units of an ISO 4217 currency. `Money(1250, "EUR")` is 12.50 euro.

    Raises `ValueError` for an unknown currency and `OutOfRange` for an amount beyond 10^17 minor units (what 64 bits hold with
    room to sum), which whoever gave it, or asked for a sum, is told.
    """

    minor: int
    currency_code: str

    def __post_init__(self) -> None:
        if not known_currency(self.currency_code):
            raise ValueError(
                f"{self.currency_code!r} is not an ISO 4217 currency code. Pass three capitals such as EUR."
            )
        if abs(self.minor) > _LARGEST_MINOR:
            raise OutOfRange(_TOO_LARGE)

    @classmethod
    def of(cls, amount: Decimal | str, currency_code: str) -> Money:
        """Money from a decimal amount in major units; refuses more decimals than the currency has (`ValueError`)."""
        exponent = currency_exponent(currency_code)
        try:
            number = Decimal(amount)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise ValueError("The amount is not a decimal number. Write it like 12.50.")
        if number and number.adjusted() > _MOST_DIGITS:
            raise OutOfRange(_TOO_LARGE)
        try:
            scaled = EXACT.scaleb(number, exponent)
        except Inexact:
            scaled = None
        if scaled is None or scaled != scaled.to_integral_value():
            raise ValueError(f"The amount has more decimals than {currency_code} has ({exponent}). Round it first.")
        return cls(int(scaled), currency_code)

    @property
    def amount(self) -> Decimal:
        """The amount in major units, with exactly the currency's decimals."""
        return Decimal(self.minor).scaleb(-currency_exponent(self.currency_code))

    def __composite_values__(self) -> tuple[int, str]:
        """The two columns of an amount, for SQLAlchemy."""
        return self.minor, self.currency_code

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency_code)

    def __add__(self, other: Money) -> Money:
        if other.currency_code != self.currency_code:
            raise ValueError(f"Cannot add {other.currency_code} to {self.currency_code}. Convert one of them first.")
        return Money(self.minor + other.minor, self.currency_code)


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open stretch of time [start, end) in UTC; `None` at either side means unbounded (TMF632 validFor)."""

    start: dt.datetime | None
    end: dt.datetime | None

    def __post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.end < self.start:
            raise ValueError("The period ends before it starts. Swap `from` and `to`.")

    def contains(self, moment: dt.datetime) -> bool:
        """Whether `moment` lies in the period; the end itself does not."""
        return (self.start is None or self.start <= moment) and (self.end is None or moment < self.end)

    def overlaps(self, other: Period) -> bool:
        """Whether any instant lies in both periods."""
        starts_before = self.start is None or other.end is None or self.start < other.end
        ends_after = self.end is None or other.start is None or other.start < self.end
        return starts_before and ends_after


class Clock(Protocol):
    """Tells the time; jobs and tests set their own."""

    def now(self) -> dt.datetime:
        """The present instant, UTC-aware."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until it is moved."""

    instant: dt.datetime

    def now(self) -> dt.datetime:
        return self.instant

    def advance(self, by: dt.timedelta) -> None:
        """Moves the clock by a span."""
        self.instant += by


def uuid_of(number: int) -> uuid.UUID:
    """The UUID of 128 bits, made as `uuid.UUID` makes it but without looking at its other arguments: a fifth of the time."""
    made = _UUID.__new__(_UUID)
    _set(made, "int", number)
    _set(made, "is_safe", _UNKNOWN)
    return made


def uuid7(*, now: dt.datetime, random_bits: int) -> uuid.UUID:
    """A version 7 UUID (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then 74 bits from `random_bits`."""
    milliseconds = int(now.timestamp() * 1000) & (2**48 - 1)
    high = (milliseconds << 16) | (0x7 << 12) | ((random_bits >> 62) & 0xFFF)
    low = (0b10 << 62) | (random_bits & (2**62 - 1))
    return uuid_of((high << 64) | low)


_ID_BYTES: Final = 10
_PORTION: Final = 256 * _ID_BYTES


class IdSource(Protocol):
    """Makes new ids."""

    def new(self) -> uuid.UUID:
        """A fresh uuid7."""
        ...

    def many(self, count: int) -> list[uuid.UUID]:
        """Fresh uuid7s in ascending order, for rows written together: neighbours in an index, and cheaper by the dozen."""
        ...


@dataclass(slots=True)
class RandomIds:
    """Ids from the system's random source and a clock."""

    clock: Clock
    _pool: memoryview = field(default=memoryview(b""), repr=False)
    _owner: int = field(default=0, repr=False)

    def new(self) -> uuid.UUID:
        return uuid7(now=self.clock.now(), random_bits=self._bits())

    def _bits(self) -> int:
        """80 random bits from a portion: asking the system for each id takes longer than all the rest."""
        if len(self._pool) < _ID_BYTES or self._owner != os.getpid():  # a forked process must not repeat its parent's
            self._pool, self._owner = memoryview(secrets.token_bytes(_PORTION)), os.getpid()
        bits, self._pool = self._pool[:_ID_BYTES], self._pool[_ID_BYTES:]
        return int.from_bytes(bits, "big")

    def many(self, count: int) -> list[uuid.UUID]:
        # RFC 9562 section 6.2, method 2: a random start within the millisecond, with a bit to spare, then random steps.
        first = uuid7(now=self.clock.now(), random_bits=0).int
        made, bits = [], secrets.randbits(73)
        for step in array("I", secrets.token_bytes(count * array("I").itemsize)):
            made.append(uuid_of(first | ((bits >> 62) << 64) | (bits & _LOW_62)))
            bits += 1 + step
        return made


@dataclass(slots=True)
class SequentialIds:
    """Repeatable, ascending ids for tests and demo data; `salt` keeps two sources apart (0 to 4095)."""

    clock: Clock
    salt: int = 0
    count: int = 0

    def new(self) -> uuid.UUID:
        self.count += 1
        return uuid7(now=self.clock.now(), random_bits=(self.salt << 62) | self.count)

    def many(self, count: int) -> list[uuid.UUID]:
        return [self.new() for _ in range(count)]
