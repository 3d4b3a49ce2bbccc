"""Changing relationships between parties."""

from __future__ import annotations

import strawberry

from patron_core.relationships import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.relationships import Relationship, RelationshipType

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class RelationshipPayload:
    """What a mutation of a relationship gives."""

    relationship: Relationship | None = strawberry.field(description="The relationship, as it is now.")


@payload
class RelationshipTypePayload:
    """What a mutation of a kind of relationship gives."""

    relationship_type: RelationshipType | None = strawberry.field(description="The kind of relationship.")


@extends(Mutation)
class RelationshipMutation:
    relationship_create: RelationshipPayload = mutation(
        commands.CreateRelationship, description="Relates two parties, within the rules of the kind of relationship."
    )
    relationship_end: RelationshipPayload = mutation(
        commands.EndRelationship, description="Ends a relationship at an instant; it stays in the history."
    )
    relationship_type_define: RelationshipTypePayload = mutation(
        commands.DefineRelationshipType, description="Adds a kind of relationship to the tenant's catalogue."
    )


TYPES = (RelationshipPayload, RelationshipTypePayload)
EXTENSIONS = (RelationshipMutation,)
