"""Objects by id, whatever their type."""

from __future__ import annotations

from ..declare import Query, extends, root
from ..nodes import Node

__all__ = ["EXTENSIONS", "TYPES"]


@extends(Query)
class NodeQuery:
    node: Node | None = root(description="Any object by its id; null when there is none for this caller.")
    nodes: list[Node] = root(
        description="Objects by their ids, in that order; null where there is none for this caller."
    )


TYPES = (Node,)
EXTENSIONS = (NodeQuery,)
