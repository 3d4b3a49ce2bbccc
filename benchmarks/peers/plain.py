"""The peer: plain Strawberry with SQLAlchemy and DataLoaders as an expert would write it for the first five questions.

One statement per level, pages per parent by a window function, parsed and validated documents cached. It has no row-level
security, no permissions, no limits and no audit.
"""

from __future__ import annotations

import datetime as dt
import enum
import os
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

import orjson
import strawberry
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import Info

from benchmarks.data import Data
from benchmarks.dataset import TENANT
from benchmarks.peer import Ask, Launch, Peer, json_ask, uvicorn
from benchmarks.questions import Question
from patron_core.customers.models import Customer as CustomerRow
from patron_core.customers.models import CustomerKind, EngagementMode, LifecycleStage
from patron_core.parties.models import Party as PartyRow
from patron_core.relationships.models import Relationship as RelationshipRow
from patron_core.touchpoints.models import Channel
from patron_core.transactions.models import Transaction as TransactionRow
from patron_core.transactions.models import TransactionKind
from patron_retail.models import LoyaltyMember as LoyaltyRow
from patron_retail.models import LoyaltyTier, PointsEntry, PointsEntryKind
from patron_schema.scalars import SCALARS
from patron_schema.types.values import MoneyValue

T = TypeVar("T")
FINGERPRINT = "469e65"


@strawberry.enum
class OrderDirection(enum.Enum):
    ASC = "ASC"
    DESC = "DESC"


@strawberry.enum
class TransactionOrderField(enum.Enum):
    OCCURRED_AT = "OCCURRED_AT"


@strawberry.input
class TransactionOrder:
    field: TransactionOrderField
    direction: OrderDirection = OrderDirection.ASC


@strawberry.input
class StageFilter:
    eq: LifecycleStage | None = None


@strawberry.input
class CustomerWhere:
    lifecycle_stage: StageFilter | None = None


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Rows(Generic[T]):
    nodes: list[T]


@strawberry.type
class Transaction:
    id: strawberry.ID
    kind: TransactionKind
    amount: MoneyValue
    occurred_at: dt.datetime
    channel: Channel | None


@strawberry.type
class Loyalty:
    row_id: strawberry.Private[uuid.UUID]
    tier: LoyaltyTier
    points: int
    enrolled_at: dt.datetime

    @strawberry.field
    async def earned(self, info: Info[Any, Any]) -> int:
        total: int = await info.context.earned.load(self.row_id)
        return total


@strawberry.type
class Party:
    row_id: strawberry.Private[uuid.UUID]
    id: strawberry.ID
    display_name: str

    @strawberry.field
    async def outgoing_relationships(self, info: Info[Any, Any], first: int = 20) -> Rows[Relationship]:
        return Rows(nodes=await info.context.relationships(first).load(self.row_id))


@strawberry.type
class Relationship:
    target_id: strawberry.Private[uuid.UUID]
    role_title: str | None
    influence: int | None

    @strawberry.field
    async def target(self, info: Info[Any, Any]) -> Party:
        return await load_party(info, self.target_id)


async def load_party(info: Info[Any, Any], party_id: uuid.UUID) -> Party:
    row = await info.context.parties.load(party_id)
    return Party(row_id=row.id, id=strawberry.ID(f"pty_{row.id}"), display_name=row.display_name)


@strawberry.type
class Customer:
    row: strawberry.Private[CustomerRow]
    id: strawberry.ID
    kind: CustomerKind
    engagement_mode: EngagementMode
    lifecycle_stage: LifecycleStage
    owner: str | None
    since: dt.date | None
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime

    @strawberry.field
    async def display_name(self, info: Info[Any, Any]) -> str:
        return (await load_party(info, self.row.party_id)).display_name

    @strawberry.field
    async def party(self, info: Info[Any, Any]) -> Party:
        return await load_party(info, self.row.party_id)

    @strawberry.field
    async def loyalty(self, info: Info[Any, Any]) -> Loyalty | None:
        found: Loyalty | None = await info.context.loyalty.load(self.row.id)
        return found

    @strawberry.field
    async def transactions(
        self, info: Info[Any, Any], first: int = 20, order_by: list[TransactionOrder] | None = None
    ) -> Rows[Transaction]:
        return Rows(nodes=await info.context.transactions(first).load(self.row.id))


def shown(row: CustomerRow) -> Customer:
    return Customer(
        row=row,
        id=strawberry.ID(f"cus_{row.id}"),
        kind=row.kind,
        engagement_mode=row.engagement_mode,
        lifecycle_stage=row.lifecycle_stage,
        owner=row.owner,
        since=row.since,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


@strawberry.type
class CustomerEdge:
    cursor: str
    node: Customer


@strawberry.type
class CustomerConnection:
    stage: strawberry.Private[LifecycleStage | None]
    edges: list[CustomerEdge]
    page_info: PageInfo

    @strawberry.field
    async def total_count(self, info: Info[Any, Any]) -> int:
        async with info.context.session() as session:
            statement = select(func.count()).select_from(CustomerRow).where(*_of_stage(self.stage))
            return int(await session.scalar(statement) or 0)


def _of_stage(stage: LifecycleStage | None) -> list[Any]:
    mine = [CustomerRow.tenant_id == TENANT]
    return mine if stage is None else [*mine, CustomerRow.lifecycle_stage == stage]


@strawberry.type
class Query:
    @strawberry.field
    async def customer(self, info: Info[Any, Any], id: strawberry.ID) -> Customer | None:
        key = uuid.UUID(str(id).removeprefix("cus_"))
        async with info.context.session() as session:
            row = await session.get(CustomerRow, (TENANT, key))
        return None if row is None else shown(row)

    @strawberry.field
    async def customers(
        self, info: Info[Any, Any], first: int = 20, where: CustomerWhere | None = None
    ) -> CustomerConnection:
        stage = where.lifecycle_stage.eq if where and where.lifecycle_stage else None
        statement = select(CustomerRow).where(*_of_stage(stage)).order_by(CustomerRow.id).limit(first + 1)
        async with info.context.session() as session:
            rows = (await session.scalars(statement)).all()
        edges = [CustomerEdge(cursor=f"cus_{row.id}.{FINGERPRINT}", node=shown(row)) for row in rows[:first]]
        end = edges[-1].cursor if edges else None
        return CustomerConnection(
            stage=stage, edges=edges, page_info=PageInfo(has_next_page=len(rows) > first, end_cursor=end)
        )


class Context:
    """The loaders of one request."""

    def __init__(self, session: async_sessionmaker[AsyncSession]) -> None:
        self.session = session
        self.parties = DataLoader(self._parties)
        self.loyalty = DataLoader(self._loyalty)
        self.earned = DataLoader(self._earned)
        self._pages: dict[tuple[str, int], DataLoader[uuid.UUID, Any]] = {}

    def transactions(self, first: int) -> DataLoader[uuid.UUID, Any]:
        return self._page("transactions", first, self._transactions)

    def relationships(self, first: int) -> DataLoader[uuid.UUID, Any]:
        return self._page("relationships", first, self._relationships)

    def _page(self, name: str, first: int, load: Callable[..., Any]) -> DataLoader[uuid.UUID, Any]:
        key = (name, first)
        if key not in self._pages:
            self._pages[key] = DataLoader(lambda keys: load(keys, first))
        return self._pages[key]

    async def _parties(self, keys: Sequence[uuid.UUID]) -> list[PartyRow]:
        async with self.session() as session:
            rows = await session.scalars(select(PartyRow).where(PartyRow.tenant_id == TENANT, PartyRow.id.in_(keys)))
        found = {row.id: row for row in rows}
        return [found[key] for key in keys]

    async def _loyalty(self, keys: Sequence[uuid.UUID]) -> list[Loyalty | None]:
        statement = select(LoyaltyRow).where(LoyaltyRow.tenant_id == TENANT, LoyaltyRow.customer_id.in_(keys))
        async with self.session() as session:
            rows = await session.scalars(statement)
        made = {
            r.customer_id: Loyalty(row_id=r.id, tier=r.tier, points=r.points, enrolled_at=r.enrolled_at) for r in rows
        }
        return [made.get(key) for key in keys]

    async def _earned(self, keys: Sequence[uuid.UUID]) -> list[int]:
        statement = (
            select(PointsEntry.member_id, func.sum(PointsEntry.delta))
            .where(
                PointsEntry.tenant_id == TENANT,
                PointsEntry.member_id.in_(keys),
                PointsEntry.kind == PointsEntryKind.EARN,
            )
            .group_by(PointsEntry.member_id)
        )
        async with self.session() as session:
            sums = {key: int(total) for key, total in await session.execute(statement)}
        return [sums.get(key, 0) for key in keys]

    async def _transactions(self, keys: Sequence[uuid.UUID], first: int) -> list[list[Transaction]]:
        order = (TransactionRow.occurred_at.desc(), TransactionRow.id)
        place = func.row_number().over(partition_by=TransactionRow.customer_id, order_by=order)
        ranked = select(TransactionRow.id, place.label("place")).where(
            TransactionRow.tenant_id == TENANT, TransactionRow.customer_id.in_(keys)
        )
        inner = ranked.subquery()
        statement = (
            select(TransactionRow).join(inner, TransactionRow.id == inner.c.id).where(inner.c.place <= first)
        ).order_by(inner.c.place)
        async with self.session() as session:
            rows = await session.scalars(statement.where(TransactionRow.tenant_id == TENANT))
        out: dict[uuid.UUID | None, list[Transaction]] = defaultdict(list)
        for r in rows:
            amount = MoneyValue(amount=r.amount.amount, currency_code=r.amount.currency_code)
            out[r.customer_id].append(
                Transaction(
                    id=strawberry.ID(f"txn_{r.id}"),
                    kind=r.kind,
                    amount=amount,
                    occurred_at=r.occurred_at,
                    channel=r.channel,
                )
            )
        return [out[key] for key in keys]

    async def _relationships(self, keys: Sequence[uuid.UUID], first: int) -> list[list[Relationship]]:
        place = func.row_number().over(partition_by=RelationshipRow.source_id, order_by=RelationshipRow.id)
        ranked = select(RelationshipRow.id, place.label("place")).where(
            RelationshipRow.tenant_id == TENANT, RelationshipRow.source_id.in_(keys)
        )
        inner = ranked.subquery()
        statement = (
            select(RelationshipRow).join(inner, RelationshipRow.id == inner.c.id).where(inner.c.place <= first)
        ).order_by(inner.c.place)
        async with self.session() as session:
            rows = await session.scalars(statement.where(RelationshipRow.tenant_id == TENANT))
        out: dict[uuid.UUID, list[Relationship]] = defaultdict(list)
        for r in rows:
            out[r.source_id].append(Relationship(target_id=r.target_id, role_title=r.role_title, influence=r.influence))
        return [out[key] for key in keys]


class PlainGraphQL(GraphQL[Context, None]):
    """Strawberry's own ASGI view with a context per request."""

    def __init__(self, session: async_sessionmaker[AsyncSession], schema: strawberry.Schema) -> None:
        super().__init__(schema, graphql_ide=None)
        self._session = session

    async def get_context(self, request: Any, response: Any) -> Context:
        """New loaders for each request."""
        return Context(self._session)

    def encode_json(self, data: object) -> bytes:
        """Faster than the json module."""
        return orjson.dumps(data)


def make_app(session: async_sessionmaker[AsyncSession]) -> PlainGraphQL:
    """The application on a database's sessions."""
    for code in (LifecycleStage, CustomerKind, EngagementMode, Channel, TransactionKind, LoyaltyTier):
        strawberry.enum(code)
    schema = strawberry.Schema(
        Query,
        extensions=[lambda: ParserCache(maxsize=100), lambda: ValidationCache(maxsize=100)],
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    return PlainGraphQL(session, schema)


def application() -> PlainGraphQL:
    """What uvicorn runs."""
    url = os.environ["BENCHMARK_URL"].replace("postgresql://", "postgresql+asyncpg://")
    engine = create_async_engine(url, pool_size=8, max_overflow=0)
    return make_app(async_sessionmaker(engine, expire_on_commit=False))


def _launch(data: Data, port: int) -> Launch:
    return uvicorn("benchmarks.peers.plain:application", data, port)


def _ask(question: Question, data: Data) -> Ask | None:
    return json_ask(question) if question.name in {"q1", "q2", "q3", "q4", "q5"} else None


PLAIN: Final = Peer(
    name="plain Strawberry",
    launch=_launch,
    ask=_ask,
    connections=4,  # one core is taken by the first; with more, its live objects grow and each answer costs more
    settings="SQLAlchemy on asyncpg with a pool of 8, DataLoaders, ParserCache and ValidationCache, orjson, uvicorn with uvloop and "
    "httptools. Asked on 4 connections at most: with more requests at work each of its answers costs more.",
)
