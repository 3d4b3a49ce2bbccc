"""What recurs: quotes run out on the day after their last."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from patron_core.hookspecs import Job, Progress, Step
from patron_core.quotes.models import Quote, QuoteState
from patron_core.quotes.service import expire
from patron_core.unit_of_work import UnitOfWork

__all__ = ["JOBS", "expire_quotes"]

_AT_ONCE: Final = 500


def expire_quotes(step: Step, uow: UnitOfWork) -> Progress | None:
    """Lets quotes run out whose last day has passed (UTC), up to 500 in each step."""
    over = (
        select(Quote)
        .where(Quote.state == QuoteState.SENT, Quote.valid_until < uow.now.date())
        .order_by(Quote.valid_until, Quote.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    found = uow.select(over)
    for quote in found:
        expire(quote, uow)
    return Progress(done=step.done + len(found)) if len(found) == _AT_ONCE else None


JOBS: Final = (
    Job(
        name="core.expire_quotes",
        description="Lets quotes run out whose last day has passed without an answer.",
        schedule="FREQ=DAILY;BYHOUR=0;BYMINUTE=15",
        step=expire_quotes,
    ),
)
