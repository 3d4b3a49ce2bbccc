"""When a job recurs: recurrence rules of RFC 5545 (section 3.3.10) with a time zone.

In come a rule, a moment and a zone, out comes the next moment in UTC. Days and longer are counted by the zone's clock, so
that BYHOUR=2 is two o'clock there in summer and in winter; hours and shorter are counted in UTC, which has no clock changes.
Two o'clock on a day that skips it is an hour later by the clock, and the first of two where it comes twice (ibid. 3.3.5).
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.rrule import rrule, rrulestr

__all__ = ["check_schedule", "check_zone", "next_time"]

#: Where rules without anything else begin to count: a Monday, midnight, the first of a month and of a year.
_BEGINNING: Final = dt.datetime(2024, 1, 1)  # noqa: DTZ001 - by whichever clock the rule is read
_DAY: Final = 86_400
_SECONDS: Final = {"WEEKLY": 7 * _DAY, "DAILY": _DAY, "HOURLY": 3_600, "MINUTELY": 60, "SECONDLY": 1}
_SHORTEST: Final = 60
_PARTS: Final = re.compile(r"(?:[A-Z]+=[A-Z0-9,+-]+)(?:;[A-Z]+=[A-Z0-9,+-]+)*")


def next_time(rule: str, *, after: dt.datetime, zone: str = "UTC") -> dt.datetime | None:
    """The first moment of the rule that is later than `after` (aware), in UTC; None where there is none any more.

    rule: without DTSTART, such as FREQ=DAILY;BYHOUR=2. zone: a name of the IANA database. Times that say nothing of
    hours, minutes or seconds have zero there, and intervals are counted from 1 January 2024.
    """
    parts = _parts(rule)
    step = _SECONDS.get(parts["FREQ"])
    by_clock = step is None or step >= _DAY
    place = ZoneInfo(zone if by_clock else "UTC")
    # On a day of change times by the clock do not come in their order: begin a day early.
    since = after.astimezone(place).replace(tzinfo=None) - dt.timedelta(days=1 if by_clock else 0)
    begin = _BEGINNING if step is None else _near(since, step=step * int(parts.get("INTERVAL", "1")))
    times = _times(rule, begin)
    moment = times.after(since)
    while moment is not None:
        found = moment.replace(tzinfo=place).astimezone(dt.UTC)
        if found > after:
            return found
        moment = times.after(moment)
    return None


def check_schedule(rule: str) -> None:
    """Raises ValueError where a rule is none, or one that ends by counting or comes more often than each minute."""
    parts = _parts(rule)
    if {"COUNT", "DTSTART"} & set(parts) or "FREQ" not in parts:
        raise ValueError(
            f"The schedule {rule!r} does not recur for ever. It has COUNT or DTSTART, or no FREQ. "
            "Write a rule such as FREQ=DAILY;BYHOUR=2."
        )
    if _SECONDS.get(parts["FREQ"], _SHORTEST) < _SHORTEST or "BYSECOND" in parts:
        raise ValueError(f"The schedule {rule!r} counts seconds. The shortest is a minute. Write FREQ=MINUTELY.")
    try:
        _times(rule, _BEGINNING)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"The schedule {rule!r} is no recurrence rule. {error}. Write one of RFC 5545, such as FREQ=DAILY;BYHOUR=2."
        ) from error
    if int(parts.get("INTERVAL", "1")) < 1:
        raise ValueError(f"The schedule {rule!r} never goes on. Its INTERVAL is below 1. Write INTERVAL=1 or more.")


def check_zone(zone: str) -> None:
    """Raises ValueError where there is no such time zone."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"There is no time zone {zone!r}. The IANA database has none of that name. Write one such as Europe/Berlin."
        ) from error


def _parts(rule: str) -> dict[str, str]:
    if not _PARTS.fullmatch(rule):
        raise ValueError(
            f"The schedule {rule!r} is no recurrence rule. It is not NAME=VALUE;NAME=VALUE. "
            "Write one of RFC 5545, such as FREQ=DAILY;BYHOUR=2."
        )
    return dict(part.split("=", 1) for part in rule.split(";"))


def _times(rule: str, begin: dt.datetime) -> rrule:
    found = rrulestr(rule, dtstart=begin)
    assert isinstance(found, rrule)
    return found


def _near(local: dt.datetime, *, step: int) -> dt.datetime:
    """A beginning not long before `local` from which the same times follow as from the beginning of all."""
    passed = int((local - _BEGINNING).total_seconds())
    return _BEGINNING + dt.timedelta(seconds=(passed // step - 1) * step)
