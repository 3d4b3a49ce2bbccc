"""What customers brought and cost between two instants: one statement over the ledger, its lines and what contacts cost.

A line's cost is what was written with it; where there is none, what a product of its sku costs now is spread over it. A contact
costs what its channel's contacts cost. Both are counted as allocated. A line that takes off the price (a discount) costs nothing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Select,
    Subquery,
    and_,
    case,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.engine import Row

from patron_core.channels.models import ChannelDefinition
from patron_core.products.models import Product
from patron_core.profits.models import Granularity
from patron_core.touchpoints.models import Touchpoint
from patron_core.transactions.models import Transaction, TransactionKind, TransactionLine
from patron_core.unit_of_work import UnitOfWork

__all__ = ["METHOD", "NOBODY", "Brought", "brought", "by_customer", "read"]

METHOD: Final = (
    "Revenue (sales, fees and adjustments less refunds) less the cost of goods of each line and the cost to serve, "
    "added up from the rows of the ledger."
)
NOBODY: Final = uuid.UUID(int=0)
_GOODS: Final = (TransactionKind.SALE, TransactionKind.REFUND)
_SUMS: Final = ("revenue", "goods", "serving", "spread", "turnover", "known", "rows")


@dataclass(frozen=True, slots=True)
class Brought:
    """What one customer, or all of them, brought in one currency, in minor units.

    customer_id: who; that of nobody, all zeros, where it is about all.
        goods, serving: costs, the spread part included. spread: costs that were allocated. turnover: amounts of what was sold and
    returned, without signs; known: the part of it whose cost was written with the line. rows: of the ledger.
    """

    customer_id: uuid.UUID
    currency: str
    revenue: int
    goods: int
    serving: int
    spread: int
    turnover: int
    known: int
    rows: int

    @property
    def contribution(self) -> int:
        """What is left."""
        return self.revenue - self.goods - self.serving

    @property
    def coverage(self) -> Decimal | None:
        """Share of the turnover whose cost is known line by line; None where nothing was sold."""
        if not self.turnover:
            return None
        return (Decimal(self.known) / self.turnover).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)

    @property
    def granularity(self) -> Granularity:
        """How finely the costs are known."""
        return granularity(turnover=self.turnover, known=self.known, spread=self.spread)


def granularity(*, turnover: int, known: int, spread: int) -> Granularity:
    """How finely costs are known: the coarsest part decides."""
    if known < turnover:
        return Granularity.ESTIMATED
    return Granularity.ALLOCATED if spread else Granularity.TRANSACTION


def by_customer(
    uow: UnitOfWork,
    start: dt.datetime,
    end: dt.datetime,
    *,
    after: uuid.UUID | None = None,
    whose: uuid.UUID | None = None,
) -> Subquery:
    """What customers brought in [start, end), a row for each customer and currency; see `Brought` for the columns.

    after: customers after this one only. whose: of one customer only.
    """
    parts = union_all(_booked(uow, start, end, after, whose), _contacts(uow, start, end, after, whose)).subquery("part")
    sums = [func.sum(parts.c[name]).label(name) for name in _SUMS]
    return (
        select(parts.c.customer_id, parts.c.currency, *sums)
        .group_by(parts.c.customer_id, parts.c.currency)
        .subquery("brought")
    )


def brought(row: Row[Any]) -> Brought:
    """A row of `by_customer`; PostgreSQL's sums are decimals."""
    return Brought(row.customer_id or NOBODY, row.currency, *(int(getattr(row, name) or 0) for name in _SUMS))


def read(
    uow: UnitOfWork,
    start: dt.datetime,
    end: dt.datetime,
    *,
    currency: str | None = None,
    whose: uuid.UUID | None = None,
) -> list[Brought]:
    """What all customers together, or one of them, brought in [start, end), by currency, in one statement."""
    found = by_customer(uow, start, end, whose=whose)
    sums = [func.sum(found.c[name]).label(name) for name in _SUMS]
    statement = (
        select(null().label("customer_id"), found.c.currency, *sums)
        .group_by(found.c.currency)
        .order_by(found.c.currency)
    )
    if currency is not None:
        statement = statement.where(found.c.currency == currency)
    return [brought(row) for row in uow.rows(statement)]


def _booked(
    uow: UnitOfWork, start: dt.datetime, end: dt.datetime, after: uuid.UUID | None, whose: uuid.UUID | None
) -> Select[*tuple[Any, ...]]:
    """The ledger's part, a row for each customer and currency."""
    lines, row = _lines(uow, start, end, after, whose), Transaction
    is_goods, amount = row.kind.in_(_GOODS), row.amount_minor
    serves = row.kind == TransactionKind.COST_TO_SERVE
    return (
        select(
            row.customer_id.label("customer_id"),
            row.amount_currency.label("currency"),
            func.sum(case((serves, 0), else_=amount)).label("revenue"),
            func.sum(func.coalesce(lines.c.cost, 0) + func.coalesce(lines.c.spread, 0)).label("goods"),
            func.sum(case((serves, amount), else_=0)).label("serving"),
            func.sum(func.coalesce(lines.c.spread, 0)).label("spread"),
            func.sum(case((is_goods, func.coalesce(lines.c.turnover, func.abs(amount))), else_=0)).label("turnover"),
            func.sum(case((is_goods, func.coalesce(lines.c.known, 0)), else_=0)).label("known"),
            func.count().label("rows"),
        )
        .outerjoin(lines, lines.c.transaction_id == row.id)
        .where(*_those(uow, row, start, end, after, whose))
        .group_by(row.customer_id, row.amount_currency)
    )


def _lines(
    uow: UnitOfWork, start: dt.datetime, end: dt.datetime, after: uuid.UUID | None, whose: uuid.UUID | None
) -> Subquery:
    """What the lines of each transaction cost, and how much of that is known."""
    line, row = TransactionLine, Transaction
    quantity = type_coerce(line.quantity, BigInteger)
    takes_off = quantity * line.amount_minor < 0
    is_known = or_(line.cost_minor.is_not(None), takes_off)
    # A quantity is kept in thousandths; what falls off the whole number is less than the smallest coin.
    listed = func.coalesce(quantity * Product.__table__.c.unit_cost_minor // literal(1000), 0)
    return (
        select(
            line.transaction_id,
            func.sum(func.coalesce(line.cost_minor, 0)).label("cost"),
            func.sum(case((is_known, 0), else_=type_coerce(listed, BigInteger))).label("spread"),
            func.sum(func.abs(line.amount_minor)).label("turnover"),
            func.sum(case((is_known, func.abs(line.amount_minor)), else_=0)).label("known"),
        )
        .join(row, and_(row.tenant_id == line.tenant_id, row.id == line.transaction_id))
        .outerjoin(
            Product,
            and_(
                Product.tenant_id == uow.tenant_id,
                Product.sku == line.sku,
                Product.__table__.c.unit_cost_currency == row.amount_currency,
            ),
        )
        .where(line.tenant_id == uow.tenant_id, *_those(uow, row, start, end, after, whose))
        .group_by(line.transaction_id)
        .subquery("line")
    )


def _contacts(
    uow: UnitOfWork, start: dt.datetime, end: dt.datetime, after: uuid.UUID | None, whose: uuid.UUID | None
) -> Select[*tuple[Any, ...]]:
    """What contacts cost by the cost of their channels, a row for each customer and currency."""
    channel = ChannelDefinition.__table__.c
    spent, none = func.sum(channel.unit_cost_minor), literal(0, BigInteger)
    return (
        select(
            Touchpoint.customer_id.label("customer_id"),
            channel.unit_cost_currency.label("currency"),
            none.label("revenue"),
            none.label("goods"),
            spent.label("serving"),
            spent.label("spread"),
            none.label("turnover"),
            none.label("known"),
            none.label("rows"),
        )
        .join(
            ChannelDefinition,
            and_(
                ChannelDefinition.tenant_id == uow.tenant_id, ChannelDefinition.id == Touchpoint.channel_definition_id
            ),
        )
        .where(channel.unit_cost_minor.is_not(None), *_those(uow, Touchpoint, start, end, after, whose))
        .group_by(Touchpoint.customer_id, channel.unit_cost_currency)
    )


def _those(
    uow: UnitOfWork, row: Any, start: dt.datetime, end: dt.datetime, after: uuid.UUID | None, whose: uuid.UUID | None
) -> list[Any]:
    """The rows that count: of the tenant, within the time, of a customer."""
    found = [
        row.tenant_id == uow.tenant_id,
        row.occurred_at >= start,
        row.occurred_at < end,
        row.customer_id.is_not(None),
    ]
    if after is not None:
        found.append(row.customer_id > after)
    if whose is not None:
        found.append(row.customer_id == whose)
    return found
