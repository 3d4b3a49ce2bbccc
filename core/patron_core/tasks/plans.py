"""When the next contact with each customer is due: kept as contacts are made, planned anew by a job, told where it is overdue.

The closest rhythm holds: the customer's own, else the owner's, else that of all; among equals the shorter. A rhythm for many
leaves out customers who have left and those whose business is transactions (`engagementMode`): they have one only of their own.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, or_, select

from patron_core.customers.models import Customer, EngagementMode, LifecycleStage
from patron_core.hookspecs import Progress, Step
from patron_core.jobs.walking import go_on, reached
from patron_core.tasks import events
from patron_core.tasks.models import Cadence, ContactPlan, Task, TaskState
from patron_core.touchpoints.models import Touchpoint

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["closest", "note_contacts", "plan_contacts", "remind_of_tasks"]

_AT_ONCE: Final = 500


def note_contacts(uow: UnitOfWork, contacts: Mapping[uuid.UUID, dt.datetime]) -> None:
    """Moves the plans of customers on. contacts: when the latest one was, by customer."""
    if not contacts:
        return
    statement = select(ContactPlan).where(uow.among(ContactPlan.customer_id, list(contacts)))
    plans = uow.select(statement)
    if not plans:
        return
    wanted = list({plan.cadence_id for plan in plans})
    days = {row.id: row.every_days for row in uow.look_up(select(Cadence.id, Cadence.every_days), Cadence.id, wanted)}
    for plan in plans:
        at = contacts[plan.customer_id]
        if plan.last_contact_at is None or at > plan.last_contact_at:
            plan.last_contact_at = at
            plan.next_touch_due = at + dt.timedelta(days=days[plan.cadence_id])
            plan.gap_since = None


def plan_contacts(step: Step, uow: UnitOfWork) -> Progress | None:
    """Plans the next contact of up to 500 customers in each step; where it is overdue, tells of the gap and opens a task, once."""
    customers = uow.select(select(Customer).where(Customer.id > reached(step)).order_by(Customer.id).limit(_AT_ONCE))
    ids = [customer.id for customer in customers]
    if ids:
        rules = uow.select(
            select(Cadence)
            .where(Cadence.active.is_(True), or_(Cadence.customer_id.is_(None), uow.among(Cadence.customer_id, ids)))
            .order_by(Cadence.every_days, Cadence.id)
        )
        plans = {
            p.customer_id: p for p in uow.select(select(ContactPlan).where(uow.among(ContactPlan.customer_id, ids)))
        }
        last = _last_contacts(ids, uow) if rules else {}
        opened = [plan.task_id for plan in plans.values() if plan.task_id is not None and plan.gap_since is None]
        uow.select(select(Task).where(uow.among(Task.id, opened)))  # read at once what is asked for one by one
        for customer in customers:
            _plan(customer, closest(customer, rules), plans.get(customer.id), last.get(customer.id), uow)
    return go_on(step, ids, most=_AT_ONCE)


def closest(customer: Customer, rules: Sequence[Cadence]) -> Cadence | None:
    """The rhythm that holds for a customer. rules: the shorter ones first."""
    own = next((rule for rule in rules if rule.customer_id == customer.id), None)
    left_out = (
        customer.engagement_mode is EngagementMode.TRANSACTION or customer.lifecycle_stage is LifecycleStage.CHURNED
    )
    if customer.deleted_at is not None:
        return None
    if own is not None or left_out:
        return own
    of_all = [rule for rule in rules if rule.customer_id is None]
    owners = next((rule for rule in of_all if rule.owner is not None and rule.owner == customer.owner), None)
    return owners or next((rule for rule in of_all if rule.owner is None), None)


def remind_of_tasks(step: Step, uow: UnitOfWork) -> Progress | None:
    """Tells of open tasks whose time to be reminded of has come, each once, up to 500 in each step."""
    waiting = select(Task).where(Task.state == TaskState.OPEN, Task.remind_at <= uow.now, Task.reminded_at.is_(None))
    found = uow.select(waiting.order_by(Task.remind_at, Task.id).limit(_AT_ONCE))
    for task in found:
        task.reminded_at = uow.now
        uow.emit(events.TaskDue(customer_id=task.customer_id, task_id=task.id))
    return Progress(done=step.done + len(found)) if len(found) == _AT_ONCE else None


def _last_contacts(ids: Sequence[uuid.UUID], uow: UnitOfWork) -> dict[uuid.UUID, dt.datetime]:
    statement = (
        select(Touchpoint.customer_id, func.max(Touchpoint.occurred_at).label("at"))
        .where(uow.among(Touchpoint.customer_id, ids), Touchpoint.occurred_at <= uow.now)
        .group_by(Touchpoint.customer_id)
    )
    return {row.customer_id: row.at for row in uow.rows(statement)}


def _plan(
    customer: Customer, rule: Cadence | None, plan: ContactPlan | None, seen_at: dt.datetime | None, uow: UnitOfWork
) -> None:
    if rule is None:
        if plan is not None:
            uow.delete(plan)
        return
    known = [at for at in (seen_at, None if plan is None else plan.last_contact_at) if at is not None]
    last = max(known, default=None)
    due = (last or customer.created_at) + dt.timedelta(days=rule.every_days)
    is_new = plan is None
    if plan is None:
        plan = ContactPlan(customer_id=customer.id, cadence_id=rule.id, last_contact_at=last, next_touch_due=due)
    elif (plan.cadence_id, plan.last_contact_at, plan.next_touch_due) != (rule.id, last, due):
        plan.cadence_id, plan.last_contact_at, plan.next_touch_due = rule.id, last, due
    opens = due <= uow.now and plan.gap_since is None
    if due > uow.now:
        plan.gap_since = None
    elif opens:
        plan.gap_since = uow.now
        _open_task(customer, rule, plan, uow)
    if is_new:
        uow.add(plan)  # after the task it refers to
    if opens:
        days = (uow.now - due).days
        uow.emit(events.ContactGapOpened(customer_id=customer.id, contact_plan_id=plan.id, days=days))


def _open_task(customer: Customer, rule: Cadence, plan: ContactPlan, uow: UnitOfWork) -> None:
    if plan.task_id is not None and uow.get(Task, plan.task_id).state is TaskState.OPEN:
        return
    task = uow.add(
        Task(
            customer_id=customer.id,
            title=f"Contact: {rule.name}",
            due_at=plan.next_touch_due,
            remind_at=plan.next_touch_due,
            assignee=customer.owner,
            team=rule.team,
            priority=rule.priority,
            channel=rule.channel,
            state=TaskState.OPEN,
            occurred_at=plan.next_touch_due,
            cadence_id=rule.id,
        )
    )
    plan.task_id = task.id
    uow.emit(events.TaskCreated(customer_id=customer.id, task_id=task.id))
