"""Two of us at one customer: contacts and planned tasks of different teams or owners that fall within a few days.

In come a time and a window, out come pairs that follow each other at one customer, by one statement. Of a run of contacts each is
compared with the one before it: where two of different hands lie within the window, so do two neighbours of different hands.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, func, literal, select, union_all

from patron_core.access.row_limits import seen_customers
from patron_core.customers.models import Customer
from patron_core.tasks.models import Task, TaskState
from patron_core.touchpoints.models import Direction, Touchpoint
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import in_order, within

__all__ = ["MOST_CONFLICTS", "MOST_DAYS", "WINDOW_DAYS", "ContactConflict", "Side", "contact_conflicts"]

#: Two teams at one customer within one week: features.md, row 59 of the capabilities.
WINDOW_DAYS: Final = 7
MOST_DAYS: Final = 90
MOST_CONFLICTS: Final = 200
_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two. id: of the contact, or of the task that plans one. hands: the team, or who of us where no team is named."""

    id: str
    hands: str
    at: dt.datetime
    planned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactConflict:
    """Two of us at one customer within the window, the earlier one first."""

    customer_id: uuid.UUID
    earlier: Side
    later: Side


def contact_conflicts(
    uow: UnitOfWork, *, since: dt.datetime, until: dt.datetime, window_days: int = WINDOW_DAYS, first: int = 50
) -> list[ContactConflict]:
    """Conflicts whose later side lies in [since, until), newest first. Contacts we sought count, and open tasks that are due.

    window_days: 1 to 90. first: 1 to 200. INVALID_INPUT otherwise.
    """
    in_order(since, until, path="to")
    within(window_days, most=MOST_DAYS, path="windowDays")
    within(first, most=MOST_CONFLICTS, path="first")
    contact = _contacts(since - dt.timedelta(days=window_days), until)
    over = {"partition_by": contact.c.customer_id, "order_by": (contact.c.at, contact.c.id)}
    columns = [func.lag(contact.c[name]).over(**over).label(f"earlier_{name}") for name in _COLUMNS]
    pair = select(*contact.c, *columns).subquery("pair")
    statement = (
        select(*pair.c)
        .join(Customer, Customer.id == pair.c.customer_id)
        .where(pair.c.at >= since, pair.c.hands != pair.c.earlier_hands, *seen_customers(uow))
        .where(_seconds_between(pair.c.earlier_at, pair.c.at, uow) <= window_days * _SECONDS)
        .order_by(pair.c.at.desc(), pair.c.id.desc())
        .limit(first)
    )
    return [
        ContactConflict(
            customer_id=row.customer_id,
            earlier=_side(row.earlier_id, row.earlier_hands, row.earlier_at, planned=row.earlier_planned),
            later=_side(row.id, row.hands, row.at, planned=row.planned),
        )
        for row in uow.rows(statement)
    ]


_COLUMNS: Final = ("id", "hands", "at", "planned")


def _contacts(since: dt.datetime, until: dt.datetime) -> Any:
    """Contacts we sought, and tasks that plan some: who had them, when, for whom."""
    made_by = func.coalesce(Touchpoint.team, Touchpoint.agent)
    made = select(
        Touchpoint.customer_id,
        Touchpoint.id,
        made_by.label("hands"),
        Touchpoint.occurred_at.label("at"),
        literal(0).label("planned"),
    ).where(
        Touchpoint.direction == Direction.OUTBOUND,
        Touchpoint.customer_id.is_not(None),
        made_by.is_not(None),
        Touchpoint.occurred_at >= since,
        Touchpoint.occurred_at < until,
    )
    planned_by = func.coalesce(Task.team, Task.assignee)
    planned = select(
        Task.customer_id, Task.id, planned_by.label("hands"), Task.due_at.label("at"), literal(1).label("planned")
    ).where(
        Task.state == TaskState.OPEN,
        Task.customer_id.is_not(None),
        planned_by.is_not(None),
        Task.due_at >= since,
        Task.due_at < until,
    )
    return union_all(made, planned).subquery("contact")


def _seconds_between(earlier: ColumnElement[Any], later: ColumnElement[Any], uow: UnitOfWork) -> ColumnElement[Any]:
    if uow.session.get_bind().dialect.name == "sqlite":
        return (func.julianday(later) - func.julianday(earlier)) * _SECONDS
    return func.extract("epoch", later) - func.extract("epoch", earlier)


def _side(id_: uuid.UUID, hands: str, at: dt.datetime, *, planned: int) -> Side:
    prefix = Task.id_prefix if planned else Touchpoint.id_prefix
    return Side(id=f"{prefix}_{id_}", hands=hands, at=at, planned=bool(planned))
