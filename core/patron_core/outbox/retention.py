"""How long events are kept after they were handed on: a setting of the deployment, carried out by a job each day.

Events go from the oldest position on, without a hole: whoever asks for changes since a position can be told that some of
them are gone. One whose webhook is still to be sent stops it. Counters stay, so that no position comes twice.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, select

from patron_core.database.tenancy import AUDITED
from patron_core.hookspecs import Job, Progress, Step
from patron_core.outbox.models import OutboxEvent
from patron_core.settings import Settings
from patron_core.webhooks.models import WebhookDelivery, WebhookDeliveryStatus

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["JOBS", "forget_events"]

_AT_ONCE: Final = 1_000
_OPEN: Final = (WebhookDeliveryStatus.WAITING, WebhookDeliveryStatus.RUNNING)


def forget_events(step: Step, uow: UnitOfWork) -> Progress | None:
    """Deletes events that were handed on long ago, 1,000 in each step."""
    before = uow.now - dt.timedelta(days=Settings().events_kept_days)
    to_be_sent = uow.session.scalar(select(func.min(WebhookDelivery.position)).where(WebhookDelivery.status.in_(_OPEN)))
    oldest = select(OutboxEvent.position, OutboxEvent.handed_on_at).where(OutboxEvent.position.is_not(None))
    last = 0
    count = 0
    for position, handed_on_at in map(tuple, uow.rows(oldest.order_by(OutboxEvent.position).limit(_AT_ONCE))):
        if handed_on_at >= before or (to_be_sent is not None and position >= to_be_sent):
            break
        last, count = position, count + 1
    statement = delete(OutboxEvent).where(OutboxEvent.position <= last)
    uow.session.execute(statement, execution_options={AUDITED: True, "synchronize_session": False})
    return Progress(done=step.done + count) if count == _AT_ONCE else None


JOBS: Final = (
    Job(
        name="core.forget_events",
        description="Forgets events that were handed on longer ago than the deployment keeps them.",
        schedule="FREQ=DAILY;BYHOUR=4",
        step=forget_events,
    ),
)
