"""Households and other groups of parties: carries the commands out.

The group's row is locked while members come and go, so that a party belongs to it once at any instant and one speaks for it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Final

from sqlalchemy import Select, or_, select

from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.households import events
from patron_core.households.commands import (
    AddHouseholdMember,
    CreateHousehold,
    EndHousehold,
    EndHouseholdMember,
    UpdateHousehold,
)
from patron_core.households.models import Household, HouseholdKind, HouseholdMember, HouseholdRole
from patron_core.households.permissions import HOUSEHOLD_WRITE
from patron_core.parties.models import Party
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import same_version
from patron_core.values import Period

__all__ = ["HANDLERS"]


def create_household(command: CreateHousehold, uow: UnitOfWork) -> Household:
    """Makes a group."""
    household = uow.add(
        Household(name=command.name, kind=command.kind, validity=Period(command.valid_from or uow.now, None))
    )
    uow.emit(events.HouseholdCreated(household_id=household.id, kind=household.kind))
    return household


def update_household(command: UpdateHousehold, uow: UnitOfWork) -> Household:
    """Gives a group another name or kind."""
    household = uow.get(Household, command.id, path=("id",))
    same_version(household, version=command.version)
    if isinstance(command.name, str):
        household.name = command.name
    if isinstance(command.kind, HouseholdKind):
        household.kind = command.kind
    uow.emit(events.HouseholdUpdated(household_id=household.id))
    return household


def end_household(command: EndHousehold, uow: UnitOfWork) -> Household:
    """Ends a group with all its memberships."""
    household = _open(command.id, uow, path="id")
    same_version(household, version=command.version)
    for member in uow.select(_members(household.id)):
        member.validity = Period(member.validity.start, _after(member.validity.start, uow.now))
    household.validity = Period(household.validity.start, _after(household.validity.start, uow.now))
    uow.emit(events.HouseholdEnded(household_id=household.id))
    return household


def add_member(command: AddHouseholdMember, uow: UnitOfWork) -> HouseholdMember:
    """Lets a party belong to a group. CONFLICT where it does, or where another one speaks for the group."""
    party = uow.get(Party, command.party_id, path=("party_id",))
    household = _open(command.household_id, uow, path="household_id")
    begins = command.valid_from or uow.now
    meets = _members(household.id, after=begins)
    if uow.select(meets.where(HouseholdMember.party_id == party.id).limit(1)):
        raise Conflict(
            "The party belongs to the group already. It was given again. End the membership there is first.",
            path=("party_id",),
        )
    if command.role is HouseholdRole.HEAD and uow.select(meets.where(HouseholdMember.role == command.role).limit(1)):
        raise Conflict(
            "Another party speaks for the group. HEAD was given for a second one. End that membership first.",
            path=("role",),
        )
    member = uow.add(
        HouseholdMember(household_id=household.id, party_id=party.id, role=command.role, validity=Period(begins, None))
    )
    uow.emit(
        events.HouseholdMemberAdded(
            household_id=household.id, household_member_id=member.id, party_id=party.id, role=member.role
        )
    )
    return member


def end_member(command: EndHouseholdMember, uow: UnitOfWork) -> HouseholdMember:
    """Ends a membership."""
    member = uow.get(HouseholdMember, command.id, path=("id",))
    same_version(member, version=command.version)
    ended_at, validity = command.ended_at or uow.now, member.validity
    if validity.end is not None or (validity.start is not None and ended_at <= validity.start):
        raise InvalidInput(
            "The membership cannot end then. It has ended, or the end is not after its beginning. Give a later time.",
            path=("ended_at",),
        )
    member.validity = Period(validity.start, ended_at)
    uow.emit(
        events.HouseholdMemberEnded(
            household_id=member.household_id, household_member_id=member.id, party_id=member.party_id
        )
    )
    return member


def _open(id_: uuid.UUID, uow: UnitOfWork, *, path: str) -> Household:
    household = uow.get(Household, id_, lock=True, path=(path,))
    if household.validity.end is not None:
        raise Conflict("The group has ended. Its id was given to change it. Make another one.", path=(path,))
    return household


def _members(household_id: uuid.UUID, *, after: dt.datetime | None = None) -> Select[HouseholdMember]:
    statement = select(HouseholdMember).where(HouseholdMember.household_id == household_id)
    if after is None:
        return statement.where(HouseholdMember.validity_to.is_(None))
    return statement.where(or_(HouseholdMember.validity_to.is_(None), HouseholdMember.validity_to > after))


def _after(start: dt.datetime | None, now: dt.datetime) -> dt.datetime:
    """Now, or just after a beginning that is still to come: a period holds at least an instant."""
    return now if start is None or now > start else start + dt.timedelta(microseconds=1)


HANDLERS: Final = (
    CommandHandler(command=CreateHousehold, handler=create_household, permission=HOUSEHOLD_WRITE),
    CommandHandler(command=UpdateHousehold, handler=update_household, permission=HOUSEHOLD_WRITE),
    CommandHandler(command=EndHousehold, handler=end_household, permission=HOUSEHOLD_WRITE),
    CommandHandler(command=AddHouseholdMember, handler=add_member, permission=HOUSEHOLD_WRITE),
    CommandHandler(command=EndHouseholdMember, handler=end_member, permission=HOUSEHOLD_WRITE),
)
