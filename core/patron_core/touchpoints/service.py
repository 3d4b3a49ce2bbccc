"""What happens to touchpoints: one is logged, once for each key of its source, inside the caller's unit of work."""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import select

from patron_core.customers.models import Customer
from patron_core.errors import Conflict, NotFound
from patron_core.hookspecs import CommandHandler
from patron_core.parties.models import Party
from patron_core.touchpoints.commands import LogTouchpoint
from patron_core.touchpoints.events import TouchpointLogged
from patron_core.touchpoints.models import Touchpoint, TouchpointParticipant
from patron_core.touchpoints.permissions import TOUCHPOINT_WRITE
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import not_later

__all__ = ["HANDLERS", "log_touchpoint"]

#: Clocks of other systems and zones that were left out differ by less than a day.
_LATEST: Final = dt.timedelta(days=1)
_SOURCE_KEY: Final = ("source", "source_key")


def log_touchpoint(command: LogTouchpoint, uow: UnitOfWork) -> Touchpoint:
    """Logs a contact with its participants. A source key that is known gives the touchpoint that is there."""
    occurred_at = command.occurred_at or uow.now
    not_later(occurred_at, than=uow.now + _LATEST, path="occurred_at")
    if command.customer_id is not None:
        uow.get(Customer, command.customer_id, path=("customer_id",))
    _check_participants(command, uow)
    values = {
        "customer_id": command.customer_id,
        "channel": command.channel,
        "direction": command.direction,
        "occurred_at": occurred_at,
        "topic": command.topic,
        "outcome": command.outcome,
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


def _known(command: LogTouchpoint, uow: UnitOfWork) -> Touchpoint:
    known = uow.find(Touchpoint, source=command.source, source_key=command.source_key)
    if known is None:  # written and not yet visible: another transaction is about to commit it
        raise Conflict("The touchpoint is being logged by another request. It has the same source key. Try again.")
    return known


HANDLERS: Final = (CommandHandler(command=LogTouchpoint, handler=log_touchpoint, permission=TOUCHPOINT_WRITE),)
