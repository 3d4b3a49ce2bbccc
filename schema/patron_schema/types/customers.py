"""Customers as the API shows them, with their history and timeline."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from patron_core.customers import models
from patron_core.parties.models import Party as PartyModel
from patron_core.relationships import models as relationships
from patron_core.touchpoints import models as touchpoints
from patron_core.transactions import models as transactions

from ..declare import Connection, Query, expression, extends, gathered, planned, related, root
from ..nodes import Node

if TYPE_CHECKING:
    from .parties import Party
    from .relationships import Relationship
    from .timeline import TimelineEntry
    from .touchpoints import Touchpoint
    from .transactions import Transaction

__all__ = ["EXTENSIONS", "TYPES", "Customer", "LifecycleChange"]


@planned(models.Customer)
class Customer(Node):
    """A party in its role as our customer."""

    party: Party
    display_name: str = expression(PartyModel.display_name, via=models.Customer.party, description="The party's name.")
    kind: models.CustomerKind
    engagement_mode: models.EngagementMode
    lifecycle_stage: models.LifecycleStage
    owner: str | None
    since: dt.date | None
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    lifecycle_changes: Connection[LifecycleChange] = related(
        models.LifecycleChange.customer, description="How the customer went from stage to stage."
    )
    relationships: Connection[Relationship] = related(
        relationships.Relationship.source,
        relationships.Relationship.target,
        via=models.Customer.party,
        description="The party's relationships, from either side.",
    )
    touchpoints: Connection[Touchpoint] = related(
        touchpoints.Touchpoint.customer, description="Contacts with the customer."
    )
    transactions: Connection[Transaction] = related(
        transactions.Transaction.customer, description="What the customer bought, returned and cost."
    )
    timeline: Connection[TimelineEntry] = gathered(
        order_by="occurred_at", description="All that happened, newest first."
    )


@planned(models.LifecycleChange)
class LifecycleChange(Node):
    """A customer went from one stage to another."""

    customer: Customer
    from_stage: models.LifecycleStage | None
    to_stage: models.LifecycleStage
    occurred_at: dt.datetime
    reason: str | None


@extends(Query)
class CustomerQuery:
    customer: Customer | None = root(description="A customer by its id.")
    customers: Connection[Customer] = root(description="Customers.")


TYPES = (Customer, LifecycleChange)
EXTENSIONS = (CustomerQuery,)
