"""What happens to relationships: define types, relate parties, end relationships, inside the caller's unit of work.

Both party rows are locked while a relationship is made, so that limits on numbers hold whoever else relates them.
"""

from __future__ import annotations

import uuid
from typing import Final

from sqlalchemy import ColumnElement, or_, select

from patron_core.errors import Conflict, InvalidInput, NotFound
from patron_core.hookspecs import CommandHandler
from patron_core.parties.models import Party
from patron_core.relationships import events
from patron_core.relationships.catalogue import DEFAULT_TYPES
from patron_core.relationships.commands import CreateRelationship, DefineRelationshipType, EndRelationship
from patron_core.relationships.models import Relationship, RelationshipType
from patron_core.relationships.permissions import RELATIONSHIP_DEFINE, RELATIONSHIP_WRITE
from patron_core.relationships.rules import canonical, check_kinds, check_reflexive, most_at_once
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import in_order, same_version, unused
from patron_core.values import Period

__all__ = [
    "HANDLERS",
    "create_relationship",
    "define_relationship_type",
    "end_relationship",
    "seed_relationship_types",
]


def define_relationship_type(command: DefineRelationshipType, uow: UnitOfWork) -> RelationshipType:
    """Defines a kind of relationship. CONFLICT where its code is taken, also by one of the default catalogue."""
    unused(uow, RelationshipType, reserved=DEFAULT_TYPES, code=command.code)
    return _define(command, uow)


def seed_relationship_types(uow: UnitOfWork) -> int:
    """Adds what a tenant lacks of the default catalogue and returns how many types that were."""
    known = set(uow.select(select(RelationshipType.code)))
    missing = [definition for code, definition in DEFAULT_TYPES.items() if code not in known]
    for definition in missing:
        _define(definition, uow)
    return len(missing)


def create_relationship(command: CreateRelationship, uow: UnitOfWork) -> Relationship:
    """Relates two parties. INVALID_INPUT where kinds do not fit; CONFLICT where they are related so, or too often."""
    type_ = _type(command.type_code, uow)
    source_id, target_id = canonical(type_, command.source_id, command.target_id)
    check_reflexive(type_, source_id=source_id, target_id=target_id)
    source, target = _locked_parties(command, uow)
    check_kinds(type_, source=source.kind, target=target.kind)
    relationship = Relationship(
        type_id=type_.id,
        source_id=source_id,
        target_id=target_id,
        role_title=command.role_title,
        influence=command.influence,
        validity=Period(command.valid_from, command.valid_to),
        notes=command.notes,
    )
    _refuse_again(relationship, uow)
    _refuse_too_many(type_, relationship, uow)
    uow.add(relationship)
    uow.emit(
        events.RelationshipCreated(
            relationship_id=relationship.id, type_code=type_.code, source_id=source_id, target_id=target_id
        )
    )
    return relationship


def end_relationship(command: EndRelationship, uow: UnitOfWork) -> Relationship:
    """Ends a relationship, now or at a given time after its beginning; one that has ended stays ended."""
    relationship = uow.get(Relationship, command.id, path=("id",))
    same_version(relationship, version=command.version)
    ended_at = command.ended_at or uow.now
    validity = relationship.validity
    if validity.end is not None and validity.end <= ended_at:
        raise InvalidInput(
            "The relationship has an end that is no later. A later or equal end was given. Nothing is to be done.",
            path=("ended_at",),
        )
    in_order(validity.start, ended_at, path="ended_at")
    relationship.validity = Period(validity.start, ended_at)
    uow.emit(events.RelationshipEnded(relationship_id=relationship.id, ended_at=ended_at))
    return relationship


def _define(command: DefineRelationshipType, uow: UnitOfWork) -> RelationshipType:
    type_ = uow.add(
        RelationshipType(
            code=command.code,
            forward_name=command.forward_name,
            inverse_name=command.inverse_name,
            source_kind=command.source_kind,
            target_kind=command.target_kind,
            symmetric=command.symmetric,
            reflexive=command.reflexive,
            max_active_per_source=command.max_active_per_source,
            max_active_per_target=command.max_active_per_target,
        )
    )
    uow.emit(events.RelationshipTypeDefined(relationship_type_id=type_.id, code=type_.code))
    return type_


def _type(code: str, uow: UnitOfWork) -> RelationshipType:
    """The type of a code; one of the default catalogue comes into being with its first use."""
    type_ = uow.find(RelationshipType, code=code)
    if type_ is None and code in DEFAULT_TYPES:
        type_ = _define(DEFAULT_TYPES[code], uow)
    if type_ is None:
        raise NotFound(
            "There is no such relationship type. The code names none. Define it, or use one of the list.",
            path=("type_code",),
        )
    return type_


def _locked_parties(command: CreateRelationship, uow: UnitOfWork) -> tuple[Party, Party]:
    """Source and target as they were named, locked in the order of ids, so that no two requests wait for each other."""
    sides = {command.source_id: "source_id", command.target_id: "target_id"}
    parties = {id_: uow.get(Party, id_, lock=True, path=(side,)) for id_, side in sorted(sides.items())}
    return parties[command.source_id], parties[command.target_id]


def _refuse_again(new: Relationship, uow: UnitOfWork) -> None:
    same = [
        Relationship.source_id == new.source_id,
        Relationship.target_id == new.target_id,
        Relationship.role_title == new.role_title if new.role_title else Relationship.role_title.is_(None),
    ]
    if _overlapping(new, uow, *same):
        raise Conflict(
            "The parties are related so already. The same type, role and an overlapping period were given. "
            "Use the relationship there is.",
            path=("target_id",),
        )


def _refuse_too_many(type_: RelationshipType, new: Relationship, uow: UnitOfWork) -> None:
    limits = (("source", type_.max_active_per_source), ("target", type_.max_active_per_target))
    for side, most in limits:
        if most is None:
            continue
        party_id = new.source_id if side == "source" else new.target_id
        others = _overlapping(new, uow, _with_party(type_, side, party_id))
        if most_at_once((other.validity for other in others), within=new.validity) >= most:
            raise Conflict(
                f"The {side} has as many {type_.code} relationships as it may have. The most is {most} at a time. "
                "End one of them first, or choose another period.",
                path=(f"{side}_id",),
            )


def _with_party(type_: RelationshipType, side: str, party_id: uuid.UUID) -> ColumnElement[bool]:
    """Where a party stands on a side; in a symmetric relationship both sides are one."""
    if type_.symmetric:
        return or_(Relationship.source_id == party_id, Relationship.target_id == party_id)
    return Relationship.source_id == party_id if side == "source" else Relationship.target_id == party_id


def _overlapping(new: Relationship, uow: UnitOfWork, *criteria: ColumnElement[bool]) -> list[Relationship]:
    """Relationships of the same type that meet the criteria and hold at some instant of the new one."""
    wanted = select(Relationship).where(Relationship.type_id == new.type_id, *criteria)
    if new.validity.end is not None:
        starts = or_(Relationship.validity_from.is_(None), Relationship.validity_from < new.validity.end)
        wanted = wanted.where(starts)
    if new.validity.start is not None:
        ends = or_(Relationship.validity_to.is_(None), Relationship.validity_to > new.validity.start)
        wanted = wanted.where(ends)
    return uow.select(wanted)


HANDLERS: Final = (
    CommandHandler(command=DefineRelationshipType, handler=define_relationship_type, permission=RELATIONSHIP_DEFINE),
    CommandHandler(command=CreateRelationship, handler=create_relationship, permission=RELATIONSHIP_WRITE),
    CommandHandler(command=EndRelationship, handler=end_relationship, permission=RELATIONSHIP_WRITE),
)
