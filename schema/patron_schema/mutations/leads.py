"""Take leads in, answer, qualify, convert and forget them."""

from __future__ import annotations

import strawberry

from patron_core.leads import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.leads import Lead, LeadResponseTarget

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class LeadPayload:
    """What a mutation of a lead gives."""

    lead: Lead | None = strawberry.field(description="The lead, as it is now.")


@payload
class LeadForgetPayload:
    """What forgetting a lead gives."""

    forgotten: bool | None = strawberry.field(description="Whether it is gone.")


@payload
class LeadResponseTargetPayload:
    """What setting the minutes of a channel gives."""

    lead_response_target: LeadResponseTarget | None = strawberry.field(description="The minutes, as they are now.")


@extends(Mutation)
class LeadMutation:
    lead_receive: LeadPayload = mutation(
        commands.ReceiveLead, description="Takes a lead in; the same source key again gives the same lead."
    )
    lead_update: LeadPayload = mutation(commands.UpdateLead, description="Changes a lead, and makes its score anew.")
    lead_respond: LeadPayload = mutation(
        commands.RespondLead, description="Keeps that a lead was answered for the first time."
    )
    lead_qualify: LeadPayload = mutation(commands.QualifyLead, description="Says that a lead is worth an offer.")
    lead_disqualify: LeadPayload = mutation(
        commands.DisqualifyLead, description="Says that nothing will come of a lead."
    )
    lead_convert: LeadPayload = mutation(
        commands.ConvertLead, description="Makes a customer of a lead, and a deal where one is wanted; once."
    )
    lead_forget: LeadForgetPayload = mutation(
        commands.ForgetLead, description="Deletes a lead that became nobody, with all that is kept about it."
    )
    lead_response_target_set: LeadResponseTargetPayload = mutation(
        commands.SetLeadResponseTarget,
        description="Sets within how many minutes leads of a channel are to be answered first.",
    )


TYPES = (LeadPayload, LeadForgetPayload, LeadResponseTargetPayload)
EXTENSIONS = (LeadMutation,)
