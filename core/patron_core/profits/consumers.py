"""Whose purchases tell something of all: consumers who buy at their own rate, and what a purchase is.

A purchase is a sale that was not taken back until the day that is looked at. Businesses and customers whom the relationship carries
are few and buy by agreement: what holds of many consumers says nothing of them.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, select
from sqlalchemy.orm import aliased

from patron_core.customers.models import Customer, CustomerKind, EngagementMode
from patron_core.profits.days import day_of, midnight, month_of
from patron_core.profits.models import PARAMETER_SCALE, ClvScore, RfmScore, ValueKind, ValueModel, ValueParameter
from patron_core.transactions.models import Transaction, TransactionKind
from patron_core.unit_of_work import UnitOfWork
from patron_core.updates import set_values

__all__ = ["NOT_A_CONSUMER", "is_consumer", "main_currency", "purchases", "save_model", "save_scores", "sells_to"]

NOT_A_CONSUMER: Final = (
    "The customer is a business, or the relationship carries it: what holds of many consumers does not hold."
)
_LATEST: Final = 1_000


def is_consumer() -> ColumnElement[bool]:
    """That a customer is one of many who buy at their own rate."""
    return and_(Customer.kind == CustomerKind.B2C, Customer.engagement_mode != EngagementMode.RELATIONSHIP)


def sells_to(customer: Customer) -> bool:
    """As `is_consumer`, of a customer at hand."""
    return customer.kind is CustomerKind.B2C and customer.engagement_mode is not EngagementMode.RELATIONSHIP


def purchases(uow: UnitOfWork, as_of: dt.date, currency: str, *, since: dt.date | None = None) -> Subquery:
    """The purchases up to a day, that one included: customer_id, day, month, amount (in minor units), a row for each sale."""
    end = midnight(as_of + dt.timedelta(days=1))
    back, sale = aliased(Transaction), Transaction
    statement = (
        select(
            sale.customer_id,
            day_of(sale.occurred_at, uow).label("day"),
            month_of(sale.occurred_at, uow).label("month"),
            sale.amount_minor.label("amount"),
        )
        .outerjoin(back, and_(back.tenant_id == uow.tenant_id, back.reverses_id == sale.id, back.occurred_at < end))
        .where(
            sale.tenant_id == uow.tenant_id,
            sale.kind == TransactionKind.SALE,
            sale.reverses_id.is_(None),
            back.id.is_(None),
            sale.amount_currency == currency,
            sale.customer_id.is_not(None),
            sale.occurred_at < end,
        )
    )
    if since is not None:
        statement = statement.where(sale.occurred_at >= midnight(since))
    return statement.subquery("purchase")


def main_currency(uow: UnitOfWork) -> str:
    """The currency of most of the latest thousand sales; EUR where nothing was sold."""
    latest = _latest(uow).subquery("latest")
    counted = select(latest.c.amount_currency).group_by(latest.c.amount_currency)
    found = uow.rows(counted.order_by(func.count().desc(), latest.c.amount_currency).limit(1))
    return str(found[0][0]) if found else "EUR"


def _latest(uow: UnitOfWork) -> Select[Any]:
    return (
        select(Transaction.amount_currency)
        .where(Transaction.tenant_id == uow.tenant_id, Transaction.kind == TransactionKind.SALE)
        .order_by(Transaction.occurred_at.desc(), Transaction.id.desc())
        .limit(_LATEST)
    )


def save_model(
    uow: UnitOfWork,
    kind: ValueKind,
    *,
    reason: str,
    applicable: bool,
    method: str,
    sample_size: int,
    currency: str,
    as_of: dt.date,
    horizon_days: int | None = None,
    parameters: Mapping[str, Decimal],
) -> ValueModel:
    """Writes a model down in the place of the one before; its number says how often it came out otherwise."""
    values = {
        "applicable": applicable,
        "reason": reason,
        "method": method,
        "sample_size": sample_size,
        "currency": currency,
        "as_of": as_of,
        "horizon_days": horizon_days,
    }
    learned = {name: round(value, PARAMETER_SCALE) for name, value in parameters.items()}
    model = uow.find(ValueModel, kind=kind)
    if model is None:
        model = uow.add(ValueModel(kind=kind, number=1, **values))
        known: list[ValueParameter] = []
    else:
        known = uow.select(select(ValueParameter).where(ValueParameter.model_id == model.id))
        same = learned == {each.name: each.value for each in known}
        if same and all(getattr(model, name) == value for name, value in values.items()):
            return model
        for name, value in (*values.items(), ("number", model.number + 1)):
            setattr(model, name, value)
    for each in known:
        uow.delete(each)
    uow.flush()
    uow.add_many(
        ValueParameter, [{"model_id": model.id, "name": name, "value": value} for name, value in learned.items()]
    )
    return model


def save_scores(
    uow: UnitOfWork,
    score: type[RfmScore | ClvScore],
    values: Mapping[uuid.UUID, Mapping[str, Any]],
    *,
    after: uuid.UUID,
) -> None:
    """Writes the scores of the customers that come next after one, each in the place of the one before. values: by customer, in order."""
    there = select(score).where(score.customer_id > after, score.customer_id <= list(values)[-1])
    found: list[Any] = uow.select(there)
    kept = {each.customer_id: each for each in found}
    for id_, each in kept.items():
        set_values(each, values.get(id_, {}))
    uow.add_many(score, [{"customer_id": id_, **given} for id_, given in values.items() if id_ not in kept])
