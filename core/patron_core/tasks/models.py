"""What is to be done and by whom, how often customers should hear from us, and when the next contact is due."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from ..channels.models import Channel
from ..customers.models import Customer
from ..records import INTERNAL, PII, PUBLIC, Record, column, reference, subject
from ..touchpoints.models import Touchpoint
from ..values import Code

__all__ = ["Cadence", "ContactPlan", "Task", "TaskPriority", "TaskState"]


class TaskState(Code):
    """Whether a task is still to be done."""

    OPEN = "open", "To be done."
    DONE = "done", "Done, with an outcome."
    CANCELLED = "cancelled", "Given up."


class TaskPriority(Code):
    """How much a task matters."""

    LOW = "low", "When there is time."
    NORMAL = "normal", "In its turn."
    HIGH = "high", "Before others."
    URGENT = "urgent", "At once."


class Cadence(Record):
    """How often customers should hear from us: one customer, those of an owner, or all who have no closer rule."""

    __tablename__ = "cadence"
    id_prefix = "cad"
    without_index = (("*", "A tenant has few rhythms of contact."),)
    __table_args__ = (CheckConstraint("every_days BETWEEN 1 AND 3650", name="every_days"),)

    customer: Mapped[Customer | None] = subject(Customer, optional=True, doc="Whom alone it is for.")
    owner: Mapped[str | None] = column(INTERNAL, doc="Whose customers it is for.", filterable=True)
    name: Mapped[str] = column(INTERNAL, doc="Name to show.", filterable=True, orderable=True)
    every_days: Mapped[int] = column(
        INTERNAL, doc="After how many days without contact the next one is due.", filterable=True, orderable=True
    )
    channel: Mapped[Channel | None] = column(PUBLIC, doc="Over which channel to contact them.", filterable=True)
    priority: Mapped[TaskPriority] = column(INTERNAL, doc="How much its tasks matter.", filterable=True)
    team: Mapped[str | None] = column(INTERNAL, doc="Which team gets its tasks.", filterable=True)
    active: Mapped[bool] = column(INTERNAL, doc="Whether it counts.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID | None]


class Task(Record):
    """Something somebody of us is to do, mostly for a customer."""

    __tablename__ = "task"
    id_prefix = "tsk"
    without_index = (
        ("title note outcome", "Words a person wrote; nobody asks for all rows with the same ones."),
        (
            "priority channel done_at done_by reminded_at due_at",
            "Asked within what is open, an assignee's or a customer's.",
        ),
        ("remind_at", "Asked of open tasks, and an index has both."),
        ("team", "Asked of open tasks, and an index has both."),
    )
    __table_args__ = (
        Index(None, "tenant_id", "customer_id", "occurred_at", "id"),
        Index(None, "tenant_id", "occurred_at", "id"),
        Index(None, "tenant_id", "assignee", "state", "due_at", "id"),
        Index(None, "tenant_id", "state", "due_at", "id"),
        Index(None, "tenant_id", "state", "remind_at", "id"),
        Index(None, "tenant_id", "team", "state", "due_at", "id"),
        Index(None, "tenant_id", "about_id", "id"),
        CheckConstraint("state <> 'DONE' OR outcome IS NOT NULL", name="outcome"),
    )

    customer: Mapped[Customer | None] = subject(Customer, optional=True, doc="For whom; null for work of our own.")
    about_id: Mapped[str | None] = column(
        INTERNAL, doc="Id of what it is about, such as a deal; `node` shows it.", filterable=True
    )
    title: Mapped[str] = column(PII, doc="What to do, in one line.", filterable=True)
    note: Mapped[str | None] = column(PII, doc="What to know about it.")
    due_at: Mapped[dt.datetime] = column(INTERNAL, doc="Until when.", filterable=True, orderable=True)
    remind_at: Mapped[dt.datetime] = column(INTERNAL, doc="When to remind of it.", filterable=True, orderable=True)
    reminded_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was reminded of; null while it was not.", filterable=True
    )
    assignee: Mapped[str | None] = column(INTERNAL, doc="Who of us is to do it.", filterable=True, orderable=True)
    team: Mapped[str | None] = column(INTERNAL, doc="Which team is to do it.", filterable=True, orderable=True)
    priority: Mapped[TaskPriority] = column(INTERNAL, doc="How much it matters.", filterable=True, orderable=True)
    channel: Mapped[Channel | None] = column(PUBLIC, doc="Over which channel to do it.", filterable=True)
    state: Mapped[TaskState] = column(INTERNAL, doc="Whether it is to be done.", filterable=True, orderable=True)
    outcome: Mapped[str | None] = column(PII, doc="What came of it, or why it was given up.")
    done_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When it was done or given up.", filterable=True)
    done_by: Mapped[str | None] = column(INTERNAL, doc="Who did it or gave it up.", filterable=True)
    occurred_at: Mapped[dt.datetime] = column(
        INTERNAL, doc="When it was done or given up; while it is open, when it is due.", filterable=True, orderable=True
    )
    touchpoint: Mapped[Touchpoint | None] = reference(
        Touchpoint, optional=True, doc="The contact in which it was done."
    )
    cadence: Mapped[Cadence | None] = reference(Cadence, optional=True, doc="The rhythm of contact that made it.")

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID | None]
        touchpoint_id: Mapped[uuid.UUID | None]
        cadence_id: Mapped[uuid.UUID | None]


class ContactPlan(Record):
    """When the next contact with a customer is due, by the rhythm of contact that holds for the customer."""

    __tablename__ = "contact_plan"
    id_prefix = "cpl"
    without_index = (
        ("last_contact_at gap_since created_at updated_at", "Asked within what is due, or of a customer."),
    )
    __table_args__ = (Index(None, "tenant_id", "next_touch_due", "id"),)

    customer: Mapped[Customer] = subject(Customer, unique=True, doc="With whom.")
    cadence: Mapped[Cadence] = reference(
        Cadence, doc="The rhythm that holds: the customer's, else the owner's, else that of all."
    )
    last_contact_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When the last contact was; null where there was none.", filterable=True, orderable=True
    )
    next_touch_due: Mapped[dt.datetime] = column(
        INTERNAL, doc="When the next contact is due.", filterable=True, orderable=True
    )
    gap_since: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="Since when it was noticed that the contact is overdue; null where it is not.", filterable=True
    )
    task: Mapped[Task | None] = reference(Task, optional=True, doc="The task that was opened for it.")

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
        cadence_id: Mapped[uuid.UUID]
        task_id: Mapped[uuid.UUID | None]
