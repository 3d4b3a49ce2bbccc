"""Half-open stretches of time that figures are asked for: checked before anything is read."""

from __future__ import annotations

import datetime as dt

from patron_core.columns import check_day, check_instant
from patron_core.errors import InvalidInput
from patron_core.validation import in_order
from patron_core.values import OutOfRange

__all__ = ["check_days", "check_span"]


def check_span(begins: dt.datetime, ends: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """Two instants, the second after the first. INVALID_INPUT."""
    try:
        span = check_instant(begins), check_instant(ends)
    except OutOfRange as error:
        raise InvalidInput(str(error), path=("from",)) from None
    in_order(*span, path="to")
    return span


def check_days(begins: dt.date, ends: dt.date) -> tuple[dt.date, dt.date]:
    """Two days, the second after the first. INVALID_INPUT."""
    try:
        span = check_day(begins), check_day(ends)
    except OutOfRange as error:
        raise InvalidInput(str(error), path=("from",)) from None
    in_order(*span, path="to")
    return span
