"""What a forecast is made from, read in a fixed number of statements: sums of the ledger by month, and of deals by category.

The ledger counts sales and fees less refunds of customers that never had a deal won: business that comes by itself. What
customers with deals buy is foreseen by their deals; counting it in the ledger too would count it twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, select

from patron_core.customers.models import Customer
from patron_core.opportunities.models import ForecastCategory, Opportunity, OpportunityStatus, Stage
from patron_core.transactions.models import Transaction, TransactionKind
from patron_core.unit_of_work import UnitOfWork

__all__ = ["OPEN_CATEGORIES", "DealGroup", "LedgerSums", "deal_ids", "ledger_sums", "open_deals", "won_sums"]

#: Categories of deals that are not decided, the surest first.
OPEN_CATEGORIES: Final = (ForecastCategory.COMMIT, ForecastCategory.BEST_CASE, ForecastCategory.PIPELINE)
_SALES: Final = (TransactionKind.SALE, TransactionKind.FEE, TransactionKind.REFUND)
_MOST_IDS: Final = 100

Span = tuple[dt.date, dt.date]


@dataclass(frozen=True, slots=True)
class LedgerSums:
    """Sums of one currency, in minor units, for each of the spans asked for. rows: how many there are in all, and in the last."""

    currency_code: str
    rows: int
    rows_of_last: int
    minors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DealGroup:
    """Open deals of one category, currency and probability. currency_code: None for those without an amount."""

    category: ForecastCategory
    currency_code: str | None
    probability: Decimal
    deals: int
    minor: int


def ledger_sums(uow: UnitOfWork, spans: Sequence[Span], *, owner: str | None, until: dt.datetime) -> list[LedgerSums]:
    """What the ledger had of customers without won deals, by currency and span, before `until`; one statement."""
    has_deal = select(Opportunity.id).where(
        Opportunity.customer_id == Transaction.customer_id, Opportunity.status == OpportunityStatus.WON
    )
    among: list[ColumnElement[bool]] = [
        Transaction.kind.in_(_SALES),
        Transaction.occurred_at >= _midnight(min(begins for begins, _ in spans)),
        Transaction.occurred_at < min(until, _midnight(max(ends for _, ends in spans))),
        ~has_deal.exists(),
    ]
    if owner is not None:
        among.append(Transaction.customer_id.in_(select(Customer.id).where(Customer.owner == owner)))
    sums = _sums(Transaction.occurred_at, Transaction.amount_minor, spans)
    counts = (func.count(), _count(Transaction.occurred_at, spans[-1]))
    statement = select(Transaction.amount_currency, *counts, *sums).where(*among)
    return [_read(row) for row in uow.rows(statement.group_by(Transaction.amount_currency))]


def won_sums(uow: UnitOfWork, spans: Sequence[Span], *, owner: str | None) -> list[LedgerSums]:
    """What deals that were won in each span are worth, by currency; one statement."""
    minor, currency = Opportunity.amount_minor, Opportunity.amount_currency
    among: list[ColumnElement[bool]] = [
        Opportunity.status == OpportunityStatus.WON,
        Opportunity.closed_at >= _midnight(min(begins for begins, _ in spans)),
        Opportunity.closed_at < _midnight(max(ends for _, ends in spans)),
        minor.is_not(None),
    ]
    if owner is not None:
        among.append(Opportunity.owner == owner)
    counts = (func.count(), _count(Opportunity.closed_at, spans[-1]))
    statement = select(currency, *counts, *_sums(Opportunity.closed_at, minor, spans)).where(*among)
    return [_read(row) for row in uow.rows(statement.group_by(currency))]


def open_deals(uow: UnitOfWork, span: Span, *, owner: str | None) -> list[DealGroup]:
    """Open deals that should close in a span, in groups; one statement."""
    minor, currency = Opportunity.amount_minor, Opportunity.amount_currency
    keys = (Stage.forecast_category, currency, Stage.probability)
    statement = (
        select(*keys, func.count(), func.sum(minor))
        .join(Stage, Stage.id == Opportunity.stage_id)
        .where(*_open(span, owner))
        .group_by(*keys)
        .order_by(*keys)
    )
    found: Sequence[Any] = uow.rows(statement)
    return [DealGroup(row[0], row[1], row[2], int(row[3]), int(row[4] or 0)) for row in found]


def deal_ids(uow: UnitOfWork, span: Span, *, owner: str | None) -> dict[ForecastCategory, tuple[str, ...]]:
    """The largest open deals of each category, up to 100 of each; one statement."""
    place = func.row_number().over(
        partition_by=Stage.forecast_category,
        order_by=(func.coalesce(Opportunity.amount_minor, -1).desc(), Opportunity.id),
    )
    ranked = (
        select(Opportunity.id, Stage.forecast_category, place.label("place"))
        .join(Stage, Stage.id == Opportunity.stage_id)
        .where(*_open(span, owner))
        .subquery()
    )
    statement = select(ranked.c.id, ranked.c.forecast_category).where(ranked.c.place <= _MOST_IDS)
    found: Sequence[Any] = uow.rows(statement.order_by(ranked.c.place))
    named: dict[ForecastCategory, tuple[str, ...]] = {}
    for id_, category in found:
        named[category] = (*named.get(category, ()), f"{Opportunity.id_prefix}_{id_}")
    return named


def _open(span: Span, owner: str | None) -> list[ColumnElement[bool]]:
    among: list[ColumnElement[bool]] = [
        Opportunity.status == OpportunityStatus.OPEN,
        Opportunity.expected_close_on >= span[0],
        Opportunity.expected_close_on < span[1],
        Stage.forecast_category.in_(OPEN_CATEGORIES),
    ]
    return among if owner is None else [*among, Opportunity.owner == owner]


def _sums(moment: Any, minor: Any, spans: Sequence[Span]) -> list[ColumnElement[Any]]:
    return [
        func.sum(case((and_(moment >= _midnight(begins), moment < _midnight(ends)), minor), else_=0)).label(f"span{at}")
        for at, (begins, ends) in enumerate(spans)
    ]


def _count(moment: Any, span: Span) -> ColumnElement[Any]:
    return func.sum(case((and_(moment >= _midnight(span[0]), moment < _midnight(span[1])), 1), else_=0))


def _read(row: Any) -> LedgerSums:
    return LedgerSums(row[0], int(row[1]), int(row[2] or 0), tuple(int(each or 0) for each in row[3:]))


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)
