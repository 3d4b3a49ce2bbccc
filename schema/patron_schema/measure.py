"""How large an operation is once its fragments are followed: depth, aliases, root fields, directives, fields.

A parsed document comes in and `Counts` go out, in time linear in the document: each fragment is measured once and its
numbers are added where it is spread, so that doubling fragments cost nothing and circular ones do no harm (validation
names them). Whether a number is too large is left to `documents`; what rows it may cost to the planner.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
)

__all__ = ["Counts", "directives_of", "measure"]

_INTROSPECTION_ROOTS: Final = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class Counts:
    """The size of one operation, fragments followed.

    depth: fields in each other, `{ a }` is 1. introspection_depth: the same below `__schema` and `__type`. aliases
    and fields: how many there are after every spread is written out. root_fields: those of the operation itself.
    directives and fragments: as written in the document. directives_at_one_place: the most that one field, spread or
    definition has.
    """

    depth: int
    introspection_depth: int
    aliases: int
    fields: int
    root_fields: int
    root_names: frozenset[str]
    directives: int
    directives_at_one_place: int
    fragments: int


@dataclass(frozen=True, slots=True)
class _Size:
    """What one selection set adds to whatever contains it."""

    depth: int = 0
    introspection_depth: int = 0
    aliases: int = 0
    fields: int = 0
    own_fields: int = 0
    own_names: frozenset[str] = frozenset()


def measure(
    document: DocumentNode, *, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Counts:
    """The numbers of `operation`. The nesting of one definition is bounded by the parser, that of fragments is not."""
    sizes: dict[str, _Size] = {}
    for name in _inner_fragments_first(fragments):
        sizes[name] = _size(fragments[name].selection_set, sizes)
    whole = _size(operation.selection_set, sizes)
    numbers = [len(found) for found in directives_of(document)]
    return Counts(
        depth=whole.depth,
        introspection_depth=whole.introspection_depth,
        aliases=whole.aliases,
        fields=whole.fields,
        root_fields=whole.own_fields,
        root_names=whole.own_names,
        directives=sum(numbers),
        directives_at_one_place=max(numbers, default=0),
        fragments=len(fragments),
    )


class _HasDirectives(Protocol):
    directives: tuple[Any, ...] | None


def directives_of(document: DocumentNode) -> Iterator[tuple[Any, ...]]:
    """The directives of every place of the document that has some: definitions, variables, fields, spreads."""
    waiting: list[Node] = list(document.definitions)
    while waiting:
        node = waiting.pop()
        if found := getattr(node, "directives", None):
            yield tuple(found)
        waiting.extend(getattr(node, "variable_definitions", None) or ())
        if (inner := getattr(node, "selection_set", None)) is not None:
            waiting.extend(inner.selections)


def _inner_fragments_first(fragments: Mapping[str, FragmentDefinitionNode]) -> list[str]:
    """Names of fragments, each after those it spreads. Without recursion: a chain may be as long as the document.

    A spread that closes a circle is passed over; its fragment then counts as empty there.
    """
    spreads = {name: list(_spreads(fragment.selection_set)) for name, fragment in fragments.items()}
    order: list[str] = []
    entered: set[str] = set()
    for start in fragments:
        path = [start]
        while path:
            name = path[-1]
            if name not in entered:
                entered.add(name)
                path.extend(inner for inner in spreads[name] if inner in spreads and inner not in entered)
                continue
            path.pop()
            order.append(name)
    return list(dict.fromkeys(order))


def _spreads(selection_set: SelectionSetNode) -> Iterator[str]:
    waiting = [selection_set]
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, FragmentSpreadNode):
                yield selection.name.value
            elif isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set is not None:
                waiting.append(selection.selection_set)


def _size(selection_set: SelectionSetNode, sizes: Mapping[str, _Size]) -> _Size:
    depth = introspection_depth = aliases = fields = own_fields = 0
    own_names: set[str] = set()
    for selection in selection_set.selections:
        match selection:
            case FieldNode():
                inner = _field_size(selection, sizes)
                own_fields += 1
                own_names.add(selection.name.value)
            case FragmentSpreadNode():
                inner = sizes.get(selection.name.value, _EMPTY)
                own_fields += inner.own_fields
                own_names |= inner.own_names
            case InlineFragmentNode():
                inner = _size(selection.selection_set, sizes)
                own_fields += inner.own_fields
                own_names |= inner.own_names
            case _:
                continue
        depth = max(depth, inner.depth)
        introspection_depth = max(introspection_depth, inner.introspection_depth)
        aliases += inner.aliases
        fields += inner.fields
    return _Size(depth, introspection_depth, aliases, fields, own_fields, frozenset(own_names))


def _field_size(node: FieldNode, sizes: Mapping[str, _Size]) -> _Size:
    inner = _EMPTY if node.selection_set is None else _size(node.selection_set, sizes)
    into_introspection = node.name.value in _INTROSPECTION_ROOTS
    below = max(inner.depth, inner.introspection_depth) if into_introspection else inner.introspection_depth
    return _Size(
        depth=0 if into_introspection else inner.depth + 1,
        introspection_depth=below + 1 if into_introspection or below else 0,
        aliases=inner.aliases + (node.alias is not None),
        fields=inner.fields + 1,
    )


_EMPTY: Final = _Size()
