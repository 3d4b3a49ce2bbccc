"""Campaigns as the API shows them, with who is in them and what they brought."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from patron_core.campaigns import models, results
from patron_core.campaigns.permissions import CAMPAIGN_READ
from patron_core.privacy.models import ConsentPurpose
from patron_core.touchpoints.models import Channel
from patron_core.values import Money

from ..compose.commands import decode_id
from ..declare import Connection, Query, extends, planned, related, resolver, root
from ..nodes import Node
from .customers import Customer
from .figures import Figure, shown

if TYPE_CHECKING:
    from .segments import Segment

__all__ = ["EXTENSIONS", "TYPES", "Campaign", "CampaignMember"]


@planned(models.Campaign)
class Campaign(Node):
    """Contact with many customers for one purpose over one channel."""

    code: str
    name: str
    purpose: ConsentPurpose
    channel: Channel
    status: models.CampaignStatus
    segment: Segment | None
    control_share: Decimal
    outcome_days: int
    owner: str | None
    cost: Money | None
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    version: int
    members: Connection[CampaignMember] = related(models.CampaignMember.campaign, description="Who is in it.")


@planned(models.CampaignMember)
class CampaignMember(Node):
    """A customer in a campaign."""

    campaign: Campaign
    customer: Customer
    arm: models.Arm
    drawn_arm: models.Arm
    assigned_at: dt.datetime
    outcome_until: dt.datetime
    contacted_at: dt.datetime | None
    response: models.Response | None
    responded_at: dt.datetime | None
    version: int


@extends(Customer)
class CustomerCampaigns:
    campaign_memberships: Connection[CampaignMember] = related(
        models.CampaignMember.customer, description="The campaigns the customer is in."
    )


@strawberry.type(description="How many members of a campaign are in each arm, and what they answered.")
class CampaignCounts:
    treatment: int = strawberry.field(description="To be contacted.")
    control: int = strawberry.field(description="Kept aside to compare with.")
    excluded: int = strawberry.field(description="Left out: they may not be contacted.")
    contacted: int = strawberry.field(description="Contacted so far.")
    positive: int = strawberry.field(description="Answered that they are interested, or bought.")
    negative: int = strawberry.field(description="Answered that they are not.")
    opted_out: int = strawberry.field(description="Want no such contact any more.")


@strawberry.type(description="What a campaign brought so far, compared with those kept aside.")
class CampaignResult:
    counts: CampaignCounts = strawberry.field(description="How many members are where.")
    treatment_share: Figure = strawberry.field(description="Which share of those treated bought.")
    control_share: Figure = strawberry.field(description="Which share of those kept aside bought.")
    lift: Figure = strawberry.field(description="The difference of both shares.")
    lift_low: Figure = strawberry.field(description="Lower end of the lift's 95 % interval.")
    lift_high: Figure = strawberry.field(description="Upper end of the lift's 95 % interval.")
    additional_buyers: Figure = strawberry.field(description="How many bought because of it.")
    cost_per_additional_buyer: Figure = strawberry.field(description="What one of them cost.")
    revenue: list[Figure] = strawberry.field(description="What those treated bought in time, by currency.")


def _result(made: results.CampaignResult) -> CampaignResult:
    responses = {answer: made.responses.get(answer, 0) for answer in models.Response}
    return CampaignResult(
        counts=CampaignCounts(
            treatment=made.members[models.Arm.TREATMENT],
            control=made.members[models.Arm.CONTROL],
            excluded=made.members[models.Arm.EXCLUDED],
            contacted=made.contacted,
            positive=responses[models.Response.POSITIVE],
            negative=responses[models.Response.NEGATIVE],
            opted_out=responses[models.Response.OPT_OUT],
        ),
        treatment_share=shown(made.treatment),
        control_share=shown(made.control),
        lift=shown(made.lift),
        lift_low=shown(made.low),
        lift_high=shown(made.high),
        additional_buyers=shown(made.additional_buyers),
        cost_per_additional_buyer=shown(made.cost_per_additional_buyer),
        revenue=[shown(each) for each in made.revenue],
    )


Which = Annotated[strawberry.ID, strawberry.argument(description="The campaign.")]


@extends(Query)
class CampaignQuery:
    campaign: Campaign | None = root(description="A campaign by its id.")
    campaigns: Connection[Campaign] = root(description="Campaigns.")
    campaign_members: Connection[CampaignMember] = root(description="Who is in which campaign.")

    @resolver(scope=CAMPAIGN_READ)
    async def campaign_result(self, info: strawberry.Info[Any, Any], campaign_id: Which) -> CampaignResult | None:
        """What a campaign brought: buyers treated and kept aside, the difference with its interval, and what it cost."""
        wanted = decode_id(campaign_id, models.Campaign.id_prefix)
        return _result(await info.context.read(lambda uow: results.result_of(wanted, uow)))


TYPES = (Campaign, CampaignMember)
EXTENSIONS = (CustomerCampaigns, CampaignQuery)
