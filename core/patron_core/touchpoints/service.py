"""What happens to touchpoints: one is logged, once for each key of its source, inside the caller's unit of work."""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import select

from patron_core.channels.models import ChannelDefinition
from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput, NotFound
from patron_core.hookspecs import CommandHandler
from patron_core.node_refs import row_named
from patron_core.parties.models import Party
from patron_core.privacy.consent import require_consent, standing
from patron_core.tasks.plans import note_contacts
from patron_core.touchpoints.commands import LogTouchpoint
from patron_core.touchpoints.events import TouchpointLogged
from patron_core.touchpoints.models import Direction, Touchpoint, TouchpointParticipant
from patron_core.touchpoints.permissions import TOUCHPOINT_WRITE
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import not_later

__all__ = ["HANDLERS", "LATEST", "log_touchpoint"]

#: Clocks of other systems and zones that were left out differ by less than a day.
LATEST: Final = dt.timedelta(days=1)
_SOURCE_KEY: Final = ("source", "source_key")


def log_touchpoint(command: LogTouchpoint, uow: UnitOfWork) -> Touchpoint:
    """Logs a contact with its participants. A source key that is known gives the touchpoint that is there.

    CONSENT_REQUIRED where we sought a contact for a purpose that whom we reached has not agreed to.
    """
    occurred_at = command.occurred_at or uow.now
    not_later(occurred_at, than=uow.now + LATEST, path="occurred_at")
    customer = None
    if command.customer_id is not None:
        customer = uow.get(Customer, command.customer_id, path=("customer_id",))
    _check_participants(command, uow)
    _check_channel(command, uow)
    if command.about_id is not None:
        row_named(command.about_id, uow, path=("about_id",))
    _check_consent(command, customer, uow)
    values = {
        "customer_id": command.customer_id,
        "channel": command.channel,
        "channel_definition_id": command.channel_definition_id,
        "direction": command.direction,
        "occurred_at": occurred_at,
        "topic": command.topic,
        "outcome": command.outcome,
        "about_id": command.about_id,
        "agent": command.agent or (uow.actor.subject if uow.actor.kind == "user" else None),
        "team": command.team,
        "sentiment": command.sentiment,
        "source": command.source,
        "source_key": command.source_key,
    }
    if command.source is None:
        touchpoint = uow.add(Touchpoint(**values))
    elif ids := uow.add_many(Touchpoint, [values], unless_exists=_SOURCE_KEY):
        touchpoint = uow.get(Touchpoint, ids[0])
    else:
        return _known(command, uow)
    for participant in command.participants:
        uow.add(
            TouchpointParticipant(touchpoint_id=touchpoint.id, party_id=participant.party_id, role=participant.role)
        )
    if touchpoint.customer_id is not None:
        note_contacts(uow, {touchpoint.customer_id: touchpoint.occurred_at})
    uow.emit(
        TouchpointLogged(
            customer_id=touchpoint.customer_id,
            touchpoint_id=touchpoint.id,
            channel=touchpoint.channel,
            occurred_at=touchpoint.occurred_at,
        )
    )
    return touchpoint


def _check_participants(command: LogTouchpoint, uow: UnitOfWork) -> None:
    wanted = [participant.party_id for participant in command.participants]
    known = set(uow.select(select(Party.id).where(Party.id.in_(wanted)))) if wanted else set()
    for position, party_id in enumerate(wanted):
        if party_id not in known:
            raise NotFound(
                "There is no such party. The id names none that you may see. Check the id.",
                path=("participants", position, "party_id"),
            )


def _check_channel(command: LogTouchpoint, uow: UnitOfWork) -> None:
    if command.channel_definition_id is None:
        return
    path = ("channel_definition_id",)
    channel = uow.get(ChannelDefinition, command.channel_definition_id, path=path)
    if channel.kind is not command.channel:
        raise InvalidInput(
            f"The channel is of another kind. It is {channel.kind.name}, the contact {command.channel.name}. Give one of "
            "the contact's kind, or leave it out.",
            path=path,
        )
    if not channel.active:
        raise Conflict(
            "The channel is no longer used. A contact was to be logged over it. Give another, or leave it out.",
            path=path,
        )


def _check_consent(command: LogTouchpoint, customer: Customer | None, uow: UnitOfWork) -> None:
    """The customer must have agreed, and no participant refused: among these are people of ours, whom nobody asks."""
    if command.direction is not Direction.OUTBOUND or command.purpose is None:
        return
    if customer is not None:
        require_consent(uow, customer.party_id, command.purpose, command.channel)
    for position, participant in enumerate(command.participants):
        if standing(uow, participant.party_id, command.purpose, command.channel).consent is not None:
            path = ("participants", position, "party_id")
            require_consent(uow, participant.party_id, command.purpose, command.channel, path=path)


def _known(command: LogTouchpoint, uow: UnitOfWork) -> Touchpoint:
    known = uow.find(Touchpoint, source=command.source, source_key=command.source_key)
    if known is None:  # written and not yet visible: another transaction is about to commit it
        raise Conflict("The touchpoint is being logged by another request. It has the same source key. Try again.")
    return known


HANDLERS: Final = (CommandHandler(command=LogTouchpoint, handler=log_touchpoint, permission=TOUCHPOINT_WRITE),)
