"""Who has a say at a customer: in which role, on which side, with which concerns, and how they changed their minds."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..opportunities.models import ApprovalStep, Opportunity, Stage
from ..parties.models import Party
from ..records import INTERNAL, PII, Record, column, reference, subject
from ..values import Code

__all__ = ["Concern", "Stakeholder", "StakeholderRole", "Stance", "StanceChange"]


class StakeholderRole(Code):
    """What somebody does in a customer's decision."""

    DECISION_MAKER = "decision_maker", "Decides."
    ECONOMIC_BUYER = "economic_buyer", "Has the money; one for a deal, one for a customer."
    APPROVER = "approver", "Signs, or does not."
    REVIEWER = "reviewer", "Looks at it and reports."
    INFLUENCER = "influencer", "Is listened to."
    USER = "user", "Works with what is bought."
    GATEKEEPER = "gatekeeper", "Lets others through, or does not."
    CHAMPION = "champion", "Wants it, and says so when we are not there."


class Stance(Code):
    """On which side somebody is."""

    SUPPORT = "support", "For it, openly."
    FAVORABLE = "favorable", "Rather for it."
    NEUTRAL = "neutral", "Neither, or not known."
    SKEPTICAL = "skeptical", "Rather against it."
    OPPOSE = "oppose", "Against it, openly."


class Stakeholder(Record):
    """Somebody who has a say in what a customer does, in general or in one deal."""

    __tablename__ = "stakeholder"
    id_prefix = "skh"
    without_index = (
        ("role stance influence external ended_at", "Asked of one customer's or one deal's stakeholders."),
        ("responsibility", "Words a person wrote."),
    )
    __table_args__ = (CheckConstraint("influence IS NULL OR (influence >= 0 AND influence <= 100)", name="influence"),)

    customer: Mapped[Customer] = subject(Customer, doc="At which customer.")
    opportunity: Mapped[Opportunity | None] = reference(
        Opportunity, optional=True, doc="In which deal; null where it is for the customer as a whole."
    )
    person: Mapped[Party] = subject(Party, doc="Who.")
    role: Mapped[StakeholderRole] = column(
        INTERNAL, doc="What the person does in the decision.", filterable=True, orderable=True
    )
    stance: Mapped[Stance] = column(INTERNAL, doc="On which side the person is.", filterable=True, orderable=True)
    influence: Mapped[int | None] = column(INTERNAL, doc="Influence from 0 to 100.", filterable=True, orderable=True)
    responsibility: Mapped[str | None] = column(PII, doc="What the person answers for.", filterable=True)
    external: Mapped[bool] = column(
        INTERNAL, doc="Whether the person comes from outside, such as a consultant.", filterable=True
    )
    approves_step: Mapped[ApprovalStep | None] = reference(
        ApprovalStep, optional=True, doc="The step of the deal's approval that the person signs."
    )
    ended_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="Since when the person has no say; null while it has.", filterable=True, orderable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
        opportunity_id: Mapped[uuid.UUID | None]
        person_id: Mapped[uuid.UUID]
        approves_step_id: Mapped[uuid.UUID | None]


class StanceChange(Record):
    """A stakeholder took a side, or another one."""

    __tablename__ = "stakeholder_stance_change"
    id_prefix = "ssc"
    append_only = True
    without_index = (("from_stance to_stance", "Asked of one stakeholder's changes."),)
    __table_args__ = (Index(None, "tenant_id", "occurred_at", "id"),)

    stakeholder: Mapped[Stakeholder] = subject(Stakeholder, doc="Who.")
    stage: Mapped[Stage | None] = reference(
        Stage, optional=True, doc="Where the deal stood; null where there is no deal."
    )
    from_stance: Mapped[Stance | None] = column(INTERNAL, doc="The side before; null for the first.", filterable=True)
    to_stance: Mapped[Stance] = column(INTERNAL, doc="The side after.", filterable=True)
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When.", filterable=True, orderable=True)
    changed_by: Mapped[str] = column(INTERNAL, doc="Who of us noted it.")
    reason: Mapped[str | None] = column(PII, doc="Why, where it is known.")

    if TYPE_CHECKING:  # the columns that references and composites make
        stakeholder_id: Mapped[uuid.UUID]
        stage_id: Mapped[uuid.UUID | None]


class Concern(Record):
    """Something that a stakeholder worries about."""

    __tablename__ = "stakeholder_concern"
    id_prefix = "sco"
    without_index = (("resolved_at text", "Asked of one stakeholder's concerns."),)

    stakeholder: Mapped[Stakeholder] = subject(Stakeholder, doc="Who.")
    text: Mapped[str] = column(PII, doc="What it is.", filterable=True)
    resolved_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was settled; null while it is not.", filterable=True, orderable=True
    )
    resolution: Mapped[str | None] = column(PII, doc="How it was settled.")

    if TYPE_CHECKING:  # the columns that references and composites make
        stakeholder_id: Mapped[uuid.UUID]
