"""What is stored: memberships of the loyalty programme, the ledger of their points, and purchases."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from patron_core.customers.models import Customer
from patron_core.records import INTERNAL, PII, Record, column, reference, subject
from patron_core.transactions.models import Transaction
from patron_core.values import Code

__all__ = ["LoyaltyMember", "LoyaltyTier", "PointsEntry", "PointsEntryKind", "Purchase"]


class LoyaltyTier(Code):
    """How much a member has earned within twelve months; the thresholds are settings."""

    BRONZE = "bronze", "Where everybody begins."
    SILVER = "silver", "The first tier to earn."
    GOLD = "gold", "The second tier to earn."
    PLATINUM = "platinum", "The highest tier."


class PointsEntryKind(Code):
    """Why points came or went. The kind gives the sign: EARN is positive, BURN and REVERSE are negative."""

    EARN = "earn", "Earned by a purchase."
    BURN = "burn", "Redeemed by the member."
    REVERSE = "reverse", "Taken back, because what had earned them was returned."
    ADJUST = "adjust", "Corrected by hand, up or down."


class LoyaltyMember(Record):
    """A customer's membership in the loyalty programme."""

    __tablename__ = "retail_loyalty_member"
    id_prefix = "loy"
    without_index = (
        ("enrolled_at", "Members are made when they enrol, and ids are in that order."),
        ("tier_points", "Asked beside a tier, which has one."),
    )
    __table_args__ = (Index(None, "tenant_id", "points", "id"),)

    customer: Mapped[Customer] = subject(Customer, unique=True, doc="Whose membership it is.")
    enrolled_at: Mapped[dt.datetime] = column(
        INTERNAL, doc="When the customer became a member.", filterable=True, orderable=True
    )
    points: Mapped[int] = column(
        INTERNAL,
        doc="Points that can be spent now, the sum of all entries. Below zero when points of a returned purchase had "
        "been spent already: the next purchases make up for it.",
        filterable=True,
        orderable=True,
    )
    tier: Mapped[LoyaltyTier] = column(
        INTERNAL, doc="Tier earned over the rolling twelve months.", filterable=True, index=True
    )
    tier_points: Mapped[int] = column(
        INTERNAL,
        doc="Points earned within the last twelve months, less those taken back; as of the last change or review.",
        filterable=True,
        orderable=True,
    )
    next_tier_at: Mapped[int | None] = column(
        INTERNAL, doc="Points within twelve months that the next tier asks for; null at the highest."
    )

    def absorb(self, other: LoyaltyMember) -> bool:
        """Takes over the points of a membership that goes; its ledger comes after. The next review sets the tier."""
        self.points += other.points
        self.tier_points += other.tier_points
        return False

    if TYPE_CHECKING:  # the columns that references make
        customer_id: Mapped[uuid.UUID]


class PointsEntry(Record):
    """Points that came or went."""

    __tablename__ = "retail_points_entry"
    id_prefix = "pts"
    append_only = True
    __table_args__ = (
        # A transaction earns once and takes back once, however often it is reported.
        UniqueConstraint("tenant_id", "transaction_id", "kind"),
        CheckConstraint(
            "(kind = 'EARN' AND delta > 0) OR (kind IN ('BURN', 'REVERSE') AND delta < 0)"
            " OR (kind = 'ADJUST' AND delta <> 0)",
            name="sign_of_kind",
        ),
        Index(None, "tenant_id", "member_id", "occurred_at", "id"),
    )

    member: Mapped[LoyaltyMember] = subject(LoyaltyMember, doc="Whose points.")
    kind: Mapped[PointsEntryKind] = column(INTERNAL, doc="Why they came or went.", filterable=True)
    delta: Mapped[int] = column(
        INTERNAL, doc="How many: positive when they came, negative when they went.", filterable=True, orderable=True
    )
    occurred_at: Mapped[dt.datetime] = column(
        INTERNAL, doc="When what moved them happened.", filterable=True, orderable=True
    )
    reason: Mapped[str | None] = column(PII, doc="What was said about it.")
    transaction: Mapped[Transaction | None] = reference(
        Transaction, optional=True, doc="The row of the core's ledger that earned them or took them back."
    )

    if TYPE_CHECKING:  # the columns that references make
        member_id: Mapped[uuid.UUID]
        transaction_id: Mapped[uuid.UUID | None]


class Purchase(Record):
    """What a sale says about buying beside its money."""

    __tablename__ = "retail_purchase"
    id_prefix = "pur"
    without_index = (("units products", "Asked of one customer's purchases, which its reference finds."),)
    __table_args__ = (
        Index(None, "tenant_id", "customer_id", "occurred_at", "id"),
        Index(None, "tenant_id", "occurred_at", "id"),
    )

    customer: Mapped[Customer | None] = subject(Customer, optional=True, doc="Who bought; null when nobody was named.")
    transaction: Mapped[Transaction] = reference(Transaction, unique=True, doc="The sale.")
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it was.", filterable=True, orderable=True)
    units: Mapped[Decimal | None] = column(
        INTERNAL, doc="How many units of goods; null where nobody says.", scale=3, filterable=True, orderable=True
    )
    products: Mapped[int | None] = column(
        INTERNAL, doc="How many different products; null where nobody says.", filterable=True, orderable=True
    )

    if TYPE_CHECKING:  # the columns that references make
        customer_id: Mapped[uuid.UUID | None]
        transaction_id: Mapped[uuid.UUID]
