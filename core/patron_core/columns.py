"""Column types that mean the same on SQLite and PostgreSQL.

SQLite's own NUMERIC is a float and its DATETIME drops zones, so money and decimals are scaled 64-bit integers on both databases,
times are UTC with microseconds, ids are 36-character text beside PostgreSQL's native uuid, and text compares by code point.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Date, DateTime, Dialect, Text, TypeDecorator
from sqlalchemy.dialects import postgresql

from .values import Code

__all__ = ["CodeText", "Day", "Identifier", "Json", "Scaled", "UtcTime", "Words", "format_time"]


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
        return format_time(value) if dialect.name == "sqlite" else value.astimezone(dt.UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        return dt.datetime.fromisoformat(value) if isinstance(value, str) else value


class Day(TypeDecorator[dt.date]):
    """A calendar date without a zone."""

    impl = Date()
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        stored: Any = Text() if dialect.name == "sqlite" else Date()
        return dialect.type_descriptor(stored)

    def process_bind_param(self, value: dt.date | None, dialect: Dialect) -> Any:
        return value.isoformat() if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.date | None:
        return dt.date.fromisoformat(value) if isinstance(value, str) else value


class Identifier(TypeDecorator[uuid.UUID]):
    """A uuid: native on PostgreSQL, lower-case text with dashes on SQLite."""

    impl = Text()
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        stored: Any = Text() if dialect.name == "sqlite" else postgresql.UUID(as_uuid=True)
        return dialect.type_descriptor(stored)

    def process_bind_param(self, value: uuid.UUID | None, dialect: Dialect) -> Any:
        return str(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> uuid.UUID | None:
        return uuid.UUID(value) if isinstance(value, str) else value


class Words(TypeDecorator[str]):
    """Text that compares and sorts by code point on both databases (collation "C" on PostgreSQL)."""

    impl = Text()
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        stored: Any = Text() if dialect.name == "sqlite" else Text(collation="C")
        return dialect.type_descriptor(stored)


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

    scale: digits after the point, 0 to 9. Values beyond 64 bits are refused with `ValueError`; further digits are rounded
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
        scaled = round(Decimal(value).scaleb(self.scale))
        if abs(scaled) >= 2**63:
            raise ValueError(f"The number has too many digits to keep {self.scale} decimals. Use a larger unit.")
        return scaled

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
