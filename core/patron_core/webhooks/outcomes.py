"""What tries that have ended mean: for their deliveries, for how their endpoint stands, and for who is to be told.

In come tries of one endpoint, out go rows and events, in the transaction of a turn. When something is tried again, and when
an endpoint is left alone, is decided in `retries`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import update

from patron_core.database.tenancy import AUDITED
from patron_core.unit_of_work import UnitOfWork
from patron_core.webhooks.events import WebhookDeliveriesGivenUp, WebhookPaused
from patron_core.webhooks.letters import Ended
from patron_core.webhooks.models import (
    WebhookAttempt,
    WebhookAttemptOutcome,
    WebhookDelivery,
    WebhookDeliveryStatus,
    WebhookDisabledReason,
    WebhookEndpoint,
    WebhookEndpointStatus,
    WebhookParkedReason,
)
from patron_core.webhooks.retries import TRIED_FOR, Circuit, next_try
from patron_core.webhooks.service import disable
from patron_core.worker.leases import finish_many

__all__ = ["Draw", "Outcomes", "at_rest"]

_GONE: Final = 410
_PAST_AUDIT: Final = {AUDITED: True, "synchronize_session": False}
_LOCAL_WAIT: Final = dt.timedelta(seconds=30)  # where the fault is ours
Draw = Callable[[], float]


class Outcomes:
    """What has ended in one turn, and what that means for the endpoint."""

    def __init__(self, uow: UnitOfWork, endpoint: WebhookEndpoint, draw: Draw) -> None:
        self.uow = uow
        self.endpoint = endpoint
        self.draw = draw
        self.circuit = Circuit(endpoint.failures, endpoint.pauses, endpoint.paused_until)
        self.delivered = self.failed = self.skipped = self.parked = 0
        self._noted: list[Ended] = []

    def write(self, ended: Sequence[Ended]) -> None:
        """Writes tries down. Somebody else's row is passed over: whoever was too slow has no say any more."""
        together: dict[tuple[Any, ...], list[Ended]] = {}
        for each in ended:
            values = self._values(each)
            together.setdefault((each.letter.delivery.lease, *sorted(values.items())), []).append(each)
        for (_, *pairs), same in together.items():
            rows = [each.letter.delivery for each in same]
            held = finish_many(self.uow.session, rows, now=self.uow.now, **dict(pairs))
            self._noted += [each for each in same if each.letter.delivery.id in held and each.outcome is not None]
        self.uow.add_many(WebhookAttempt, [_attempt(each) for each in self._noted])
        if any(each.http_status == _GONE for each in ended):
            disable(self.endpoint, WebhookDisabledReason.GONE, self.uow)
        if any(each.misfit for each in ended):
            disable(self.endpoint, WebhookDisabledReason.FILTER, self.uow)

    def _values(self, ended: Ended) -> dict[str, Any]:
        if ended.outcome is WebhookAttemptOutcome.DELIVERED:
            self.delivered += 1
            return at_rest(WebhookDeliveryStatus.DELIVERED, now=self.uow.now)
        if ended.skipped:
            self.skipped += 1
            return at_rest(WebhookDeliveryStatus.SKIPPED, now=self.uow.now)
        delivery = ended.letter.delivery
        ours = ended.outcome is None and ended.parked is None  # not the other side's fault, and no try of theirs
        if ours and self.uow.now < delivery.queued_at + TRIED_FOR:
            wait = {"due_at": self.uow.now + _LOCAL_WAIT, "attempts": max(delivery.attempts - 1, 0)}
            return {"status": WebhookDeliveryStatus.WAITING, **wait}
        parked = ended.parked
        if parked is None:
            self.failed += ended.outcome is not None
            again = next_try(
                attempts=delivery.attempts,
                queued_at=delivery.queued_at,
                now=self.uow.now,
                drawn=self.draw(),
                asked=ended.asked,
            )
            if (
                again is not None
                and self.endpoint.status is WebhookEndpointStatus.ENABLED
                and ended.http_status != _GONE
            ):
                return {"status": WebhookDeliveryStatus.WAITING, "due_at": again}
            parked = WebhookParkedReason.TRIED_LONG_ENOUGH if again is None else WebhookParkedReason.ENDPOINT_DISABLED
        self.parked += 1
        return {**at_rest(WebhookDeliveryStatus.PARKED, now=self.uow.now), "parked_reason": parked}

    def settle(self) -> None:
        """Keeps how the endpoint stands, beside its version: that is for those who set it up."""
        before, now = self.circuit, self.uow.now
        self.circuit = before.after(delivered=self.delivered, failed=self.failed, now=now, drawn=self.draw())
        if self.circuit.failures:
            self._give_up_old()
        if self.circuit == before:
            return
        values = {
            "failures": self.circuit.failures,
            "pauses": self.circuit.pauses,
            "paused_until": self.circuit.paused_until,
        }
        own = WebhookEndpoint.id == self.endpoint.id
        self.uow.flush()
        self.uow.session.execute(update(WebhookEndpoint).where(own).values(values), execution_options=_PAST_AUDIT)
        if self.circuit.pauses == 1 and before.pauses == 0:
            self.uow.emit(WebhookPaused(webhook_endpoint_id=self.endpoint.id, failures=self.circuit.failures))

    def _give_up_old(self) -> None:
        """Gives up what waited for 72 hours behind the failures of others."""
        old = (
            WebhookDelivery.endpoint_id == self.endpoint.id,
            WebhookDelivery.status == WebhookDeliveryStatus.WAITING,
            WebhookDelivery.queued_at < self.uow.now - TRIED_FOR,
        )
        values = {
            **at_rest(WebhookDeliveryStatus.PARKED, now=self.uow.now),
            "parked_reason": WebhookParkedReason.TRIED_LONG_ENOUGH,
            "version": WebhookDelivery.version + 1,
            "updated_at": self.uow.now,
        }
        statement = update(WebhookDelivery).where(*old).values(values).returning(WebhookDelivery.id)
        self.parked += len(self.uow.session.scalars(statement, execution_options=_PAST_AUDIT).all())

    def tell(self) -> None:
        """Raises the alert for what was given up."""
        if self.parked:
            self.uow.emit(WebhookDeliveriesGivenUp(webhook_endpoint_id=self.endpoint.id, count=self.parked))


def at_rest(status: WebhookDeliveryStatus, *, now: dt.datetime) -> dict[str, Any]:
    """The values of a delivery that nothing is done about any more."""
    return {"status": status, "finished_at": now}


def _attempt(ended: Ended) -> dict[str, Any]:
    return {
        "delivery_id": ended.letter.delivery.id,
        "attempted_at": ended.at,
        "outcome": ended.outcome,
        "http_status": ended.http_status,
        "milliseconds": ended.milliseconds,
    }
