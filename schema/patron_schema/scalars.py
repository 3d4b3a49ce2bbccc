"""The scalars of the API. Planned values arrive as the text the database made; Python resolvers hand in Python values: both print alike.

DateTime is RFC 3339 in UTC with six digits, Date is ISO 8601, Decimal is a string: a JSON number would lose digits.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any, Final

import strawberry
from strawberry.types.scalar import ScalarDefinition

from patron_core.columns import check_day, check_instant, format_time

__all__ = ["SCALARS"]

_DECIMAL: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")


def _show_time(value: dt.datetime | str) -> str:
    return value if isinstance(value, str) else format_time(value)


def _read_time(value: Any) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("not an RFC 3339 time such as 2026-01-31T12:00:00Z") from None
    if moment.tzinfo is None:
        raise ValueError("a time without a zone; write Z or an offset at the end")
    return check_instant(moment)


def _show_date(value: dt.date | str) -> str:
    return value if isinstance(value, str) else value.isoformat()


def _read_date(value: Any) -> dt.date:
    try:
        day = dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("not an ISO 8601 date such as 2026-01-31") from None
    return check_day(day)


def _read_decimal(value: Any) -> Decimal:
    if not isinstance(value, str | int) or isinstance(value, bool) or len(str(value)) > 40:
        raise ValueError("not a decimal number of at most 40 characters, written as a string")
    if not _DECIMAL.fullmatch(str(value)):  # Decimal itself takes underscores, spaces and the digits of every script
        raise ValueError("not a decimal number such as 12.50")
    number = Decimal(value)
    if abs(number.adjusted()) > 30:
        raise ValueError("not a decimal number of a usable size")
    return number


#: Python annotation -> the scalar that stands for it in every composed schema.
SCALARS: dict[Any, ScalarDefinition] = {
    dt.datetime: strawberry.scalar(
        name="DateTime",
        description="An instant in UTC, RFC 3339 with microseconds: 2026-01-31T12:00:00.000000Z.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
        serialize=_show_time,
        parse_value=_read_time,
    ),
    dt.date: strawberry.scalar(
        name="Date",
        description="A calendar date, ISO 8601: 2026-01-31.",
        specified_by_url="https://scalars.graphql.org/andimarek/local-date.html",
        serialize=_show_date,
        parse_value=_read_date,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="An exact decimal number as a string: 12.50.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259#section-6",
        serialize=str,
        parse_value=_read_decimal,
    ),
}
