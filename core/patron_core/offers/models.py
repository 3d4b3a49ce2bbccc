"""Offers: to whom, when, how often and for how much; to whom they were presented, and who took them."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..orders.models import Order
from ..privacy.models import ConsentPurpose
from ..records import FINANCIAL, INTERNAL, PII, PUBLIC, Record, column, money, period, reference, subject
from ..segments.models import Segment
from ..touchpoints.models import Channel
from ..values import Code, Money, Period

__all__ = ["Offer", "OfferPresentation", "OfferRedemption", "OfferStatus", "PresentationStatus"]


class OfferStatus(Code):
    """Whether an offer can be had."""

    DRAFT = "draft", "Being prepared."
    ACTIVE = "active", "It can be presented and redeemed within its time and caps."
    PAUSED = "paused", "Not for now."
    ENDED = "ended", "Somebody ended it."
    EXPIRED = "expired", "Its time is over; a job says so."


class PresentationStatus(Code):
    """What came of an offer to a customer."""

    PRESENTED = "presented", "Not answered."
    ACCEPTED = "accepted", "The customer wants it."
    DECLINED = "declined", "The customer does not."
    REDEEMED = "redeemed", "The customer had it."
    EXPIRED = "expired", "The offer was over before the customer had it."


class Offer(Record):
    """Something that is offered to customers for a time, so many times, for so much at most."""

    __tablename__ = "offer"
    id_prefix = "off"
    not_about_a_party = "What we offer, the same for all who are eligible."
    without_index = (
        ("name validity_from validity_to redeemed_count budget_minor budget_currency", "A tenant has few offers."),
        ("cost_minor cost_currency spent_minor spent_currency purpose channel max_redemptions", "As above."),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        Index(None, "tenant_id", "status", "id"),
        CheckConstraint("max_redemptions IS NULL OR redeemed_count <= max_redemptions", name="max_redemptions"),
        CheckConstraint("budget_minor IS NULL OR spent_minor <= budget_minor", name="budget"),
    )

    code: Mapped[str] = column(
        PUBLIC, doc="Stable code in capitals, such as SPRING_10.", filterable=True, orderable=True
    )
    name: Mapped[str] = column(PUBLIC, doc="Name to show.", filterable=True, orderable=True)
    description: Mapped[str | None] = column(PUBLIC, doc="What it is.")
    status: Mapped[OfferStatus] = column(INTERNAL, doc="Whether it can be had.", filterable=True, orderable=True)
    segment: Mapped[Segment | None] = reference(
        Segment, optional=True, doc="Who is eligible: those who are in it; null for everybody."
    )
    purpose: Mapped[ConsentPurpose] = column(
        INTERNAL, doc="For which purpose a customer must have consented.", filterable=True
    )
    channel: Mapped[Channel | None] = column(
        INTERNAL, doc="Over which channel it is presented; null for any.", filterable=True
    )
    validity: Mapped[Period] = period(INTERNAL, doc="When it can be had.", filterable=True, orderable=True)
    cost: Mapped[Money] = money(FINANCIAL, doc="What one redemption costs us.", filterable=True, ours=True)
    budget: Mapped[Money | None] = money(
        FINANCIAL, doc="What all redemptions may cost together.", optional=True, filterable=True, ours=True
    )
    spent: Mapped[Money] = money(FINANCIAL, doc="What redemptions cost so far.", filterable=True, ours=True)
    max_redemptions: Mapped[int | None] = column(
        INTERNAL, doc="How often it can be had in all.", filterable=True, ours=True
    )
    max_per_customer: Mapped[int] = column(INTERNAL, doc="How often one customer can have it.")
    redeemed_count: Mapped[int] = column(
        INTERNAL, doc="How often it was had.", filterable=True, ours=True, orderable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        segment_id: Mapped[uuid.UUID | None]
        validity_from: Mapped[dt.datetime | None]
        validity_to: Mapped[dt.datetime | None]
        cost_currency: Mapped[str]
        spent_minor: Mapped[int]


class OfferPresentation(Record):
    """An offer was presented to a customer, and what came of it."""

    __tablename__ = "offer_presentation"
    id_prefix = "ofp"
    without_index = (("channel answered_at", "Asked within an offer, a customer or a status."),)
    __table_args__ = (
        UniqueConstraint("tenant_id", "offer_id", "customer_id"),
        Index(None, "tenant_id", "status", "presented_at", "id"),
        Index(None, "tenant_id", "presented_at", "id"),
    )

    offer: Mapped[Offer] = reference(Offer, doc="What was offered.")
    customer: Mapped[Customer] = subject(Customer, doc="To whom.")
    channel: Mapped[Channel | None] = column(INTERNAL, doc="Over which channel.", filterable=True)
    status: Mapped[PresentationStatus] = column(INTERNAL, doc="What came of it.", filterable=True, orderable=True)
    presented_at: Mapped[dt.datetime] = column(INTERNAL, doc="When.", filterable=True, orderable=True)
    answered_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When the customer accepted or declined it.", filterable=True, orderable=True
    )
    reason: Mapped[str | None] = column(PII, doc="Why it was declined, where that was said.")

    if TYPE_CHECKING:  # the columns that references and composites make
        offer_id: Mapped[uuid.UUID]
        customer_id: Mapped[uuid.UUID]


class OfferRedemption(Record):
    """A customer had what was offered."""

    __tablename__ = "offer_redemption"
    id_prefix = "ofr"
    append_only = True
    without_index = (("amount_minor amount_currency", "Asked within an offer, a customer or a time."),)
    __table_args__ = (Index(None, "tenant_id", "redeemed_at", "id"),)

    presentation: Mapped[OfferPresentation] = subject(OfferPresentation, doc="What was offered to whom.")
    order: Mapped[Order | None] = reference(Order, optional=True, doc="The order it was had with.")
    amount: Mapped[Money] = money(FINANCIAL, doc="What it cost us.", filterable=True, orderable=True, ours=True)
    redeemed_at: Mapped[dt.datetime] = column(INTERNAL, doc="When.", filterable=True, orderable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        presentation_id: Mapped[uuid.UUID]
        order_id: Mapped[uuid.UUID | None]
