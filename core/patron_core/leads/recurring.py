"""What recurs: late first answers are told of, and scores follow the days until a decision."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from patron_core.hookspecs import Job, Progress, Step
from patron_core.jobs.walking import go_on, reached
from patron_core.leads.models import OPEN, Lead
from patron_core.leads.responding import note_late_leads
from patron_core.leads.service import rescore
from patron_core.unit_of_work import UnitOfWork

__all__ = ["JOBS", "rescore_leads"]

_AT_ONCE: Final = 200


def rescore_leads(step: Step, uow: UnitOfWork) -> Progress | None:
    """Makes the scores of open leads with a day of decision anew, 200 in each step."""
    statement = (
        select(Lead)
        .where(Lead.state.in_(OPEN), Lead.decision_on.is_not(None))
        .where(Lead.id > reached(step))
        .order_by(Lead.id)
        .limit(_AT_ONCE)
    )
    found = uow.select(statement)
    for lead in found:
        rescore(lead, uow)
    return go_on(step, [lead.id for lead in found], most=_AT_ONCE)


JOBS: Final = (
    Job(
        name="core.note_late_leads",
        description="Tells of leads whose first answer is late, each once.",
        schedule="FREQ=MINUTELY;INTERVAL=5",
        step=note_late_leads,
    ),
    Job(
        name="core.rescore_leads",
        description="Makes the scores of open leads anew that have a day of decision.",
        schedule="FREQ=DAILY;BYHOUR=1",
        step=rescore_leads,
    ),
)
