"""What parties are to us beside customers: roles with a time, of which those of one kind never overlap.

Two that overlap are kept apart by the lock of the party's row, so that two requests at the same moment cannot both make one.
"""

from __future__ import annotations

from sqlalchemy import or_, select

from patron_core.errors import Conflict, InvalidInput
from patron_core.parties import events
from patron_core.parties.commands import AddPartyRole, EndPartyRole
from patron_core.parties.models import Party, PartyRole
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import in_order, same_version
from patron_core.values import Period

__all__ = ["add_party_role", "end_party_role"]


def add_party_role(command: AddPartyRole, uow: UnitOfWork) -> PartyRole:
    """Gives a party a role. CONFLICT where it has one of the kind at any instant of the time."""
    party = uow.get(Party, command.party_id, lock=True, path=("party_id",))
    validity = Period(command.valid_from or uow.now, command.valid_to)
    in_order(validity.start, validity.end, path="valid_to")
    meets = select(PartyRole.id).where(
        PartyRole.party_id == party.id,
        PartyRole.kind == command.kind,
        or_(PartyRole.validity_to.is_(None), PartyRole.validity_to > validity.start),
    )
    if validity.end is not None:
        meets = meets.where(or_(PartyRole.validity_from.is_(None), PartyRole.validity_from < validity.end))
    if uow.select(meets.limit(1)):
        raise Conflict(
            f"The party is a {command.kind.name} already. A time was given that meets the other role's. "
            "End that one first, or give a time beside it.",
            path=("kind",),
        )
    role = uow.add(PartyRole(party_id=party.id, kind=command.kind, validity=validity, notes=command.notes))
    uow.emit(events.PartyRoleAdded(party_id=party.id, party_role_id=role.id, kind=role.kind))
    return role


def end_party_role(command: EndPartyRole, uow: UnitOfWork) -> PartyRole:
    """Ends a role; one that has an end gets no later one."""
    role = uow.get(PartyRole, command.id, path=("id",))
    same_version(role, version=command.version)
    ended_at, validity = command.ended_at or uow.now, role.validity
    if (validity.end is not None and validity.end <= ended_at) or (
        validity.start is not None and ended_at <= validity.start
    ):
        raise InvalidInput(
            "The role cannot end then. The end lies before its beginning, or it has ended by then. Give another time.",
            path=("ended_at",),
        )
    role.validity = Period(validity.start, ended_at)
    uow.emit(events.PartyRoleEnded(party_id=role.party_id, party_role_id=role.id, kind=role.kind))
    return role
