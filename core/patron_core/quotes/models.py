"""Quotes with their lines and versions, and what competitors offered for the same deal: what is kept."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..opportunities.models import Opportunity
from ..records import FINANCIAL, INTERNAL, PII, PUBLIC, Record, column, money, reference, subject
from ..values import Code, Money

__all__ = ["CompetingOffer", "Quote", "QuoteLine", "QuoteState"]


class QuoteState(Code):
    """Where a version of a quote stands."""

    DRAFT = "draft", "It is being written."
    SENT = "sent", "The customer has it."
    ACCEPTED = "accepted", "The customer agreed; nothing in it changes any more."
    DECLINED = "declined", "The customer said no."
    EXPIRED = "expired", "Its last day passed without an answer."
    SUPERSEDED = "superseded", "A later version took its place."


class Quote(Record):
    """A version of what we offered a customer at what price."""

    __tablename__ = "quote"
    id_prefix = "quo"
    without_index = (
        ("revision number", "Asked together, and an index has both."),
        ("sent_at decided_at decline_reason", "Asked within a state or a customer's quotes."),
        ("net_minor net_currency tax_minor tax_currency total_minor total_currency", "Asked within a state."),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "number", "revision"),
        Index(None, "tenant_id", "state", "valid_until", "id"),
        Index(None, "tenant_id", "valid_until", "id"),
        CheckConstraint("revision > 0", name="revision"),
    )

    customer: Mapped[Customer] = subject(Customer, doc="To whom.")
    opportunity: Mapped[Opportunity | None] = reference(Opportunity, optional=True, doc="For which deal.")
    number: Mapped[str] = column(INTERNAL, doc="Its number, the same in all versions.", filterable=True, orderable=True)
    revision: Mapped[int] = column(INTERNAL, doc="Which version, from 1.", filterable=True, orderable=True)
    supersedes: Mapped[Quote | None] = reference(
        "self", optional=True, unique=True, doc="The version it takes the place of."
    )
    state: Mapped[QuoteState] = column(INTERNAL, doc="Where it stands.", filterable=True, orderable=True)
    valid_until: Mapped[dt.date] = column(
        INTERNAL, doc="The last day on which it counts.", filterable=True, orderable=True
    )
    net: Mapped[Money] = money(FINANCIAL, doc="Sum of the lines without tax.", filterable=True, orderable=True)
    tax: Mapped[Money] = money(FINANCIAL, doc="Sum of the lines' tax.", filterable=True, orderable=True)
    total: Mapped[Money] = money(FINANCIAL, doc="Net and tax.", filterable=True, orderable=True)
    sent_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When it was sent.", filterable=True, orderable=True)
    decided_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was accepted or declined.", filterable=True, orderable=True
    )
    decline_reason: Mapped[str | None] = column(PII, doc="Why the customer said no.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]
        opportunity_id: Mapped[uuid.UUID | None]
        supersedes_id: Mapped[uuid.UUID | None]


class QuoteLine(Record):
    """An item of a quote."""

    __tablename__ = "quote_line"
    id_prefix = "qln"
    without_index = (("*", "Asked of one quote's lines, which its reference finds."),)
    __table_args__ = (
        UniqueConstraint("tenant_id", "quote_id", "position"),
        CheckConstraint("discount_rate BETWEEN 0 AND 10000", name="discount_rate"),
        CheckConstraint("tax_rate BETWEEN 0 AND 10000", name="tax_rate"),
    )

    quote: Mapped[Quote] = subject(Quote, doc="The quote.")
    position: Mapped[int] = column(INTERNAL, doc="Place, from 1.", filterable=True, orderable=True)
    sku: Mapped[str | None] = column(PUBLIC, doc="Stock-keeping unit.", filterable=True)
    description: Mapped[str] = column(INTERNAL, doc="What is offered.", filterable=True)
    quantity: Mapped[Decimal] = column(INTERNAL, doc="How many.", scale=3, filterable=True, orderable=True)
    unit_price: Mapped[Money] = money(FINANCIAL, doc="Price of one, without tax.", filterable=True, orderable=True)
    discount_rate: Mapped[Decimal] = column(FINANCIAL, doc="Share taken off, 0 to 1.", scale=4, filterable=True)
    tax_rate: Mapped[Decimal] = column(FINANCIAL, doc="Tax, 0 to 1 of the net.", scale=4, filterable=True)
    net: Mapped[Money] = money(FINANCIAL, doc="Quantity times price less the discount.", filterable=True)
    tax: Mapped[Money] = money(FINANCIAL, doc="Tax on the net.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        quote_id: Mapped[uuid.UUID]


class CompetingOffer(Record):
    """What a competitor bid for a deal; the latest of each counts."""

    __tablename__ = "competing_offer"
    id_prefix = "cof"
    append_only = True
    without_index = (("competitor source amount_minor amount_currency", "Asked within a deal's offers."),)
    __table_args__ = (Index(None, "tenant_id", "offered_at", "id"),)

    opportunity: Mapped[Opportunity] = subject(Opportunity, doc="The deal.")
    competitor: Mapped[str] = column(INTERNAL, doc="Who bids.", filterable=True, orderable=True)
    amount: Mapped[Money] = money(FINANCIAL, doc="How much, without tax.", filterable=True, orderable=True)
    offered_at: Mapped[dt.datetime] = column(INTERNAL, doc="When.", filterable=True, orderable=True)
    source: Mapped[str] = column(
        INTERNAL, doc="How we know, such as the customer or the auction's page.", filterable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        opportunity_id: Mapped[uuid.UUID]
