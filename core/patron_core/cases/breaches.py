"""What time does to cases: promises that were not kept are noted and told, each once, and warning signs are looked for anew."""

from __future__ import annotations

from typing import Final

from sqlalchemy import or_, select

from patron_core.cases.clock import is_late
from patron_core.cases.events import Clock
from patron_core.cases.models import Case, CaseState
from patron_core.cases.service import breach
from patron_core.hookspecs import Progress, Step
from patron_core.unit_of_work import UnitOfWork

__all__ = ["note_breaches"]

_AT_ONCE: Final = 500
_RUNNING: Final = (CaseState.NEW, CaseState.OPEN)


def note_breaches(step: Step, uow: UnitOfWork) -> Progress | None:
    """Notes what is late of cases whose clock runs, up to 500 in each step."""
    no_answer = (Case.responded_at.is_(None), Case.response_breached_at.is_(None), Case.response_due_at < uow.now)
    no_solution = (Case.resolution_breached_at.is_(None), Case.resolution_due_at < uow.now)
    late = or_(no_answer[0] & no_answer[1] & no_answer[2], no_solution[0] & no_solution[1])
    statement = select(Case).where(Case.state.in_(_RUNNING), late).order_by(Case.id).limit(_AT_ONCE)
    found = uow.select(statement.with_for_update(skip_locked=True))
    for case in found:
        if case.responded_at is None and is_late(case.response_due_at, done_at=uow.now):
            breach(case, Clock.RESPONSE, uow)
        if is_late(case.resolution_due_at, done_at=uow.now):
            breach(case, Clock.RESOLUTION, uow)
    return Progress(done=step.done + len(found)) if len(found) == _AT_ONCE else None
