"""Which next steps were decided on for customers, on what evidence, and what came of them."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..records import INTERNAL, PII, Record, column, subject
from ..values import Code

__all__ = ["ActionDecision", "ActionOutcome", "ActionVerdict"]


class ActionVerdict(Code):
    """What was decided about a next step."""

    ACCEPTED = "accepted", "It is taken."
    REJECTED = "rejected", "It is not, and is not advised again for a while."


class ActionOutcome(Code):
    """What came of a next step that was taken."""

    SUCCESS = "success", "What it was meant for."
    NOTHING = "nothing", "Nothing."
    HARM = "harm", "The customer took it badly."


class ActionDecision(Record):
    """A decision on a next step for a customer, with the evidence it rested on."""

    __tablename__ = "action_decision"
    id_prefix = "dec"
    without_index = (("source verdict outcome decided_by score outcome_at", "Asked of a customer, a code or a time."),)
    __table_args__ = (
        Index(None, "tenant_id", "code", "decided_at", "id"),
        Index(None, "tenant_id", "decided_at", "id"),
    )

    customer: Mapped[Customer] = subject(Customer, doc="For whom.")
    code: Mapped[str] = column(
        INTERNAL, doc="Which step, a code such as CALL_SILENT_CUSTOMER.", filterable=True, orderable=True
    )
    source: Mapped[str] = column(INTERNAL, doc="Who advised it: core, or a plugin's name.", filterable=True)
    reason: Mapped[str] = column(PII, doc="From which facts it followed.")
    evidence: Mapped[str] = column(INTERNAL, doc="Ids of the rows it followed from, with spaces between them.")
    score: Mapped[int] = column(INTERNAL, doc="How urgent it was, 0 to 100.", filterable=True, orderable=True)
    verdict: Mapped[ActionVerdict] = column(INTERNAL, doc="What was decided.", filterable=True)
    why: Mapped[str | None] = column(PII, doc="Why it was decided so.")
    decided_by: Mapped[str] = column(INTERNAL, doc="Who decided.", filterable=True)
    decided_at: Mapped[dt.datetime] = column(INTERNAL, doc="When.", filterable=True, orderable=True)
    outcome: Mapped[ActionOutcome | None] = column(INTERNAL, doc="What came of it.", filterable=True)
    outcome_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When that was noted.", filterable=True, orderable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
