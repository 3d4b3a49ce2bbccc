"""The schema of the peer berryql, over the same tables: one SQL per root field, nested rows as JSON made by the database.

It joins by one column, so the models here are keyed by `id` alone, and a scope on every type restricts the tenant. Roots that it
has no word for, a row by id and a total, are plain Strawberry fields beside it. `application` is what uvicorn runs.
"""

from __future__ import annotations

import datetime as dt
import os
import uuid
from typing import Any

import strawberry
from berryql import BerrySchema, BerryType, custom, field, relation, scope
from sqlalchemy import BigInteger, DateTime, ForeignKey, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import Info

from benchmarks.dataset import TENANT

__all__ = ["application"]


class Base(DeclarativeBase):
    """Whole numbers are bigints and times carry their zone."""

    type_annotation_map = {int: BigInteger, dt.datetime: DateTime(timezone=True)}  # noqa: RUF012


class PartyRow(Base):
    __tablename__ = "party"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[uuid.UUID]
    display_name: Mapped[str]
    outgoing: Mapped[list[RelationshipRow]] = relationship(
        foreign_keys="[RelationshipRow.source_id]", back_populates="source"
    )


class CustomerRow(Base):
    __tablename__ = "customer"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[uuid.UUID]
    party_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("party.id"))
    kind: Mapped[str]
    engagement_mode: Mapped[str]
    lifecycle_stage: Mapped[str]
    owner: Mapped[str | None]
    since: Mapped[dt.date | None]
    version: Mapped[int]
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
    party: Mapped[PartyRow] = relationship()
    transactions: Mapped[list[TransactionRow]] = relationship()
    memberships: Mapped[list[LoyaltyRow]] = relationship()


class TransactionRow(Base):
    __tablename__ = "ledger_transaction"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[uuid.UUID]
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"))
    kind: Mapped[str]
    amount_minor: Mapped[int]
    amount_currency: Mapped[str]
    occurred_at: Mapped[dt.datetime]
    channel: Mapped[str | None]


class LoyaltyRow(Base):
    __tablename__ = "retail_loyalty_member"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[uuid.UUID]
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer.id"))
    tier: Mapped[str]
    points: Mapped[int]
    enrolled_at: Mapped[dt.datetime]


class EntryRow(Base):
    __tablename__ = "retail_points_entry"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[uuid.UUID]
    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("retail_loyalty_member.id"))
    kind: Mapped[str]
    delta: Mapped[int]


class RelationshipRow(Base):
    __tablename__ = "relationship"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[uuid.UUID]
    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("party.id"))
    target_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("party.id"))
    role_title: Mapped[str | None]
    influence: Mapped[int | None]
    source: Mapped[PartyRow] = relationship(foreign_keys="[RelationshipRow.source_id]", back_populates="outgoing")
    target: Mapped[PartyRow] = relationship(foreign_keys="[RelationshipRow.target_id]")


def _earned(customer: Any) -> Any:
    """On the customer, since computed fields of nested types are not planned into the statement and come back null."""
    return (
        select(func.coalesce(func.sum(EntryRow.delta), 0))
        .join(LoyaltyRow, (LoyaltyRow.tenant_id == EntryRow.tenant_id) & (LoyaltyRow.id == EntryRow.member_id))
        .where(LoyaltyRow.tenant_id == TENANT, LoyaltyRow.customer_id == customer.id, EntryRow.kind == "EARN")
    )


berry = BerrySchema()
_MINE: Any = {"tenant_id": {"eq": str(TENANT)}}


@berry.type(model=TransactionRow)
class Transaction(BerryType):
    mine = scope(_MINE)
    id = field()
    kind = field()
    amount_minor = field()
    amount_currency = field()
    occurred_at = field()
    channel = field()


@berry.type(model=LoyaltyRow)
class Loyalty(BerryType):
    mine = scope(_MINE)
    id = field()
    tier = field()
    points = field()
    enrolled_at = field()


@berry.type(model=PartyRow)
class Party(BerryType):
    mine = scope(_MINE)
    id = field()
    display_name = field()
    outgoing = relation("Relationship", fk_column_name="source_id", order_by="id")


@berry.type(model=RelationshipRow)
class Relationship(BerryType):
    mine = scope(_MINE)
    role_title = field()
    influence = field()
    target = relation("Party", single=True, fk_column_name="target_id")


@berry.type(model=CustomerRow)
class Customer(BerryType):
    mine = scope(_MINE)
    id = field()
    kind = field()
    engagement_mode = field()
    lifecycle_stage = field()
    owner = field()
    since = field()
    version = field()
    created_at = field()
    updated_at = field()
    party = relation("Party", single=True, fk_column_name="party_id")
    transactions = relation("Transaction", order_multi=["occurred_at:desc", "id:asc"])
    # The other side of a one-to-one is a list here: a single one wants its foreign key on this side.
    memberships = relation("Loyalty", order_by="id")
    points_earned = custom(_earned, returns=int)


@berry.query()
class Query:
    customer = relation(
        "Customer", single=True, arguments={"id": lambda model, info, value: model.id == uuid.UUID(str(value))}
    )
    customers = relation("Customer", order_by="id", arguments={"stage": {"column": "lifecycle_stage", "op": "eq"}})

    @strawberry.field
    async def customers_total(self, info: Info[Any, Any], stage: str) -> int:
        statement = (
            select(func.count())
            .select_from(CustomerRow)
            .where(CustomerRow.tenant_id == TENANT, CustomerRow.lifecycle_stage == stage)
        )
        async with info.context["sessions"]() as session:
            return int(await session.scalar(statement) or 0)


class BerryGraphQL(GraphQL[Any, None]):
    """Strawberry's own view with a session for each request, closed with it."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        schema = berry.to_strawberry(strawberry_config=StrawberryConfig(auto_camel_case=True))
        schema.extensions = [*schema.extensions, lambda: ParserCache(maxsize=100), lambda: ValidationCache(maxsize=100)]
        super().__init__(schema, graphql_ide=None)
        self._sessions = sessions

    async def get_context(self, request: Any, response: Any) -> Any:
        """The session that it wants under this key."""
        return {"db_session": self._sessions(), "sessions": self._sessions}

    async def execute_operation(self, *args: Any, **given: Any) -> Any:
        """The connection goes back to the pool after each request."""
        try:
            return await super().execute_operation(*args, **given)
        finally:
            await given["context"]["db_session"].close()


def application() -> BerryGraphQL:
    """What uvicorn runs."""
    url = os.environ["BENCHMARK_URL"].replace("postgresql://", "postgresql+asyncpg://")
    engine = create_async_engine(url, pool_size=8, max_overflow=0)
    return BerryGraphQL(async_sessionmaker(engine, expire_on_commit=False))
