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


@payload
class CustomerUpsertPayload:
    """What an upsert of a customer gives."""

    customer: Customer | None = strawberry.field(description="The customer, as it is now.")
    created: bool | None = strawberry.field(description="Whether it was made.")


@extends(Mutation)
class CustomerMutation:
    customer_create: CustomerPayload = mutation(
        commands.CreateCustomer, description="Makes a customer of a new person or organization, or of a known party."
    )
    customer_update: CustomerPayload = mutation(
        commands.UpdateCustomer,
        description="Changes a customer. What is left out stays; null takes away. Stages change only as their rules allow.",
    )
    customer_upsert: CustomerUpsertPayload = mutation(
        commands.UpsertCustomer,
        description="Makes the customer that another system names so, or changes it where it is there.",
    )
    customer_delete: CustomerPayload = mutation(
        commands.DeleteCustomer, description="Takes a customer out of lists; it can be restored."
    )
    customer_restore: CustomerPayload = mutation(
        commands.RestoreCustomer, description="Brings a customer that was deleted back into lists."
    )


@extends(Subscription)
class CustomerSubscription:
    customer_changed: Customer = subscription(
        events.CustomerChanged,
        events.CustomersTakenIn,
        node_id="customer_id",
        description="Each customer that was made or changed, one by one or in an import.",
    )


TYPES = (CustomerPayload, CustomerUpsertPayload)
EXTENSIONS = (CustomerMutation, CustomerSubscription)
