"""What the tests of this plugin do again and again: make a customer, sell, look at the points."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import func, select

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import Customer, LifecycleStage
from patron_core.parties.commands import NewPerson
from patron_core.transactions.commands import NewLine, RecordTransaction
from patron_core.transactions.models import Transaction, TransactionKind
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money
from patron_retail.models import LoyaltyMember, PointsEntry
from patron_schema.testing.databases import PreparedDatabase

__all__ = ["check_sums", "customer", "entries", "euro", "member", "record"]


def euro(amount: str) -> Money:
    return Money.of(amount, "EUR")


async def customer(database: PreparedDatabase, name: str = "Ada") -> Customer:
    command = CreateCustomer(person=NewPerson(given_name=name), lifecycle_stage=LifecycleStage.ACTIVE)
    made: Customer = await database.do(command)
    return made


async def record(
    database: PreparedDatabase,
    customer_id: uuid.UUID | None,
    amount: str,
    *,
    kind: TransactionKind = TransactionKind.SALE,
    at: dt.datetime | None = None,
    lines: tuple[NewLine, ...] = (),
    source_key: str | None = None,
) -> Transaction:
    command = RecordTransaction(
        customer_id=customer_id,
        kind=kind,
        amount=euro(amount),
        occurred_at=at,
        lines=lines,
        source="till" if source_key else None,
        source_key=source_key,
    )
    made: Transaction = await database.do(command)
    return made


async def member(database: PreparedDatabase, customer_id: uuid.UUID) -> LoyaltyMember:
    found = await database.do(lambda uow: uow.find(LoyaltyMember, customer_id=customer_id))
    assert isinstance(found, LoyaltyMember)
    return found


async def entries(database: PreparedDatabase, customer_id: uuid.UUID) -> list[tuple[str, int]]:
    """Kind and points of the customer's entries, in the order in which they were written."""
    found = await member(database, customer_id)

    def read(uow: UnitOfWork) -> list[Any]:
        return uow.select(select(PointsEntry).where(PointsEntry.member_id == found.id).order_by(PointsEntry.id))

    return [(entry.kind.name, entry.delta) for entry in await database.do(read)]


async def check_sums(database: PreparedDatabase) -> None:
    """Every member's points are the sum of the member's entries."""

    def read(uow: UnitOfWork) -> list[Any]:
        total = func.coalesce(func.sum(PointsEntry.delta), 0)
        wanted = select(LoyaltyMember.points, total.label("total"))
        wanted = wanted.outerjoin(PointsEntry, PointsEntry.member_id == LoyaltyMember.id)
        return uow.rows(wanted.group_by(LoyaltyMember.id, LoyaltyMember.points))

    for row in await database.do(read):
        assert row.points == row.total
