"""What a customer sees of itself: what it bought month by month, what it is promised, its cases and its renewals.

The party that asks comes in by its credential, never by an argument; out come its own figures. They are opened by the entitlement
SELF_SERVICE_DATA of the level it has; without it the answer says what is missing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import case, func, literal, select

from patron_core.access.grants import reads
from patron_core.cases.clock import OPEN_STATES
from patron_core.cases.models import Case
from patron_core.contracts.models import Contract, Renewal, RenewalStatus
from patron_core.customers.models import Customer
from patron_core.errors import Forbidden, NotFound
from patron_core.records import FINANCIAL
from patron_core.service_levels.assigning import level_of
from patron_core.service_levels.explaining import Explanation, explain
from patron_core.service_levels.models import SELF_SERVICE, ServiceEntitlement, ServiceLevel, ServiceTarget
from patron_core.transactions.models import Transaction, TransactionKind
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money

__all__ = ["Insights", "MonthlyPurchases", "OwnCase", "OwnRenewal", "insights"]

_MOST_ROWS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyPurchases:
    """What was bought in a month (UTC) in a currency, refunds taken away."""

    month: dt.date
    amount: Money
    purchases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCase:
    """A case of the customer's own that is not done with."""

    id: uuid.UUID
    kind: str
    state: str
    topic: str
    occurred_at: dt.datetime
    resolution_due_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRenewal:
    """A contract of the customer's own whose term comes to its end."""

    contract_number: str
    contract_name: str
    term_ends_on: dt.date
    notice_by: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Insights:
    """What a customer sees of itself. unlocked: whether its level opens the figures; else they are empty."""

    customer_id: uuid.UUID
    unlocked: bool
    reason: str
    level: ServiceLevel | None
    explanation: Explanation
    entitlements: tuple[ServiceEntitlement, ...]
    targets: tuple[ServiceTarget, ...]
    months: tuple[MonthlyPurchases, ...]
    cases: tuple[OwnCase, ...]
    renewals: tuple[OwnRenewal, ...]
    as_of: dt.datetime


def insights(months: int, uow: UnitOfWork) -> Insights:
    """The insights of the party that asks, of the last `months` months with this one, in a fixed number of statements.

    FORBIDDEN where the credential is of no party, NOT_FOUND where that party is no customer.
    """
    customer = _own(uow)
    explanation = explain(customer.id, uow)
    level = level_of(customer.id, uow)
    entitlements = _of_level(ServiceEntitlement, level, uow)
    unlocked, reason = _unlocked(entitlements, uow)
    return Insights(
        customer_id=customer.id,
        unlocked=unlocked,
        reason=reason,
        level=level,
        explanation=explanation,
        entitlements=tuple(sorted(entitlements, key=lambda each: each.code)),
        targets=tuple(_of_level(ServiceTarget, level, uow)),
        months=_months(customer.id, months, uow) if unlocked else (),
        cases=_cases(customer.id, uow) if unlocked else (),
        renewals=_renewals(customer.id, uow) if unlocked else (),
        as_of=uow.now,
    )


def _own(uow: UnitOfWork) -> Customer:
    if uow.actor.party_id is None:
        raise Forbidden(
            "You have no insights. Your credential is of no party. Ask with that of a customer, of the role customer_portal."
        )
    found = uow.find(Customer, party_id=uow.actor.party_id)
    if found is None:
        raise NotFound(
            "You are no customer. Your credential is of a party that has bought nothing. There is nothing to see."
        )
    return uow.get(Customer, found.id)


def _unlocked(entitlements: list[ServiceEntitlement], uow: UnitOfWork) -> tuple[bool, str]:
    if SELF_SERVICE not in {each.code for each in entitlements}:
        return False, f"Your level of service does not bring {SELF_SERVICE}; the explanation says what is missing."
    if not reads(uow.actor.opened, FINANCIAL):
        return False, "You may not see amounts."
    return True, f"Your level of service brings {SELF_SERVICE}."


def _of_level(model: Any, level: ServiceLevel | None, uow: UnitOfWork) -> list[Any]:
    return [] if level is None else uow.select(select(model).where(model.service_level_id == level.id))


def _months(customer_id: uuid.UUID, months: int, uow: UnitOfWork) -> tuple[MonthlyPurchases, ...]:
    """In one statement: a purchase's month is told by how many of the months' first instants lie after it."""
    first_days = [_month_before(uow.now.date().replace(day=1), back) for back in range(months)]
    starts = [dt.datetime(day.year, day.month, 1, tzinfo=dt.UTC) for day in first_days]
    month = case(*((Transaction.occurred_at >= start, literal(back)) for back, start in enumerate(starts)))
    table = Transaction.__table__.c
    bought = case(
        (Transaction.kind != TransactionKind.SALE, literal(0)),
        (Transaction.reverses_id.is_(None), literal(1)),
        else_=literal(-1),
    )
    each = (
        select(
            month.label("month"),
            Transaction.amount_currency.label("currency"),
            table.amount_minor.label("minor"),
            bought.label("bought"),
        )
        .where(
            Transaction.customer_id == customer_id,
            Transaction.occurred_at >= starts[-1],
            Transaction.occurred_at <= uow.now,
            Transaction.kind.in_((TransactionKind.SALE, TransactionKind.REFUND)),
        )
        .subquery()
    )
    keys = (each.c.month, each.c.currency)
    rows: list[Any] = uow.rows(
        select(*keys, func.sum(each.c.minor), func.sum(each.c.bought)).group_by(*keys).order_by(*keys)
    )
    return tuple(
        MonthlyPurchases(month=first_days[back], amount=Money(int(minor), currency), purchases=int(count))
        for back, currency, minor, count in rows
    )


def _month_before(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(year, month + 1, 1)


def _cases(customer_id: uuid.UUID, uow: UnitOfWork) -> tuple[OwnCase, ...]:
    statement = select(Case).where(Case.customer_id == customer_id, Case.state.in_(OPEN_STATES))
    found = uow.select(statement.order_by(Case.occurred_at.desc(), Case.id.desc()).limit(_MOST_ROWS))
    return tuple(
        OwnCase(
            id=each.id,
            kind=each.kind.name,
            state=each.state.name,
            topic=each.topic,
            occurred_at=each.occurred_at,
            resolution_due_at=each.resolution_due_at,
        )
        for each in found
    )


def _renewals(customer_id: uuid.UUID, uow: UnitOfWork) -> tuple[OwnRenewal, ...]:
    statement = (
        select(Contract.number, Contract.name, Renewal.term_ends_on, Renewal.notice_by)
        .join(Renewal, Renewal.contract_id == Contract.id)
        .where(Contract.customer_id == customer_id, Renewal.status.in_((RenewalStatus.OPEN, RenewalStatus.AT_RISK)))
        .order_by(Renewal.notice_by, Renewal.id)
        .limit(_MOST_ROWS)
    )
    rows: list[Any] = uow.rows(statement)
    return tuple(
        OwnRenewal(contract_number=number, contract_name=name, term_ends_on=ends, notice_by=notice)
        for number, name, ends, notice in rows
    )
