"""An organization with everything below it, as one: how many parts, customers and sales there are, by currency.

A fixed number of statements whatever the size: the tree is walked in SQL, no deeper than a hierarchy may be, so that no
circle could hold it. Amounts are for those who may see amounts; who sees only some parties' rows gets no roll-up.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import CTE, ColumnElement, func, select

from patron_core.access.grants import reads
from patron_core.access.overview import require_overview
from patron_core.customers.models import Customer
from patron_core.figures import MOST_IDS, Figure, Input
from patron_core.parties.models import Organization
from patron_core.parties.units import units_below
from patron_core.records import FINANCIAL
from patron_core.transactions.models import Transaction, TransactionKind
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money

__all__ = ["RollUp", "roll_up"]

METHOD: Final = (
    "Sum of the ledger's sales, fees and adjustments less refunds of the organization and everything below it, reversing rows "
    "included, by currency; what serving cost is no revenue."
)


@dataclass(frozen=True, slots=True)
class RollUp:
    """An organization with all below it. levels: from it down. revenue: by currency, from the ledger."""

    organizations: int
    levels: int
    customers: int
    revenue: tuple[Figure, ...]
    as_of: dt.datetime


def roll_up(organization_id: uuid.UUID, uow: UnitOfWork) -> RollUp:
    """What an organization and everything below it come to. NOT_FOUND where there is none, FORBIDDEN for who sees some rows only."""
    uow.get(Organization, organization_id, path=("organizationId",))
    require_overview(uow.actor)
    tree = units_below(uow.tenant_id, organization_id)
    parts = uow.rows(select(func.count(tree.c.id).label("parts"), func.max(tree.c.level).label("deepest")))
    ids = uow.select(select(Customer.id).where(*_among(tree)).order_by(Customer.id).limit(MOST_IDS))
    (customers,) = uow.select(select(func.count(Customer.id)).where(*_among(tree)))
    return RollUp(parts[0].parts, parts[0].deepest + 1, customers, _revenue(tree, ids, customers, uow), uow.now)


def _among(tree: CTE) -> tuple[ColumnElement[bool], ...]:
    """The customers among the organizations; who was deleted is none."""
    return Customer.party_id.in_(select(tree.c.id)), Customer.deleted_at.is_(None)


def _revenue(tree: CTE, ids: list[uuid.UUID], customers: int, uow: UnitOfWork) -> tuple[Figure, ...]:
    if not reads(uow.actor.opened, FINANCIAL):
        return ()
    statement = (
        select(
            Transaction.amount_currency,
            func.sum(Transaction.amount_minor).label("minor"),
            func.count(Transaction.id).label("rows"),
        )
        .join(Customer, Customer.id == Transaction.customer_id)
        .where(*_among(tree), Transaction.kind != TransactionKind.COST_TO_SERVE)
        .group_by(Transaction.amount_currency)
        .order_by(Transaction.amount_currency)
    )
    source = Input(
        name="customers",
        value=customers,
        description="The customers among the organizations.",
        ids=tuple(f"{Customer.id_prefix}_{id_}" for id_ in ids),
        rows=customers,
    )
    return tuple(
        Figure.of(
            Money(int(row.minor), row.amount_currency),
            reason=f"{row.rows} rows of the ledger.",
            sample_size=row.rows,
            method=METHOD,
            as_of=uow.now,
            inputs=(source,),
        )
        for row in uow.rows(statement)
    )
