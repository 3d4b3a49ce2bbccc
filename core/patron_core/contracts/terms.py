"""The decisions about terms that need no database: when notice is due, when a renewal opens, how long the next term is."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Final

from patron_core.columns import EARLIEST

__all__ = ["LEAD_DAYS", "next_term", "notice_by", "opens_on"]

#: How long before notice is due people begin to talk about a renewal.
LEAD_DAYS: Final = 90


def notice_by(term_to: dt.date, *, notice_days: int) -> dt.date:
    """The last day on which notice can be given. term_to: the first day after the term."""
    return _before(term_to, notice_days)


def opens_on(term_to: dt.date, *, notice_days: int, lead_days: int = LEAD_DAYS) -> dt.date:
    """The day on which the renewal opens: the lead time before notice is due."""
    return _before(term_to, notice_days + lead_days)


def next_term(begins: dt.date, ends: dt.date) -> tuple[dt.date, dt.date]:
    """The term after this one: as many whole months where it has some, else as many days.

    A month after the 31st ends on the last day the month has, as a calendar does.
    """
    months = (ends.year - begins.year) * 12 + ends.month - begins.month
    if months > 0 and _after(begins, months) == ends:
        return ends, _after(begins, 2 * months)
    return ends, ends + (ends - begins)


def _before(day: dt.date, days: int) -> dt.date:
    """So many days earlier, and no earlier than what is kept: a term of long ago must not stop the job that looks at all."""
    return dt.date.fromordinal(max(EARLIEST.toordinal(), day.toordinal() - days))


def _after(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))
