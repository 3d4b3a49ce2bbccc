"""Days at a hotel: which day it is there, and when a day begins there."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

__all__ = ["day_at", "is_timezone", "start_of_day"]


def is_timezone(name: str) -> bool:
    """Whether `name` is a time zone of the IANA database, such as Europe/Lisbon."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not in the database, not a name at all, or a folder of it
        return False
    return True


def day_at(moment: dt.datetime, *, timezone: str) -> dt.date:
    """The day it is at `moment` in a time zone."""
    return moment.astimezone(ZoneInfo(timezone)).date()


@lru_cache(maxsize=4096)
def start_of_day(day: dt.date, *, timezone: str) -> dt.datetime:
    """The first instant of a day in a time zone, UTC."""
    return dt.datetime.combine(day, dt.time(), ZoneInfo(timezone)).astimezone(dt.UTC)
