"""The clock of a case: when it has to be answered and solved, and how it stands still while the customer has to say something.

Instants and seconds come in and go out, no database. The clock runs day and night; it stands still in WAITING_CUSTOMER alone.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from patron_core.cases.models import Case, CaseState
from patron_core.errors import InvalidInput

__all__ = ["NEXT", "OPEN_STATES", "Due", "check_step", "due", "is_late", "minutes_run", "pause", "resume"]

#: What may follow. A case that is solved or closed comes back by being reopened.
NEXT: Final = MappingProxyType(
    {
        CaseState.NEW: (CaseState.OPEN, CaseState.WAITING_CUSTOMER, CaseState.RESOLVED),
        CaseState.OPEN: (CaseState.WAITING_CUSTOMER, CaseState.RESOLVED),
        CaseState.WAITING_CUSTOMER: (CaseState.OPEN, CaseState.RESOLVED),
        CaseState.RESOLVED: (CaseState.CLOSED, CaseState.OPEN),
        CaseState.CLOSED: (CaseState.OPEN,),
    }
)
OPEN_STATES: Final = (CaseState.NEW, CaseState.OPEN, CaseState.WAITING_CUSTOMER)


@dataclass(frozen=True, slots=True)
class Due:
    """By when a case has to be answered and solved; None where nothing is promised."""

    response_at: dt.datetime | None
    resolution_at: dt.datetime | None


def due(opened_at: dt.datetime, target: tuple[int, int] | None, *, paused_seconds: int = 0) -> Due:
    """When a case is due. target: minutes to answer and to solve."""
    if target is None:
        return Due(None, None)
    begins = opened_at + dt.timedelta(seconds=paused_seconds)
    return Due(begins + dt.timedelta(minutes=target[0]), begins + dt.timedelta(minutes=target[1]))


def check_step(current: CaseState, *, to: CaseState) -> None:
    """Refuses a step that does not follow (`InvalidInput`)."""
    if to not in NEXT[current]:
        allowed = " or ".join(state.name for state in NEXT[current])
        raise InvalidInput(
            f"The case cannot go there. It is {current.name}, {to.name} was given. Go to {allowed}.", path=("state",)
        )


def pause(case: Case, now: dt.datetime) -> None:
    """The clock stands still from now on."""
    case.paused_at = now


def resume(case: Case, now: dt.datetime) -> None:
    """The clock goes on, and what is still to come is due later by as long as it stood still."""
    assert case.paused_at is not None
    stood = now - case.paused_at
    case.paused_at = None
    case.paused_seconds += int(stood.total_seconds())
    if case.resolution_due_at is not None:
        case.resolution_due_at += stood
    if case.response_due_at is not None and case.responded_at is None:
        case.response_due_at += stood


def minutes_run(case: Case, now: dt.datetime) -> int:
    """Whole minutes that the clock has run."""
    end = now if case.paused_at is None else case.paused_at
    seconds = (end - case.occurred_at).total_seconds() - case.paused_seconds
    return max(0, int(seconds // 60))


def is_late(due_at: dt.datetime | None, *, done_at: dt.datetime) -> bool:
    """Whether what was due is done too late; on the instant is in time."""
    return due_at is not None and done_at > due_at
