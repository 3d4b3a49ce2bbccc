"""Until when the running request may be at work in the database: what is not committed by then is undone there.

A transport says it for all it awaits; transactions of imports and jobs, which nobody waits for, have none. What was sent for commit is
never stopped. The client's own cancellation stops no transaction: it may come after the commit, and then the events must be told.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import Final

from patron_core.errors import Timeout

__all__ = ["ENDS_AT", "is_over", "seconds_left", "too_late"]

#: In seconds of `time.monotonic`; None for work that may take as long as it needs.
ENDS_AT: Final[ContextVar[float | None]] = ContextVar("ENDS_AT", default=None)


def seconds_left() -> float | None:
    """How long the running work may still take, at least 0; None where it has no end."""
    ends_at = ENDS_AT.get()
    return None if ends_at is None else max(0.0, ends_at - time.monotonic())


def is_over() -> bool:
    """Whether the time of the running work is over."""
    ends_at = ENDS_AT.get()
    return ends_at is not None and time.monotonic() >= ends_at


def too_late() -> Timeout:
    """What work that is over is answered with."""
    return Timeout("The operation ran too long. It was cancelled and undone. Ask for less at once.")
