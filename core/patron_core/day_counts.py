"""Days as numbers in SQL, the same on both databases: what lies between two of them is subtracted.

In comes an expression of an instant or a day, out comes an expression of how many days it lies after 1 January 1970, in UTC.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from patron_core.columns import Day

__all__ = ["EPOCH", "day_count", "day_number"]

EPOCH: Final = dt.date(1970, 1, 1)


class day_number(FunctionElement[int]):
    """How many days an instant or a day lies after 1 January 1970: `day_number(Transaction.occurred_at)`."""

    type = BigInteger()
    inherit_cache = True
    name = "patron_day_number"


def day_count(day: dt.date) -> int:
    """The same number of a day in Python."""
    return (day - EPOCH).days


@compiles(day_number, "postgresql")
def _postgresql(element: Any, compiler: Any, **options: Any) -> str:
    (column,) = _parts(element)
    text = compiler.process(column, **options)
    day = text if isinstance(column.type, Day) else f"CAST(timezone('UTC', {text}) AS date)"
    return f"({day} - DATE '1970-01-01')"


@compiles(day_number, "sqlite")
def _sqlite(element: Any, compiler: Any, **options: Any) -> str:
    (column,) = _parts(element)
    # The first ten characters of both stored forms are the day; the half day is that of Julian days, which begin at noon.
    return f"CAST(julianday(substr({compiler.process(column, **options)}, 1, 10)) - 2440587.5 AS INTEGER)"


def _parts(element: Any) -> tuple[ColumnElement[Any], ...]:
    return tuple(element.clauses)
