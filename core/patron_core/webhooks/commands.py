"""What may be asked about webhooks: set up, change, enable, rotate, try, send again. Secrets never travel in a command."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from patron_core import validation
from patron_core.access.commands import check_names
from patron_core.audit.purposes import PurposeOfUse
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.outbound.targets import read_target
from patron_core.predicates import WhereOf
from patron_core.validation import aware, given, not_null, one_line, within
from patron_core.values import UNSET, Unset
from patron_core.webhooks.conditions import TYPE, condition_text
from patron_core.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookPayloadStyle

__all__ = [
    "CreateWebhook",
    "DeleteWebhook",
    "DisableWebhook",
    "EnableWebhook",
    "ReplayWebhook",
    "ResendWebhook",
    "RotateWebhookSecret",
    "TestWebhook",
    "UpdateWebhook",
    "WebhookDeliveryId",
    "WebhookEndpointId",
]

WebhookEndpointId = Annotated[uuid.UUID, IdOf(WebhookEndpoint)]
WebhookDeliveryId = Annotated[uuid.UUID, IdOf(WebhookDelivery)]
CustomerCondition = Annotated[Mapping[str, Any], WhereOf(TYPE)]

_MOST_TYPES: Final = 100
_MOST_OVERLAP_HOURS: Final = 168
_EVENT_TYPE: Final = re.compile(r"\*|[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*(\.\*)?")
_FILTER: Final = (
    "A condition on the event's customer, as `customers` takes it; events without a customer are then not told."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateWebhook(Command):
    """Sets up a place that is told of events. Nobody has one told more than they may read themselves."""

    url: str = argument("Where requests go: https, a public name, port 443 or 8443.")
    description: str | None = argument("What it is for.", default=None)
    event_types: tuple[str, ...] = argument("Types of events, or prefixes such as customer.*; * for all.")
    filter: CustomerCondition | None = argument(_FILTER, default=None)
    scopes: tuple[str, ...] = argument(
        "What it may be told, as scopes that read: customer:read opens the events of customers, read:pii personal data."
    )
    purpose: PurposeOfUse | None = argument("For which purpose it is told of health information.", default=None)
    payload: WebhookPayloadStyle = argument("What it is told of an event.", default=WebhookPayloadStyle.THIN)
    idempotency_key: str | None = argument("Makes it safe to send this again.", default=None)

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateWebhook(Command):
    """Changes where webhooks go or what is told. What is left out stays. Deliveries that wait go to the new place."""

    id: WebhookEndpointId = argument("The endpoint.")
    version: int = argument("The version the change was made from.")
    url: str | Unset = argument("Where requests go.", default=UNSET)
    description: str | Unset | None = argument("What it is for.", default=UNSET)
    event_types: tuple[str, ...] | Unset = argument("Types of events, or prefixes such as customer.*.", default=UNSET)
    filter: CustomerCondition | Unset | None = argument(f"{_FILTER} Null for none.", default=UNSET)
    scopes: tuple[str, ...] | Unset = argument("What it may be told, as scopes that read.", default=UNSET)
    purpose: PurposeOfUse | Unset | None = argument("For which purpose of use.", default=UNSET)
    payload: WebhookPayloadStyle | Unset = argument("What it is told of an event.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "url", "event_types", "scopes", "payload")
        _check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteWebhook(Command):
    """Takes an endpoint away, with the log of its deliveries."""

    id: WebhookEndpointId = argument("The endpoint.")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableWebhook(Command):
    """Has an endpoint told of events again, and ends its pause. Events of the meantime are sent by webhookReplay."""

    id: WebhookEndpointId = argument("The endpoint.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableWebhook(Command):
    """Has an endpoint told nothing any more. What waits for it is given up."""

    id: WebhookEndpointId = argument("The endpoint.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateWebhookSecret(Command):
    """Gives an endpoint a new secret. The one before signs too for the hours of overlap."""

    id: WebhookEndpointId = argument("The endpoint.")
    overlap_hours: int = argument("How many hours the old secret signs too, 0 to 168.", default=24)

    def __post_init__(self) -> None:
        within(self.overlap_hours, least=0, most=_MOST_OVERLAP_HOURS, path="overlap_hours")


@dataclass(frozen=True, slots=True, kw_only=True)
class TestWebhook(Command):
    """Sends a signed event of the type webhook.test now, and says how it went. Nothing is kept."""

    __test__ = False  # pytest takes every Test… for a test

    id: WebhookEndpointId = argument("The endpoint.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendWebhook(Command):
    """Sends a delivery again, whatever became of it, as a new message of three days with the same webhook-id."""

    id: WebhookDeliveryId = argument("The delivery.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayWebhook(Command):
    """Sends the events of a span to an endpoint, also those it was told, in their order and with the same webhook-ids."""

    id: WebhookEndpointId = argument("The endpoint.")
    after_position: int | None = argument("Events after this position; or else give a time.", default=None)
    since: dt.datetime | None = argument("Events from this time on.", default=None)
    until: dt.datetime | None = argument("Events before this time; all there are when left out.", default=None)
    idempotency_key: str | None = argument("Makes it safe to send this again.", default=None)

    def __post_init__(self) -> None:
        aware(self, "since", "until")
        if (self.after_position is None) == (self.since is None):
            raise InvalidInput(
                "Where to begin is not clear. Either a position is given, or a time. Give one of the two.",
                path=("after_position",),
            )
        if self.after_position is not None and self.after_position < 0:
            raise InvalidInput(
                "The position is out of range. It is negative. Give 0 for all events.", path=("after_position",)
            )


def _check(command: CreateWebhook | UpdateWebhook) -> None:
    one_line(command, "description", maximum=200)
    if given(command.url):
        read_target(
            str(command.url), allow_loopback=True
        )  # whether this machine may be called is the deployment's to say
    if not isinstance(command.event_types, Unset):
        _check_event_types(command.event_types)
    if not isinstance(command.scopes, Unset):
        check_names((), command.scopes)
    if isinstance(command.filter, Mapping):
        condition_text(command.filter)


def _check_event_types(names: Sequence[str]) -> None:
    validation.count(names, least=1, most=_MOST_TYPES, path="event_types")
    for name in names:
        if not _EVENT_TYPE.fullmatch(name):
            raise InvalidInput(
                "A type of event is small words joined by points. One of the given ones is not. "
                "Write them like customer.created, customer.* or *.",
                path=("event_types",),
            )
