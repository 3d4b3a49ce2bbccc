"""Campaigns, and who is in them: treated, kept aside to compare with, or left out because they may not be contacted."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..privacy.models import ConsentPurpose
from ..records import FINANCIAL, INTERNAL, PUBLIC, Record, column, money, reference, subject
from ..segments.models import Segment
from ..touchpoints.models import Channel
from ..values import Code, Money

__all__ = ["Arm", "Campaign", "CampaignMember", "CampaignStatus", "Response"]


class CampaignStatus(Code):
    """Where a campaign stands."""

    DRAFT = "draft", "Being planned."
    RUNNING = "running", "Members are contacted and answer."
    ENDED = "ended", "Nobody is contacted any more."


class Arm(Code):
    """What a member of a campaign is there for."""

    TREATMENT = "treatment", "To be contacted."
    CONTROL = "control", "Kept aside, to see what happens without the campaign."
    EXCLUDED = "excluded", "Left out: the customer may not be contacted for this purpose over this channel."


class Response(Code):
    """What a member answered."""

    POSITIVE = "positive", "Is interested, or bought."
    NEGATIVE = "negative", "Is not."
    OPT_OUT = "opt_out", "Wants no such contact any more."


class Campaign(Record):
    """Contact with many customers for one purpose over one channel."""

    __tablename__ = "campaign"
    id_prefix = "cmp"
    not_about_a_party = "What we plan, the same for all customers; who is in it are its members."
    without_index = (("*", "A tenant has few campaigns beside its customers."),)
    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        CheckConstraint("control_share BETWEEN 0 AND 9000", name="control_share"),
        CheckConstraint("outcome_days BETWEEN 1 AND 366", name="outcome_days"),
    )

    code: Mapped[str] = column(
        PUBLIC, doc="Stable code in capitals, such as SPRING_TEA.", filterable=True, orderable=True
    )
    name: Mapped[str] = column(PUBLIC, doc="Name to show.")
    purpose: Mapped[ConsentPurpose] = column(PUBLIC, doc="For which purpose members are contacted.", filterable=True)
    channel: Mapped[Channel] = column(PUBLIC, doc="Over which channel.", filterable=True)
    status: Mapped[CampaignStatus] = column(INTERNAL, doc="Where it stands.", filterable=True, orderable=True)
    segment: Mapped[Segment | None] = reference(
        Segment, optional=True, doc="Whose members it is for; null where members are named one by one."
    )
    control_share: Mapped[Decimal] = column(
        INTERNAL, doc="Which share of members is kept aside to compare with, 0 to 0.9.", scale=4
    )
    outcome_days: Mapped[int] = column(INTERNAL, doc="For how many days a purchase counts as an outcome, 1 to 366.")
    owner: Mapped[str | None] = column(INTERNAL, doc="Who of us is responsible.", filterable=True, orderable=True)
    cost: Mapped[Money | None] = money(FINANCIAL, doc="What it cost.", optional=True, filterable=True, ours=True)
    started_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When it began.", filterable=True, orderable=True)
    ended_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When it ended.", filterable=True, orderable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        segment_id: Mapped[uuid.UUID | None]


class CampaignMember(Record):
    """A customer in a campaign."""

    __tablename__ = "campaign_member"
    id_prefix = "cmm"
    without_index = (
        ("response contacted_at responded_at assigned_at outcome_until", "Asked within a campaign or of a customer."),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "campaign_id", "customer_id"),
        Index(None, "tenant_id", "campaign_id", "arm", "id"),
    )

    campaign: Mapped[Campaign] = reference(Campaign, doc="The campaign.")
    customer: Mapped[Customer] = subject(Customer, doc="The customer.")
    arm: Mapped[Arm] = column(INTERNAL, doc="What the customer is there for.", filterable=True, orderable=True)
    drawn_arm: Mapped[Arm] = column(
        INTERNAL, doc="The arm it was put into at first, by which results compare: whoever withdraws does not leave it."
    )
    assigned_at: Mapped[dt.datetime] = column(INTERNAL, doc="Since when.", filterable=True, orderable=True)
    outcome_until: Mapped[dt.datetime] = column(
        INTERNAL, doc="Until when a purchase counts as an outcome.", filterable=True, orderable=True
    )
    contacted_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When the customer was contacted.", filterable=True, orderable=True
    )
    response: Mapped[Response | None] = column(INTERNAL, doc="What the customer answered.", filterable=True)
    responded_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it answered.", filterable=True, orderable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        campaign_id: Mapped[uuid.UUID]
        customer_id: Mapped[uuid.UUID]
