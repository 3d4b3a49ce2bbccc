"""Those who may become customers: a draft of a person or an organization, how promising it is and why, what they agreed to."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..opportunities.models import Motivation, Opportunity
from ..parties.models import Party
from ..privacy.models import ConsentDecision, ConsentPurpose
from ..records import FINANCIAL, INTERNAL, PII, PUBLIC, Record, column, money, reference, subject
from ..touchpoints.models import Channel
from ..values import Code, Money

__all__ = [
    "OPEN",
    "Lead",
    "LeadConsent",
    "LeadMotivator",
    "LeadResponseTarget",
    "LeadScoreFactor",
    "LeadState",
    "ScoreCode",
]


#: Leads that nobody has answered, of which it is not told yet: few, however many there were.
_WAITING = "responded_at IS NULL AND breached_at IS NULL"


class LeadState(Code):
    """Where a lead stands."""

    NEW = "new", "Came in, nobody has answered."
    WORKING = "working", "Somebody is at it."
    QUALIFIED = "qualified", "Worth an offer."
    CONVERTED = "converted", "Has become a customer or a deal."
    DISQUALIFIED = "disqualified", "Nothing will come of it."


#: States in which something may still come of a lead.
OPEN = (LeadState.NEW, LeadState.WORKING, LeadState.QUALIFIED)


class ScoreCode(Code):
    """What gives a lead points."""

    BUDGET = "budget", "Money is set aside."
    TIMING = "timing", "A day of decision is near."
    NEED = "need", "It is said what is wanted."
    EMAIL = "email", "There is an e-mail address."
    PHONE = "phone", "There is a telephone number."
    MOTIVATION = "motivation", "It is known why they would buy."
    CHANNEL = "channel", "They sought us themselves."
    KNOWN = "known", "We know the party already."


class Lead(Record):
    """Somebody who may become a customer."""

    __tablename__ = "lead"
    id_prefix = "led"
    without_index = (
        ("given_name family_name phone motivation channel", "Asked within a state, whose index has the score."),
        ("source source_key", "Asked together, and an index has both."),
        ("budget_minor budget_currency decision_on disqualified_reason", "Asked within a state."),
        (
            "responded_at response_minutes first_response_minutes first_response_due_at",
            "Asked within a time of arrival.",
        ),
        ("breached_at qualified_at closed_at", "Asked within a state or a time of arrival."),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "source_key"),
        Index(None, "tenant_id", "state", "score", "id"),
        Index(None, "tenant_id", "score", "id"),
        Index(None, "tenant_id", "owner", "state", "id"),
        Index(None, "tenant_id", "received_at", "id"),
        Index(
            "ix_lead_waiting",
            "tenant_id",
            "first_response_due_at",
            "id",
            sqlite_where=text(_WAITING),
            postgresql_where=text(_WAITING),
        ),
        CheckConstraint("score BETWEEN 0 AND 100", name="score"),
    )

    party: Mapped[Party | None] = subject(Party, optional=True, doc="Who it is, once that is known.")
    given_name: Mapped[str | None] = column(PII, doc="First names.", filterable=True)
    family_name: Mapped[str | None] = column(PII, doc="Family name.", filterable=True)
    organization_name: Mapped[str | None] = column(PII, doc="The organization.", filterable=True, index=True)
    email: Mapped[str | None] = column(PII, doc="E-mail address, normalised.", filterable=True, index=True)
    phone: Mapped[str | None] = column(PII, doc="Telephone number in E.164 form.", filterable=True)
    interest: Mapped[str | None] = column(PII, doc="What they are interested in.")
    source: Mapped[str] = column(INTERNAL, doc="The system or the form it came from.", filterable=True)
    source_key: Mapped[str | None] = column(
        INTERNAL, doc="Its key there: the same key twice is one lead.", filterable=True
    )
    channel: Mapped[Channel] = column(PUBLIC, doc="Over which channel.", filterable=True, orderable=True)
    motivation: Mapped[Motivation | None] = column(INTERNAL, doc="Why they would buy.", filterable=True)
    budget: Mapped[Money | None] = money(
        FINANCIAL, doc="What they can spend.", optional=True, filterable=True, orderable=True
    )
    decision_on: Mapped[dt.date | None] = column(
        INTERNAL, doc="On which day they decide.", filterable=True, orderable=True
    )
    owner: Mapped[str | None] = column(INTERNAL, doc="Who of us is responsible.", filterable=True, orderable=True)
    state: Mapped[LeadState] = column(INTERNAL, doc="Where it stands.", filterable=True, orderable=True)
    disqualified_reason: Mapped[str | None] = column(PII, doc="Why nothing will come of it.", filterable=True)
    score: Mapped[int] = column(
        INTERNAL, doc="How promising, 0 to 100: the sum of its factors' points.", filterable=True, orderable=True
    )
    received_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it came in.", filterable=True, orderable=True)
    first_response_minutes: Mapped[int] = column(
        INTERNAL, doc="Minutes within which it was to be answered first.", filterable=True
    )
    first_response_due_at: Mapped[dt.datetime] = column(
        INTERNAL, doc="Until when it was to be answered first.", filterable=True, orderable=True
    )
    responded_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was answered first.", filterable=True, orderable=True
    )
    response_minutes: Mapped[int | None] = column(
        INTERNAL, doc="Whole minutes until the first answer.", filterable=True, orderable=True
    )
    breached_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was noted that the first answer is late; null where it is not.", filterable=True
    )
    qualified_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When it was qualified.", filterable=True)
    closed_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was converted or disqualified.", filterable=True, orderable=True
    )
    customer: Mapped[Customer | None] = subject(Customer, optional=True, doc="The customer it became.")
    opportunity: Mapped[Opportunity | None] = reference(Opportunity, optional=True, doc="The deal it became.")

    if TYPE_CHECKING:  # the columns that references and composites make
        party_id: Mapped[uuid.UUID | None]
        customer_id: Mapped[uuid.UUID | None]
        opportunity_id: Mapped[uuid.UUID | None]


class LeadMotivator(Record):
    """Something that moves a lead to buy."""

    __tablename__ = "lead_motivator"
    id_prefix = "lmo"
    without_index = (("name", "A lead has few."),)

    lead: Mapped[Lead] = subject(Lead, doc="Whom it moves.")
    name: Mapped[str] = column(PII, doc="What it is, such as price or a broken machine.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        lead_id: Mapped[uuid.UUID]


class LeadScoreFactor(Record):
    """A part of a lead's score, with its reason."""

    __tablename__ = "lead_score_factor"
    id_prefix = "lsf"
    without_index = (("points", "A lead has few."),)
    __table_args__ = (UniqueConstraint("tenant_id", "lead_id", "code"),)

    lead: Mapped[Lead] = subject(Lead, doc="Whose score.")
    code: Mapped[ScoreCode] = column(INTERNAL, doc="What was looked at.", filterable=True)
    points: Mapped[int] = column(INTERNAL, doc="How many points it gave.", filterable=True, orderable=True)
    most: Mapped[int] = column(INTERNAL, doc="How many it could give.")
    reason: Mapped[str] = column(INTERNAL, doc="Why.")

    if TYPE_CHECKING:  # the columns that references and composites make
        lead_id: Mapped[uuid.UUID]


class LeadConsent(Record):
    """What a lead agreed to before it was a party; it goes into the ledger of consent when the lead is converted."""

    __tablename__ = "lead_consent"
    id_prefix = "lcs"

    lead: Mapped[Lead] = subject(Lead, doc="Who said it.")
    purpose: Mapped[ConsentPurpose] = column(INTERNAL, doc="For which purpose.")
    channel: Mapped[Channel | None] = column(INTERNAL, doc="For contact over which channel; null for all.")
    status: Mapped[ConsentDecision] = column(INTERNAL, doc="What was said.")
    decided_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it was said.")
    text_version: Mapped[str | None] = column(INTERNAL, doc="Which version of the text was agreed to.")

    if TYPE_CHECKING:  # the columns that references and composites make
        lead_id: Mapped[uuid.UUID]


class LeadResponseTarget(Record):
    """Within how many minutes leads of a channel are to be answered first."""

    __tablename__ = "lead_response_target"
    id_prefix = "lrt"
    not_about_a_party = "How we work, the same for all leads."
    without_index = (("minutes", "A tenant has one for each channel."),)
    __table_args__ = (UniqueConstraint("tenant_id", "channel"), CheckConstraint("minutes > 0", name="minutes"))

    channel: Mapped[Channel] = column(PUBLIC, doc="The channel.", filterable=True, orderable=True)
    minutes: Mapped[int] = column(PUBLIC, doc="Minutes until the first answer.", filterable=True, orderable=True)
