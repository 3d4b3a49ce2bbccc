"""Parts that are left out of a plan: how their places are marked, whose parts a plan has, and what stands there in the end.

When a statement fails, its plan is made again without the parts of one plugin; each of their places bears a mark, which becomes
null and an error when graphql-core meets it. Which plugin it was, and counting its failures, is left to the gateway.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Final

from graphql import FieldNode, GraphQLSchema

from patron_core.errors import Internal
from patron_core.messages import Actor

from .catalog import Catalog, Field, ScalarField, TypeEntry
from .grants import Grants
from .plan import Absent, Cost, PlanNode, RootPlan, Several, Source, Union
from .planner import Planner
from .selection import Selection

__all__ = ["PartFailed", "is_left_out", "missing_from", "owners_of", "planner_for", "revealed"]

#: Nobody outside this process can write what looks like a mark.
_MARK: Final = f"absent-{secrets.token_hex(16)}:"


class PartFailed(Internal):
    """A part of an answer that its plugin could not give; it was logged when the plugin failed."""

    def __init__(self, owner: str) -> None:
        super().__init__(
            f"A part of the answer is missing. It comes from the plugin {owner}, which failed. "
            "Try again later, and give the request id to whoever runs this server.",
            plugin=owner,
        )
        self.owner = owner


def planner_for(
    actor: Actor,
    catalog: Catalog,
    schema: GraphQLSchema,
    selection: Selection,
    *,
    without: frozenset[str] = frozenset(),
    **options: Any,
) -> Planner:
    """The planner of an operation. without: owners whose parts are left out; options: as `Planner` has them."""
    if not without:
        return Planner(catalog, schema, selection, Grants(actor, catalog), **options)
    return _PlannerWithout(catalog, schema, selection, _GrantsWithout(actor, catalog, without), without, **options)


class _GrantsWithout(Grants):
    """An actor's grants, as if the types of some owners did not exist."""

    def __init__(self, actor: Actor, catalog: Catalog, without: frozenset[str]) -> None:
        super().__init__(actor, catalog)
        self._types = catalog.types
        self._without = without

    def sees(self, type_name: str) -> bool:
        entry = self._types.get(type_name)
        return (entry is None or entry.owner not in self._without) and super().sees(type_name)

    def check(self, owner: str, field: ScalarField, use: str) -> None:
        """As of any grants; raises `PartFailed` where a field that is left out is filtered, ordered or grouped by."""
        entry = self._types.get(owner.partition(".")[0])
        for whose in (field.owner, field.owner if entry is None else entry.owner):
            if whose in self._without:
                raise PartFailed(whose)
        super().check(owner, field, use)


class _PlannerWithout(Planner):
    """Plans root fields and puts a mark where a part of some owners would stand; a field that needs one is left out whole."""

    def __init__(
        self,
        catalog: Catalog,
        schema: GraphQLSchema,
        selection: Selection,
        grants: Grants,
        without: frozenset[str],
        **options: Any,
    ) -> None:
        super().__init__(catalog, schema, selection, grants, **options)
        self.without = without

    def root(self, key: str, nodes: Sequence[FieldNode]) -> RootPlan:
        owner = self.catalog.roots[nodes[0].name.value].owner
        return self._whole(key, owner, lambda: super(_PlannerWithout, self).root(key, nodes))

    def by_id(self, key: str, type_name: str, nodes: Sequence[FieldNode], source: Source) -> RootPlan:
        owner = self.catalog.types[type_name].owner
        return self._whole(key, owner, lambda: super(_PlannerWithout, self).by_id(key, type_name, nodes, source))

    def followed(self, key: str, type_name: str, nodes: Sequence[FieldNode], source: Source) -> RootPlan:
        owner = self.catalog.types[type_name].owner
        return self._whole(key, owner, lambda: super(_PlannerWithout, self).followed(key, type_name, nodes, source))

    def _whole(self, key: str, owner: str, make: Callable[[], RootPlan]) -> RootPlan:
        lost = {owner} & self.without
        if not lost:
            try:
                plan = make()
            except PartFailed as failed:
                lost = {failed.owner}
            else:
                lost = owners_of(plan) & self.without
                if not lost:
                    return plan
        self._start()
        return self._finish(key, _absent(min(lost)), Cost(0))

    def _by_id(self, target: TypeEntry, nodes: Sequence[FieldNode], source: Source) -> tuple[PlanNode, Cost]:
        if target.table is None:
            prefix = str(source.read(self.selection.variables)).rpartition("_")[0]
            for name in self.catalog.by_prefix.get(prefix, ()):
                if (owner := self.catalog.types[name].owner) in self.without:
                    return _absent(owner), Cost(0)
        return super()._by_id(target, nodes, source)

    def _field(
        self, entry: TypeEntry, field: Field, nodes: Sequence[FieldNode], owner: str
    ) -> tuple[PlanNode, Cost | None]:
        shown = self.catalog.types.get(getattr(field, "target", ""))
        for whose in (field.owner, field.owner if shown is None else shown.owner):
            if whose in self.without:
                return _absent(whose), None
        return super()._field(entry, field, nodes, owner)


def _absent(owner: str) -> Absent:
    """The place of a part of an owner."""
    return Absent(f"{_MARK}{owner}", owner)


def is_left_out(plan: RootPlan) -> bool:
    """Whether the whole root field is left out."""
    return isinstance(plan.node, Absent)


def owners_of(node: Any) -> set[str]:
    """Whose types and fields a plan reads, shows, filters or orders by; marks of what was left out are nobody's."""
    if isinstance(node, tuple):
        return set().union(*(owners_of(item) for item in node))
    if not is_dataclass(node) or isinstance(node, type | Absent):
        return set()
    owner: str | None = getattr(node, "owner", None)
    mine = set() if owner is None else {owner}
    return mine.union(*(owners_of(getattr(node, part.name)) for part in fields(node)))


def missing_from(node: Any, types: Mapping[str, TypeEntry], without: Collection[str]) -> set[str]:
    """The owners in `without` whose rows are missing from lists that have rows of several types."""
    if isinstance(node, tuple):
        return set().union(*(missing_from(item, types, without) for item in node))
    if not is_dataclass(node) or isinstance(node, type):
        return set()
    mine: set[str] = set()
    if isinstance(node, Union):
        mine = {types[name].owner for name, _ in node.field.branches}
    elif isinstance(node, Several):
        mine = {group.target.owner for group in node.groups}
    inside = (missing_from(getattr(node, part.name), types, without) for part in fields(node))
    return (mine & set(without)).union(*inside)


def revealed(value: Any) -> Any:
    """An answer with an error in the place of each mark; graphql-core raises it there."""
    match value:
        case dict():
            return {key: revealed(inner) for key, inner in value.items()}
        case list():
            return [revealed(inner) for inner in value]
        case str() if value.startswith(_MARK):
            return PartFailed(value.removeprefix(_MARK))
        case _:
            return value
