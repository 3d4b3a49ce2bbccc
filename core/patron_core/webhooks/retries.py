"""When a delivery is tried again, and when an endpoint that fails is left alone: pure decisions on values.

In come what happened so far, the time and a drawn number, out come times. What is done with them is left to `turns`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final

__all__ = ["MOST_FAILURES", "TRIED_FOR", "WAITS", "Circuit", "next_try", "read_retry_after"]

#: How long after each failed try the next one comes; after the last of them, as long again until the time is over.
WAITS: Final = tuple(
    dt.timedelta(seconds=seconds)
    for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)  # 5 s … 24 h
)
#: After so long a delivery is given up.
TRIED_FOR: Final = dt.timedelta(hours=72)
_JITTER: Final = 0.2  # up to so much of a wait is added, so that what failed together does not come back together
_LONGEST_ASKED: Final = dt.timedelta(hours=24)
MOST_FAILURES: Final = 10  # in a row; the endpoint is then paused
_FIRST_PAUSE: Final = dt.timedelta(seconds=30)
_LONGEST_PAUSE: Final = dt.timedelta(hours=1)


def next_try(
    *, attempts: int, queued_at: dt.datetime, now: dt.datetime, drawn: float, asked: dt.timedelta | None = None
) -> dt.datetime | None:
    """When to try again; None where it was tried for 72 hours.

    attempts: how many there were, from 1. drawn: a random number, 0 to 1. asked: what the other side's Retry-After says;
    it is waited for at least that long, and a day at most.
    """
    end = queued_at + TRIED_FOR
    if now >= end:
        return None
    wait = WAITS[min(attempts, len(WAITS)) - 1] * (1 + _JITTER * drawn)
    if asked is not None:
        wait = max(wait, min(asked, _LONGEST_ASKED))
    return min(now + wait, end)  # the last try is made when the time is over, not left out


def read_retry_after(value: str | None, *, now: dt.datetime) -> dt.timedelta | None:
    """The span a Retry-After header asks for, in either of its forms (RFC 9110, 10.2.3); None for anything else."""
    if value is None:
        return None
    if value.isascii() and value.isdigit() and len(value) <= 9:
        return dt.timedelta(seconds=int(value))
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
    return max(moment - now, dt.timedelta(0))


@dataclass(frozen=True, slots=True)
class Circuit:
    """How an endpoint stands. failures: in a row. pauses: in a row. paused_until: nothing is sent before."""

    failures: int = 0
    pauses: int = 0
    paused_until: dt.datetime | None = None

    def room(self, window: int, *, now: dt.datetime) -> int:
        """How many may be under way at once: none in a pause, one to see whether it is over, else the window."""
        if self.paused_until is not None and self.paused_until > now:
            return 0
        return 1 if self.failures >= MOST_FAILURES else window

    def after(self, *, delivered: int, failed: int, now: dt.datetime, drawn: float) -> Circuit:
        """How it stands after tries have ended. One that went well ends every pause; pauses grow from 30 s to an hour."""
        if delivered:
            return Circuit()
        if not failed:
            return self
        failures = self.failures + failed
        paused = self.paused_until is not None and self.paused_until > now
        if paused or failures < MOST_FAILURES:  # what was under way when the pause began does not lengthen it
            return Circuit(failures, self.pauses, self.paused_until)
        pause = min(_FIRST_PAUSE * 2 ** min(self.pauses, 20), _LONGEST_PAUSE) * (1 + _JITTER * drawn)
        return Circuit(failures, self.pauses + 1, now + pause)
