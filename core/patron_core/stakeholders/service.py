"""Who has a say at a customer, and on which side they are: carries the commands out.

The deal's or the customer's row is locked while somebody is named, so that "one economic buyer" holds whoever else names one.
"""

from __future__ import annotations

import uuid
from types import MappingProxyType
from typing import Final

from sqlalchemy import or_, select

from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.opportunities.models import ApprovalStep, Opportunity
from patron_core.parties.models import Party, PartyKind
from patron_core.parties.units import units_below
from patron_core.relationships.models import Relationship
from patron_core.stakeholders import events
from patron_core.stakeholders.commands import (
    AddConcern,
    AddStakeholder,
    EndStakeholder,
    ResolveConcern,
    UpdateStakeholder,
)
from patron_core.stakeholders.models import Concern, Stakeholder, StakeholderRole, Stance, StanceChange
from patron_core.stakeholders.permissions import STAKEHOLDER_WRITE
from patron_core.unit_of_work import UnitOfWork
from patron_core.updates import apply_update
from patron_core.validation import same_version
from patron_core.values import UNSET

__all__ = [
    "HANDLERS",
    "MOST_AT_ONCE",
    "add_concern",
    "add_stakeholder",
    "end_stakeholder",
    "resolve_concern",
    "update_stakeholder",
]

_MOST_UNITS: Final = 1_000
#: How many may have a role at the same time, in one deal or for one customer as a whole.
MOST_AT_ONCE: Final = MappingProxyType({StakeholderRole.ECONOMIC_BUYER: 1})


def add_stakeholder(command: AddStakeholder, uow: UnitOfWork) -> Stakeholder:
    """Names a stakeholder.

    INVALID_INPUT for who is no person, or neither related to the organization nor from outside; CONFLICT where the person has
    the role already, or as many have it as may.
    """
    customer, opportunity = _place(command, uow)
    person = uow.get(Party, command.person_id, path=("person_id",))
    if command.approves_step_id is not None:
        _step_of(command.approves_step_id, None if opportunity is None else opportunity.id, uow)
    _check_person(person, customer, uow, external=command.external)
    stakeholder = Stakeholder(
        customer_id=customer.id,
        opportunity_id=command.opportunity_id,
        person_id=person.id,
        role=command.role,
        stance=command.stance,
        influence=command.influence,
        responsibility=command.responsibility,
        external=command.external,
        approves_step_id=command.approves_step_id,
    )
    _check_role(stakeholder, command.role, uow)
    uow.add(stakeholder)
    _keep_stance(stakeholder, uow, before=None, reason=None)
    uow.emit(
        events.StakeholderAdded(
            customer_id=customer.id,
            stakeholder_id=stakeholder.id,
            person_id=person.id,
            opportunity_id=command.opportunity_id,
            role=command.role,
        )
    )
    for concern in command.concerns:
        _raise(stakeholder, concern.text, uow)
    return stakeholder


def update_stakeholder(command: UpdateStakeholder, uow: UnitOfWork) -> Stakeholder:
    """Changes what is noted; another stance is kept with the stage the deal stands in. As `add_stakeholder` refuses."""
    stakeholder = uow.get(Stakeholder, command.id, path=("id",))
    if command.approves_step_id is not None and command.approves_step_id is not UNSET:
        _step_of(command.approves_step_id, stakeholder.opportunity_id, uow)
    same_version(stakeholder, version=command.version)
    _refuse_ended(stakeholder)
    if command.external is False and stakeholder.external:
        person, customer = uow.get(Party, stakeholder.person_id), uow.get(Customer, stakeholder.customer_id)
        _check_person(person, customer, uow, external=False)
    if isinstance(command.role, StakeholderRole) and command.role is not stakeholder.role:
        _lock_place(stakeholder, uow)
        _check_role(stakeholder, command.role, uow)
    before = stakeholder.stance
    changed = apply_update(command, to=stakeholder, but=("reason",))
    if stakeholder.stance is not before:
        _keep_stance(stakeholder, uow, before=before, reason=command.reason)
    _tell_changes(stakeholder, changed, before, uow)
    return stakeholder


def end_stakeholder(command: EndStakeholder, uow: UnitOfWork) -> Stakeholder:
    """Notes that somebody has no say any more. CONFLICT where that is so already."""
    stakeholder = uow.get(Stakeholder, command.id, path=("id",))
    same_version(stakeholder, version=command.version)
    _refuse_ended(stakeholder)
    stakeholder.ended_at = uow.now
    uow.emit(events.StakeholderEnded(customer_id=stakeholder.customer_id, stakeholder_id=stakeholder.id))
    return stakeholder


def add_concern(command: AddConcern, uow: UnitOfWork) -> Concern:
    """Notes a concern. CONFLICT where the person has no say any more."""
    stakeholder = uow.get(Stakeholder, command.stakeholder_id, path=("stakeholder_id",))
    _refuse_ended(stakeholder, path="stakeholder_id")
    return _raise(stakeholder, command.text, uow)


def resolve_concern(command: ResolveConcern, uow: UnitOfWork) -> Concern:
    """Settles a concern. CONFLICT where it is settled."""
    concern = uow.get(Concern, command.id, path=("id",))
    same_version(concern, version=command.version)
    if concern.resolved_at is not None:
        raise Conflict(
            "The concern is settled already. It was to be settled again. Note a new one if it came back.",
            path=("id",),
        )
    stakeholder = uow.get(Stakeholder, concern.stakeholder_id)
    concern.resolved_at, concern.resolution = uow.now, command.resolution
    uow.emit(
        events.ConcernResolved(
            customer_id=stakeholder.customer_id, stakeholder_id=stakeholder.id, concern_id=concern.id
        )
    )
    return concern


def _place(command: AddStakeholder, uow: UnitOfWork) -> tuple[Customer, Opportunity | None]:
    """The customer and the deal, the narrower of them locked."""
    if command.opportunity_id is None:
        assert command.customer_id is not None
        return uow.get(Customer, command.customer_id, lock=True, path=("customer_id",)), None
    opportunity = uow.get(Opportunity, command.opportunity_id, lock=True, path=("opportunity_id",))
    return uow.get(Customer, opportunity.customer_id, path=("opportunity_id",)), opportunity


def _lock_place(stakeholder: Stakeholder, uow: UnitOfWork) -> None:
    if stakeholder.opportunity_id is None:
        uow.get(Customer, stakeholder.customer_id, lock=True)
    else:
        uow.get(Opportunity, stakeholder.opportunity_id, lock=True)


def _step_of(step_id: uuid.UUID, opportunity_id: uuid.UUID | None, uow: UnitOfWork) -> ApprovalStep:
    step = uow.get(ApprovalStep, step_id, path=("approves_step_id",))
    if step.opportunity_id != opportunity_id:
        raise InvalidInput(
            "The step is one of another deal. A stakeholder signs steps of the own deal. Choose one of them.",
            path=("approves_step_id",),
        )
    return step


def _check_person(person: Party, customer: Customer, uow: UnitOfWork, *, external: bool) -> None:
    """Refuses who is no person, and who is neither the customer, nor related to it or a part of it now, nor from outside."""
    if person.kind is not PartyKind.PERSON:
        raise InvalidInput(
            "A stakeholder is a person. An organization was given. Name somebody of it.", path=("person_id",)
        )
    if external or person.id == customer.party_id:
        return
    tree = units_below(uow.tenant_id, customer.party_id)
    units = [customer.party_id, *uow.select(select(tree.c.id).where(tree.c.level > 0).limit(_MOST_UNITS))]
    holds = (
        or_(Relationship.validity_from.is_(None), Relationship.validity_from <= uow.now),
        or_(Relationship.validity_to.is_(None), Relationship.validity_to > uow.now),
    )
    sides = ((Relationship.source_id, Relationship.target_id), (Relationship.target_id, Relationship.source_id))
    if not any(
        uow.rows(select(Relationship.id).where(here == person.id, uow.among(there, units), *holds).limit(1))
        for here, there in sides
    ):
        raise InvalidInput(
            "The person is not related to the organization. No relationship with it or a part of it holds now. "
            "Relate them first, or say that the person is external.",
            path=("person_id",),
        )


def _check_role(stakeholder: Stakeholder, role: StakeholderRole, uow: UnitOfWork) -> None:
    there = select(Stakeholder).where(
        Stakeholder.customer_id == stakeholder.customer_id, Stakeholder.role == role, Stakeholder.ended_at.is_(None)
    )
    deal = stakeholder.opportunity_id
    there = there.where(Stakeholder.opportunity_id.is_(None) if deal is None else Stakeholder.opportunity_id == deal)
    found = uow.select(there)
    if any(each.person_id == stakeholder.person_id for each in found):
        raise Conflict(
            "The person has that role already. The same person and role were given. Change the one there is.",
            path=("person_id",),
        )
    most = MOST_AT_ONCE.get(role)
    if most is not None and len(found) >= most:
        raise Conflict(
            f"Nobody else can be {role.name} now. The most is {most} at a time. "
            "End the other one first, or choose another role.",
            path=("role",),
        )


def _refuse_ended(stakeholder: Stakeholder, *, path: str = "id") -> None:
    if stakeholder.ended_at is not None:
        raise Conflict(
            "The stakeholder has no say any more. Something was to be noted of one that ended. Name the person anew.",
            path=(path,),
        )


def _keep_stance(stakeholder: Stakeholder, uow: UnitOfWork, *, before: Stance | None, reason: str | None) -> None:
    deal = stakeholder.opportunity_id
    uow.add(
        StanceChange(
            stakeholder_id=stakeholder.id,
            stage_id=None if deal is None else uow.get(Opportunity, deal).stage_id,
            from_stance=before,
            to_stance=stakeholder.stance,
            occurred_at=uow.now,
            changed_by=uow.actor.subject,
            reason=reason,
        )
    )


def _tell_changes(stakeholder: Stakeholder, changed: tuple[str, ...], before: Stance, uow: UnitOfWork) -> None:
    customer_id, stakeholder_id = stakeholder.customer_id, stakeholder.id
    if changed:
        uow.emit(events.StakeholderChanged(customer_id=customer_id, stakeholder_id=stakeholder_id, fields=changed))
    if stakeholder.stance is not before:
        uow.emit(
            events.StanceTaken(
                customer_id=customer_id,
                stakeholder_id=stakeholder_id,
                from_stance=before,
                to_stance=stakeholder.stance,
            )
        )


def _raise(stakeholder: Stakeholder, text: str, uow: UnitOfWork) -> Concern:
    concern = uow.add(Concern(stakeholder_id=stakeholder.id, text=text))
    uow.emit(
        events.ConcernRaised(customer_id=stakeholder.customer_id, stakeholder_id=stakeholder.id, concern_id=concern.id)
    )
    return concern


HANDLERS: Final = (
    CommandHandler(command=AddStakeholder, handler=add_stakeholder, permission=STAKEHOLDER_WRITE),
    CommandHandler(command=UpdateStakeholder, handler=update_stakeholder, permission=STAKEHOLDER_WRITE),
    CommandHandler(command=EndStakeholder, handler=end_stakeholder, permission=STAKEHOLDER_WRITE),
    CommandHandler(command=AddConcern, handler=add_concern, permission=STAKEHOLDER_WRITE),
    CommandHandler(command=ResolveConcern, handler=resolve_concern, permission=STAKEHOLDER_WRITE),
)
