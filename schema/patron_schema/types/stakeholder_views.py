"""What follows from stakeholders, as the API shows it: how well a customer is covered, and who was for a deal at each stage."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import strawberry

from patron_core.access.grants import reads
from patron_core.customers.models import Customer as CustomerModel
from patron_core.opportunities.models import Opportunity as OpportunityModel
from patron_core.outbox.telling import outer_id
from patron_core.parties.models import Party as PartyModel
from patron_core.records import PII
from patron_core.stakeholders import coverage, viewpoints
from patron_core.stakeholders.models import Stakeholder as StakeholderModel
from patron_core.stakeholders.models import StakeholderRole, Stance
from patron_core.stakeholders.permissions import STAKEHOLDER_READ
from patron_core.unit_of_work import UnitOfWork

from ..compose.commands import decode_id
from ..declare import Query, extends, resolver
from .figures import Figure, shown

__all__ = ["EXTENSIONS"]

T = TypeVar("T")


@strawberry.type(description="Somebody who has a say now.")
class CoveredStakeholder:
    stakeholder_id: strawberry.ID = strawberry.field(description="Its id; `node` shows it.")
    person_id: strawberry.ID = strawberry.field(description="Who; `node` shows the person.")
    display_name: str | None = strawberry.field(description="The name; null for who may not read names.")
    role: StakeholderRole = strawberry.field(description="What the person does in the decision.")
    opportunity_id: strawberry.ID | None = strawberry.field(
        description="In which deal; null where it is for the customer as a whole."
    )
    last_contact_at: dt.datetime | None = strawberry.field(
        description="Of the last contact the person took part in; null for never."
    )
    silent: bool = strawberry.field(description="Whether that is longer ago than contacts count.")


@strawberry.type(description="Who has a role at a customer.")
class RoleCoverage:
    role: StakeholderRole = strawberry.field(description="The role.")
    reached: bool = strawberry.field(description="Whether a contact with one of them counts.")
    people: list[CoveredStakeholder] = strawberry.field(description="Who has it; nobody where it is a gap.")


@strawberry.type(description="How well those who decide at a customer are known and spoken with.")
class StakeholderCoverage:
    days: int = strawberry.field(description="How long a contact counts.")
    missing_roles: list[StakeholderRole] = strawberry.field(description="Roles that nobody has.")
    roles: list[RoleCoverage] = strawberry.field(description="Each role asked for, and who has it.")
    silent: list[CoveredStakeholder] = strawberry.field(description="Who took part in no contact within the days.")
    single_thread: bool = strawberry.field(description="Whether all contacts within the days were with one person.")
    roles_filled: Figure = strawberry.field(description="Share of the roles that somebody has.")
    people_reached: Figure = strawberry.field(description="Share of the people who took part in a contact.")
    contacts: Figure = strawberry.field(description="With how many people contacts were; one is a risk.")
    truncated: bool = strawberry.field(
        description=f"Whether there are more than {coverage.MOST_STAKEHOLDERS} stakeholders, of whom the first were taken."
    )


@strawberry.type(description="Where somebody stood at a stage of a deal.")
class Viewpoint:
    stakeholder_id: strawberry.ID = strawberry.field(description="Who; `node` shows the stakeholder.")
    person_id: strawberry.ID = strawberry.field(description="Who; `node` shows the person.")
    display_name: str | None = strawberry.field(description="The name; null for who may not read names.")
    role: StakeholderRole = strawberry.field(description="What the person does in the decision.")
    influence: int | None = strawberry.field(description="Influence from 0 to 100, as it is noted now.")
    stance: Stance = strawberry.field(description="On which side the person was.")
    since: dt.datetime = strawberry.field(description="When the person took that side.")
    reason: str | None = strawberry.field(description="Why, where it is known; null for who may not read it.")


@strawberry.type(description="Who was for a deal and who against it while it stood in a stage.")
class StageViewpoints:
    stage_code: str = strawberry.field(description="The stage.")
    entered_at: dt.datetime = strawberry.field(description="When the deal came there.")
    left_at: dt.datetime | None = strawberry.field(description="When it left; null where it stands there.")
    supporters: int = strawberry.field(description="How many were for it, openly or rather.")
    opponents: int = strawberry.field(description="How many were against it, openly or rather.")
    conflicting: bool = strawberry.field(description="Whether some were for it and some against it.")
    viewpoints: list[Viewpoint] = strawberry.field(description="Where each stood, the supporters first.")


Whose = Annotated[strawberry.ID, strawberry.argument(description="The customer.")]
Deal = Annotated[strawberry.ID, strawberry.argument(description="The deal.")]
Days = Annotated[int, strawberry.argument(description=f"How long a contact counts, 1 to {coverage.MOST_DAYS}.")]
Roles = Annotated[
    list[StakeholderRole] | None, strawberry.argument(description="Roles somebody should have; all when left out.")
]


@extends(Query)
class StakeholderViewQuery:
    @resolver(scope=STAKEHOLDER_READ)
    async def stakeholder_coverage(
        self, info: strawberry.Info[Any, Any], customer_id: Whose, days: Days = coverage.DAYS, roles: Roles = None
    ) -> StakeholderCoverage | None:
        """Which roles nobody has at a customer, who was not spoken with, and whether all hangs on one person."""
        wanted = decode_id(customer_id, CustomerModel.id_prefix)

        def find(uow: UnitOfWork) -> StakeholderCoverage:
            found = coverage.coverage_of(uow, wanted, days=days, roles=tuple(roles or ()))
            return _coverage(found, names=_sees_names(uow))

        return await _read(info, find)

    @resolver(scope=STAKEHOLDER_READ)
    async def stakeholder_viewpoints(
        self, info: strawberry.Info[Any, Any], opportunity_id: Deal
    ) -> list[StageViewpoints] | None:
        """Who was for a deal and who against it at each stage, in the order in which the deal came to them."""
        wanted = decode_id(opportunity_id, OpportunityModel.id_prefix)

        def find(uow: UnitOfWork) -> list[StageViewpoints]:
            names = _sees_names(uow)
            return [_stage(view, names=names) for view in viewpoints.viewpoints_of(uow, wanted)]

        return await _read(info, find)


def _sees_names(uow: UnitOfWork) -> bool:
    """Whether the actor may read names, and those of others: who sees only some parties' rows does not see these people."""
    return reads(uow.actor.opened, PII) and not uow.actor.limits


def _coverage(found: coverage.Coverage, *, names: bool) -> StakeholderCoverage:
    roles = [
        RoleCoverage(role=each.role, reached=each.reached, people=[_person(one, names=names) for one in each.people])
        for each in found.roles
    ]
    return StakeholderCoverage(
        days=found.days,
        missing_roles=[each.role for each in found.roles if not each.people],
        roles=roles,
        silent=[one for role in roles for one in role.people if one.silent],
        single_thread=found.single_thread,
        roles_filled=shown(found.roles_filled),
        people_reached=shown(found.people_reached),
        contacts=shown(found.contacts),
        truncated=found.truncated,
    )


def _person(known: coverage.KnownStakeholder, *, names: bool) -> CoveredStakeholder:
    deal = known.opportunity_id
    return CoveredStakeholder(
        stakeholder_id=strawberry.ID(outer_id(known.stakeholder_id, StakeholderModel)),
        person_id=strawberry.ID(outer_id(known.person_id, PartyModel)),
        display_name=known.display_name if names else None,
        role=known.role,
        opportunity_id=None if deal is None else strawberry.ID(outer_id(deal, OpportunityModel)),
        last_contact_at=known.last_contact_at,
        silent=known.silent,
    )


def _stage(view: viewpoints.StageView, *, names: bool) -> StageViewpoints:
    return StageViewpoints(
        stage_code=view.stage_code,
        entered_at=view.entered_at,
        left_at=view.left_at,
        supporters=view.supporters,
        opponents=view.opponents,
        conflicting=view.conflicting,
        viewpoints=[_viewpoint(each, names=names) for each in view.viewpoints],
    )


def _viewpoint(each: viewpoints.Viewpoint, *, names: bool) -> Viewpoint:
    return Viewpoint(
        stakeholder_id=strawberry.ID(outer_id(each.stakeholder_id, StakeholderModel)),
        person_id=strawberry.ID(outer_id(each.person_id, PartyModel)),
        display_name=each.display_name if names else None,
        role=each.role,
        influence=each.influence,
        stance=each.stance,
        since=each.since,
        reason=each.reason if names else None,
    )


async def _read(info: strawberry.Info[Any, Any], work: Callable[[UnitOfWork], T]) -> T:
    found: T = await info.context.read(work)
    return found


EXTENSIONS = (StakeholderViewQuery,)
