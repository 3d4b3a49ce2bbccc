"""The SQLAlchemy models of the ORM peers, over Patron's tables: plain column types and composite keys with the tenant in front.

Relationships are for reading; what a library makes of them is said in its own room.
"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import BigInteger, DateTime, ForeignKeyConstraint
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

__all__ = ["Customer", "LoyaltyMember", "Party", "PointsEntry", "Relationship", "Transaction", "sessions"]


class Base(DeclarativeBase):
    """Whole numbers are bigints and times carry their zone."""

    type_annotation_map = {int: BigInteger, dt.datetime: DateTime(timezone=True)}  # noqa: RUF012


def _key(*columns: str, to: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", *columns], [f"{to}.tenant_id", f"{to}.id"])


class Party(Base):
    __tablename__ = "party"
    tenant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    display_name: Mapped[str]
    outgoing: Mapped[list[Relationship]] = relationship(
        foreign_keys="[Relationship.tenant_id, Relationship.source_id]", order_by="Relationship.id", viewonly=True
    )


class Customer(Base):
    __tablename__ = "customer"
    __table_args__ = (_key("party_id", to="party"),)
    tenant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    party_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    engagement_mode: Mapped[str]
    lifecycle_stage: Mapped[str]
    owner: Mapped[str | None]
    since: Mapped[dt.date | None]
    version: Mapped[int]
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
    party: Mapped[Party] = relationship(viewonly=True)
    transactions: Mapped[list[Transaction]] = relationship(
        order_by="Transaction.occurred_at.desc(), Transaction.id", viewonly=True
    )
    loyalty: Mapped[LoyaltyMember | None] = relationship(viewonly=True)


class Transaction(Base):
    __tablename__ = "ledger_transaction"
    __table_args__ = (_key("customer_id", to="customer"),)
    tenant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    amount_minor: Mapped[int]
    amount_currency: Mapped[str]
    occurred_at: Mapped[dt.datetime]
    channel: Mapped[str | None]


class LoyaltyMember(Base):
    __tablename__ = "retail_loyalty_member"
    __table_args__ = (_key("customer_id", to="customer"),)
    tenant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID]
    tier: Mapped[str]
    points: Mapped[int]
    enrolled_at: Mapped[dt.datetime]


class PointsEntry(Base):
    __tablename__ = "retail_points_entry"
    __table_args__ = (_key("member_id", to="retail_loyalty_member"),)
    tenant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    member_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    delta: Mapped[int]


class Relationship(Base):
    __tablename__ = "relationship"
    __table_args__ = (_key("source_id", to="party"), _key("target_id", to="party"))
    tenant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    source_id: Mapped[uuid.UUID]
    target_id: Mapped[uuid.UUID]
    role_title: Mapped[str | None]
    influence: Mapped[int | None]
    target: Mapped[Party] = relationship(foreign_keys="[Relationship.tenant_id, Relationship.target_id]", viewonly=True)


def sessions(url: str) -> async_sessionmaker[AsyncSession]:
    """Sessions on a pool of 8."""
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"), pool_size=8, max_overflow=0)
    return async_sessionmaker(engine, expire_on_commit=False)
