"""Relationships between parties as the API shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron_core.parties.models import PartyKind
from patron_core.relationships import models
from patron_core.values import Period

from ..declare import Connection, Query, extends, planned, related, root
from ..nodes import Node

if TYPE_CHECKING:
    from .parties import Party

__all__ = ["EXTENSIONS", "TYPES", "Relationship", "RelationshipType"]


@planned(models.RelationshipType)
class RelationshipType(Node):
    """A kind of relationship, with a name for each direction and the rules its members keep."""

    code: str
    forward_name: str
    inverse_name: str
    source_kind: PartyKind | None
    target_kind: PartyKind | None
    symmetric: bool
    reflexive: bool
    max_active_per_source: int | None
    max_active_per_target: int | None
    relationships: Connection[Relationship] = related(
        models.Relationship.type, description="Relationships of this kind."
    )


@planned(models.Relationship)
class Relationship(Node):
    """One party's relationship to another."""

    type: RelationshipType
    source: Party
    target: Party
    role_title: str | None
    influence: int | None
    validity: Period
    notes: str | None
    version: int


@extends(Query)
class RelationshipQuery:
    relationships: Connection[Relationship] = root(description="Relationships between parties.")
    relationship_types: Connection[RelationshipType] = root(description="The kinds of relationship this tenant knows.")


TYPES = (RelationshipType, Relationship)
EXTENSIONS = (RelationshipQuery,)
