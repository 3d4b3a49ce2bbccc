"""Days and months of instants in SQL, by UTC, on both databases; and those of Python, as instants to compare with.

In come columns and a unit of work, out come expressions of the type `Day`. Their constants stand in the text, so that what is
grouped by is known for what is selected.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, Text, cast, func, literal_column, type_coerce

from patron_core.columns import Day
from patron_core.unit_of_work import UnitOfWork

__all__ = ["day_of", "days_between", "first_of_month", "midnight", "month_of", "month_of_day", "months", "next_month"]


def day_of(moment: Any, uow: UnitOfWork) -> ColumnElement[dt.date]:
    """The day of an instant."""
    if _is_sqlite(uow):
        return type_coerce(func.substr(type_coerce(moment, Text()), literal_column("1"), literal_column("10")), Day())
    return type_coerce(cast(func.timezone(literal_column("'UTC'"), moment), Date), Day())


def month_of(moment: Any, uow: UnitOfWork) -> ColumnElement[dt.date]:
    """The first day of the month of an instant."""
    if _is_sqlite(uow):
        return type_coerce(
            func.substr(type_coerce(moment, Text()), literal_column("1"), literal_column("7")).concat(
                literal_column("'-01'")
            ),
            Day(),
        )
    return type_coerce(
        cast(func.date_trunc(literal_column("'month'"), func.timezone(literal_column("'UTC'"), moment)), Date), Day()
    )


def month_of_day(day: Any, uow: UnitOfWork) -> ColumnElement[dt.date]:
    """The first day of the month of a day."""
    if _is_sqlite(uow):
        return month_of(day, uow)
    return type_coerce(cast(func.date_trunc(literal_column("'month'"), type_coerce(day, Date())), Date), Day())


def days_between(earlier: Any, later: Any, uow: UnitOfWork) -> ColumnElement[int]:
    """How many days lie between two days."""
    if _is_sqlite(uow):
        return cast(
            func.julianday(type_coerce(later, Text())) - func.julianday(type_coerce(earlier, Text())), BigInteger
        )
    return type_coerce(type_coerce(later, Date()).op("-")(type_coerce(earlier, Date())), BigInteger())


def _is_sqlite(uow: UnitOfWork) -> bool:
    return bool(uow.session.get_bind().dialect.name == "sqlite")


def midnight(day: dt.date) -> dt.datetime:
    """The first instant of a day."""
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)


def first_of_month(day: dt.date) -> dt.date:
    """The first day of the day's month."""
    return day.replace(day=1)


def next_month(day: dt.date) -> dt.date:
    """The first day of the month after the day's."""
    return (first_of_month(day) + dt.timedelta(days=32)).replace(day=1)


def months(start: dt.date, end: dt.date) -> Iterator[dt.date]:
    """The first days of the months that have a day in [start, end)."""
    month = first_of_month(start)
    while month < end:
        yield month
        month = next_month(month)
