"""Customers as the API shows them, with their history and timeline."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from patron_core.customers import models, provenance
from patron_core.customers.permissions import CUSTOMER_READ
from patron_core.customers.provenance import SourceKind, sources_of
from patron_core.parties.models import Party as PartyModel
from patron_core.relationships import models as relationships
from patron_core.touchpoints import models as touchpoints
from patron_core.transactions import models as transactions

from ..compose.commands import decode_id
from ..compose.names import camel
from ..declare import Connection, Query, expression, extends, gathered, planned, related, resolver, root
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
    deleted_at: dt.datetime | None
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
    duration_seconds: int | None
    reason: str | None


@strawberry.type(description="Where one value of a customer came from, as the audit tells it.")
class FieldSource:
    record_type: str = strawberry.field(description="What kind of row holds the value.")
    record_id: strawberry.ID = strawberry.field(description="The row; `node` shows it.")
    field: str = strawberry.field(description="Its field.")
    kind: SourceKind = strawberry.field(description="What brought the value.")
    name: str | None = strawberry.field(description="Who typed or sent it; of an import, the format.")
    operation: str | None = strawberry.field(description="The command that wrote it.")
    recorded_at: dt.datetime | None = strawberry.field(description="When.")
    import_run_id: strawberry.ID | None = strawberry.field(description="The import, where one brought it.")
    file_name: str | None = strawberry.field(description="Its file.")

    @staticmethod
    def of(source: provenance.FieldSource) -> FieldSource:
        """A source as the API shows it."""
        record, run = source.record, source.run_id
        return FieldSource(
            record_type=type(record).__name__,
            record_id=strawberry.ID(f"{record.id_prefix}_{record.id}"),
            field=camel(source.field),
            kind=source.kind,
            name=source.name,
            operation=source.operation,
            recorded_at=source.recorded_at,
            import_run_id=None if run is None else strawberry.ID(f"imp_{run}"),
            file_name=source.file_name,
        )


Whose = Annotated[strawberry.ID, strawberry.argument(description="The customer.")]


@extends(Query)
class CustomerQuery:
    customer: Customer | None = root(description="A customer by its id.")
    customer360: Customer | None = root(
        description="Everything about a customer, from whichever source it came; `fieldSources` says which."
    )
    customers: Connection[Customer] = root(
        description="Customers; those that were deleted only where `where` asks about `deletedAt`."
    )
    lifecycle_changes: Connection[LifecycleChange] = root(
        description="How customers went from stage to stage, and how long they were in each."
    )

    @resolver(scope=CUSTOMER_READ)
    async def field_sources(self, info: strawberry.Info[Any, Any], customer_id: Whose) -> list[FieldSource]:
        """Where each value of a customer came from: who typed it, which system sent it, which import or merge brought it."""
        wanted = decode_id(customer_id, models.Customer.id_prefix)
        found = await info.context.read(lambda uow: sources_of(wanted, uow))
        return [FieldSource.of(source) for source in found]


TYPES = (Customer, LifecycleChange)
EXTENSIONS = (CustomerQuery,)
