"""What happens in an emergency: access is taken with an alert, used as an actor of its own, and reviewed by somebody else.

In come the commands, and for each use the id that a request sends; out comes what was stored, and the actor an operation
then runs as. That this actor sees rows about the one party only is held by the planner.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from typing import Final

import structlog
from sqlalchemy import select

from patron_core.access.grants import EVERYTHING
from patron_core.access.permissions import REVIEW
from patron_core.audit.purposes import PurposeOfUse
from patron_core.database import Database, TenantSession
from patron_core.emergency.commands import ReviewEmergencyAccess, TakeEmergencyAccess
from patron_core.emergency.events import EmergencyAccessGranted, EmergencyAccessReviewed
from patron_core.emergency.models import EmergencyAccess, ReviewOutcome
from patron_core.emergency.permissions import EMERGENCY_TAKE
from patron_core.errors import Conflict, Forbidden
from patron_core.hookspecs import CommandHandler
from patron_core.messages import Actor
from patron_core.parties.models import Party
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Clock

__all__ = ["BREAK_GLASS_HEADER", "HANDLERS", "in_emergency", "review_emergency_access", "take_emergency_access"]

BREAK_GLASS_HEADER: Final = "Patron-Break-Glass"
_log: Final = structlog.stdlib.get_logger("patron.emergency")


def take_emergency_access(command: TakeEmergencyAccess, uow: UnitOfWork) -> EmergencyAccess:
    """Opens everything about a party to the actor; an event and a line in the log raise the alert."""
    uow.get(Party, command.party_id, path=("party_id",))
    access = uow.add(
        EmergencyAccess(
            party_id=command.party_id,
            actor=uow.actor.subject,
            impersonator=uow.actor.impersonator,
            reason=command.reason,
            expires_at=uow.now + dt.timedelta(minutes=command.minutes),
        )
    )
    uow.emit(
        EmergencyAccessGranted(
            emergency_access_id=access.id,
            party_id=command.party_id,
            actor=uow.actor.subject,
            expires_at=access.expires_at,
        )
    )
    _log.warning(
        "emergency_access_granted",
        tenant_id=str(uow.tenant_id),
        actor=uow.actor.subject,
        emergency_access_id=str(access.id),
        minutes=command.minutes,
    )
    return access


def review_emergency_access(command: ReviewEmergencyAccess, uow: UnitOfWork) -> EmergencyAccess:
    """Keeps what a reviewer found. FORBIDDEN for who took it or acted as them, CONFLICT for a second review."""
    access = uow.get(EmergencyAccess, command.id, lock=True, path=("id",))
    involved = {access.actor, access.impersonator}
    if uow.actor.subject in involved or (uow.actor.impersonator or "") in involved:
        raise Forbidden(
            "Nobody reviews their own emergency access. You took it, or acted as who did. Ask somebody else to review it.",
            scope=REVIEW,
        )
    if access.reviewed_at is not None:
        raise Conflict("It was reviewed before. A review stands. Read its outcome.", path=("id",))
    reviewer = uow.actor.impersonator or uow.actor.subject
    access.reviewed_by = reviewer
    access.reviewed_at = uow.now
    access.outcome = command.outcome
    access.note = command.note
    uow.emit(EmergencyAccessReviewed(emergency_access_id=access.id, reviewed_by=reviewer, outcome=command.outcome))
    return access


async def in_emergency(actor: Actor, claimed: str, *, database: Database, clock: Clock) -> Actor:
    """The actor an operation runs as that claims an emergency access: it reads everything about one party, and writes nothing.

    claimed: the id of the access, as the request sent it. FORBIDDEN, in the same words, where it is none of this actor's,
    has ended, or was found not to be justified.
    """
    access = await _find(actor, claimed, database)
    now = clock.now()
    if access is None or access.expires_at <= now or access.outcome is ReviewOutcome.NOT_JUSTIFIED:
        raise Forbidden(
            f"This emergency access opens nothing. {BREAK_GLASS_HEADER} names none that you took and that has not ended. "
            "Take it anew with accessBreakGlass.",
            header=BREAK_GLASS_HEADER,
        )
    ends = min(access.expires_at, actor.expires_at) if actor.expires_at is not None else access.expires_at
    return replace(
        actor,
        roles=(),
        scopes=("*:read",),
        grants=(EVERYTHING,),
        rows=frozenset({"subject"}),
        party_id=access.party_id,  # type: ignore[attr-defined]  # made by the reference
        purpose=PurposeOfUse.ETREAT.name,
        purposes=(PurposeOfUse.ETREAT.name,),
        break_glass=access.id,
        expires_at=ends,
    )


async def _find(actor: Actor, claimed: str, database: Database) -> EmergencyAccess | None:
    try:
        wanted = uuid.UUID(claimed.removeprefix(f"{EmergencyAccess.id_prefix}_"))
    except ValueError:
        return None
    mine = select(EmergencyAccess).where(EmergencyAccess.id == wanted, EmergencyAccess.actor == actor.subject)

    def read(session: TenantSession) -> EmergencyAccess | None:
        return session.scalars(mine).one_or_none()

    return await database.read(actor.tenant_id, read)


HANDLERS: Final = (
    CommandHandler(command=TakeEmergencyAccess, handler=take_emergency_access, permission=EMERGENCY_TAKE),
    CommandHandler(command=ReviewEmergencyAccess, handler=review_emergency_access, permission=REVIEW),
)
