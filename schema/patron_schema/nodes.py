"""Anything with an id: the Relay Node interface. Ids outside are `prefix_uuid`; the prefix names the type's table."""

from __future__ import annotations

import strawberry

from .declare import planned_interface

__all__ = ["Node"]


@planned_interface
class Node:
    """Anything with an id of its own."""

    id: strawberry.ID = strawberry.field(description="Identifies the object in the whole API.")
