"""Defining levels of service and their rules, giving them to customers, keeping what customers asked for."""

from __future__ import annotations

import strawberry

from patron_core.service_levels import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.service_levels import (
    ChannelPolicy,
    CustomerService,
    ServiceLevel,
    ServiceLevelAssignment,
    ServiceLevelRule,
)

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class ServiceLevelPayload:
    """What a mutation of a level of service gives."""

    service_level: ServiceLevel | None = strawberry.field(description="The level, as it is now.")


@payload
class ServiceLevelRulePayload:
    """What a mutation of a rule gives."""

    service_level_rule: ServiceLevelRule | None = strawberry.field(description="The rule, as it is now.")


@payload
class ServiceLevelAssignmentPayload:
    """What a mutation of who has which level gives."""

    service_level_assignment: ServiceLevelAssignment | None = strawberry.field(
        description="The assignment, as it is now."
    )


@payload
class CustomerServicePayload:
    """What a mutation of how a customer is served gives."""

    customer_service: CustomerService | None = strawberry.field(description="How the customer is served now.")


@payload
class ChannelPolicyPayload:
    """What a mutation of a policy of channels gives."""

    channel_policy: ChannelPolicy | None = strawberry.field(description="The policy; null where it was taken away.")


@extends(Mutation)
class ServiceLevelMutation:
    service_level_define: ServiceLevelPayload = mutation(
        commands.DefineServiceLevel,
        description="Defines a level; refused with all that is below the floor.",
    )
    service_level_update: ServiceLevelPayload = mutation(
        commands.UpdateServiceLevel,
        description="Changes what a level promises; refused with all that would be below the floor.",
    )
    service_level_rule_define: ServiceLevelRulePayload = mutation(
        commands.DefineServiceLevelRule, description="Defines what a customer must have done to be given a level."
    )
    service_level_rule_update: ServiceLevelRulePayload = mutation(
        commands.UpdateServiceLevelRule, description="Changes a rule; the next run of the job follows it."
    )
    service_level_assign: ServiceLevelAssignmentPayload = mutation(
        commands.AssignServiceLevel, description="Gives a customer a level by hand, with the reason."
    )
    service_level_release: ServiceLevelAssignmentPayload = mutation(
        commands.ReleaseServiceLevel, description="Ends a level that was given by hand; the rules decide at once."
    )
    customer_service_update: CustomerServicePayload = mutation(
        commands.UpdateCustomerService,
        description="Keeps where a customer asked to be reached, and what it may spend in all.",
    )
    channel_policy_define: ChannelPolicyPayload = mutation(
        commands.DefineChannelPolicy, description="Says which channel is offered to customers of a level."
    )
    channel_policy_remove: ChannelPolicyPayload = mutation(
        commands.RemoveChannelPolicy, description="Takes a policy of channels away."
    )


TYPES = (
    ServiceLevelPayload,
    ServiceLevelRulePayload,
    ServiceLevelAssignmentPayload,
    CustomerServicePayload,
    ChannelPolicyPayload,
)
EXTENSIONS = (ServiceLevelMutation,)
