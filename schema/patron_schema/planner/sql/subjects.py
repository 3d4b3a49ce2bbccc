"""Which parties a row must name for the audit: those that the row it is shown under has not named already.

A customer's transactions are about the customer's party; only the customer is marked then, and a page of a thousand rows
carries one mark. Comes in the type of a row and how it was reached, goes out the paths to write.
"""

from __future__ import annotations

from typing import TypeAlias

from ..catalog import SubjectPath, TypeEntry
from ..plan import One, Page, Part, PlanNode, Rows, Union

__all__ = ["Reached", "unsaid"]

#: The type of the row above, and the node that led from it here; None for a row that the answer begins with.
Reached: TypeAlias = tuple[TypeEntry, PlanNode] | None


def unsaid(entry: TypeEntry, reached: Reached) -> tuple[SubjectPath, ...]:
    """The paths to the parties a row is about, without those that the row above has named."""
    paths = entry.subjects or ()
    if reached is None or not paths:
        return paths
    above, node = reached
    if isinstance(node, Part):
        return ()  # the same row
    return tuple(path for path in paths if path not in _said(above, node, entry))


def _said(above: TypeEntry, node: PlanNode, entry: TypeEntry) -> set[SubjectPath]:
    """Paths of a row that lead to parties of the row above."""
    named = above.subjects or ()
    match node:
        case Union():
            ways = [branch.path for branch in node.branches if branch.entry.name == entry.name]
            return {_joined(way, above, path) for way in ways for path in named if way}
        case One() | Rows() | Page():
            field = node.field
            if field is None or field.also is not None:
                return set()
            if field.here == "id":
                return {_joined(((field.there, None),), above, path) for path in named}
            if field.there == "id":
                return {
                    path[1:] for path in named if path and path[0] == (field.here, entry.table if path[1:] else None)
                }
    return set()


def _joined(way: SubjectPath, above: TypeEntry, path: SubjectPath) -> SubjectPath:
    """A way up to a row and from there to its party; the table of a party itself is left out, as in every path."""
    return (*way[:-1], (way[-1][0], above.table if path else None), *path)
