"""Joins what is asked with where it is: one root field's selection becomes a plan, checked against grants and limits on the way.

Comes in: catalog, selection, grants. Goes out: a `RootPlan`. Knows no SQL and no connection.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from graphql import FieldNode, GraphQLField, GraphQLSchema

from patron_core.access.grants import Rows as RowLimit
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
from .page_entries import page_cost, page_entries
from .parameters import Parameters
from .plan import (
    Branch,
    ById,
    Choice,
    Condition,
    Cost,
    Group,
    Leaf,
    Nothing,
    Object,
    One,
    OrderKey,
    Page,
    Param,
    Part,
    PlanNode,
    Python,
    RootPlan,
    Rows,
    Several,
    Source,
    Typename,
    Union,
)
from .selection import Selection, Slot
from .where import WherePlanner

__all__ = ["MOST_ORDER_KEYS", "NotPlannable", "Planner"]

MOST_ORDER_KEYS: Final = 8


class NotPlannable(Exception):
    """This selection needs the general path."""


class Planner:
    """Plans the root fields of one operation.

    general: whether Strawberry finishes the answer (it needs type names beside rows). rows: the limits on whose rows the
    actor sees; all of them hold.
    """

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
        pattern_min: int,
        general: bool,
        rows: Collection[RowLimit] = (),
    ) -> None:
        self.catalog = catalog
        self.schema = schema
        self.selection = selection
        self.grants = grants
        self.page_default = page_default
        self.page_max = page_max
        self.filter_max = filter_max
        self.pattern_min = pattern_min
        self.general = general
        self.rows = rows
        self._start()

    def _start(self) -> None:
        self.parameters = Parameters(self.page_max, pattern_min=self.pattern_min)
        self.cursors: list[tuple[tuple[TypeEntry, ...], Param]] = []
        self.python: list[Python] = []
        self.reads: set[str] = set()
        self.types: set[str] = set()
        self.limits = tuple(self.parameters.limit(rows) for rows in sorted(self.rows))
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
        """The plan of a subscription: the row of each event by its id, where its filter holds."""
        self._start()
        arguments = self._arguments("Subscription", nodes[0])
        target = self.catalog.types[type_name]
        where = self._where(target, arguments)
        node, cost = self._by_id(target, nodes, source)
        if isinstance(node, ById):
            node = replace(node, where=where)
        customer, after = (
            arguments[name].source if _given(arguments, name) else None for name in ("customerId", "after")
        )
        return replace(self._finish(key, node, cost), customer=customer, after=after)

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

    def _by_id(self, target: TypeEntry, nodes: Sequence[FieldNode], source: Source) -> tuple[PlanNode, Cost]:
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
        seen = (name for name in names if name in target.members and self.grants.sees(name))
        return next((self.catalog.types[name] for name in seen), None)

    def _finish(self, key: str, node: PlanNode, cost: Cost) -> RootPlan:
        return RootPlan(
            key,
            node,
            self.parameters.all(),
            cost.folded(),
            tuple(self.cursors),
            tuple(self.python),
            frozenset(self.reads),
            frozenset(self.types),
            limits=self.limits,
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
        shown = [self.catalog.types[name] for name in target.members if self.grants.sees(name)]
        branches = [self._object(entry, entry.fields, nodes) for entry in shown]
        dearest = Cost(0, tuple(cost for _, cost in branches), dearest=True)
        return Choice(target, tuple(node for node, _ in branches)), dearest

    def _object(
        self, entry: TypeEntry, fields: Mapping[str, Field], nodes: Sequence[FieldNode], *, owner: str | None = None
    ) -> tuple[Object, Cost]:
        """A row's fields; of a part of a row its owner is `Type.field`."""
        owner = owner or entry.name
        self.types.add(owner.partition(".")[0])
        entries: list[tuple[str, PlanNode]] = []
        costs: list[Cost] = []
        for key, merged in self.selection.fields(nodes, entry.name).items():
            name = merged[0].name.value
            if name == "__typename":
                entries.append((key, Typename(entry.name)))
                continue
            node, cost = self._field(entry, fields[name], merged, owner)
            entries.append((key, node))
            if cost is not None:
                costs.append(cost)
        return Object(entry, tuple(entries)), Cost(1, tuple(costs))

    def _field(
        self, entry: TypeEntry, field: Field, nodes: Sequence[FieldNode], owner: str
    ) -> tuple[PlanNode, Cost | None]:
        match field:
            case ColumnField() | ExpressionField():
                return self._leaf(owner, field, "read"), None
            case ValueField():
                return self._value(field, nodes, f"{owner}.{field.name}")
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

    def _leaf(self, owner: str, field: ScalarField, use: str) -> Leaf:
        self.grants.check(owner, field, use)
        self.reads.add(f"{owner}.{field.name}")
        self.types.add(owner.partition(".")[0])
        return Leaf(field)

    def _value(self, field: ValueField, nodes: Sequence[FieldNode], owner: str) -> tuple[PlanNode, Cost]:
        entry = self.catalog.types.get(field.target)
        if entry is None:  # Money and Period have no entry of their own: their leaves belong to the field
            entry = TypeEntry(field.target, field.owner, object, None, None, "", None, None, field.fields, ())
        node, cost = self._object(entry, field.fields, nodes, owner=owner)
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
        where = self._where(target, arguments) if field is not None else self._listed(target, arguments)
        order = self._order(target, arguments["orderBy"]) if _given(arguments, "orderBy") else ()
        fingerprint = _fingerprint(target.name, order)
        size, backward = self._size(arguments)
        after = self._cursor(arguments, "after", (target,), fingerprint)
        before = self._cursor(arguments, "before", (target,), fingerprint)
        selected: list[tuple[Object | Choice, Cost]] = []
        entries = page_entries(
            self.selection, target.name, nodes, lambda inner: selected.append(self._node(target, inner))
        )
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
        return page, page_cost(entries, [cost for _, cost in selected], size)

    def _union(
        self, field: GatheredField, nodes: Sequence[FieldNode], arguments: Mapping[str, Slot]
    ) -> tuple[Union, Cost]:
        target = self.catalog.types[field.target]
        seen = [(name, path) for name, path in field.branches if self.grants.sees(name)]
        members = tuple(self.catalog.types[name] for name, _ in seen)
        fingerprint = _fingerprint(target.name, ())
        size, backward = self._size(arguments)
        after, after_id = self._union_cursor(arguments, "after", members, fingerprint)
        before, before_id = self._union_cursor(arguments, "before", members, fingerprint)
        wanted: list[Sequence[FieldNode]] = []
        entries = page_entries(self.selection, target.name, nodes, wanted.append)
        branches: list[Branch] = []
        costs: list[list[Cost]] = [[] for _ in wanted]
        for entry, (_, path) in zip(members, seen, strict=True):
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
        return union, page_cost(entries, [Cost(0, tuple(each), dearest=True) for each in costs], size)

    def _where(self, target: TypeEntry, arguments: Mapping[str, Slot]) -> Condition | None:
        if not _given(arguments, "where"):
            return None
        return self.where.condition(target.name, target.fields, arguments["where"])

    def _listed(self, target: TypeEntry, arguments: Mapping[str, Slot]) -> Condition | None:
        return self.where.of_list(target, arguments["where"] if _given(arguments, "where") else None)

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
            self.aggregates.used(target, path, "order")
            # A field that comes again decides nothing: rows that reach it are equal in it.
            keys.setdefault(name, OrderKey(path, _code(given["direction"].value) == "DESC"))
        return tuple(keys.values())


def _given(arguments: Mapping[str, Slot], name: str) -> bool:
    return name in arguments and not arguments[name].is_null


def _code(value: Any) -> str:
    return str(getattr(value, "name", value))


def _fingerprint(type_name: str, order: tuple[OrderKey, ...]) -> str:
    """Six hex digits that tell orders apart, so that a cursor of another order is noticed. No secret and no value."""
    text = f"{type_name}|" + "|".join(f"{'.'.join(f.name for f in k.path)}:{k.descending}" for k in order)
    return hashlib.sha256(text.encode()).hexdigest()[:6]
