"""How long deliveries of webhooks are remembered: a setting of the deployment, carried out by a job each day."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select

from patron_core.database.tenancy import AUDITED
from patron_core.hookspecs import Job, Progress, Step
from patron_core.settings import Settings
from patron_core.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookDeliveryStatus

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["JOBS", "forget_deliveries"]

_AT_ONCE: Final = 1_000
_AT_REST: Final = (WebhookDeliveryStatus.DELIVERED, WebhookDeliveryStatus.SKIPPED, WebhookDeliveryStatus.PARKED)


def forget_deliveries(step: Step, uow: UnitOfWork) -> Progress | None:
    """Deletes deliveries that came to rest long ago, with their attempts, 1,000 in each step."""
    before = uow.now - dt.timedelta(days=Settings().webhook_log_days)
    delivery = WebhookDelivery
    old = select(delivery.id).where(delivery.status.in_(_AT_REST), delivery.finished_at < before).limit(_AT_ONCE)
    ids = uow.select(old.order_by(delivery.id))
    options = {AUDITED: True, "synchronize_session": False}
    for statement in (
        delete(WebhookAttempt).where(uow.among(WebhookAttempt.delivery_id, ids)),
        delete(WebhookDelivery).where(uow.among(delivery.id, ids)),
    ):
        uow.session.execute(statement, execution_options=options)
    return Progress(done=step.done + len(ids)) if len(ids) == _AT_ONCE else None


JOBS: Final = (
    Job(
        name="core.forget_deliveries",
        description="Forgets deliveries of webhooks that came to rest longer ago than the deployment keeps them.",
        schedule="FREQ=DAILY;BYHOUR=4",
        step=forget_deliveries,
    ),
)
