"""Those who may become customers, as the API shows them: with their score and its reasons, and how soon they are answered."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from patron_core.access.overview import require_overview
from patron_core.leads import figures, models
from patron_core.leads.permissions import LEAD_READ
from patron_core.opportunities.models import Motivation
from patron_core.privacy.models import ConsentDecision, ConsentPurpose
from patron_core.touchpoints.models import Channel
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money

from ..compose.commands import decode_id
from ..declare import Connection, Query, extends, planned, related, resolver, root
from ..nodes import Node
from .customers import Customer
from .figures import Figure, shown
from .spans import check_span

if TYPE_CHECKING:
    from .parties import Party

__all__ = [
    "EXTENSIONS",
    "TYPES",
    "Lead",
    "LeadConsent",
    "LeadMotivator",
    "LeadResponseTarget",
    "LeadScoreFactor",
]


@planned(models.Lead)
class Lead(Node):
    """Somebody who may become a customer."""

    party: Party | None
    given_name: str | None
    family_name: str | None
    organization_name: str | None
    email: str | None
    phone: str | None
    interest: str | None
    source: str
    source_key: str | None
    channel: Channel
    motivation: Motivation | None
    budget: Money | None
    decision_on: dt.date | None
    owner: str | None
    state: models.LeadState
    disqualified_reason: str | None
    score: int
    received_at: dt.datetime
    first_response_minutes: int
    first_response_due_at: dt.datetime
    responded_at: dt.datetime | None
    response_minutes: int | None
    breached_at: dt.datetime | None
    qualified_at: dt.datetime | None
    closed_at: dt.datetime | None
    customer: Customer | None
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    motivators: Connection[LeadMotivator] = related(models.LeadMotivator.lead, description="What moves them to buy.")
    score_factors: Connection[LeadScoreFactor] = related(
        models.LeadScoreFactor.lead, description="The parts of the score, each with its reason."
    )
    consents: Connection[LeadConsent] = related(models.LeadConsent.lead, description="What they agreed to.")


@planned(models.LeadMotivator)
class LeadMotivator(Node):
    """Something that moves a lead to buy."""

    lead: Lead
    name: str


@planned(models.LeadScoreFactor)
class LeadScoreFactor(Node):
    """A part of a lead's score, with its reason."""

    lead: Lead
    code: models.ScoreCode
    points: int
    most: int
    reason: str


@planned(models.LeadConsent)
class LeadConsent(Node):
    """What a lead agreed to before it was a party; it goes into the ledger of consent when the lead is converted."""

    lead: Lead
    purpose: ConsentPurpose
    channel: Channel | None
    status: ConsentDecision
    decided_at: dt.datetime
    text_version: str | None


@planned(models.LeadResponseTarget)
class LeadResponseTarget(Node):
    """Within how many minutes leads of a channel are to be answered first."""

    channel: Channel
    minutes: int
    version: int


@extends(Customer)
class CustomerLeads:
    leads: Connection[Lead] = related(models.Lead.customer, description="Leads that became the customer.")


@strawberry.type(description="How soon leads of a time were answered.")
class LeadResponse:
    median_minutes: Figure = strawberry.field(description="Minutes within which half of the answers came.")
    p90_minutes: Figure = strawberry.field(description="Minutes within which nine of ten answers came.")
    share_in_time: Figure = strawberry.field(description="Share of the answers that came in time, 0 to 1.")


Which = Annotated[strawberry.ID, strawberry.argument(description="The lead.")]
Since = Annotated[dt.datetime, strawberry.argument(name="from", description="Leads that came in from this instant on.")]
Until = Annotated[dt.datetime, strawberry.argument(name="to", description="Until before this instant.")]
Whose = Annotated[str | None, strawberry.argument(description="Those of one owner; null for all.")]


@extends(Query)
class LeadQuery:
    lead: Lead | None = root(description="A lead by its id.")
    leads: Connection[Lead] = root(description="Leads; ordered by SCORE, the most promising come first.")
    lead_response_targets: Connection[LeadResponseTarget] = root(
        description="Within how many minutes leads are to be answered, by channel; 60 where nothing is set."
    )

    @resolver(scope=LEAD_READ)
    async def lead_rank(self, info: strawberry.Info[Any, Any], lead_id: Which) -> Figure | None:
        """A lead's place by score among the open ones, from 1."""
        wanted = decode_id(lead_id, models.Lead.id_prefix)

        def find(uow: UnitOfWork) -> Figure:
            require_overview(uow.actor)
            return shown(figures.rank_of(wanted, uow))

        found: Figure = await info.context.read(find)
        return found

    @resolver(scope=LEAD_READ)
    async def lead_response(
        self, info: strawberry.Info[Any, Any], from_: Since, to: Until, owner: Whose = None
    ) -> LeadResponse | None:
        """How soon leads of a time were answered: median, the ninth of ten, and the share in time."""
        begins, ends = check_span(from_, to)

        def find(uow: UnitOfWork) -> LeadResponse:
            require_overview(uow.actor)
            made = figures.response_figures(uow, begins=begins, ends=ends, owner=owner)
            return LeadResponse(
                median_minutes=shown(made.median_minutes),
                p90_minutes=shown(made.p90_minutes),
                share_in_time=shown(made.share_in_time),
            )

        found: LeadResponse = await info.context.read(find)
        return found


TYPES = (Lead, LeadMotivator, LeadScoreFactor, LeadConsent, LeadResponseTarget)
EXTENSIONS = (CustomerLeads, LeadQuery)
