"""Who is connected with whom: everybody around a party, and the shortest way from one party to another.

In come a unit of work, parties and bounds, out come nodes and edges as values. Each answer is one recursive statement on both
databases. Parties are walked to breadth first and noted by (party, distance), so that circles come to an end and the work
grows with the parties within reach, not with the ways between them. An actor whose rows are limited walks over its own only.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, Select, and_, case, func, literal, or_, select, true, union_all
from sqlalchemy.orm import aliased

from patron_core import validation
from patron_core.access.row_limits import among_seen_parties
from patron_core.columns import Identifier
from patron_core.parties.models import Party, PartyKind
from patron_core.relationships.models import Relationship, RelationshipType
from patron_core.unit_of_work import UnitOfWork

__all__ = ["DEEPEST", "MOST_PARTIES", "Edge", "Graph", "Node", "Path", "Walk", "graph_around", "path_between"]

DEEPEST: Final = 6
MOST_PARTIES: Final = 500
_MOST_EDGES: Final = 2_000
_MOST_STEPS: Final = 50_000  # (party, distance) pairs that a search for a path looks at
_MOST_TYPES: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What is walked over. depth: steps, 1 to 6. as_of: relationships that hold at this instant. types: codes; none for all."""

    depth: int
    as_of: dt.datetime
    types: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        validation.within(self.depth, most=DEEPEST, path="depth")
        validation.count(self.types, most=_MOST_TYPES, path="types")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A party within reach. distance: steps from where the walk began."""

    party_id: uuid.UUID
    kind: PartyKind
    display_name: str
    distance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A relationship between two parties of the graph."""

    relationship_id: uuid.UUID
    type_code: str
    forward_name: str
    inverse_name: str
    source_id: uuid.UUID
    target_id: uuid.UUID
    role_title: str | None
    influence: int | None
    valid_from: dt.datetime | None
    valid_to: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Parties by distance and id, and the relationships between them. truncated: whether there is more than was asked for."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """The parties of a shortest way in their order, and the relationship of each step; none where there is no way.

    complete: whether all within the depth was looked at, so that no way means that there is none.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    complete: bool


def graph_around(uow: UnitOfWork, party_id: uuid.UUID, walk: Walk, *, limit: int) -> Graph:
    """The parties around one, itself included, and all relationships between them. NOT_FOUND for an unknown party.

    limit: how many parties, 1 to 500; the nearest are kept. At most 2,000 relationships are given.
    """
    validation.within(limit, most=MOST_PARTIES, path="limit")
    steps = _steps(uow, _survivor(uow, party_id, path="partyId"), walk)
    first = _parties(steps).limit((limit + 1) * (walk.depth + 1)).cte("first_steps")
    reached = (
        select(first.c.party_id, func.min(first.c.distance).label("distance"))
        .group_by(first.c.party_id)
        .order_by(func.min(first.c.distance), first.c.party_id)
        .limit(limit + 1)
        .cte("reached")
    )
    edge = aliased(Relationship, name="edge")
    other = select(reached.c.party_id)
    statement: Select[*tuple[Any, ...]] = (
        select(Party.id, Party.kind, Party.display_name, reached.c.distance, *_shown(edge))
        .select_from(reached)
        .join(Party, and_(Party.id == reached.c.party_id, Party.tenant_id == uow.tenant_id))
        .outerjoin(
            edge,
            and_(
                edge.tenant_id == uow.tenant_id,
                edge.source_id == Party.id,
                edge.target_id.in_(other),
                *_holds(edge, uow.tenant_id, walk),
            ),
        )
        .outerjoin(
            RelationshipType,
            and_(RelationshipType.id == edge.type_id, RelationshipType.tenant_id == uow.tenant_id),
        )
        .order_by(reached.c.distance, Party.id, edge.id)
        .limit(limit + _MOST_EDGES + 2)
    )
    rows: list[Any] = uow.rows(statement)
    nodes = list({row[0]: _node(row) for row in rows}.values())
    kept = {node.party_id for node in nodes[:limit]}
    edges = [_edge(row[4:]) for row in rows if row[4] is not None and row[7] in kept and row[8] in kept]
    return Graph(
        nodes=tuple(nodes[:limit]),
        edges=tuple(edges[:_MOST_EDGES]),
        truncated=len(nodes) > limit or len(edges) > _MOST_EDGES or len(rows) == limit + _MOST_EDGES + 2,
    )


def path_between(uow: UnitOfWork, from_id: uuid.UUID, to_id: uuid.UUID, walk: Walk) -> Path:
    """A shortest way between two parties; of several always the same one. NOT_FOUND for either party."""
    from_id, to_id = _survivor(uow, from_id, path="fromId"), _survivor(uow, to_id, path="toId")
    steps = _steps(uow, from_id, walk, until=to_id)
    seen = _parties(steps).limit(_MOST_STEPS).cte("seen")
    count = select(func.count()).select_from(seen).scalar_subquery()
    back = _way_back(uow, from_id, to_id, walk, seen)
    edge = aliased(Relationship, name="edge")
    statement: Select[*tuple[Any, ...]] = (
        select(Party.id, Party.kind, Party.display_name, back.c.distance, *_shown(edge), count)
        .select_from(back)
        .join(Party, and_(Party.id == back.c.party_id, Party.tenant_id == uow.tenant_id))
        .outerjoin(edge, and_(edge.id == back.c.relationship_id, edge.tenant_id == uow.tenant_id))
        .outerjoin(
            RelationshipType,
            and_(RelationshipType.id == edge.type_id, RelationshipType.tenant_id == uow.tenant_id),
        )
        .order_by(back.c.distance)
    )
    rows: list[Any] = uow.rows(statement)
    # The first row always stands: it is where the way begins, and carries how many pairs were looked at.
    complete = bool(rows) and rows[0][-1] < _MOST_STEPS
    if not rows or rows[-1][0] != to_id:
        return Path(nodes=(), edges=(), complete=complete)
    nodes = [_node(row) for row in rows]
    return Path(nodes=tuple(nodes), edges=tuple(_edge(row[4:]) for row in rows[1:]), complete=complete)


def _survivor(uow: UnitOfWork, party_id: uuid.UUID, *, path: str) -> uuid.UUID:
    """The party, or the one that it turned out to be: whose rows went to another has no relationships. NOT_FOUND."""
    party = uow.get(Party, party_id, path=(path,))
    return party.id if party.merged_into_id is None else uow.get(Party, party.merged_into_id, path=(path,)).id


def _steps(uow: UnitOfWork, start: uuid.UUID, walk: Walk, *, until: uuid.UUID | None = None) -> CTE:
    """Columns `party_id` and `distance`: whom one comes to, nearest first, who was deleted left out. until: who is not walked on from."""
    first = select(literal(start, Identifier()).label("party_id"), literal(0).label("distance"))
    steps = first.cte("steps", recursive=True)
    # Each direction has a join of its own, which an index leads; SQLite reads all relationships where one join has both by OR.
    ways = union_all(select(literal(0).label("back")), select(literal(1).label("back"))).subquery("ways")
    forth, back = aliased(Relationship, name="forth"), aliased(Relationship, name="back")
    other = func.coalesce(forth.target_id, back.source_id, type_=Identifier())
    met = aliased(Party, name="met")
    further = (
        select(other.label("party_id"), (steps.c.distance + 1).label("distance"))
        .select_from(steps)
        .join(ways, true())
        .outerjoin(forth, _from(steps.c.party_id, forth, forth.source_id, ways.c.back == 0, uow, walk))
        .outerjoin(back, _from(steps.c.party_id, back, back.target_id, ways.c.back == 1, uow, walk))
        .outerjoin(met, and_(met.tenant_id == uow.tenant_id, met.id == other))
        .where(met.deleted_at.is_(None))
        .where(steps.c.distance < walk.depth, *among_seen_parties(other, uow))
    )
    if until is not None:
        further = further.where(steps.c.party_id != literal(until, Identifier()))
    return steps.union(further)


def _parties(steps: CTE) -> Select[*tuple[Any, ...]]:
    """The steps that led to somebody."""
    return select(steps.c.party_id, steps.c.distance).where(steps.c.party_id.is_not(None))


def _from(
    party_id: Any, edge: Any, side: Any, way: ColumnElement[bool], uow: UnitOfWork, walk: Walk
) -> ColumnElement[bool]:
    """That a relationship leads on from a party; a direction without any gives a row without a party, which is left out."""
    return and_(way, edge.tenant_id == uow.tenant_id, side == party_id, *_holds(edge, uow.tenant_id, walk))


def _way_back(uow: UnitOfWork, from_id: uuid.UUID, to_id: uuid.UUID, walk: Walk, seen: CTE) -> CTE:
    """Columns `party_id`, `distance` and `relationship_id`, from the end of a way to its beginning, and the beginning."""
    nearest = select(func.min(seen.c.distance)).where(seen.c.party_id == to_id).scalar_subquery()
    ends = select(seen.c.party_id, seen.c.distance).where(
        or_(
            and_(seen.c.party_id == to_id, seen.c.distance == nearest),
            and_(nearest.is_(None), seen.c.party_id == from_id, seen.c.distance == 0),
        )
    )
    last = ends.subquery("last")
    before = _before(uow, walk, seen)
    begin = select(last.c.party_id, last.c.distance, before(last.c.party_id, last.c.distance).label("relationship_id"))
    way = begin.cte("way", recursive=True)
    edge = aliased(Relationship, name="taken")
    party = _other(edge, way.c.party_id)
    earlier = (
        select(party, way.c.distance - 1, before(party, way.c.distance - 1))
        .select_from(way)
        .join(edge, edge.id == way.c.relationship_id)
        .where(edge.tenant_id == uow.tenant_id, way.c.distance > 0)
    )
    return way.union_all(earlier)


def _before(uow: UnitOfWork, walk: Walk, seen: CTE) -> Any:
    """A function to the first relationship by which a party is reached from one that is a step nearer, read forwards if it can."""

    def relationship(party_id: Any, distance: Any) -> Any:
        return func.coalesce(by(party_id, distance, forwards=True), by(party_id, distance, forwards=False))

    def by(party_id: Any, distance: Any, *, forwards: bool) -> Any:
        edge, near = aliased(Relationship), seen.alias()
        here, there = (edge.target_id, edge.source_id) if forwards else (edge.source_id, edge.target_id)
        nearer = select(near.c.party_id).where(near.c.distance == distance - 1).correlate_except(near)
        found = (
            select(edge.id)
            .where(edge.tenant_id == uow.tenant_id, here == party_id, there.in_(nearer))
            .where(*_holds(edge, uow.tenant_id, walk))
            .order_by(edge.id)
            .limit(1)
            .correlate_except(edge)
        )
        return found.scalar_subquery()

    return relationship


def _other(edge: Any, party_id: Any) -> ColumnElement[Any]:
    """The other side of a relationship."""
    return case((edge.source_id == party_id, edge.target_id), else_=edge.source_id)


def _holds(edge: Any, tenant_id: uuid.UUID, walk: Walk) -> tuple[ColumnElement[bool], ...]:
    """That a relationship is one of those walked over."""
    criteria = [
        or_(edge.validity_from.is_(None), edge.validity_from <= walk.as_of),
        or_(edge.validity_to.is_(None), edge.validity_to > walk.as_of),
    ]
    if walk.types:
        kind = aliased(RelationshipType)
        codes = select(kind.id).where(kind.tenant_id == tenant_id, kind.code.in_(walk.types))
        criteria.append(edge.type_id.in_(codes))
    return tuple(criteria)


def _shown(edge: Any) -> Collection[Any]:
    return (
        edge.id,
        RelationshipType.code,
        RelationshipType.forward_name,
        edge.source_id,
        edge.target_id,
        RelationshipType.inverse_name,
        edge.role_title,
        edge.influence,
        edge.validity_from,
        edge.validity_to,
    )


def _node(row: Any) -> Node:
    return Node(party_id=row[0], kind=row[1], display_name=row[2], distance=row[3])


def _edge(values: Any) -> Edge:
    return Edge(
        relationship_id=values[0],
        type_code=values[1],
        forward_name=values[2],
        source_id=values[3],
        target_id=values[4],
        inverse_name=values[5],
        role_title=values[6],
        influence=values[7],
        valid_from=values[8],
        valid_to=values[9],
    )
