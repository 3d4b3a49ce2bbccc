"""Column types that mean the same on SQLite and PostgreSQL.

SQLite's own NUMERIC is a float and its DATETIME drops zones, so money and decimals are scaled 64-bit integers on both databases,
times are UTC with microseconds, ids are 36-character text beside PostgreSQL's native uuid, and text compares by code point.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from decimal import Decimal, Inexact
from typing import Any, Final

from sqlalchemy import BigInteger, Date, DateTime, Dialect, Text, TypeDecorator
from sqlalchemy.dialects import postgresql

from .values import EXACT, Code, OutOfRange, uuid_of

__all__ = [
    "BEYOND",
    "EARLIEST",
    "LATEST",
    "Ciphertext",
    "CodeText",
    "Day",
    "EncryptedText",
    "Identifier",
    "Json",
    "Scaled",
    "SealedText",
    "UtcTime",
    "Words",
    "check_day",
    "check_instant",
    "format_time",
]

# PostgreSQL's driver takes the first and the last moment of Python's calendar for -infinity and infinity, and an offset
# can carry a moment over either end: a day at each end is given up.
EARLIEST: Final = dt.datetime(1, 1, 2, tzinfo=dt.UTC)
LATEST: Final = dt.datetime(9999, 12, 30, 23, 59, 59, 999_999, tzinfo=dt.UTC)
#: What is said of a time or a date that no database keeps.
BEYOND: Final = (
    "The {} cannot be kept. It is before 2 January of the year 1 or after 30 December of the year 9999. "
    "Correct it, or leave it out where it stands for no bound."
)
_MOST_DIGITS: Final = 20  # before the point, of a 64-bit integer, and one to spare


def check_instant(moment: dt.datetime) -> dt.datetime:
    """The same instant in UTC; `OutOfRange` beyond what both databases keep. The moment is aware."""
    if not EARLIEST <= moment <= LATEST:
        raise OutOfRange(BEYOND.format("time"))
    return moment.astimezone(dt.UTC)


def check_day(day: dt.date) -> dt.date:
    """The same day; `OutOfRange` beyond what both databases keep."""
    if not EARLIEST.date() <= day <= LATEST.date():
        raise OutOfRange(BEYOND.format("date"))
    return day


def format_time(moment: dt.datetime) -> str:
    """UTC with six digits of a second and a Z: the one text form of an instant, in SQLite and in JSON."""
    # Not strftime: its %Y does not pad years below 1000, and SQLite compares these texts.
    return moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


class UtcTime(TypeDecorator[dt.datetime]):
    """An instant. timestamptz on PostgreSQL, fixed-width text on SQLite (which sorts as time)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        stored: Any = Text() if dialect.name == "sqlite" else DateTime(timezone=True)
        return dialect.type_descriptor(stored)

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone cannot be stored. It was given naive. Use an aware datetime.")
        moment = check_instant(value)
        return format_time(moment) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        moment: dt.datetime | None = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
        # The driver reads PostgreSQL's infinities without a zone, and a row may have come from elsewhere.
        return moment.replace(tzinfo=dt.UTC) if moment is not None and moment.tzinfo is None else moment


class Day(TypeDecorator[dt.date]):
    """A calendar date without a zone."""

    impl = Date()
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        stored: Any = Text() if dialect.name == "sqlite" else Date()
        return dialect.type_descriptor(stored)

    def process_bind_param(self, value: dt.date | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return check_day(value).isoformat() if dialect.name == "sqlite" else check_day(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.date | None:
        return dt.date.fromisoformat(value) if isinstance(value, str) else value


class Identifier(TypeDecorator[uuid.UUID]):
    """A uuid: native on PostgreSQL, lower-case text with dashes on SQLite."""

    impl = Text()
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        stored: Any = Text() if dialect.name == "sqlite" else postgresql.UUID(as_uuid=True)
        return dialect.type_descriptor(stored)

    # Whole processors instead of process_bind_param and process_result_value: every row of every statement has several
    # ids, and these cost half.
    def bind_processor(self, dialect: Dialect) -> Any:
        return _id_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return _id_of if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _id_text(value: uuid.UUID | None) -> str | None:
    return None if value is None else str(value)


def _id_of(value: Any) -> uuid.UUID | None:
    return uuid_of(int(value.replace("-", ""), 16)) if isinstance(value, str) else value


class Words(TypeDecorator[str]):
    """Text that compares and sorts by code point on both databases (collation "C" on PostgreSQL)."""

    impl = Text()
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        stored: Any = Text() if dialect.name == "sqlite" else Text(collation="C")
        return dialect.type_descriptor(stored)


class Ciphertext:
    """What an encrypted column holds, as the database gave it; only the tenant's keys make text of it."""

    __slots__ = ("stored",)

    def __init__(self, stored: str) -> None:
        self.stored = stored

    def __repr__(self) -> str:
        return "<encrypted>"


class SealedText(str):
    """A text with its stored form, on its way into one column of one row."""

    __slots__ = ("stored",)

    stored: str

    @classmethod
    def of(cls, text: str, stored: str) -> SealedText:
        """The text, as it is, with what will be written."""
        made = cls(text)
        made.stored = stored
        return made


class EncryptedText(TypeDecorator[str]):
    """Text that is stored encrypted for its tenant, table, column and row (`patron_core.encryption`).

    A type knows no row, so sessions seal what they write and open what they load; whatever passes them by meets a
    `TypeError` here and not a plaintext in the table, and reads a `Ciphertext`.
    """

    impl = Text()
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        stored: Any = (
            Text() if dialect.name == "sqlite" else Text(collation="C")
        )  # as `Words`: one may become the other
        return dialect.type_descriptor(stored)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        match value:
            case None:
                return None
            case Ciphertext() | SealedText():
                return value.stored
            case _:
                raise TypeError(
                    "Plain text was to be written to an encrypted column, or compared with one. A statement knows no row "
                    "to encrypt for. Load the records and set the attribute, or find them with uow.find(…)."
                )

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else Ciphertext(value)


class CodeText(TypeDecorator[Code]):
    """A `Code` stored by member name as text; its table adds a CHECK. Native enums lose their index under row-level security."""

    impl = Text()
    cache_ok = True

    def __init__(self, code: type[Code]) -> None:
        super().__init__()
        self.code = code

    @property
    def python_type(self) -> type[Code]:
        return self.code

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        stored: Any = Text() if dialect.name == "sqlite" else Text(collation="C")
        return dialect.type_descriptor(stored)

    def process_bind_param(self, value: Code | None, dialect: Dialect) -> str | None:
        return None if value is None else value.name

    def process_result_value(self, value: str | None, dialect: Dialect) -> Code | None:
        return None if value is None else self.code[value]


class Scaled(TypeDecorator[Decimal]):
    """A decimal kept as an integer of 10^-scale: exact, sortable and indexable on both databases.

    scale: digits after the point, 0 to 9. Values beyond 64 bits are refused with `OutOfRange`; further digits are rounded
    half to even when bound.
    """

    impl = BigInteger()
    cache_ok = True

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        number = Decimal(value)
        if not number.is_finite() or (number and number.adjusted() > _MOST_DIGITS):
            raise self._refusal()
        try:
            scaled = round(EXACT.scaleb(number, self.scale))
        except Inexact:
            raise self._refusal() from None
        if abs(scaled) >= 2**63:
            raise self._refusal()
        return scaled

    def _refusal(self) -> OutOfRange:
        return OutOfRange(
            f"The number cannot be kept. It has too many digits beside {self.scale} decimals. Use a larger unit."
        )

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-self.scale)


class Json(TypeDecorator[Any]):
    """A JSON document: jsonb on PostgreSQL, text on SQLite. Its keys are classified in the column's declaration."""

    impl = Text()
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        stored: Any = Text() if dialect.name == "sqlite" else postgresql.JSONB()
        return dialect.type_descriptor(stored)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return value
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return json.loads(value) if isinstance(value, str) else value
