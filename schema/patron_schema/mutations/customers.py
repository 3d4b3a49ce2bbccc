"""Changing customers, and following their changes."""

from __future__ import annotations

import strawberry

from patron_core.customers import commands, events

from ..declare import Mutation, Subscription, extends, mutation, payload, subscription
from ..types.customers import Customer

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class CustomerPayload:
    """What a mutation of a customer gives."""

    customer: Customer | None = strawberry.field(description="The customer, as it is now.")


@extends(Mutation)
class CustomerMutation:
    customer_create: CustomerPayload = mutation(
        commands.CreateCustomer, description="Makes a customer of a new person or organization, or of a known party."
    )
    customer_update: CustomerPayload = mutation(
        commands.UpdateCustomer,
        description="Changes a customer. What is left out stays; null takes away. Stages change only as their rules allow.",
    )


@extends(Subscription)
class CustomerSubscription:
    customer_changed: Customer = subscription(
        events.CustomerChanged,
        events.CustomersTakenIn,
        node_id="customer_id",
        description="Each customer that was made or changed, one by one or in an import.",
    )


TYPES = (CustomerPayload,)
EXTENSIONS = (CustomerMutation, CustomerSubscription)
