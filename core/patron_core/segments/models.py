"""Segments as stored conditions, the versions of them, and who was in each from when to when."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from ..customers.models import Customer
from ..parties.models import Party
from ..records import INTERNAL, PII, PUBLIC, Record, column, reference, subject
from ..values import Code

__all__ = ["Segment", "SegmentMembership", "SegmentRevision", "SegmentStatus", "SegmentTarget"]


class SegmentTarget(Code):
    """Of whom a segment is."""

    CUSTOMER = "customer", "Of customers."
    PARTY = "party", "Of any parties, such as suppliers or partners."


class SegmentStatus(Code):
    """Whether a segment is kept up to date."""

    ACTIVE = "active", "It is refreshed."
    BROKEN = "broken", "Its condition does not fit the schema any more; its members are those of the last refresh."
    RETIRED = "retired", "It is not refreshed any more, and nobody is in it."


class Segment(Record):
    """Those for whom a stored condition holds, found anew again and again."""

    __tablename__ = "segment"
    id_prefix = "seg"
    without_index = (("*", "A tenant has a few hundred at most."),)
    not_about_a_party = "Says whom to look for; what a condition compares with is the tenant's own words."
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    name: Mapped[str] = column(INTERNAL, doc="Name to show, unique.", filterable=True, orderable=True)
    description: Mapped[str | None] = column(INTERNAL, doc="What it is for.")
    target: Mapped[SegmentTarget] = column(PUBLIC, doc="Of whom it is.", filterable=True)
    condition: Mapped[str] = column(PII, doc="The stored condition, as JSON with a version and the type it is about.")
    revision: Mapped[int] = column(PUBLIC, doc="Which version of its condition holds, from 1.")
    status: Mapped[SegmentStatus] = column(INTERNAL, doc="Whether it is kept up to date.", filterable=True)
    problem: Mapped[str | None] = column(INTERNAL, doc="The code of what its last refresh ran into.")
    refreshed_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was last refreshed.", filterable=True, orderable=True
    )
    member_count: Mapped[int | None] = column(
        INTERNAL, doc="How many were in it then.", filterable=True, orderable=True
    )
    created_by: Mapped[str] = column(INTERNAL, doc="Who defined it.", filterable=True)


class SegmentRevision(Record):
    """A version of a segment's condition."""

    __tablename__ = "segment_revision"
    id_prefix = "sgr"
    append_only = True
    without_index = (("number defined_by", "A segment has few versions."),)
    not_about_a_party = "Says whom to look for; what a condition compares with is the tenant's own words."
    __table_args__ = (UniqueConstraint("tenant_id", "segment_id", "number"),)

    segment: Mapped[Segment] = reference(Segment, doc="Whose condition it was.")
    number: Mapped[int] = column(PUBLIC, doc="Counts the versions, from 1.", filterable=True, orderable=True)
    condition: Mapped[str] = column(PII, doc="The stored condition, as JSON with a version and the type it is about.")
    defined_by: Mapped[str] = column(INTERNAL, doc="Who defined it.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        segment_id: Mapped[uuid.UUID]


class SegmentMembership(Record):
    """Somebody was in a segment from one refresh to another; while nobody has left it, they still are."""

    __tablename__ = "segment_membership"
    id_prefix = "sgm"
    without_index = (("entered_at left_at entered_revision left_revision", "Asked within a segment or a customer's."),)
    __table_args__ = (
        Index(
            "uq_segment_membership_open",
            "tenant_id",
            "segment_id",
            "party_id",
            unique=True,
            sqlite_where=text("left_at IS NULL"),
            postgresql_where=text("left_at IS NULL"),
        ),
        Index(None, "tenant_id", "segment_id", "entered_at", "id"),
        CheckConstraint("left_at >= entered_at", name="left_at"),
    )

    segment: Mapped[Segment] = reference(Segment, doc="In what.")
    party: Mapped[Party] = subject(Party, doc="Who.")
    customer: Mapped[Customer | None] = subject(
        Customer, optional=True, doc="As which customer, in a segment of customers."
    )
    entered_at: Mapped[dt.datetime] = column(
        INTERNAL, doc="The refresh that found them.", filterable=True, orderable=True
    )
    left_at: Mapped[dt.datetime | None] = column(
        INTERNAL,
        doc="The refresh that found them no longer; null while they are in it.",
        filterable=True,
        orderable=True,
    )
    entered_revision: Mapped[int] = column(INTERNAL, doc="The version of the condition then.", filterable=True)
    left_revision: Mapped[int | None] = column(
        INTERNAL, doc="The version of the condition when they left.", filterable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        segment_id: Mapped[uuid.UUID]
        party_id: Mapped[uuid.UUID]
        customer_id: Mapped[uuid.UUID | None]
