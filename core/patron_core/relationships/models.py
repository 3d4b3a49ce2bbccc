"""Relationships between parties: typed, named from both sides, limited by kind and number, valid for a period."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..parties.models import Party, PartyKind
from ..records import INTERNAL, PII, PUBLIC, Record, column, period, reference, subject
from ..values import Period

__all__ = ["Relationship", "RelationshipType"]


class RelationshipType(Record):
    """A kind of relationship, with a name for each direction and the rules its members keep."""

    __tablename__ = "relationship_type"
    id_prefix = "rty"
    without_index = (("*", "A tenant has a few dozen."),)
    not_about_a_party = "A catalogue entry: it names a kind of relationship and nobody in one."
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    code: Mapped[str] = column(PUBLIC, doc="Stable code in capitals, such as EMPLOYS.", filterable=True, orderable=True)
    forward_name: Mapped[str] = column(PUBLIC, doc="Read from the source: employs.", filterable=True)
    inverse_name: Mapped[str] = column(PUBLIC, doc="Read from the target: is employed by.", filterable=True)
    source_kind: Mapped[PartyKind | None] = column(
        PUBLIC, doc="What the source must be; null for anything.", filterable=True
    )
    target_kind: Mapped[PartyKind | None] = column(
        PUBLIC, doc="What the target must be; null for anything.", filterable=True
    )
    symmetric: Mapped[bool] = column(PUBLIC, doc="Whether both directions are the same; stored once.", filterable=True)
    reflexive: Mapped[bool] = column(PUBLIC, doc="Whether a party may be related to itself.", filterable=True)
    max_active_per_source: Mapped[int | None] = column(PUBLIC, doc="How many a source may have at any instant.")
    max_active_per_target: Mapped[int | None] = column(PUBLIC, doc="How many a target may have at any instant.")


class Relationship(Record):
    """One party's relationship to another."""

    __tablename__ = "relationship"
    id_prefix = "rel"
    without_index = (
        ("role_title", "Words a person wrote; nobody asks for all rows with the same ones."),
        ("influence", "A hundred values."),
        ("validity_from validity_to", "Asked of one party's relationships, which its reference finds."),
    )
    __table_args__ = (CheckConstraint("influence IS NULL OR (influence >= 0 AND influence <= 100)", name="influence"),)

    type: Mapped[RelationshipType] = reference(RelationshipType, doc="What kind of relationship it is.")
    source: Mapped[Party] = subject(Party, doc="The party the forward name is read from.")
    target: Mapped[Party] = subject(Party, doc="The party the inverse name is read from.")
    role_title: Mapped[str | None] = column(PII, doc="Role or job title in it.", filterable=True)
    influence: Mapped[int | None] = column(INTERNAL, doc="Influence from 0 to 100.", filterable=True, orderable=True)
    validity: Mapped[Period] = period(INTERNAL, doc="When it holds.", filterable=True, orderable=True)
    notes: Mapped[str | None] = column(PII, doc="Free text.")

    if TYPE_CHECKING:  # the columns that references and composites make
        type_id: Mapped[uuid.UUID]
        source_id: Mapped[uuid.UUID]
        target_id: Mapped[uuid.UUID]
        validity_from: Mapped[dt.datetime | None]
        validity_to: Mapped[dt.datetime | None]
