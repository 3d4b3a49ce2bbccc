"""Whom to call today: the customers of an owner for whom most speaks, with the reasons and the rows these follow from.

In come an owner, a number and a day; facts are gathered by a fixed number of statements, each bounded, and judged by `reasons`. Who was
contacted within a day, or said no to calls, is left out and counted.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select, union

from patron_core.access.grants import reads
from patron_core.access.row_limits import seen_customers
from patron_core.cases.models import Case, CaseKind
from patron_core.classification import FINANCIAL
from patron_core.contracts.models import Contract, Renewal, RenewalStatus
from patron_core.customers.models import Customer
from patron_core.opportunities.models import Opportunity, OpportunityStatus
from patron_core.privacy.models import Consent, ConsentDecision, ConsentPurpose
from patron_core.tasks import reasons
from patron_core.tasks.models import Cadence, ContactPlan, Task, TaskState
from patron_core.tasks.reasons import CallEntry, Reason
from patron_core.touchpoints.models import Channel, Touchpoint
from patron_core.transactions.models import Transaction, TransactionKind
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import within

__all__ = ["MOST_CALLS", "CallList", "LeftOut", "Thresholds", "daily_call_list"]

MOST_CALLS: Final = 50
_AT_ONCE: Final = 1_000  # facts of a kind, the most pressing first
_LONGEST: Final = 365


_ARGUMENTS: Final = {
    "closing_days": "closingWithinDays",
    "stuck_days": "stuckAfterDays",
    "renewal_days": "renewalWithinDays",
    "complaint_days": "complaintWithinDays",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What counts as soon or long, in days: customs of sales teams, to be changed by whoever asks."""

    closing_days: int = 14
    stuck_days: int = 30
    renewal_days: int = 90
    complaint_days: int = 14

    def __post_init__(self) -> None:
        for name, path in _ARGUMENTS.items():
            within(getattr(self, name), most=_LONGEST, path=path)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """How many customers were left out for a reason: CONTACTED or NO_CONSENT."""

    code: str
    customers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallList:
    """Whom to call. considered: how many customers had a reason."""

    on: dt.date
    entries: tuple[CallEntry, ...]
    considered: int
    left_out: tuple[LeftOut, ...]


def daily_call_list(
    uow: UnitOfWork, *, owner: str, most: int = 3, on: dt.date | None = None, thresholds: Thresholds | None = None
) -> CallList:
    """The customers to call on a day, today where none is given. most: 1 to 50. INVALID_INPUT for other numbers."""
    within(most, most=MOST_CALLS, path="n")
    day = on or uow.now.date()
    found: dict[uuid.UUID, list[Reason]] = defaultdict(list)
    limits = thresholds or Thresholds()
    facts: tuple[Callable[..., Iterator[tuple[uuid.UUID, Reason]]], ...] = (
        _tasks,
        _gaps,
        _complaints,
        _renewals,
        _deals,
    )
    for gather in facts:
        for customer_id, reason in gather(uow, owner, day, limits):
            found[customer_id].append(reason)
    considered = len(found)
    out: Counter[str] = Counter()
    contacted = _contacted(list(found), day, uow)
    for customer_id in contacted:
        del found[customer_id]
        out["CONTACTED"] += 1
    for customer_id, refused in _refusals(list(found), uow).items():
        found[customer_id] = [reason for reason in found[customer_id] if reason.purpose not in refused]
        if not found[customer_id]:
            del found[customer_id]
            out["NO_CONSENT"] += 1
    for customer_id, reason in _values(list(found), day, uow):
        found[customer_id].append(reason)
    left_out = tuple(LeftOut(code=code, customers=count) for code, count in sorted(out.items()))
    return CallList(on=day, entries=tuple(reasons.ranked(found)[:most]), considered=considered, left_out=left_out)


Found = Iterator[tuple[uuid.UUID, Reason]]


def _tasks(uow: UnitOfWork, owner: str, day: dt.date, limits: Thresholds) -> Found:
    statement = (
        select(Task.customer_id, Task.id, Task.due_at, Task.priority)
        .join(Customer, Customer.id == Task.customer_id)
        .where(Task.state == TaskState.OPEN, Task.due_at < _end(day), _of(Task.assignee, owner), *seen_customers(uow))
        .where(Task.cadence_id.is_(None))  # a gap in contact and the task that closes it are one reason
        .order_by(Task.due_at, Task.id)
    )
    for row in uow.rows(statement.limit(_AT_ONCE)):
        id_ = f"{Task.id_prefix}_{row.id}"
        yield row.customer_id, reasons.task_due(id_, due_on=row.due_at.date(), priority=row.priority, on=day)


def _gaps(uow: UnitOfWork, owner: str, day: dt.date, limits: Thresholds) -> Found:
    statement = (
        select(ContactPlan.customer_id, ContactPlan.id, ContactPlan.next_touch_due, Cadence.every_days)
        .join(Cadence, Cadence.id == ContactPlan.cadence_id)
        .join(Customer, Customer.id == ContactPlan.customer_id)
        .where(ContactPlan.next_touch_due < _end(day), Customer.owner == owner, *seen_customers(uow))
        .order_by(ContactPlan.next_touch_due, ContactPlan.id)
    )
    for row in uow.rows(statement.limit(_AT_ONCE)):
        id_, due_on = f"{ContactPlan.id_prefix}_{row.id}", row.next_touch_due.date()
        yield row.customer_id, reasons.gap(id_, due_on=due_on, every_days=row.every_days, on=day)


def _complaints(uow: UnitOfWork, owner: str, day: dt.date, limits: Thresholds) -> Found:
    since = _end(day) - dt.timedelta(days=limits.complaint_days + 1)
    statement = (
        select(Case.customer_id, Case.id, Case.occurred_at)
        .join(Customer, Customer.id == Case.customer_id)
        .where(Case.kind == CaseKind.COMPLAINT, Case.occurred_at >= since, Case.occurred_at < _end(day))
        .where(Customer.owner == owner, *seen_customers(uow))
        .order_by(Case.occurred_at.desc(), Case.id)
    )
    for row in uow.rows(statement.limit(_AT_ONCE)):
        id_ = f"{Case.id_prefix}_{row.id}"
        yield row.customer_id, reasons.complaint(id_, came_on=row.occurred_at.date(), on=day)


def _renewals(uow: UnitOfWork, owner: str, day: dt.date, limits: Thresholds) -> Found:
    latest = day + dt.timedelta(days=limits.renewal_days)
    statement = (
        select(Contract.customer_id, Renewal.id, Renewal.status, Renewal.notice_by)
        .join(Contract, Contract.id == Renewal.contract_id)
        .join(Customer, Customer.id == Contract.customer_id)
        .where(
            Renewal.status.in_([RenewalStatus.OPEN, RenewalStatus.AT_RISK]),
            or_(Renewal.status == RenewalStatus.AT_RISK, Renewal.notice_by <= latest),
            _of(Contract.owner, owner),
            *seen_customers(uow),
        )
        .order_by(Renewal.notice_by, Renewal.id)
    )
    for row in uow.rows(statement.limit(_AT_ONCE)):
        at_risk = row.status is RenewalStatus.AT_RISK
        yield (
            row.customer_id,
            reasons.renewal(
                f"{Renewal.id_prefix}_{row.id}",
                at_risk=at_risk,
                notice_by=row.notice_by,
                within_days=limits.renewal_days,
                on=day,
            ),
        )


def _deals(uow: UnitOfWork, owner: str, day: dt.date, limits: Thresholds) -> Found:
    soon = day + dt.timedelta(days=limits.closing_days)
    since = _end(day) - dt.timedelta(days=limits.stuck_days + 1)
    closes, is_stuck = Opportunity.expected_close_on <= soon, Opportunity.entered_stage_at < since
    statement = (
        select(Opportunity.customer_id, Opportunity.id, Opportunity.expected_close_on, Opportunity.entered_stage_at)
        .join(Customer, Customer.id == Opportunity.customer_id)
        .where(Opportunity.status == OpportunityStatus.OPEN, or_(closes, is_stuck))
        .where(_of(Opportunity.owner, owner), *seen_customers(uow))
        .order_by(Opportunity.expected_close_on, Opportunity.id)
    )
    for row in uow.rows(statement.limit(_AT_ONCE)):
        id_ = f"{Opportunity.id_prefix}_{row.id}"
        if row.expected_close_on is not None and row.expected_close_on <= soon:
            yield row.customer_id, reasons.closing(id_, close_on=row.expected_close_on, on=day)
        if row.entered_stage_at < since:
            yield row.customer_id, reasons.stuck(id_, entered_on=row.entered_stage_at.date(), on=day)


def _contacted(ids: Collection[uuid.UUID], day: dt.date, uow: UnitOfWork) -> list[uuid.UUID]:
    """Who was contacted in the day before the list, or had a task done."""
    until = uow.now if day == uow.now.date() else _end(day - dt.timedelta(days=1))
    since = until - dt.timedelta(days=1)
    if not ids:
        return []
    touched = select(Touchpoint.customer_id).where(
        uow.among(Touchpoint.customer_id, ids), Touchpoint.occurred_at > since, Touchpoint.occurred_at <= until
    )
    done = select(Task.customer_id).where(
        uow.among(Task.customer_id, ids), Task.state == TaskState.DONE, Task.done_at > since, Task.done_at <= until
    )
    return sorted(row.customer_id for row in uow.rows(union(touched, done)))


def _refusals(ids: Collection[uuid.UUID], uow: UnitOfWork) -> dict[uuid.UUID, set[ConsentPurpose]]:
    """For which purposes customers said no to being called: the latest word on each counts.

    Who said no to the telephone itself, for whatever purpose, is not called for any. Where nothing was said, nobody objects.
    """
    if not ids:
        return {}
    statement = (
        select(Customer.id, Consent.purpose, Consent.channel, Consent.status, Consent.validity_to)
        .join(Customer, Customer.party_id == Consent.party_id)
        .where(uow.among(Customer.id, ids), or_(Consent.channel.is_(None), Consent.channel == Channel.PHONE))
        .where(Consent.purpose.in_([ConsentPurpose.SERVICE, ConsentPurpose.MARKETING]))
        .order_by(Consent.decided_at.desc(), Consent.id.desc())
    )
    latest: dict[tuple[uuid.UUID, ConsentPurpose], Any] = {}
    for row in uow.rows(statement):
        latest.setdefault((row.id, row.purpose), row)
    refused: dict[uuid.UUID, set[ConsentPurpose]] = defaultdict(set)
    for (customer_id, purpose), word in latest.items():
        ended = word.validity_to is not None and word.validity_to <= uow.now
        if word.status is not ConsentDecision.GIVEN or ended:
            refused[customer_id] |= set(ConsentPurpose) if word.channel is Channel.PHONE else {purpose}
    return refused


def _values(ids: Collection[uuid.UUID], day: dt.date, uow: UnitOfWork) -> Found:
    """What customers bought in the year before, for who may see money."""
    if not ids or not reads(uow.actor.opened, FINANCIAL):
        return
    statement = (
        select(
            Transaction.customer_id,
            Transaction.amount_currency.label("currency"),
            func.sum(Transaction.amount_minor).label("minor"),
            func.count().label("sales"),
        )
        .where(uow.among(Transaction.customer_id, ids), Transaction.occurred_at >= _end(day) - dt.timedelta(days=366))
        .where(Transaction.occurred_at < _end(day))
        .where(Transaction.kind.in_([TransactionKind.SALE, TransactionKind.REFUND]))
        .group_by(Transaction.customer_id, Transaction.amount_currency)
        .order_by(Transaction.customer_id, Transaction.amount_currency)
    )
    rows = [row for row in uow.rows(statement) if row.minor > 0]
    largest: dict[str, int] = {}
    for row in rows:
        largest[row.currency] = max(int(row.minor), largest.get(row.currency, 0))
    for row in rows:
        id_ = f"{Customer.id_prefix}_{row.customer_id}"
        yield (
            row.customer_id,
            reasons.value(id_, minor=int(row.minor), largest=largest[row.currency], sales=row.sales),
        )


def _of(theirs: Any, owner: str) -> ColumnElement[bool]:
    """What is an owner's: by itself, or by its customer where it names nobody."""
    return or_(theirs == owner, and_(theirs.is_(None), Customer.owner == owner))


def _end(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), dt.UTC)
