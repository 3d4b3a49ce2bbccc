"""Joins what is asked with where it is: one root field's selection becomes a plan, checked against grants and limits on the way.

Comes in: catalog, selection, grants. Goes out: a `RootPlan`. Knows no SQL and no connection.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from graphql import FieldNode, GraphQLField, GraphQLSchema

from patron_core.errors import InvalidInput, LimitExceeded

from .aggregates import AggregatePlanner
from .catalog import (
    AbstractField,
    AggregateField,
    Catalog,
    ColumnField,
    ExpressionField,
    Field,
    GatheredField,
    OrderPath,
    PythonField,
    RelationField,
    ScalarField,
    Shape,
    TypeEntry,
    ValueField,
)
from .grants import Grants
from .parameters import Parameters
from .plan import (
    Branch,
    ById,
    Choice,
    Cost,
    Edges,
    Group,
    Info,
    Leaf,
    Nodes,
    Nothing,
    Object,
    One,
    OrderKey,
    Page,
    PageEntry,
    Param,
    Part,
    PlanNode,
    Python,
    RootPlan,
    Rows,
    Several,
    Source,
    Total,
    Typename,
    Union,
)
from .selection import Selection, Slot
from .where import WherePlanner

__all__ = ["MOST_ORDER_KEYS", "NotPlannable", "Planner"]

MOST_ORDER_KEYS: Final = 8

_PAGE_PARTS = {"hasNextPage", "hasPreviousPage", "startCursor", "endCursor"}


class NotPlannable(Exception):
    """This selection needs the general path."""


class Planner:
    """Plans the root fields of one operation. general: whether Strawberry finishes the answer (it needs type names beside rows)."""

    def __init__(
        self,
        catalog: Catalog,
        schema: GraphQLSchema,
        selection: Selection,
        grants: Grants,
        *,
        page_default: int,
        page_max: int,
        filter_max: int,
        general: bool,
    ) -> None:
        self.catalog = catalog
        self.schema = schema
        self.selection = selection
        self.grants = grants
        self.page_default = page_default
        self.page_max = page_max
        self.filter_max = filter_max
        self.general = general
        self._start()

    def _start(self) -> None:
        self.parameters = Parameters(self.page_max)
        self.cursors: list[tuple[tuple[TypeEntry, ...], Param]] = []
        self.python: list[Python] = []
        self.reads: set[str] = set()
        self.where = WherePlanner(self.catalog, self.parameters, self._leaf, maximum=self.filter_max)
        self.aggregates = AggregatePlanner(
            self.catalog, self.selection, self.parameters, self.where, self._leaf, page_default=self.page_default
        )

    # -- roots

    def root(self, key: str, nodes: Sequence[FieldNode]) -> RootPlan:
        """The plan of a root field of Query."""
        self._start()
        root = self.catalog.roots[nodes[0].name.value]
        field = self._graphql_field("Query", root.name)
        arguments = self.selection.arguments(field, nodes[0])
        target = self.catalog.types[root.target]
        if root.by == "connection":
            page, cost = self._connection(target, None, nodes, arguments)
            return self._finish(key, page, cost)
        if root.by == "aggregate":
            groups, cost = self.aggregates.plan(target, None, nodes, arguments)
            return self._finish(key, groups, cost)
        if root.by == "id":
            node, cost = self._by_id(target, nodes, arguments["id"].source)
            return self._finish(key, node, cost)
        return self._several(key, target, nodes, arguments["ids"])

    def by_id(self, key: str, type_name: str, nodes: Sequence[FieldNode], source: Source) -> RootPlan:
        """The plan of one row by its id, for payloads and subscriptions."""
        self._start()
        node, cost = self._by_id(self.catalog.types[type_name], nodes, source)
        return self._finish(key, node, cost)

    def followed(self, key: str, type_name: str, nodes: Sequence[FieldNode], source: Source) -> RootPlan:
        """The plan of a subscription: the row of each event by its id."""
        arguments = self._arguments("Subscription", nodes[0])
        plan = self.by_id(key, type_name, nodes, source)
        return replace(plan, customer=arguments["customerId"].source) if _given(arguments, "customerId") else plan

    def _several(self, key: str, target: TypeEntry, nodes: Sequence[FieldNode], ids: Slot) -> RootPlan:
        """The rows of several ids: one group for each kind of id there is, whatever their number and order."""
        source = ids.scalars()
        entries: dict[str, TypeEntry] = {}
        for id in source.read(self.selection.variables):
            entry = target if target.table is not None else self._entry_of(id, target)
            if entry is not None:
                entries[entry.id_prefix] = entry
        wanted = self.parameters.wanted(source, tuple(sorted(entries)))
        groups: list[Group] = []
        costs: list[Cost] = []
        for prefix in sorted(entries):
            param = self.parameters.identifiers(source, prefix)
            node, cost = self._node(entries[prefix], nodes)
            groups.append(Group(entries[prefix], param, node))
            costs.append(cost)
        return self._finish(key, Several(wanted, tuple(groups)), Cost(1, tuple(costs), wanted, dearest=True))

    def _by_id(self, target: TypeEntry, nodes: Sequence[FieldNode], source: Source) -> tuple[ById | Nothing, Cost]:
        entry: TypeEntry | None = target
        if target.table is None:
            entry = self._entry_of(source.read(self.selection.variables), target)
        if entry is None:
            return Nothing(), Cost(1)
        identifier = self.parameters.identifier(source, entry.id_prefix)
        node, cost = self._node(entry, nodes)
        return ById(entry, identifier, node), cost

    def _entry_of(self, id: Any, target: TypeEntry) -> TypeEntry | None:
        """Which table an id means: the prefix of `node(id:)` decides the plan, so it is part of the plan's key."""
        names = self.catalog.by_prefix.get(str(id).rpartition("_")[0], ())
        return next((self.catalog.types[name] for name in names if name in target.members), None)

    def _finish(self, key: str, node: PlanNode, cost: Cost) -> RootPlan:
        return RootPlan(
            key,
            node,
            self.parameters.all(),
            cost.folded(),
            tuple(self.cursors),
            tuple(self.python),
            frozenset(self.reads),
        )

    def _graphql_field(self, type_name: str, name: str) -> GraphQLField:
        kind: Any = self.schema.type_map[type_name]
        field: GraphQLField = kind.fields[name]
        return field

    # -- rows

    def _node(self, target: TypeEntry, nodes: Sequence[FieldNode]) -> tuple[Object | Choice, Cost]:
        if not target.members:
            node, cost = self._object(target, target.fields, nodes)
            return node, cost
        branches = [self._object(self.catalog.types[m], self.catalog.types[m].fields, nodes) for m in target.members]
        dearest = Cost(0, tuple(cost for _, cost in branches), dearest=True)
        return Choice(target, tuple(node for node, _ in branches)), dearest

    def _object(self, entry: TypeEntry, fields: Mapping[str, Field], nodes: Sequence[FieldNode]) -> tuple[Object, Cost]:
        entries: list[tuple[str, PlanNode]] = []
        costs: list[Cost] = []
        for key, merged in self.selection.fields(nodes, entry.name).items():
            name = merged[0].name.value
            if name == "__typename":
                entries.append((key, Typename(entry.name)))
                continue
            node, cost = self._field(entry, fields[name], merged)
            entries.append((key, node))
            if cost is not None:
                costs.append(cost)
        return Object(entry, tuple(entries)), Cost(1, tuple(costs))

    def _field(self, entry: TypeEntry, field: Field, nodes: Sequence[FieldNode]) -> tuple[PlanNode, Cost | None]:
        match field:
            case ColumnField() | ExpressionField():
                return self._leaf(entry.name, field, "read"), None
            case ValueField():
                return self._value(field, nodes)
            case RelationField():
                return self._relation(entry, field, nodes)
            case GatheredField():
                return self._union(field, nodes, self._arguments(entry.name, nodes[0]))
            case PythonField():
                return self._resolver(entry, field, nodes[0]), Cost(1)
            case AggregateField():
                target = self.catalog.types[field.relation.target]
                return self.aggregates.plan(target, field.relation, nodes, self._arguments(entry.name, nodes[0]))
            case AbstractField():
                raise NotPlannable(f"{entry.name}.{field.name}")

    def _leaf(self, type_name: str, field: ScalarField, use: str) -> Leaf:
        self.grants.check(type_name, field, use)
        self.reads.add(f"{type_name}.{field.name}")
        return Leaf(field)

    def _value(self, field: ValueField, nodes: Sequence[FieldNode]) -> tuple[PlanNode, Cost]:
        entry = self.catalog.types.get(field.target)
        if entry is None:  # Money and Period have no entry of their own: their leaves belong to the field
            entry = TypeEntry(field.target, field.owner, object, None, None, "", None, None, field.fields, ())
        node, cost = self._object(entry, field.fields, nodes)
        return Part(field, node), Cost(0, cost.children)

    def _relation(self, entry: TypeEntry, field: RelationField, nodes: Sequence[FieldNode]) -> tuple[PlanNode, Cost]:
        target = self.catalog.types[field.target]
        if field.shape is Shape.CONNECTION:
            return self._connection(target, field, nodes, self._arguments(entry.name, nodes[0]))
        node, cost = self._node(target, nodes)
        if field.shape is Shape.ONE:
            return One(field, target, node), cost
        size = self.parameters.constant_size(self.page_max)
        return Rows(field, target, node, self.page_max), Cost(1, (cost,), size)

    def _arguments(self, type_name: str, node: FieldNode) -> dict[str, Slot]:
        return self.selection.arguments(self._graphql_field(type_name, node.name.value), node)

    def _resolver(self, entry: TypeEntry, field: PythonField, node: FieldNode) -> Python:
        if not self.general and (not field.leaf or node.arguments):
            raise NotPlannable(f"{entry.name}.{field.name} gives an object or takes arguments")
        requires = []
        for python_name, name in field.requires:
            needed = entry.fields.get(name)
            if not isinstance(needed, ColumnField | ExpressionField):
                raise NotPlannable(f"{entry.name}.{field.name} requires {name}, which is no scalar")
            self._leaf(entry.name, needed, "read")
            requires.append((python_name, needed))
        made = Python(len(self.python), entry.name, field, tuple(requires))
        self.python.append(made)
        return made

    # -- pages

    def _connection(
        self, target: TypeEntry, field: RelationField | None, nodes: Sequence[FieldNode], arguments: Mapping[str, Slot]
    ) -> tuple[Page, Cost]:
        where = (
            self.where.condition(target.name, target.fields, arguments["where"]) if _given(arguments, "where") else None
        )
        order = self._order(target, arguments["orderBy"]) if _given(arguments, "orderBy") else ()
        fingerprint = _fingerprint(target.name, order)
        size, backward = self._size(arguments)
        after = self._cursor(arguments, "after", (target,), fingerprint)
        before = self._cursor(arguments, "before", (target,), fingerprint)
        selected: list[tuple[Object | Choice, Cost]] = []
        entries = self._page_entries(target.name, nodes, lambda inner: selected.append(self._node(target, inner)))
        page = Page(
            target,
            field,
            where,
            order,
            size,
            backward,
            after,
            before,
            fingerprint,
            entries,
            tuple(n for n, _ in selected),
        )
        return page, _page_cost(entries, [cost for _, cost in selected], size)

    def _union(
        self, field: GatheredField, nodes: Sequence[FieldNode], arguments: Mapping[str, Slot]
    ) -> tuple[Union, Cost]:
        target = self.catalog.types[field.target]
        members = tuple(self.catalog.types[name] for name, _ in field.branches)
        fingerprint = _fingerprint(target.name, ())
        size, backward = self._size(arguments)
        after, after_id = self._union_cursor(arguments, "after", members, fingerprint)
        before, before_id = self._union_cursor(arguments, "before", members, fingerprint)
        wanted: list[Sequence[FieldNode]] = []
        entries = self._page_entries(target.name, nodes, wanted.append)
        branches: list[Branch] = []
        costs: list[list[Cost]] = [[] for _ in wanted]
        for entry, (_, path) in zip(members, field.branches, strict=True):
            made = [self._object(entry, entry.fields, inner) for inner in wanted]
            order = entry.fields[field.order]
            assert isinstance(order, ColumnField | ExpressionField)
            self._leaf(entry.name, order, "order")
            branches.append(Branch(entry, path, order, tuple(node for node, _ in made)))
            for each, (_, cost) in zip(costs, made, strict=True):
                each.append(cost)
        union = Union(
            field, target, size, backward, after, before, after_id, before_id, fingerprint, entries, tuple(branches)
        )
        return union, _page_cost(entries, [Cost(0, tuple(each), dearest=True) for each in costs], size)

    def _size(self, arguments: Mapping[str, Slot]) -> tuple[Param, bool]:
        last = _given(arguments, "last")
        if last and _given(arguments, "first") and arguments["first"].explicit:
            raise InvalidInput("A page has one direction. Both `first` and `last` were given. Pass one of them.")
        if not last and not _given(arguments, "first"):
            return self.parameters.size("first", Source(value=self.page_default)), False
        name = "last" if last else "first"
        return self.parameters.size(name, arguments[name].source), last

    def _cursor(
        self, arguments: Mapping[str, Slot], name: str, entries: tuple[TypeEntry, ...], fingerprint: str
    ) -> Param | None:
        if not _given(arguments, name):
            return None
        prefixes = tuple(entry.id_prefix for entry in entries)
        param = self.parameters.cursor(name, arguments[name].source, prefixes, fingerprint)
        self.cursors.append((entries, param))
        return param

    def _union_cursor(
        self, arguments: Mapping[str, Slot], name: str, entries: tuple[TypeEntry, ...], fingerprint: str
    ) -> tuple[Param | None, Param | None]:
        param = self._cursor(arguments, name, entries, fingerprint)
        if param is None:
            return None, None
        return param, self.parameters.cursor_text(arguments[name].source)

    def _page_entries(self, type_name: str, nodes: Sequence[FieldNode], want: Any) -> tuple[tuple[str, PageEntry], ...]:
        """The connection's own fields; `want` is called once per selection of nodes, in order."""
        entries: list[tuple[str, PageEntry]] = []
        count = 0
        for key, merged in self.selection.fields(nodes, f"{type_name}Connection").items():
            match merged[0].name.value:
                case "nodes":
                    want(merged)
                    entries.append((key, Nodes(count)))
                    count += 1
                case "edges":
                    parts: list[tuple[str, int | str | Typename]] = []
                    for inner_key, inner in self.selection.fields(merged, f"{type_name}Edge").items():
                        match inner[0].name.value:
                            case "node":
                                want(inner)
                                parts.append((inner_key, count))
                                count += 1
                            case "cursor":
                                parts.append((inner_key, "cursor"))
                            case _:
                                parts.append((inner_key, Typename(f"{type_name}Edge")))
                    entries.append((key, Edges(tuple(parts))))
                case "pageInfo":
                    shown = self.selection.fields(merged, "PageInfo").items()
                    info = [
                        (k, n[0].name.value if n[0].name.value in _PAGE_PARTS else Typename("PageInfo"))
                        for k, n in shown
                    ]
                    entries.append((key, Info(tuple(info))))
                case "totalCount":
                    entries.append((key, Total()))
                case _:
                    entries.append((key, Typename(f"{type_name}Connection")))
        return tuple(entries)

    def _order(self, target: TypeEntry, slot: Slot) -> tuple[OrderKey, ...]:
        elements = slot.elements()
        if len(elements) > MOST_ORDER_KEYS:
            advice = "Order by fewer fields."
            raise LimitExceeded(limit="order keys", value=len(elements), maximum=MOST_ORDER_KEYS, advice=advice)
        keys: dict[str, OrderKey] = {}
        for element in elements:
            given = dict(element.fields())
            name = str(_code(given["field"].value))
            path: OrderPath = self.catalog.orders[target.name][name]
            leaf = path[-1]
            assert isinstance(leaf, ColumnField | ExpressionField)
            self._leaf(target.name, leaf, "order")
            # A field that comes again decides nothing: rows that reach it are equal in it.
            keys.setdefault(name, OrderKey(path, _code(given["direction"].value) == "DESC"))
        return tuple(keys.values())


def _page_cost(entries: Sequence[tuple[str, PageEntry]], selected: Sequence[Cost], size: Param) -> Cost:
    """A page: itself, and for each row what every selection of it costs; a row shown by its cursor alone is a row too."""
    bare = sum(isinstance(entry, Edges) and not entry.has_node for _, entry in entries)
    return Cost(1, (Cost(0, (Cost(bare, tuple(selected)),), size),) if selected or bare else ())


def _given(arguments: Mapping[str, Slot], name: str) -> bool:
    return name in arguments and not arguments[name].is_null


def _code(value: Any) -> str:
    return str(getattr(value, "name", value))


def _fingerprint(type_name: str, order: tuple[OrderKey, ...]) -> str:
    """Six hex digits that tell orders apart, so that a cursor of another order is noticed. No secret and no value."""
    text = f"{type_name}|" + "|".join(f"{'.'.join(f.name for f in k.path)}:{k.descending}" for k in order)
    return hashlib.sha256(text.encode()).hexdigest()[:6]
