"""What tells of a party outside the tables that are about parties: events in transit, webhooks, results of repeated keys.

In come a unit of work and the rows about a party, out come ids of rows, those first that refer to others. The audit is no trace to
remove: it names rows by id and columns by name, and holds no value.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from typing import Any, Final

from sqlalchemy import or_, select

from patron_core.customers.models import Customer
from patron_core.idempotency import IdempotencyRecord
from patron_core.outbox.models import OutboxEvent
from patron_core.privacy.subjects import Rows
from patron_core.unit_of_work import UnitOfWork
from patron_core.webhooks.models import WebhookAttempt, WebhookDelivery

__all__ = ["traces"]

_PAGE: Final = 1_000


def traces(uow: UnitOfWork, about: Rows) -> Rows:
    """The events and kept results that are about the party whose rows `about` are.

    An event is where it belongs to the party's customer, or names one of the rows by itself; one that lists many rows is
    about many and holds ids alone. A kept result is where it names one of the rows.
    """
    ids = {str(id_) for rows in about.values() for id_ in rows}
    customers = about.get(Customer, set())
    events = {*_of_customers(uow, customers), *_naming(uow, OutboxEvent, OutboxEvent.payload, ids)}
    deliveries = _deliveries(uow, customers, events)
    found: Rows = {
        WebhookAttempt: _attempts(uow, deliveries),
        WebhookDelivery: deliveries,
        OutboxEvent: events,
        IdempotencyRecord: set(_naming(uow, IdempotencyRecord, IdempotencyRecord.result, ids)),
    }
    return {model: rows for model, rows in found.items() if rows}


def _of_customers(uow: UnitOfWork, customers: Collection[uuid.UUID]) -> list[uuid.UUID]:
    if not customers:
        return []
    return uow.select(select(OutboxEvent.id).where(OutboxEvent.customer_id.in_(sorted(customers))))


def _deliveries(uow: UnitOfWork, customers: Collection[uuid.UUID], events: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Deliveries of the customers' events, also of those that are not kept any more, and of events that go."""
    about = [uow.among(WebhookDelivery.customer_id, sorted(customers))] if customers else []
    about += [uow.among(WebhookDelivery.event_id, sorted(events))] if events else []
    return set(uow.select(select(WebhookDelivery.id).where(or_(*about)))) if about else set()


def _attempts(uow: UnitOfWork, deliveries: Collection[uuid.UUID]) -> set[uuid.UUID]:
    if not deliveries:
        return set()
    mine = uow.among(WebhookAttempt.delivery_id, sorted(deliveries))
    return set(uow.select(select(WebhookAttempt.id).where(mine)))


def _naming(
    uow: UnitOfWork, model: type[OutboxEvent | IdempotencyRecord], column: Any, ids: set[str]
) -> Iterator[uuid.UUID]:
    """The rows whose JSON names one of the ids, read page by page: no index knows what stands inside."""
    statement = select(model.id, column).order_by(model.id).limit(_PAGE)
    if model is OutboxEvent:
        statement = statement.where(OutboxEvent.customer_id.is_(None))
    last: uuid.UUID | None = None
    while True:
        rows = uow.rows(statement if last is None else statement.where(model.id > last))
        for id_, document in map(tuple, rows):
            last = id_
            if not ids.isdisjoint(_texts(document)):
                yield id_
        if len(rows) < _PAGE:
            return


def _texts(document: Any) -> Iterator[str]:
    """The texts of a JSON document outside of its lists."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        for value in document.values():
            yield from _texts(value)
