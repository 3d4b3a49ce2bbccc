"""Facts about customers by which behaviour is measured: rows of (customer, instant, amount, count, id) out of ledger and contacts.

In come a measure, a currency and a window, out comes a select; who adds up and compares is `evaluating`. Amounts are minor units.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, case, literal, select, union_all
from sqlalchemy.sql.selectable import CompoundSelect

from patron_core.cases.models import Case, CaseKind
from patron_core.monitoring.models import Behaviour
from patron_core.records import Record
from patron_core.touchpoints.models import Direction, Touchpoint
from patron_core.transactions.models import Transaction, TransactionKind, TransactionLine
from patron_core.transactions.standing import standing_sales

__all__ = ["RATIOS", "ROWS", "SCALE", "facts"]

#: Measures that are an amount for each fact, where the others are sums over a window.
RATIOS: Final = frozenset({Behaviour.AVERAGE_SALE})
#: Of what facts are rows, where they are none of the ledger.
ROWS: Final[Mapping[Behaviour, type[Record]]] = {
    Behaviour.TOUCHPOINTS: Touchpoint,
    Behaviour.INBOUND_TOUCHPOINTS: Touchpoint,
    Behaviour.COMPLAINTS: Case,
}
#: Thresholds have four decimals.
SCALE: Final = 4
_ONE: Final = literal(1, BigInteger())
_NONE: Final = literal(0, BigInteger())
_GOODS: Final = (TransactionKind.SALE, TransactionKind.REFUND)

Facts = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]


def facts(behaviour: Behaviour, *, currency: str | None, start: dt.datetime, end: dt.datetime) -> Facts:
    """The facts of all customers in [start, end): customer_id, at, amount, count (of facts), id."""
    match behaviour:
        case Behaviour.TRANSACTIONS:
            return _ledger(_ONE, start, end).where(*standing_sales())
        case Behaviour.AVERAGE_SALE:
            made = _ledger(Transaction.amount_minor, start, end)
            return made.where(*standing_sales(), Transaction.amount_currency == currency)
        case Behaviour.SPEND:
            made = _ledger(Transaction.amount_minor, start, end)
            return made.where(Transaction.kind.in_(_GOODS), Transaction.amount_currency == currency)
        case Behaviour.MARGIN:
            return _margin(currency, start, end)
        case Behaviour.TOUCHPOINTS:
            return _contacts(start, end)
        case Behaviour.INBOUND_TOUCHPOINTS:
            return _contacts(start, end).where(Touchpoint.direction == Direction.INBOUND)
        case Behaviour.COMPLAINTS:
            return _rows(Case, Case.customer_id, _ONE, _ONE, start, end).where(Case.kind == CaseKind.COMPLAINT)


def _ledger(amount: Any, start: dt.datetime, end: dt.datetime) -> Select[*tuple[Any, ...]]:
    return _rows(Transaction, Transaction.customer_id, amount, _ONE, start, end)


def _margin(currency: str | None, start: dt.datetime, end: dt.datetime) -> Facts:
    """What came in, less the costs to serve, and less what lines are known to have cost. Reversing rows take both back."""
    serving = Transaction.kind == TransactionKind.COST_TO_SERVE
    amount = case((serving, -Transaction.amount_minor), else_=Transaction.amount_minor)
    booked = _ledger(amount, start, end).where(Transaction.amount_currency == currency)
    line: Any = TransactionLine
    costs = (
        select(
            Transaction.customer_id.label("customer_id"),
            Transaction.occurred_at.label("at"),
            (-line.cost_minor).label("amount"),
            _NONE.label("count"),
            Transaction.id.label("id"),
        )
        .join_from(TransactionLine, Transaction, Transaction.id == TransactionLine.transaction_id)
        .where(
            Transaction.customer_id.is_not(None),
            Transaction.occurred_at >= start,
            Transaction.occurred_at < end,
            line.cost_currency == currency,
        )
    )
    return union_all(booked, costs)


def _contacts(start: dt.datetime, end: dt.datetime) -> Select[*tuple[Any, ...]]:
    return _rows(Touchpoint, Touchpoint.customer_id, _ONE, _ONE, start, end)


def _rows(
    model: type[Transaction | Touchpoint | Case],
    customer: Any,
    amount: Any,
    count: ColumnElement[int],
    start: dt.datetime,
    end: dt.datetime,
) -> Select[*tuple[Any, ...]]:
    return select(
        customer.label("customer_id"),
        model.occurred_at.label("at"),
        amount.label("amount"),
        count.label("count"),
        model.id.label("id"),
    ).where(customer.is_not(None), model.occurred_at >= start, model.occurred_at < end)
