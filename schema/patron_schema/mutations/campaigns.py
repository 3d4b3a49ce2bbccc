"""Planning campaigns and running them."""

from __future__ import annotations

import strawberry

from patron_core.campaigns import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.campaigns import Campaign, CampaignMember

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class CampaignPayload:
    """What a mutation of a campaign gives."""

    campaign: Campaign | None = strawberry.field(description="The campaign, as it is now.")


@payload
class CampaignMemberPayload:
    """What a mutation of a campaign's member gives."""

    member: CampaignMember | None = strawberry.field(description="The member, as it is now.")


@extends(Mutation)
class CampaignMutation:
    campaign_create: CampaignPayload = mutation(commands.CreateCampaign, description="Plans a campaign.")
    campaign_update: CampaignPayload = mutation(commands.UpdateCampaign, description="Changes a campaign.")
    campaign_members_add: CampaignPayload = mutation(
        commands.AddCampaignMembers,
        description="Adds customers; each is treated, kept aside, or left out where consent is missing.",
    )
    campaign_start: CampaignPayload = mutation(
        commands.StartCampaign, description="Starts a campaign; a job takes the members of its segment in."
    )
    campaign_members_contact: CampaignPayload = mutation(
        commands.ContactCampaignMembers,
        description="Says that members were contacted; who may not be any more is left out instead.",
    )
    campaign_response_record: CampaignMemberPayload = mutation(
        commands.RecordCampaignResponse,
        description="Notes an answer; who opts out is contacted for this purpose over this channel no more.",
    )
    campaign_end: CampaignPayload = mutation(commands.EndCampaign, description="Ends a campaign.")


TYPES = (CampaignPayload, CampaignMemberPayload)
EXTENSIONS = (CampaignMutation,)
