"""Many touchpoints at once, for importers: what a source key names is there, the others are logged.

In come contacts with what another system calls the customer, out come counts and the contacts that were refused. They are
history: whether somebody had agreed to be contacted is asked before a contact is sought, not when it is told of.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import select

from patron_core.customers.intake import find_customers
from patron_core.errors import InvalidInput, NotFound, PublicError, Vetoed
from patron_core.parties.commands import NewExternalIdentifier
from patron_core.tasks.plans import note_contacts
from patron_core.touchpoints.commands import LogTouchpoint
from patron_core.touchpoints.events import TouchpointLogged
from patron_core.touchpoints.models import Touchpoint
from patron_core.touchpoints.service import LATEST
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import not_later

__all__ = ["NewTouchpoint", "TouchpointIntake", "take_in_touchpoints"]

_SOURCE_KEY: Final = ("source", "source_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTouchpoint:
    """A contact to take in. contact: with source, source key and time, without a customer's id."""

    customer: NewExternalIdentifier | None = None
    contact: LogTouchpoint


@dataclass(frozen=True, slots=True)
class TouchpointIntake:
    """What became of contacts. refused: the error of each that was, by its position."""

    created: int
    unchanged: int
    refused: Mapping[int, PublicError]


def take_in_touchpoints(uow: UnitOfWork, new: Sequence[NewTouchpoint]) -> TouchpointIntake:
    """Logs contacts of one source, in a few statements for any number; each source key once."""
    refused: dict[int, PublicError] = {}
    known = _known(uow, new)
    fresh = {i: each for i, each in enumerate(new) if each.contact.source_key not in known}
    named = [(each.customer.system, each.customer.value) for each in fresh.values() if each.customer is not None]
    customers = find_customers(uow, named)
    wanted: dict[int, LogTouchpoint] = {}
    for index, each in fresh.items():
        try:
            contact = each.contact
            if each.customer is not None:
                taken = customers.get((each.customer.system, each.customer.value))
                if taken is None:
                    raise _no_customer()
                contact = replace(contact, customer_id=taken.customer_id)
            assert contact.occurred_at is not None
            not_later(contact.occurred_at, than=uow.now + LATEST, path="occurred_at")
            uow.judge(contact)
            wanted[index] = contact
        except (InvalidInput, NotFound, Vetoed) as error:
            refused[index] = error
    created = _log(uow, list(wanted.values()))
    return TouchpointIntake(created, len(new) - len(refused) - created, refused)


def _known(uow: UnitOfWork, new: Sequence[NewTouchpoint]) -> set[str | None]:
    if not new:
        return set()
    wanted = select(Touchpoint.source_key).where(Touchpoint.source == new[0].contact.source)
    keys = [each.contact.source_key for each in new]
    return {row.source_key for row in uow.look_up(wanted, Touchpoint.source_key, keys)}


def _log(uow: UnitOfWork, contacts: Sequence[LogTouchpoint]) -> int:
    ids = uow.ids.many(len(contacts))
    values: list[Mapping[str, Any]] = [
        {
            "id": id_,
            "customer_id": contact.customer_id,
            "channel": contact.channel,
            "direction": contact.direction,
            "occurred_at": contact.occurred_at,
            "topic": contact.topic,
            "outcome": contact.outcome,
            "agent": contact.agent,
            "team": contact.team,
            "sentiment": contact.sentiment,
            "source": contact.source,
            "source_key": contact.source_key,
        }
        for id_, contact in zip(ids, contacts, strict=True)
    ]
    written = set(uow.add_many(Touchpoint, values, unless_exists=_SOURCE_KEY))
    latest: dict[uuid.UUID, dt.datetime] = {}
    for id_, contact in zip(ids, contacts, strict=True):
        if id_ in written:
            assert contact.occurred_at is not None
            if contact.customer_id is not None:
                latest[contact.customer_id] = max(
                    contact.occurred_at, latest.get(contact.customer_id, contact.occurred_at)
                )
            uow.emit(
                TouchpointLogged(
                    customer_id=contact.customer_id,
                    touchpoint_id=id_,
                    channel=contact.channel,
                    occurred_at=contact.occurred_at,
                )
            )
    note_contacts(uow, latest)
    return len(written)


def _no_customer() -> NotFound:
    return NotFound(
        "There is no such customer. The external identifier names none that you may see. Check it.", path=("customer",)
    )
