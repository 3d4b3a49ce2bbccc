"""The calendar of buckets: which time zones there are, and on which local date the bucket of an instant starts.

PostgreSQL reads the calendar itself; SQLite has none of time zones and asks `bucket_start` here, registered on its readers.
Both go by the IANA database.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

__all__ = ["bucket_start", "known_zone"]

_HOUR: Final = len("2026-01-31T12")


@cache
def _zones() -> frozenset[str]:
    # Names without an area are aliases, some of which PostgreSQL takes for an abbreviation: CET without summer time.
    return frozenset(name for name in available_timezones() if "/" in name) | {"UTC"}


def known_zone(name: str) -> bool:
    """Whether a name is one of the IANA database with an area and a place, or UTC."""
    return name in _zones()


def bucket_start(instant: str, bucket: str, zone: str) -> str:
    """The local date a bucket starts on, as text. instant: as SQLite keeps it, in UTC. bucket: DAY to YEAR."""
    known = _of_hour(instant[:_HOUR], bucket, zone)
    return _start(_local(dt.datetime.fromisoformat(instant), zone).date(), bucket) if known is None else known


@lru_cache(maxsize=65_536)
def _of_hour(hour: str, bucket: str, zone: str) -> str | None:
    """The start for every instant of an hour of UTC; None where local midnight or a change of the clock falls into the hour.

    A clock that goes back a minute after midnight has the same date at both ends of the hour and another one in between.
    """
    begin = dt.datetime.fromisoformat(f"{hour}:00:00+00:00")
    first, last = _local(begin, zone), _local(begin + dt.timedelta(minutes=59, seconds=59), zone)
    same = first.date() == last.date() and first.utcoffset() == last.utcoffset()
    return _start(first.date(), bucket) if same else None


def _local(instant: dt.datetime, zone: str) -> dt.datetime:
    return instant.astimezone(ZoneInfo(zone))


def _start(day: dt.date, bucket: str) -> str:
    return _STARTS[bucket](day).isoformat()


_STARTS: Final[Mapping[str, Callable[[dt.date], dt.date]]] = {
    "DAY": lambda day: day,
    "WEEK": lambda day: day - dt.timedelta(days=day.weekday()),
    "MONTH": lambda day: day.replace(day=1),
    "QUARTER": lambda day: day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
    "YEAR": lambda day: day.replace(month=1, day=1),
}
