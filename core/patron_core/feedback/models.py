"""What customers think: a score on one of three scales, about a contact, a case, a purchase or us as a whole."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..cases.models import Case
from ..customers.models import Customer
from ..records import INTERNAL, PII, PUBLIC, Record, column, reference, subject
from ..touchpoints.models import Channel, Touchpoint
from ..transactions.models import Transaction
from ..values import Code

__all__ = ["Feedback", "FeedbackKind"]


class FeedbackKind(Code):
    """On which scale a customer answered."""

    NPS = "nps", "How likely they recommend us, 0 to 10 (Reichheld 2003)."
    CSAT = "csat", "How satisfied they were, 1 to 5."
    STARS = "stars", "Stars, 1 to 5."


class Feedback(Record):
    """What a customer answered; once about the same thing on the same scale."""

    __tablename__ = "feedback"
    id_prefix = "fbk"
    without_index = (("score channel", "Asked within a scale and a time."),)
    __table_args__ = (
        UniqueConstraint("tenant_id", "customer_id", "kind", "touchpoint_id"),
        UniqueConstraint("tenant_id", "customer_id", "kind", "case_id"),
        UniqueConstraint("tenant_id", "customer_id", "kind", "purchase_id"),
        Index(None, "tenant_id", "kind", "occurred_at", "id"),
        Index(None, "tenant_id", "occurred_at", "id"),
        CheckConstraint("(kind = 'NPS' AND score BETWEEN 0 AND 10) OR score BETWEEN 1 AND 5", name="score"),
    )

    customer: Mapped[Customer] = subject(Customer, doc="Who answered.")
    kind: Mapped[FeedbackKind] = column(PUBLIC, doc="On which scale.", filterable=True, orderable=True)
    score: Mapped[int] = column(
        INTERNAL, doc="The answer: 0 to 10 for NPS, else 1 to 5.", filterable=True, orderable=True
    )
    comment: Mapped[str | None] = column(PII, doc="What the customer said beside.")
    channel: Mapped[Channel | None] = column(PUBLIC, doc="Where they answered.", filterable=True)
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When they answered.", filterable=True, orderable=True)
    touchpoint: Mapped[Touchpoint | None] = reference(Touchpoint, optional=True, doc="About which contact.")
    case: Mapped[Case | None] = reference(Case, optional=True, doc="About which case.")
    purchase: Mapped[Transaction | None] = reference(Transaction, optional=True, doc="About which purchase.")

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
        touchpoint_id: Mapped[uuid.UUID | None]
        case_id: Mapped[uuid.UUID | None]
        purchase_id: Mapped[uuid.UUID | None]
