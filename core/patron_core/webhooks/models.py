"""Where webhooks go, what is on its way there, and how each try went. Nothing of what was sent or answered is kept."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from patron_core.records import INTERNAL, PII, PUBLIC, SECRET, Record, column, reference
from patron_core.values import Code
from patron_core.worker.leases import Leased, open_indexes

__all__ = [
    "WebhookAttempt",
    "WebhookAttemptOutcome",
    "WebhookDelivery",
    "WebhookDeliveryStatus",
    "WebhookDisabledReason",
    "WebhookEndpoint",
    "WebhookEndpointStatus",
    "WebhookParkedReason",
    "WebhookPayloadStyle",
]


class WebhookEndpointStatus(Code):
    """Whether an endpoint is told of events."""

    ENABLED = "enabled", "Events are sent; where it is paused, later."
    DISABLED = "disabled", "Nothing is sent, and events of the meantime are not kept for it."


class WebhookDisabledReason(Code):
    """Why an endpoint is told nothing."""

    BY_HAND = "by_hand", "Somebody disabled it."
    GONE = "gone", "It answered 410 Gone."
    FILTER = "filter", "Its filter does not fit the schema or its scopes any more."


class WebhookPayloadStyle(Code):
    """What a webhook says of an event."""

    THIN = "thin", "Its type, its time and ids; the receiver reads what it needs."
    FULL = "full", "Also what the event tells and the row it is about, as far as the endpoint's scopes open them."


class WebhookDeliveryStatus(Code):
    """How far a delivery has come."""

    WAITING = "waiting", "To be sent when it is due, and when what the customer's earlier events say has come."
    RUNNING = "running", "On its way."
    DELIVERED = "delivered", "The endpoint answered with a status of 200 to 299."
    SKIPPED = "skipped", "The endpoint's filter did not hold for the customer."
    PARKED = "parked", "Given up; it can be sent again by hand."


class WebhookParkedReason(Code):
    """Why a delivery was given up."""

    TRIED_LONG_ENOUGH = "tried_long_enough", "It was tried for 72 hours."
    ENDPOINT_DISABLED = "endpoint_disabled", "The endpoint was disabled."
    EVENT_FORGOTTEN = "event_forgotten", "The event is not kept any more, or its plugin is gone."
    NOT_OPEN = "not_open", "The endpoint's scopes do not open what would be sent."


class WebhookAttemptOutcome(Code):
    """How a try went."""

    DELIVERED = "delivered", "Answered with a status of 200 to 299."
    REFUSED = "refused", "Answered with another status; redirects are not followed."
    TIMEOUT = "timeout", "No answer in time."
    UNRESOLVED = "unresolved", "The name has no address."
    UNREACHABLE = "unreachable", "No connection, or it broke."
    TLS = "tls", "The certificate or the encryption is not good."
    PROTOCOL = "protocol", "The answer was not HTTP."
    ADDRESS = "address", "The name has an address that is not on the public Internet."


class WebhookEndpoint(Record):
    """A place that is told of events by signed requests (Standard Webhooks)."""

    __tablename__ = "webhook_endpoint"
    id_prefix = "whe"
    without_index = (("*", "A tenant has a few dozen."),)
    not_about_a_party = "Says where events go; what a filter compares with is the tenant's own words."

    url: Mapped[str] = column(INTERNAL, doc="Where requests are sent, over https.")
    description: Mapped[str | None] = column(INTERNAL, doc="What it is for.")
    event_types: Mapped[str] = column(
        INTERNAL, doc="Types of events, or prefixes of them such as customer.*, separated by spaces; * for all."
    )
    condition: Mapped[str | None] = column(
        PII, doc="The stored condition on an event's customer, as JSON with a version; null for no condition."
    )
    scopes: Mapped[str] = column(INTERNAL, doc="Names of scopes that bound what it is told, separated by spaces.")
    purpose: Mapped[str | None] = column(INTERNAL, doc="For which purpose of use it is told of health information.")
    payload: Mapped[WebhookPayloadStyle] = column(INTERNAL, doc="What it is told of an event.", filterable=True)
    status: Mapped[WebhookEndpointStatus] = column(INTERNAL, doc="Whether it is told of events.", filterable=True)
    disabled_reason: Mapped[WebhookDisabledReason | None] = column(INTERNAL, doc="Why it is told nothing.")
    disabled_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="Since when.")
    secret: Mapped[str] = column(SECRET, doc="What its requests are signed with.", encrypted=True)
    previous_secret: Mapped[str | None] = column(SECRET, doc="What they were signed with before.", encrypted=True)
    previous_until: Mapped[dt.datetime | None] = column(PUBLIC, doc="Until when the secret before signs too.")
    failures: Mapped[int] = column(INTERNAL, doc="How many tries in a row have failed.", default=0)
    pauses: Mapped[int] = column(INTERNAL, doc="How often in a row it was paused for its failures.", default=0)
    paused_until: Mapped[dt.datetime | None] = column(INTERNAL, doc="Until when it is left alone for its failures.")
    created_by: Mapped[str] = column(INTERNAL, doc="Who set it up.")


_OPEN: Final[Any] = text("status IN ('WAITING', 'RUNNING')")


class WebhookDelivery(Leased, Record):
    """An event on its way to an endpoint. What is sent is made of the event when it is sent."""

    __tablename__ = "webhook_delivery"
    id_prefix = "whd"
    not_about_a_party = "A letter in transit; erased by its customer_id through the privacy slice."
    without_index = (
        *Record.without_index,
        ("due_at", "What is open has an index; what is at rest is not asked for by it."),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "endpoint_id", "event_id"),
        Index(None, "tenant_id", "status", "id"),
        Index(None, "tenant_id", "event_type", "id"),
        Index(None, "tenant_id", "customer_id", "id"),
        Index(
            "ix_webhook_delivery_order",
            "tenant_id",
            "endpoint_id",
            "customer_id",
            "position",
            postgresql_where=_OPEN,
            sqlite_where=_OPEN,
        ),
        *open_indexes("webhook_delivery"),
    )

    endpoint: Mapped[WebhookEndpoint] = reference(WebhookEndpoint, doc="Where it goes.")
    event_id: Mapped[uuid.UUID] = column(INTERNAL, doc="The event.")
    event_type: Mapped[str] = column(INTERNAL, doc="The event's type, such as customer.created.", filterable=True)
    customer_id: Mapped[uuid.UUID | None] = column(PII, doc="The customer in whose order it is sent.")
    position: Mapped[int] = column(INTERNAL, doc="The event's position among all of the tenant.")
    status: Mapped[WebhookDeliveryStatus] = column(INTERNAL, doc="How far it has come.", filterable=True)
    queued_at: Mapped[dt.datetime] = column(INTERNAL, doc="Since when it is to be sent; it is given up 72 hours later.")
    finished_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When it was delivered, skipped or given up.")
    parked_reason: Mapped[WebhookParkedReason | None] = column(INTERNAL, doc="Why it was given up.")

    if TYPE_CHECKING:  # the column that the reference makes
        endpoint_id: Mapped[uuid.UUID]


class WebhookAttempt(Record):
    """A try to deliver. What the other side said beyond a status is not kept."""

    __tablename__ = "webhook_attempt"
    id_prefix = "wha"
    not_about_a_party = "Times and codes."
    without_index = (("*", "They are read one delivery at a time."),)

    delivery: Mapped[WebhookDelivery] = reference(WebhookDelivery, doc="What was to be delivered.")
    attempted_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it ended.", orderable=True)
    outcome: Mapped[WebhookAttemptOutcome] = column(INTERNAL, doc="How it went.", filterable=True)
    http_status: Mapped[int | None] = column(INTERNAL, doc="The status of the answer, where there was one.")
    milliseconds: Mapped[int] = column(INTERNAL, doc="How long it took.")

    if TYPE_CHECKING:  # the column that the reference makes
        delivery_id: Mapped[uuid.UUID]
