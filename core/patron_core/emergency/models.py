"""Emergency access ("break glass"): somebody sees everything about one party for a short time, and answers for it afterwards."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from ..parties.models import Party
from ..records import INTERNAL, PII, Record, column, subject
from ..values import Code

__all__ = ["EmergencyAccess", "ReviewOutcome"]


class ReviewOutcome(Code):
    """What a reviewer found."""

    JUSTIFIED = "justified", "It was an emergency, and what was read belonged to it."
    NOT_JUSTIFIED = "not_justified", "It was not, or more was read than it took. Access ends at once."


class EmergencyAccess(Record):
    """Access to everything about one party that somebody took in an emergency (45 CFR 164.312(a)(2)(ii)).

    Every read by it is audited whatever its class, and somebody else reviews it.
    """

    __tablename__ = "emergency_access"
    id_prefix = "eme"
    without_index = (
        *Record.without_index,
        ("actor expires_at reviewed_at outcome", "Emergencies are few, and a queue is read from its newest end."),
    )
    __table_args__ = (Index(None, "tenant_id", "created_at", "id"),)

    party: Mapped[Party] = subject(Party, doc="Whose data was opened.")
    actor: Mapped[str] = column(INTERNAL, doc="Who took it.", filterable=True)
    impersonator: Mapped[str | None] = column(INTERNAL, doc="Who acted as the actor, where somebody did.")
    reason: Mapped[str] = column(PII, doc="Why, in the words of who took it.")
    expires_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it ends by itself.", filterable=True, orderable=True)
    reviewed_by: Mapped[str | None] = column(INTERNAL, doc="Who reviewed it, never who took it.")
    reviewed_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When it was reviewed.", filterable=True)
    outcome: Mapped[ReviewOutcome | None] = column(INTERNAL, doc="What the review found.", filterable=True)
    note: Mapped[str | None] = column(PII, doc="What the reviewer says.")
