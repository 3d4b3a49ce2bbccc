"""Changing relationships between parties, and following their changes."""

from __future__ import annotations

import strawberry

from patron_core.relationships import commands, events

from ..declare import Mutation, Subscription, extends, mutation, payload, subscription
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


@extends(Subscription)
class RelationshipSubscription:
    relationship_changed: Relationship = subscription(
        events.RelationshipCreated,
        events.RelationshipEnded,
        node_id="relationship_id",
        by_customer=False,  # it is between two parties, which may be nobody's customers
        description="Each relationship that was made or has an end.",
    )


TYPES = (RelationshipPayload, RelationshipTypePayload)
EXTENSIONS = (RelationshipMutation, RelationshipSubscription)
