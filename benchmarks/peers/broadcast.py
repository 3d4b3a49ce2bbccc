"""The peer of subscriptions: stock Strawberry over graphql-transport-ws, written as its documentation has it and an expert would.

One in-process broadcast with a bounded queue per subscriber. The mutation writes the row and reads it once, with what the
subscribers show of it, and publishes the object: no subscriber asks the database. It has no permissions, no audit and no outbox.
`uvicorn --factory benchmarks.peers.broadcast:application` serves it on the SQLite file that BENCHMARK_URL names.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import select, update
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import Info

from benchmarks.data import Data
from benchmarks.dataset import TENANT
from benchmarks.peer import Launch, Peer, uvicorn
from patron_core.customers.models import Customer as CustomerRow
from patron_core.customers.models import CustomerKind, EngagementMode, LifecycleStage
from patron_core.database import Database, TenantSession, open_database
from patron_core.database.tenancy import AUDITED
from patron_core.parties.models import Party as PartyRow
from patron_core.settings import Settings
from patron_core.values import SystemClock
from patron_schema.scalars import SCALARS

__all__ = ["BROADCAST", "application"]


@strawberry.type
class Party:
    id: strawberry.ID
    display_name: str


@strawberry.type
class Customer:
    id: strawberry.ID
    display_name: str
    kind: CustomerKind
    engagement_mode: EngagementMode
    lifecycle_stage: LifecycleStage
    owner: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    party: Party


@strawberry.input
class CustomerUpdateInput:
    id: strawberry.ID
    version: int
    owner: str


@strawberry.type
class CustomerPayload:
    customer: Customer


class Hub:
    """Who subscribes, each with a queue of its own; a full one misses the event."""

    def __init__(self) -> None:
        self.queues: set[asyncio.Queue[Customer]] = set()

    def publish(self, customer: Customer) -> None:
        for queue in self.queues:
            if not queue.full():
                queue.put_nowait(customer)

    async def subscribe(self) -> AsyncGenerator[Customer]:
        queue: asyncio.Queue[Customer] = asyncio.Queue(256)
        self.queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self.queues.discard(queue)


class Context:
    """What every operation shares."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.hub = Hub()


@strawberry.type
class Query:
    ready: bool = True


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def customer_update(self, info: Info[Context, None], input: CustomerUpdateInput) -> CustomerPayload:
        row_id = uuid.UUID(str(input.id).removeprefix("cus_"))
        customer = await info.context.database.write(TENANT, lambda session: _update(session, row_id, input))
        info.context.hub.publish(customer)
        return CustomerPayload(customer=customer)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def customer_changed(self, info: Info[Context, None]) -> AsyncGenerator[Customer]:
        async for customer in info.context.hub.subscribe():
            yield customer


def _update(session: TenantSession, row_id: uuid.UUID, given: CustomerUpdateInput) -> Customer:
    values = {"owner": given.owner, "version": given.version + 1, "updated_at": SystemClock().now()}
    session.execute(
        update(CustomerRow)
        .where(CustomerRow.id == row_id, CustomerRow.version == given.version)
        .values(values)
        .execution_options(**{AUDITED: True, "synchronize_session": False})  # it is not; the peer keeps no audit
    )
    statement = select(CustomerRow, PartyRow).join(PartyRow, PartyRow.id == CustomerRow.party_id)
    row, party = session.execute(statement.where(CustomerRow.id == row_id)).one()
    return Customer(
        id=strawberry.ID(f"cus_{row.id}"),
        display_name=party.display_name,
        kind=row.kind,
        engagement_mode=row.engagement_mode,
        lifecycle_stage=row.lifecycle_stage,
        owner=row.owner,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        party=Party(id=strawberry.ID(f"pty_{party.id}"), display_name=party.display_name),
    )


class BroadcastGraphQL(GraphQL[Context, None]):
    """Strawberry's own ASGI view with one context for all."""

    def __init__(self, context: Context, schema: strawberry.Schema) -> None:
        super().__init__(schema, graphql_ide=None, subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL])
        self._context = context

    async def get_context(self, request: Any, response: Any) -> Context:
        return self._context


def application() -> BroadcastGraphQL:
    """What uvicorn runs."""
    for code in (LifecycleStage, CustomerKind, EngagementMode):
        strawberry.enum(code)
    schema = strawberry.Schema(
        Query,
        Mutation,
        Subscription,
        extensions=[lambda: ParserCache(maxsize=100), lambda: ValidationCache(maxsize=100)],
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    return BroadcastGraphQL(Context(open_database(Settings(database_url=os.environ["BENCHMARK_URL"]))), schema)


def _launch(data: Data, port: int) -> Launch:
    launch = uvicorn("benchmarks.peers.broadcast:application", data, port)
    sockets = ("--ws", "websockets-sansio", "--ws-per-message-deflate", "false")
    return Launch((*launch.command, *sockets), launch.environment)


BROADCAST = Peer(
    name="stock Strawberry",
    launch=_launch,
    ask=lambda _question, _data: None,
    settings="`strawberry.asgi` behind the same uvicorn and WebSocket library as Patron, without compression, parsed and validated "
    "documents cached. The object is read once per event and handed to all subscribers.",
)
