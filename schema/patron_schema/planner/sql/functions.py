"""The functions that statements on SQLite call and SQLite has not: buckets of the calendar in a time zone, and exact averages.

`register` puts them on a connection; whoever runs or explains a planned statement on a connection of their own calls it too.
PostgreSQL needs none.
"""

from __future__ import annotations

from typing import Any, Final

from ..calendar import bucket_start

__all__ = ["AVERAGE", "BUCKET", "register"]

BUCKET: Final = "patron_bucket"
AVERAGE: Final = "patron_average"
_INT64: Final = 2**63


def register(connection: Any) -> None:
    """Registers the functions on a connection of SQLite."""
    connection.create_function(BUCKET, 3, _bucket, deterministic=True)
    connection.create_function(AVERAGE, 3, _average, deterministic=True)


def _bucket(instant: str | None, bucket: str, zone: str) -> str | None:
    return None if instant is None else bucket_start(instant, bucket, zone)


def _average(total: int | None, count: int, digits: int) -> int | None:
    """A sum divided by a count, with `digits` more decimals, rounded half to even. Fails beyond 64 bits, as sums do."""
    if total is None:
        return None
    whole, rest = divmod(total * 10**digits, count)
    rounded: int = whole + (2 * rest > count or (2 * rest == count and whole % 2 == 1))
    if not -_INT64 <= rounded < _INT64:
        raise OverflowError("beyond 64 bits")
    return rounded
