"""What tests of value share: a job taken to its end, customers with purchases, and CDNOW's standard sample as a ledger."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from importlib.metadata import files
from pathlib import Path
from typing import Any

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.intake import take_in_customers
from patron_core.customers.models import Customer
from patron_core.hookspecs import Progress, Step
from patron_core.parties.commands import NewExternalIdentifier, NewOrganization, NewPerson
from patron_core.transactions.commands import IngestTransactions, NewLine, NewTransaction, RecordTransaction
from patron_core.transactions.models import Transaction, TransactionKind
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money
from patron_schema.testing.databases import PreparedDatabase

__all__ = ["at", "buy", "company", "days_after", "person", "run", "take_in_cdnow"]

_ROWS = 1_000


async def run(database: PreparedDatabase, job: Callable[[Step, UnitOfWork], Progress | None], **arguments: Any) -> int:
    """Takes all steps of a job, each in its own transaction, and says how many there were."""
    progress: Progress | None = Progress(done=0)
    steps = 0
    while progress is not None:
        step = Step(arguments=arguments, state=progress.state, done=progress.done)
        progress = await database.do(partial(job, step))
        steps += 1
    return steps


def at(day: str) -> dt.datetime:
    """Noon of a day."""
    return dt.datetime.fromisoformat(f"{day}T12:00:00+00:00")


def days_after(day: str, number: int) -> str:
    """A day some days later."""
    return (dt.date.fromisoformat(day) + dt.timedelta(days=number)).isoformat()


async def person(database: PreparedDatabase, name: str) -> Customer:
    """A consumer."""
    made: Customer = await database.do(CreateCustomer(person=NewPerson(display_name=name)))
    return made


async def company(database: PreparedDatabase, name: str) -> Customer:
    """A business."""
    made: Customer = await database.do(CreateCustomer(organization=NewOrganization(legal_name=name)))
    return made


async def buy(
    database: PreparedDatabase,
    customer: Customer,
    day: str,
    amount: str,
    *,
    cost: str | None = None,
    kind: TransactionKind = TransactionKind.SALE,
    currency: str = "EUR",
) -> Transaction:
    """A row of the ledger; of a sale with one line, whose cost is known where it is given."""
    money = Money.of(amount, currency)
    lines: tuple[NewLine, ...] = ()
    if kind in (TransactionKind.SALE, TransactionKind.REFUND):
        lines = (
            NewLine(
                sku="P1",
                quantity=Decimal(-1 if money.minor < 0 else 1),
                unit_price=Money(abs(money.minor), currency),
                cost=None if cost is None else Money.of(cost, currency),
            ),
        )
    made: Transaction = await database.do(
        RecordTransaction(customer_id=customer.id, kind=kind, amount=money, occurred_at=at(day), lines=lines)
    )
    return made


async def take_in_cdnow(database: PreparedDatabase) -> int:
    """The purchases of 2,357 customers of CDNOW, January 1997 to June 1998; how many there are."""
    rows = list(_cdnow())
    names = sorted({name for name, _, _ in rows})
    for start in range(0, len(names), _ROWS):
        people = [
            CreateCustomer(
                person=NewPerson(display_name="Customer"),
                external_identifiers=(NewExternalIdentifier(system="cdnow", value=name),),
            )
            for name in names[start : start + _ROWS]
        ]
        await database.do(partial(take_in_customers, wanted=people))
    for start in range(0, len(rows), _ROWS):
        batch = tuple(
            NewTransaction(
                source_key=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{start + index}")),
                customer=NewExternalIdentifier(system="cdnow", value=name),
                amount=Money.of(amount, "USD"),
                occurred_at=dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC),
            )
            for index, (name, day, amount) in enumerate(rows[start : start + _ROWS])
        )
        await database.do(IngestTransactions(source="cdnow", rows=batch))
    return len(rows)


def _cdnow() -> Iterator[tuple[str, str, str]]:
    found = next(Path(str(file.locate())) for file in files("lifetimes") or () if file.name == "CDNOW_sample.txt")
    for line in found.read_text().splitlines():
        _, name, day, _, amount = line.split()
        yield name, day, amount
