"""What recurs: segments are found anew every hour, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select, true

from patron_core.hookspecs import Job, Progress, Step
from patron_core.jobs.walking import go_on, reached
from patron_core.segments.models import Segment, SegmentStatus
from patron_core.segments.refreshing import refresh

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["JOBS", "REFRESH", "refresh_next"]

REFRESH: Final = "core.refresh_segments"
_LONGEST: Final = "300s"


def refresh_next(step: Step, uow: UnitOfWork) -> Progress | None:
    """Refreshes one segment in each step, in the order of their ids, those that were broken once more too."""
    statement = (
        select(Segment)
        .where(Segment.status != SegmentStatus.RETIRED, Segment.id > reached(step))
        .order_by(Segment.id)
        .limit(1)
        .with_for_update()
    )
    segment = next(iter(uow.select(statement)), None)
    if segment is None:
        return None
    if uow.session.get_bind().dialect.name == "postgresql":
        # The first refresh of a large segment writes all its members.
        uow.session.connection().execute(select(func.set_config("statement_timeout", _LONGEST, true())))
    refresh(segment, uow)
    return go_on(step, [segment.id], most=1)


JOBS: Final = (
    Job(
        name=REFRESH,
        description="Finds anew who is in each segment, and keeps who came and left.",
        schedule="FREQ=HOURLY",
        step=refresh_next,
    ),
)
