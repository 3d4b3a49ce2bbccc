"""Who is connected with whom, as the API shows it: the parties around one, and a shortest way between two.

One recursive statement answers each; what it shows of a party or a relationship is what the actor may read of either.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import strawberry

from patron_core.access.grants import reads
from patron_core.access.permissions import require
from patron_core.messages import Actor
from patron_core.outbox.telling import outer_id
from patron_core.parties.models import Party as PartyModel
from patron_core.parties.models import PartyKind
from patron_core.parties.permissions import PARTY_READ
from patron_core.records import PII
from patron_core.relationships import graph
from patron_core.relationships.models import Relationship as RelationshipModel
from patron_core.relationships.permissions import RELATIONSHIP_READ
from patron_core.unit_of_work import UnitOfWork

from ..compose.commands import decode_id
from ..declare import Query, extends, resolver

__all__ = ["EXTENSIONS"]

T = TypeVar("T")


@strawberry.type(description="A party of a graph of relationships.")
class GraphParty:
    party_id: strawberry.ID = strawberry.field(description="Its id; `node` shows it.")
    kind: PartyKind = strawberry.field(description="Person or organization.")
    display_name: str | None = strawberry.field(description="Its name; null for who may not read names.")
    distance: int = strawberry.field(description="How many steps it is away from where the walk began.")


@strawberry.type(description="A relationship of a graph.")
class GraphRelationship:
    relationship_id: strawberry.ID = strawberry.field(description="Its id; `node` shows it.")
    type_code: str = strawberry.field(description="What kind it is.")
    forward_name: str = strawberry.field(description="Read from the source.")
    inverse_name: str = strawberry.field(description="Read from the target.")
    source_id: strawberry.ID = strawberry.field(description="The party the forward name is read from.")
    target_id: strawberry.ID = strawberry.field(description="The party the inverse name is read from.")
    role_title: str | None = strawberry.field(description="Role or job title in it; null for who may not read it.")
    influence: int | None = strawberry.field(description="Influence from 0 to 100.")
    valid_from: dt.datetime | None = strawberry.field(description="Since when it holds; null for always.")
    valid_to: dt.datetime | None = strawberry.field(description="Until when, that instant not included.")


@strawberry.type(description="The parties around one, and how they are related to each other.")
class RelationshipGraph:
    parties: list[GraphParty] = strawberry.field(description="The parties, the nearest first.")
    relationships: list[GraphRelationship] = strawberry.field(description="All relationships between these parties.")
    truncated: bool = strawberry.field(description="Whether there is more than the limit let in.")
    as_of: dt.datetime = strawberry.field(description="At which instant the relationships hold.")


@strawberry.type(description="A shortest way from one party to another.")
class RelationshipPath:
    length: int | None = strawberry.field(description="How many steps; null where there is no way within the depth.")
    parties: list[GraphParty] = strawberry.field(description="The parties on the way, both ends included.")
    relationships: list[GraphRelationship] = strawberry.field(description="What each step takes.")
    complete: bool = strawberry.field(description="Whether all within the depth was looked at.")
    as_of: dt.datetime = strawberry.field(description="At which instant the relationships hold.")


Around = Annotated[strawberry.ID, strawberry.argument(description="The party in the middle.")]
From = Annotated[strawberry.ID, strawberry.argument(description="Where the way begins.")]
To = Annotated[strawberry.ID, strawberry.argument(description="Where it ends.")]
Depth = Annotated[int, strawberry.argument(description=f"How many steps away at most, 1 to {graph.DEEPEST}.")]
AsOf = Annotated[dt.datetime | None, strawberry.argument(description="At which instant; now when left out.")]
Types = Annotated[list[str] | None, strawberry.argument(description="Codes of the kinds to follow; all when left out.")]
Limit = Annotated[int, strawberry.argument(description=f"How many parties, 1 to {graph.MOST_PARTIES}.")]


@extends(Query)
class RelationshipGraphQuery:
    @resolver(scope=RELATIONSHIP_READ)
    async def relationship_graph(
        self,
        info: strawberry.Info[Any, Any],
        party_id: Around,
        depth: Depth = 2,
        as_of: AsOf = None,
        types: Types = None,
        limit: Limit = 100,
    ) -> RelationshipGraph | None:
        """The parties around one by their relationships in either direction, and all relationships between them."""
        wanted = decode_id(party_id, PartyModel.id_prefix)

        def find(uow: UnitOfWork) -> RelationshipGraph:
            walk = _walk(uow, depth, as_of, types)
            found = graph.graph_around(uow, wanted, walk, limit=limit)
            return RelationshipGraph(
                parties=[_party(node, uow.actor) for node in found.nodes],
                relationships=[_relationship(edge, uow.actor) for edge in found.edges],
                truncated=found.truncated,
                as_of=walk.as_of,
            )

        return await _read(info, find)

    @resolver(scope=RELATIONSHIP_READ)
    async def relationship_path(
        self,
        info: strawberry.Info[Any, Any],
        from_id: From,
        to_id: To,
        max_depth: Depth = 4,
        as_of: AsOf = None,
        types: Types = None,
    ) -> RelationshipPath | None:
        """A shortest way between two parties by relationships in either direction."""
        begin, end = decode_id(from_id, PartyModel.id_prefix), decode_id(to_id, PartyModel.id_prefix)

        def find(uow: UnitOfWork) -> RelationshipPath:
            walk = _walk(uow, max_depth, as_of, types)
            found = graph.path_between(uow, begin, end, walk)
            return RelationshipPath(
                length=len(found.edges) if found.nodes else None,
                parties=[_party(node, uow.actor) for node in found.nodes],
                relationships=[_relationship(edge, uow.actor) for edge in found.edges],
                complete=found.complete,
                as_of=walk.as_of,
            )

        return await _read(info, find)


def _walk(uow: UnitOfWork, depth: int, as_of: dt.datetime | None, types: list[str] | None) -> graph.Walk:
    require(uow.actor, PARTY_READ)
    return graph.Walk(depth=depth, as_of=as_of or uow.now, types=tuple(types or ()))


def _party(node: graph.Node, actor: Actor) -> GraphParty:
    return GraphParty(
        party_id=strawberry.ID(outer_id(node.party_id, PartyModel)),
        kind=node.kind,
        display_name=node.display_name if reads(actor.opened, PII) else None,
        distance=node.distance,
    )


def _relationship(edge: graph.Edge, actor: Actor) -> GraphRelationship:
    return GraphRelationship(
        relationship_id=strawberry.ID(outer_id(edge.relationship_id, RelationshipModel)),
        type_code=edge.type_code,
        forward_name=edge.forward_name,
        inverse_name=edge.inverse_name,
        source_id=strawberry.ID(outer_id(edge.source_id, PartyModel)),
        target_id=strawberry.ID(outer_id(edge.target_id, PartyModel)),
        role_title=edge.role_title if reads(actor.opened, PII) else None,
        influence=edge.influence,
        valid_from=edge.valid_from,
        valid_to=edge.valid_to,
    )


async def _read(info: strawberry.Info[Any, Any], work: Callable[[UnitOfWork], T]) -> T:
    found: T = await info.context.read(work)
    return found


EXTENSIONS = (RelationshipGraphQuery,)
