"""What happens to endpoints: set up, changed, enabled and disabled, given new secrets, taken away.

Secrets are drawn here and go out in what a handler returns, once. Sending again stands in `repeating`, handing events on
in `queueing`, sending in `sending`; that a URL can be called is asked by who has a network.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import delete, func, select, update

from patron_core.database.tenancy import AUDITED
from patron_core.errors import Conflict
from patron_core.hookspecs import CommandHandler
from patron_core.outbox.types import EventTypes
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import same_version
from patron_core.values import Unset
from patron_core.webhooks.commands import (
    CreateWebhook,
    DeleteWebhook,
    DisableWebhook,
    EnableWebhook,
    ReplayWebhook,
    ResendWebhook,
    RotateWebhookSecret,
    TestWebhook,
    UpdateWebhook,
)
from patron_core.webhooks.conditions import condition_text
from patron_core.webhooks.endpoints import actor_of, check_bounds, check_event_types, check_may_have
from patron_core.webhooks.events import (
    WebhookChanged,
    WebhookCreated,
    WebhookDeleted,
    WebhookDisabled,
    WebhookEnabled,
    WebhookSecretRotated,
)
from patron_core.webhooks.models import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookDeliveryStatus,
    WebhookDisabledReason,
    WebhookEndpoint,
    WebhookEndpointStatus,
    WebhookParkedReason,
)
from patron_core.webhooks.permissions import WEBHOOK_WRITE
from patron_core.webhooks.repeating import replay_webhook, resend_webhook
from patron_core.webhooks.signing import new_webhook_secret

__all__ = ["HANDLERS", "MOST_ENDPOINTS", "DeletedWebhook", "IssuedWebhook", "disable", "secrets_of"]

MOST_ENDPOINTS: Final = 50  # of a tenant
_PAST_AUDIT: Final = {AUDITED: True, "synchronize_session": False}
Draw = Callable[[], str]


@dataclass(frozen=True, slots=True)
class IssuedWebhook:
    """An endpoint and its secret, which is shown once: neither `repr` nor a kept result has it."""

    webhook_endpoint: WebhookEndpoint
    secret: str | None = field(default=None, init=False, repr=False)

    @classmethod
    def of(cls, endpoint: WebhookEndpoint, secret: str) -> IssuedWebhook:
        """Both together."""
        made = cls(endpoint)
        object.__setattr__(made, "secret", secret)
        return made


@dataclass(frozen=True, slots=True)
class DeletedWebhook:
    """What is left of an endpoint: where it was."""

    url: str


def create_webhook(command: CreateWebhook, uow: UnitOfWork, *, secret: Draw = new_webhook_secret) -> IssuedWebhook:
    """Makes an endpoint and draws its secret. INVALID_INPUT, FORBIDDEN as of `endpoints`; CONFLICT where there are 50."""
    if uow.select(select(func.count()).select_from(WebhookEndpoint))[0] >= MOST_ENDPOINTS:
        raise Conflict(f"The tenant has {MOST_ENDPOINTS} endpoints. There can be no more. Delete one first.")
    purpose = None if command.purpose is None else command.purpose.name
    check_bounds(command.scopes, purpose, uow)
    drawn = secret()
    endpoint = uow.add(
        WebhookEndpoint(
            url=command.url,
            description=command.description,
            event_types=_joined(command.event_types),
            condition=None if command.filter is None else condition_text(command.filter),
            scopes=_joined(command.scopes),
            purpose=purpose,
            payload=command.payload,
            status=WebhookEndpointStatus.ENABLED,
            secret=drawn,
            created_by=uow.actor.subject,
        )
    )
    _check_event_types(endpoint, uow)
    uow.emit(WebhookCreated(webhook_endpoint_id=endpoint.id))
    return IssuedWebhook.of(endpoint, drawn)


def update_webhook(command: UpdateWebhook, uow: UnitOfWork) -> WebhookEndpoint:
    """Changes an endpoint. As `create_webhook`; FORBIDDEN too where it is told more than the actor may read."""
    endpoint = _mine(command.id, uow)
    same_version(endpoint, version=command.version)
    changed = _changed(command)
    for name, value in changed.items():
        setattr(endpoint, name, value)
    if "scopes" in changed or "purpose" in changed:
        check_bounds(endpoint.scopes.split(), endpoint.purpose, uow)
    if "scopes" in changed or "event_types" in changed:
        _check_event_types(endpoint, uow)
    uow.emit(WebhookChanged(webhook_endpoint_id=endpoint.id, fields=tuple(sorted(changed))))
    return endpoint


def _changed(command: UpdateWebhook) -> dict[str, Any]:
    """The new values by attribute."""
    given = {
        "url": command.url,
        "description": command.description,
        "event_types": command.event_types if isinstance(command.event_types, Unset) else _joined(command.event_types),
        "condition": condition_text(command.filter) if isinstance(command.filter, Mapping) else command.filter,
        "scopes": command.scopes if isinstance(command.scopes, Unset) else _joined(command.scopes),
        "purpose": getattr(command.purpose, "name", command.purpose) if command.purpose else command.purpose,
        "payload": command.payload,
    }
    return {name: value for name, value in given.items() if not isinstance(value, Unset)}


def delete_webhook(command: DeleteWebhook, uow: UnitOfWork) -> DeletedWebhook:
    """Deletes an endpoint with its deliveries and their attempts."""
    endpoint = uow.get(WebhookEndpoint, command.id, lock=True, path=("id",))
    own = select(WebhookDelivery.id).where(
        WebhookDelivery.tenant_id == uow.tenant_id, WebhookDelivery.endpoint_id == endpoint.id
    )
    for statement in (
        delete(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(own)),
        delete(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint.id),
    ):
        uow.session.execute(statement, execution_options=_PAST_AUDIT)
    uow.emit(WebhookDeleted(webhook_endpoint_id=endpoint.id))
    uow.delete(endpoint)
    return DeletedWebhook(endpoint.url)


def enable_webhook(command: EnableWebhook, uow: UnitOfWork) -> WebhookEndpoint:
    """Enables an endpoint and ends its pause. FORBIDDEN where it is told more than the actor may read."""
    endpoint = _mine(command.id, uow)
    endpoint.failures, endpoint.pauses, endpoint.paused_until = 0, 0, None
    if endpoint.status is WebhookEndpointStatus.DISABLED:
        endpoint.status, endpoint.disabled_reason, endpoint.disabled_at = WebhookEndpointStatus.ENABLED, None, None
        uow.emit(WebhookEnabled(webhook_endpoint_id=endpoint.id))
    return endpoint


def disable_webhook(command: DisableWebhook, uow: UnitOfWork) -> WebhookEndpoint:
    """Disables an endpoint; what waits for it is given up. A second time changes nothing."""
    endpoint = uow.get(WebhookEndpoint, command.id, lock=True, path=("id",))
    disable(endpoint, WebhookDisabledReason.BY_HAND, uow)
    return endpoint


def disable(endpoint: WebhookEndpoint, reason: WebhookDisabledReason, uow: UnitOfWork) -> None:
    """Has an endpoint told nothing any more, and gives up what waits for it."""
    if endpoint.status is WebhookEndpointStatus.DISABLED:
        return
    endpoint.status, endpoint.disabled_reason, endpoint.disabled_at = WebhookEndpointStatus.DISABLED, reason, uow.now
    waiting = (WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.status == WebhookDeliveryStatus.WAITING)
    values = {
        "status": WebhookDeliveryStatus.PARKED,
        "parked_reason": WebhookParkedReason.ENDPOINT_DISABLED,
        "finished_at": uow.now,
        "updated_at": uow.now,
        "version": WebhookDelivery.version + 1,
    }
    uow.session.execute(update(WebhookDelivery).where(*waiting).values(values), execution_options=_PAST_AUDIT)
    uow.emit(WebhookDisabled(webhook_endpoint_id=endpoint.id, reason=reason))


def rotate_secret(command: RotateWebhookSecret, uow: UnitOfWork, *, secret: Draw = new_webhook_secret) -> IssuedWebhook:
    """Draws a new secret; the one before signs too for the overlap. FORBIDDEN as of `update_webhook`."""
    endpoint, drawn = _mine(command.id, uow), secret()
    overlaps = command.overlap_hours > 0
    endpoint.previous_secret = endpoint.secret if overlaps else None
    endpoint.previous_until = uow.now + dt.timedelta(hours=command.overlap_hours) if overlaps else None
    endpoint.secret = drawn
    uow.emit(WebhookSecretRotated(webhook_endpoint_id=endpoint.id))
    return IssuedWebhook.of(endpoint, drawn)


def test_webhook(command: TestWebhook, uow: UnitOfWork) -> WebhookEndpoint:
    """The endpoint that is to be tried; sending is done by who has a network, when nothing is held any more."""
    return uow.get(WebhookEndpoint, command.id, path=("id",))


def secrets_of(endpoint: WebhookEndpoint, *, now: dt.datetime) -> tuple[str, ...]:
    """The secrets that sign now, the current one first."""
    before = endpoint.previous_secret
    overlaps = before is not None and endpoint.previous_until is not None and now < endpoint.previous_until
    return (endpoint.secret, before) if before is not None and overlaps else (endpoint.secret,)


def _mine(id_: Any, uow: UnitOfWork) -> WebhookEndpoint:
    """An endpoint that is told no more than the actor may read: who could lead it elsewhere would read it all."""
    endpoint = uow.get(WebhookEndpoint, id_, lock=True, path=("id",))
    check_may_have(uow.actor, endpoint.scopes.split(), endpoint.purpose)
    return endpoint


def _check_event_types(endpoint: WebhookEndpoint, uow: UnitOfWork) -> None:
    actor = actor_of(uow.tenant_id, endpoint.id, scopes=endpoint.scopes, purpose=endpoint.purpose)
    check_event_types(endpoint.event_types.split(), actor, EventTypes.of(uow.plugins))


def _joined(names: Iterable[str]) -> str:
    return " ".join(sorted(set(names)))


HANDLERS: Final = (
    CommandHandler(command=CreateWebhook, handler=create_webhook, permission=WEBHOOK_WRITE),
    CommandHandler(command=UpdateWebhook, handler=update_webhook, permission=WEBHOOK_WRITE),
    CommandHandler(command=DeleteWebhook, handler=delete_webhook, permission=WEBHOOK_WRITE),
    CommandHandler(command=EnableWebhook, handler=enable_webhook, permission=WEBHOOK_WRITE),
    CommandHandler(command=DisableWebhook, handler=disable_webhook, permission=WEBHOOK_WRITE),
    CommandHandler(command=RotateWebhookSecret, handler=rotate_secret, permission=WEBHOOK_WRITE),
    CommandHandler(command=TestWebhook, handler=test_webhook, permission=WEBHOOK_WRITE),
    CommandHandler(command=ResendWebhook, handler=resend_webhook, permission=WEBHOOK_WRITE),
    CommandHandler(command=ReplayWebhook, handler=replay_webhook, permission=WEBHOOK_WRITE),
)
