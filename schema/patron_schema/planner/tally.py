"""Counts what an answer took, by the rule it was priced by beforehand: an object 1, a connection or list 1, a Python field 1.

A plan comes in when its statement is written and a `Tally` goes out, which is kept beside the statement and counts the
database's JSON text of each request. The text is not parsed: outside of strings `{"` opens an object and nothing else, and
inside of them every quote is escaped, so the first keys of a plan's objects tell them apart. Where two kinds of objects of
different weight begin alike, the text is parsed and counted along the plan. What an answer may take is left to `plan.Cost`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from .catalog import ColumnField, Kind
from .groups import Aggregate, Figures, Keys, Moneys
from .plan import (
    ById,
    Choice,
    Edges,
    Info,
    Leaf,
    Nodes,
    Object,
    One,
    Page,
    PageEntry,
    Part,
    PlanNode,
    Python,
    Rows,
    Several,
    Typename,
    Union,
)

__all__ = ["Tally", "tally"]

#: How a resolver's place begins on the fast path, as the databases print `sql.PYTHON_BEGIN`.
_PYTHON: Final = '{"\\u0002":'
_NAMELESS: Final = "{}"  # an object of which every field was skipped; a string may hold the same characters


@dataclass(frozen=True, slots=True)
class Tally:
    """How the answers of one statement are counted.

    fixed: what every answer takes. openings: how objects that count begin, and how much each counts. node: the plan to walk
    where openings do not tell the objects apart.
    """

    fixed: int
    openings: tuple[tuple[bytes, int], ...]
    node: PlanNode | None = None

    def of(self, text: bytes) -> int:
        """What an answer took. text: the statement's JSON, before any resolver's value is put into it."""
        if self.node is not None:
            return _taken(self.node, orjson.loads(text))
        taken = self.fixed
        for opening, weight in self.openings:
            taken += weight * text.count(opening)
        return taken


def tally(node: PlanNode, *, general: bool) -> Tally:
    """How the answers of a plan are counted. general: whether its statement puts types and required values beside rows."""
    kinds = list(_Openings(general).node(node, abstract=True))
    root = kinds.pop(0)[0] if isinstance(node, Page | Union) else ""
    weights = _distinct(kinds)
    if weights is None:
        return Tally(0, (), node)
    # A connection or list at the root is always there, once: it need not be looked for, only told from those that begin alike.
    alike = sum(weight for opening, weight in weights.items() if root.startswith(opening))
    fixed = isinstance(node, Page | Union | Several | Aggregate) - alike
    return Tally(fixed, tuple((opening.encode(), weight) for opening, weight in weights.items() if weight))


def _distinct(kinds: Sequence[tuple[str, int]]) -> dict[str, int] | None:
    """The weight of each opening; None where an object cannot be weighed by how it begins."""
    weights: dict[str, int] = {}
    last = "\x00"
    for opening, weight in sorted(set(kinds)):
        if opening == _NAMELESS:
            if weight:
                return None
        elif opening.startswith(last):  # whoever looks for the shorter one finds the longer one too
            if weight != weights[last]:
                return None
        else:
            weights[opening] = weight
            last = opening
    return weights


class _Openings:
    """Yields how each kind of object and list of a plan begins, with its weight."""

    def __init__(self, general: bool) -> None:
        self.general = general

    def node(self, node: PlanNode, *, abstract: bool = False) -> Iterator[tuple[str, int]]:
        """abstract: the row may be of any type, so that the general path has its type beside it."""
        match node:
            case Object():
                yield from self._object(node, 1, abstract=abstract)
            case Choice():
                for branch in node.branches:
                    yield from self._object(branch, 1, abstract=True)
            case Part():
                yield from self._object(node.node, 0)
            case One() | Rows():
                yield from self.node(node.node)
            case ById():
                yield from self.node(node.node, abstract=True)
            case Several():
                for group in node.groups:
                    yield from self.node(group.node, abstract=True)
            case Page():
                yield from self._page(node.entries)
                for row in node.nodes:
                    yield from self.node(row)
            case Union():
                yield from self._page(node.entries)
                for row in (row for branch in node.branches for row in branch.nodes):
                    yield from self.node(row, abstract=True)
            case Aggregate():
                yield from self._groups(node)
            case Python():
                yield _PYTHON, 1

    def _object(self, node: Object, weight: int, *, abstract: bool = False) -> Iterator[tuple[str, int]]:
        beside = sum(isinstance(inner, Python) for _, inner in node.entries) if self.general else 0
        yield self._begins(node, abstract=abstract), weight + beside
        for key, inner in node.entries:
            if isinstance(inner, Rows | Aggregate):
                yield f'"{key}":[', 1
            if not (self.general and isinstance(inner, Python)):
                yield from self.node(inner)

    def _begins(self, node: Object, *, abstract: bool) -> str:
        if self.general and abstract:
            return _opening("$type", Typename(node.entry.name))
        for key, inner in node.entries:
            if not (self.general and isinstance(inner, Python)):
                return _opening(key, inner)
            for name, field in inner.requires:
                return _opening(f"${name}", Leaf(field))
        return _NAMELESS

    def _page(self, entries: Sequence[tuple[str, PageEntry]]) -> Iterator[tuple[str, int]]:
        yield (_opening(*entries[0]) if entries else _NAMELESS), 1
        for key, entry in entries:
            match entry:
                case Nodes():
                    yield f'"{key}":[', 0
                case Edges():
                    yield f'"{key}":[', 0
                    yield (_opening(*entry.entries[0]) if entry.entries else _NAMELESS), int(not entry.has_node)
                case Info():
                    yield (_opening(*entry.entries[0]) if entry.entries else _NAMELESS), 0

    def _groups(self, node: Aggregate) -> Iterator[tuple[str, int]]:
        """A group counts, what is inside of it does not."""
        yield (_opening(*node.entries[0]) if node.entries else _NAMELESS), 1
        for _, entry in node.entries:
            if isinstance(entry, Keys | Figures):
                yield (_opening(*entry.entries[0]) if entry.entries else _NAMELESS), 0
                for key, part in entry.entries:
                    if isinstance(part, Moneys):
                        yield f'"{key}":[', 0
                        yield (_opening(*part.entries[0]) if part.entries else _NAMELESS), 0


def _opening(key: str, value: Any) -> str:
    """An object's first key, and of its value what is the same in every answer: a longer text is found faster."""
    match value:
        case Typename():
            return f'{{"{key}":"{value.name}"'
        case Leaf(field=ColumnField(kind=Kind.ID, nullable=False, id_prefix=prefix)):
            return f'{{"{key}":"{prefix}_'
        case _:
            return f'{{"{key}":'


# -- where openings do not tell


def _taken(node: PlanNode, value: Any) -> int:
    if value is None:
        return 0
    match node:
        case Object():
            return 1 + _inside(node, value)
        case Choice():
            return _of_one(node.branches, value)
        case Part():
            return _inside(node.node, value)
        case One() | ById():
            return _taken(node.node, value)
        case Rows():
            return 1 + sum(_taken(node.node, row) for row in value)
        case Several():
            return 1 + sum(_of_one([group.node for group in node.groups], row) for row in value)
        case Page():
            return _of_page(node.entries, value, lambda index: [node.nodes[index]])
        case Aggregate():
            return 1 + len(value)
        case Union():
            return _of_page(node.entries, value, lambda index: [branch.nodes[index] for branch in node.branches])
        case _:
            return 0


def _inside(node: Object, value: Mapping[str, Any]) -> int:
    return sum(1 if isinstance(inner, Python) else _taken(inner, value[key]) for key, inner in node.entries)


def _of_page(
    entries: Sequence[tuple[str, PageEntry]], value: Mapping[str, Any], rows: Callable[[int], Sequence[Object | Choice]]
) -> int:
    """A page; rows: what a row of a selection may be, by the selection's index."""
    taken = 1
    for key, entry in entries:
        if isinstance(entry, Nodes):
            taken += sum(_of_one(rows(entry.index), row) for row in value[key])
        elif isinstance(entry, Edges):
            parts = [(name, rows(part)) for name, part in entry.entries if isinstance(part, int)]
            taken += sum(_of_one(nodes, edge[name]) for edge in value[key] for name, nodes in parts)
            taken += 0 if parts else len(value[key])
    return taken


def _of_one(nodes: Sequence[Object | Choice], row: Any) -> int:
    """A row of one of several types: of the one that is named beside it, else the dearest of those with its keys."""
    if row is None:
        return 0
    objects = [each for node in nodes for each in (node.branches if isinstance(node, Choice) else (node,))]
    if len(objects) == 1:
        return _taken(objects[0], row)
    if "$type" in row:
        objects = [each for each in objects if each.entry.name == row["$type"]]
    else:
        objects = [each for each in objects if row.keys() == {key for key, _ in each.entries}]
    return max(_taken(each, row) for each in objects)
