"""Changing contracts, what is subscribed to in them, and their renewals."""

from __future__ import annotations

import strawberry

from patron_core.contracts import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.contracts import Contract, ContractSubscription, Renewal

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class ContractPayload:
    """What a mutation of a contract gives."""

    contract: Contract | None = strawberry.field(description="The contract, as it is now.")


@payload
class SubscriptionPayload:
    """What a mutation of a subscription gives."""

    subscription: ContractSubscription | None = strawberry.field(description="The subscription, as it is now.")


@payload
class RenewalPayload:
    """What a mutation of a renewal gives."""

    renewal: Renewal | None = strawberry.field(description="The renewal, as it is now.")


@extends(Mutation)
class ContractMutation:
    contract_create: ContractPayload = mutation(
        commands.CreateContract, description="Makes a contract with a customer."
    )
    contract_update: ContractPayload = mutation(commands.UpdateContract, description="Changes a contract.")
    contract_cancel: ContractPayload = mutation(
        commands.CancelContract, description="Gives notice: the contract ends with its term."
    )
    contract_subscription_add: SubscriptionPayload = mutation(
        commands.AddSubscription, description="Adds to a contract what the customer subscribes to."
    )
    contract_subscription_end: SubscriptionPayload = mutation(
        commands.EndSubscription, description="Ends a subscription."
    )
    renewal_mark: RenewalPayload = mutation(
        commands.MarkRenewal, description="Says that a renewal is at risk, or not any more."
    )
    renewal_win: RenewalPayload = mutation(
        commands.RenewContract, description="Decides a renewal in favour: the contract has a further term."
    )
    renewal_lose: RenewalPayload = mutation(
        commands.LoseRenewal, description="Decides a renewal against: the contract ends with its term."
    )


TYPES = (ContractPayload, SubscriptionPayload, RenewalPayload)
EXTENSIONS = (ContractMutation,)
