"""How good contacts were: what a reviewer found, and which of our values were lived in them."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..records import INTERNAL, PII, PUBLIC, Record, column, subject
from ..touchpoints.models import Touchpoint

__all__ = ["ReviewCriterion", "TouchpointReview"]


class TouchpointReview(Record):
    """What somebody else than its agent found of a contact."""

    __tablename__ = "touchpoint_review"
    id_prefix = "rvw"
    without_index = (("score", "Asked within an agent's, a reviewer's or a time's."),)
    __table_args__ = (
        UniqueConstraint("tenant_id", "touchpoint_id", "reviewer"),
        Index(None, "tenant_id", "agent", "reviewed_at", "id"),
        Index(None, "tenant_id", "reviewed_at", "id"),
        CheckConstraint("score BETWEEN 0 AND 100", name="score"),
    )

    touchpoint: Mapped[Touchpoint] = subject(Touchpoint, doc="The contact.")
    agent: Mapped[str | None] = column(
        INTERNAL, doc="Who of us had the contact; null where nobody said.", filterable=True, orderable=True
    )
    reviewer: Mapped[str] = column(INTERNAL, doc="Who reviewed it.", filterable=True, index=True)
    reviewed_at: Mapped[dt.datetime] = column(INTERNAL, doc="When.", filterable=True, orderable=True)
    score: Mapped[int] = column(INTERNAL, doc="How good it was, 0 to 100.", filterable=True, orderable=True)
    note: Mapped[str | None] = column(PII, doc="What to say about it.")

    if TYPE_CHECKING:  # the columns that references and composites make
        touchpoint_id: Mapped[uuid.UUID]


class ReviewCriterion(Record):
    """One of our values, and whether it was lived in a contact."""

    __tablename__ = "touchpoint_review_criterion"
    id_prefix = "rvc"
    without_index = (("lived", "Asked of a code or a review."),)
    __table_args__ = (UniqueConstraint("tenant_id", "review_id", "code"),)

    review: Mapped[TouchpointReview] = subject(TouchpointReview, doc="The review.")
    code: Mapped[str] = column(
        PUBLIC, doc="Which value, such as KEEPS_PROMISES.", filterable=True, orderable=True, index=True
    )
    lived: Mapped[bool] = column(INTERNAL, doc="Whether it was lived.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        review_id: Mapped[uuid.UUID]
