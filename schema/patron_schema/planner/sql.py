"""Writes a plan as one SQL statement whose single value is the answer's JSON. The only room that knows dialects.

PostgreSQL builds the text with concat and to_json behind the row-security gate; SQLite builds it with json_object. Names come from
the catalog, values are bound parameters, and literals are response keys, type names and fingerprints: nothing of the request.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.dialects import postgresql, sqlite

from patron_core.values import exponent_groups

from .catalog import ColumnField, ExpressionField, Kind, OrderPath, RelationField, ScalarField, TypeEntry, ValueField
from .parameters import CURSOR_SEPARATOR, EXPONENTS
from .plan import (
    AllOf,
    AnyOf,
    Branch,
    ById,
    Choice,
    Condition,
    Edges,
    Info,
    Leaf,
    Matches,
    Negation,
    Nodes,
    Nothing,
    Object,
    One,
    Page,
    PageEntry,
    Param,
    ParamType,
    Part,
    PlanNode,
    Presence,
    Python,
    RootPlan,
    Rows,
    Several,
    Test,
    Total,
    Typename,
    Union,
)

__all__ = [
    "CURSOR_EXPIRED",
    "PYTHON_BEGIN",
    "PYTHON_END",
    "SUBJECT",
    "PostgresqlWriter",
    "SqliteWriter",
    "Statement",
    "Writer",
]

#: What a statement gives instead of JSON when the row of a cursor is gone.
CURSOR_EXPIRED: Final = "!cursor"
#: Keys no response key and no unescaped text can look like: they mark subjects and resolvers' places inside the JSON.
SUBJECT: Final = "\x01"
PYTHON_BEGIN: Final = "\x02"
PYTHON_END: Final = "\x03"

_COMPARE = {"eq": "=", "ne": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_GROUPS: Final = exponent_groups()


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement and which of the plan's parameters it binds, in the order of their places."""

    sql: str
    binds: tuple[int, ...]

    def arguments(self, values: Sequence[Any]) -> list[Any]:
        """The statement's arguments out of all the plan's values."""
        return [values[index - 1] for index in self.binds]


class Writer(ABC):
    """Writes the statement of one plan.

    tables: table by type name. general: puts type names and resolvers' values beside rows, for Strawberry. subjects: puts the id of
    the party a row is about first in each object.
    """

    preparer: Any

    def __init__(self, tables: Mapping[str, str], *, general: bool = False, subjects: bool = False) -> None:
        self.tables = tables
        self.general = general
        self.subjects = subjects
        self._aliases = 0
        self._positions: dict[int, int] = {}

    def statement(self, plan: RootPlan) -> Statement:
        """The whole statement; its one row has one column, the JSON text, or `CURSOR_EXPIRED`."""
        body = self.whole(self.node(plan.node, ""))
        for entries, param in plan.cursors:
            body = f"CASE WHEN {self._cursor_row(entries, param)} THEN {body} ELSE '{CURSOR_EXPIRED}' END"
        sql = self.gate(body)
        return Statement(sql, tuple(self._positions))

    def param(self, param: Param) -> str:
        """A parameter's place; a plan's parameter that is never written is never bound."""
        position = self._positions.setdefault(param.index, len(self._positions) + 1)
        return self.place(position, param)

    # -- what each dialect does its own way

    @abstractmethod
    def gate(self, body: str) -> str:
        """The statement around the value."""

    @abstractmethod
    def place(self, position: int, param: Param) -> str:
        """How the statement writes its parameter number `position`."""

    @abstractmethod
    def object(self, entries: Sequence[tuple[str, str]]) -> str:
        """A JSON object of keys and JSON values."""

    @abstractmethod
    def scalar(self, field: ScalarField, alias: str) -> str:
        """A scalar as a JSON value."""

    @abstractmethod
    def text(self, constant: str) -> str:
        """A constant as a JSON string."""

    @abstractmethod
    def joined(self, *parts: str) -> str:
        """SQL text values as one JSON string; the parts need no escaping."""

    @abstractmethod
    def raw(self, constant: str) -> str:
        """A JSON constant (true, false, null, a number) as a JSON value."""

    @abstractmethod
    def truth(self, condition: str) -> str:
        """A condition as a JSON boolean."""

    @abstractmethod
    def number(self, sql: str) -> str:
        """An integer as a JSON value."""

    @abstractmethod
    def nested(self, sql: str) -> str:
        """A scalar sub-select's JSON as a JSON value; null where it gives no row."""

    @abstractmethod
    def array(self, item: str, order: str, only: str | None) -> str:
        """Aggregates items to a JSON array in an order, keeping the rows where `only` holds."""

    @abstractmethod
    def whole(self, value: str) -> str:
        """A JSON value as one SQL expression."""

    @abstractmethod
    def list(self, items: Sequence[str]) -> str:
        """A JSON array of JSON values."""

    @abstractmethod
    def choose(self, branches: Sequence[tuple[str, str]]) -> str:
        """The JSON of the first branch whose condition holds; null where none does."""

    @abstractmethod
    def member(self, value: str, param: Param) -> str:
        """Whether a value is in a list parameter."""

    @abstractmethod
    def same(self, left: str, right: str) -> str:
        """Null-safe equality."""

    @abstractmethod
    def contains(self, value: str, needle: str) -> str:
        """Whether text contains text, by code point."""

    @abstractmethod
    def starts(self, value: str, prefix: str) -> str:
        """Whether text starts with text, by code point."""

    # -- names and values

    def alias(self) -> str:
        """A fresh alias."""
        self._aliases += 1
        return f"t{self._aliases}"

    def column(self, alias: str, name: str) -> str:
        """A column of an alias."""
        return f"{alias}.{self.preparer.quote(name)}"

    def value(self, field: ScalarField, alias: str) -> str:
        """A scalar's SQL value over an alias."""
        if isinstance(field, ColumnField):
            return self.column(alias, field.column)
        template: str = getattr(field.template, self.preparer.dialect.name)
        if field.via is None:
            return f"({template.format(row=alias)})"
        other = self.alias()
        return (
            f"(SELECT {template.format(row=other)} FROM {field.via_table} {other} WHERE {self._tenant(other)}"
            f" AND {other}.id = {self.column(alias, field.via)})"
        )

    def _tenant(self, alias: str) -> str:
        return f"{alias}.tenant_id = {self.tenant}"

    @property
    def tenant(self) -> str:
        """The tenant's parameter."""
        return self.param(Param(1, ParamType.UUID, False, None, None))  # type: ignore[arg-type]

    # -- nodes

    def node(self, node: PlanNode, alias: str) -> str:
        """A node of the plan as a JSON value over the alias of its row."""
        match node:
            case Typename():
                return self.text(node.name)
            case Leaf():
                return self.scalar(node.field, alias)
            case Object():
                return self._object(node, alias)
            case Choice():
                return self._choice(node, alias)
            case Part():
                return self._part(node, alias)
            case Python():
                return self._python(node, alias)
            case One():
                return self._one(node, alias)
            case Rows():
                return self._rows(node, alias)
            case Page():
                return self._page(node, alias)
            case Union():
                return self._union(node, alias)
            case ById():
                return self._by_id(node)
            case Nothing():
                return self.raw("null")
            case Several():
                return self.list([self.node(item, alias) for item in node.items])

    def _object(self, node: Object, alias: str, *, abstract: bool = False) -> str:
        entries: list[tuple[str, str]] = []
        if self.subjects and node.entry.subject is not None:
            entries.append((SUBJECT, self.joined(self._subject(node.entry.subject, alias))))
        if self.general and abstract:
            entries.append(("$type", self.text(node.entry.name)))
        for key, inner in node.entries:
            if self.general and isinstance(inner, Python):
                entries += [(f"${name}", self.scalar(field, alias)) for name, field in inner.requires]
            else:
                entries.append((key, self.node(inner, alias)))
        return self.object(entries)

    def _subject(self, path: tuple[tuple[str, str | None], ...], alias: str) -> str:
        """The id of the party a row is about."""
        if not path:
            return f"{alias}.id"
        (column, table), *rest = path
        if table is None:
            return self.column(alias, column)
        other = self.alias()
        inside = self._subject(tuple(rest), other)
        return f"(SELECT {inside} FROM {table} {other} WHERE {self._tenant(other)} AND {other}.id = {self.column(alias, column)})"

    def _choice(self, node: Choice, alias: str) -> str:
        assert node.entry.discriminator is not None
        kind = self.column(alias, node.entry.discriminator)
        return self.choose(
            [(f"{kind} = '{b.entry.tag}'", self._object(b, alias, abstract=True)) for b in node.branches]
        )

    def _part(self, node: Part, alias: str) -> str:
        whole = self._object(node.node, alias)
        return self.choose([(self._presence(node.field, alias), whole)]) if node.field.nullable else whole

    def _presence(self, field: ValueField, alias: str) -> str:
        if field.present_column is None:
            return "1 = 1"
        if field.present_table is None:
            return f"{self.column(alias, field.present_column)} IS NOT NULL"
        other = self.alias()
        return (
            f"EXISTS (SELECT 1 FROM {field.present_table} {other} WHERE {self._tenant(other)}"
            f" AND {self.column(other, field.present_column)} = {alias}.id)"
        )

    def _python(self, node: Python, alias: str) -> str:
        entries = [(PYTHON_BEGIN, self.raw(str(node.index)))]
        entries += [(name, self.scalar(field, alias)) for name, field in node.requires]
        return self.object([*entries, (PYTHON_END, self.raw("0"))])

    def _from(self, entry: TypeEntry, alias: str) -> str:
        """The conditions every table carries: the tenant, and the tag of a type that shares its table."""
        tag = (
            f" AND {self.column(alias, entry.discriminator)} = '{entry.tag}'"
            if entry.tag and entry.discriminator
            else ""
        )
        return self._tenant(alias) + tag

    def _link(self, field: RelationField, here: str, there: str) -> str:
        return f"{self.column(there, field.there)} = {self.column(here, field.here)}"

    def _one(self, node: One, alias: str) -> str:
        other = self.alias()
        inside = self.node(node.node, other)
        return self.nested(
            f"SELECT {inside} FROM {node.target.table} {other} WHERE {self._from(node.target, other)}"
            f" AND {self._link(node.field, alias, other)}"
        )

    def _rows(self, node: Rows, alias: str) -> str:
        inner, outer = self.alias(), self.alias()
        items = self.whole(self.array(self.node(node.node, outer), f"{outer}.id", None))
        return self.nested(
            f"SELECT {items} FROM (SELECT {inner}.* FROM {node.target.table} {inner} WHERE {self._from(node.target, inner)}"
            f" AND {self._link(node.field, alias, inner)} ORDER BY {inner}.id LIMIT {node.maximum}) {outer}"
        )

    def _by_id(self, node: ById) -> str:
        alias = self.alias()
        tag = f" AND {self.column(alias, node.target.discriminator)} = '{node.target.tag}'" if node.target.tag else ""
        inside = (
            self._object(node.node, alias, abstract=True)
            if isinstance(node.node, Object)
            else self.node(node.node, alias)
        )
        return self.nested(
            f"SELECT {inside} FROM {node.target.table} {alias} WHERE {self._tenant(alias)}"
            f" AND {alias}.id = {self.param(node.id)}{tag}"
        )

    # -- pages

    def _page(self, node: Page, parent: str) -> str:
        if all(isinstance(entry, Typename) for _, entry in node.entries):
            return self.object(
                [(key, self.node(entry, parent)) for key, entry in node.entries if isinstance(entry, Typename)]
            )
        inner = self.alias()
        where = self._from(node.target, inner)
        if node.field is not None:
            where += f" AND {self._link(node.field, parent, inner)}"
        if node.where is not None:
            where += f" AND {self.condition(node.where, inner)}"
        total = f"(SELECT count(*) FROM {node.target.table} {inner} WHERE {where})"
        if _counted_only(node):
            return self._counted(node, total)
        outer = self.alias()
        source = self._page_source(node, inner, outer, where)
        nodes = [lambda n=n: self.node(n, outer) for n in node.nodes]
        cursor = self.joined(f"'{node.target.id_prefix}_'", f"{outer}.id", f"'{CURSOR_SEPARATOR}{node.fingerprint}'")
        return self._finish_page(node, nodes, cursor, outer, source, total)

    def _counted(self, node: Page | Union, total: str) -> str:
        """A connection of which only the number of rows is asked."""
        entries = [(k, self.text(e.name) if isinstance(e, Typename) else self.number(total)) for k, e in node.entries]
        return self.object(entries)

    def _page_source(self, node: Page, inner: str, outer: str, where: str) -> str:
        keys = [(self._path(k.path, inner), k) for k in node.order]
        selected = "".join(f", {sql} AS k{i}" for i, (sql, _) in enumerate(keys))
        steps = [(f"k{i}", k.descending != node.backward, _nullable(k.path)) for i, (_, k) in enumerate(keys)]
        inner_order = self._order_by(
            [(sql, k.descending != node.backward, _nullable(k.path)) for sql, k in keys]
            + [(f"{inner}.id", node.backward, False)]
        )
        middle = self.alias()
        outer_order = self._order_by(
            [(f"{middle}.{c}", d, n) for c, d, n in steps] + [(f"{middle}.id", node.backward, False)]
        )
        for param, forward in ((node.after, True), (node.before, False)):
            if param is not None:
                where += f" AND {self._beyond(node, inner, param, forward=forward)}"
        size = self.param(node.size)
        return (
            f"(SELECT {middle}.*, row_number() OVER (ORDER BY {outer_order}) AS rn, count(*) OVER () AS cn"
            f" FROM (SELECT {inner}.*{selected} FROM {node.target.table} {inner} WHERE {where}"
            f" ORDER BY {inner_order} LIMIT {size} + 1) {middle}) {outer}"
        )

    def _order_by(self, steps: Sequence[tuple[str, bool, bool]]) -> str:
        """ORDER BY with nulls last when ascending and first when descending, on both databases."""
        return ", ".join(
            f"{sql}{' DESC' if descending else ''}{(' NULLS FIRST' if descending else ' NULLS LAST') if nullable else ''}"
            for sql, descending, nullable in steps
        )

    def _path(self, path: OrderPath, alias: str) -> str:
        """The value an order key names; one reference away it is a sub-select."""
        first, *rest = path
        match first:
            case RelationField():
                other = self.alias()
                inside = self._path(tuple(rest), other)
                table = self.tables[first.target]
                return f"(SELECT {inside} FROM {table} {other} WHERE {self._tenant(other)} AND {self._link(first, alias, other)})"
            case ValueField():
                return self._path(tuple(rest), alias)
            case ColumnField() | ExpressionField():
                return self.value(first, alias)
            case _:
                raise AssertionError(first)

    def _beyond(self, node: Page, alias: str, cursor: Param, *, forward: bool) -> str:
        """Rows that stand after (or before) the cursor's row in the page's order."""
        keys: list[tuple[str, str, bool, bool]] = []
        for key in node.order:
            other = self.alias()
            read = (
                f"(SELECT {self._path(key.path, other)} FROM {node.target.table} {other} WHERE {self._tenant(other)}"
                f" AND {other}.id = {self.param(cursor)})"
            )
            keys.append((self._path(key.path, alias), read, key.descending == forward, _nullable(key.path)))
        keys.append((f"{alias}.id", self.param(cursor), not forward, False))
        return self._keyset(keys)

    def _keyset(self, keys: Sequence[tuple[str, str, bool, bool]]) -> str:
        if len({descending for _, _, descending, _ in keys}) == 1 and not any(nullable for *_, nullable in keys):
            sign = "<" if keys[0][2] else ">"
            return f"({', '.join(k for k, *_ in keys)}) {sign} ({', '.join(c for _, c, *_ in keys)})"
        alternatives: list[str] = []
        equal: list[str] = []
        for value, cursor, descending, nullable in keys:
            alternatives.append(" AND ".join([*equal, self._after_value(value, cursor, descending, nullable)]))
            equal.append(self.same(value, cursor) if nullable else f"{value} = {cursor}")
        return "(" + " OR ".join(f"({a})" for a in alternatives) + ")"

    def _after_value(self, value: str, cursor: str, descending: bool, nullable: bool) -> str:
        """Whether a value comes later than the cursor's in one step of the order (nulls last ascending, first descending)."""
        sign = "<" if descending else ">"
        if not nullable:
            return f"{value} {sign} {cursor}"
        if descending:
            return f"({value} < {cursor} OR ({cursor} IS NULL AND {value} IS NOT NULL))"
        return f"({value} > {cursor} OR ({value} IS NULL AND {cursor} IS NOT NULL))"

    def _finish_page(
        self,
        node: Page | Union,
        nodes: Sequence[Callable[[], str]],
        cursor: str,
        outer: str,
        source: str,
        total: str,
    ) -> str:
        size = self.param(node.size)
        within = f"{outer}.rn <= {size}"
        order = f"{outer}.rn DESC" if node.backward else f"{outer}.rn"
        entries = [
            (key, self._page_entry(node, entry, nodes, cursor, outer, total, within, order))
            for key, entry in node.entries
        ]
        return self.nested(f"SELECT {self.object(entries)} FROM {source}")

    def _page_entry(
        self,
        node: Page | Union,
        entry: PageEntry,
        nodes: Sequence[Callable[[], str]],
        cursor: str,
        outer: str,
        total: str,
        within: str,
        order: str,
    ) -> str:
        match entry:
            case Nodes():
                return self.array(nodes[entry.index](), order, within)
            case Edges():
                parts = [(key, self._edge_part(part, nodes, cursor)) for key, part in entry.entries]
                return self.array(self.object(parts), order, within)
            case Info():
                return self.object([(k, self._info(node, what, cursor, outer)) for k, what in entry.entries])
            case Total():
                return self.number(total)
            case Typename():
                return self.text(entry.name)

    def _edge_part(self, part: int | str | Typename, nodes: Sequence[Callable[[], str]], cursor: str) -> str:
        if isinstance(part, Typename):
            return self.text(part.name)
        return nodes[part]() if isinstance(part, int) else cursor

    def _info(self, node: Page | Union, what: str | Typename, cursor: str, outer: str) -> str:
        if isinstance(what, Typename):
            return self.text(what.name)
        size = self.param(node.size)
        more = self.truth(f"count(*) > {size}")
        match what:
            case "hasNextPage":
                return self.raw("true" if node.before else "false") if node.backward else more
            case "hasPreviousPage":
                return more if node.backward else self.raw("true" if node.after else "false")
            case _:
                last = (what == "endCursor") != node.backward
                end = f"({outer}.rn = {size} OR ({outer}.rn < {size} AND {outer}.rn = {outer}.cn))"
                return self.one_of(cursor, end if last else f"{outer}.rn = 1")

    @abstractmethod
    def one_of(self, value: str, only: str) -> str:
        """The JSON value of the one row of the group for which `only` holds; null where there is none."""

    # -- unions

    def _union(self, node: Union, parent: str) -> str:
        counted = [self._counting(branch, parent) for branch in node.branches]
        total = f"({' + '.join(count for _, _, count in counted)})" if counted else "0"
        if _counted_only(node):
            return self._counted(node, total)
        outer, middle = self.alias(), self.alias()
        branches = [
            self._branch(node, b, inner, where) for b, (inner, where, _) in zip(node.branches, counted, strict=True)
        ]
        order = self._order_by(
            [(f"{middle}.k0", not node.backward, False), (f"{middle}.gid", not node.backward, False)]
        )
        source = (
            f"(SELECT {middle}.*, row_number() OVER (ORDER BY {order}) AS rn, count(*) OVER () AS cn"
            f" FROM ({' UNION ALL '.join(branches)}) {middle}) {outer}"
        )
        width = len(node.branches[0].nodes) if node.branches else 0
        nodes = [lambda i=i: self.stored(f"{outer}.n{i}") for i in range(width)]
        cursor = self.joined(f"{outer}.gid", f"'{CURSOR_SEPARATOR}{node.fingerprint}'")
        return self._finish_page(node, nodes, cursor, outer, source, total)

    def _counting(self, branch: Branch, parent: str) -> tuple[str, str, str]:
        """A member's alias, the conditions on its rows, and how many there are."""
        inner = self.alias()
        where = f"{self._from(branch.entry, inner)} AND {self._reaches(branch.path, inner, parent)}"
        return inner, where, f"(SELECT count(*) FROM {branch.entry.table} {inner} WHERE {where})"

    def _branch(self, node: Union, branch: Branch, inner: str, where: str) -> str:
        """One member's part of the union, ordered and cut before it is merged."""
        outer = self.alias()
        entry = branch.entry
        key = self.value(branch.order, inner)
        gid = f"'{entry.id_prefix}_' || {self.cast_text(f'{inner}.id')}"
        for text, row, forward in ((node.after_id, node.after, True), (node.before_id, node.before, False)):
            if text is not None and row is not None:
                read = self._union_key(node, row)
                sign = "<" if forward else ">"
                where += f" AND ({key} {sign} {read} OR ({key} = {read} AND {gid} {sign} {self.param(text)}))"
        down = "" if node.backward else " DESC"
        nodes = "".join(f", {self._object(n, outer, abstract=True)} AS n{i}" for i, n in enumerate(branch.nodes))
        return (
            f"SELECT {outer}.k0 AS k0, {outer}.gid AS gid{nodes} FROM (SELECT {inner}.*, {key} AS k0, {gid} AS gid"
            f" FROM {entry.table} {inner} WHERE {where} ORDER BY k0{down}, gid{down} LIMIT {self.param(node.size)} + 1) {outer}"
        )

    def _reaches(self, path: tuple[tuple[str, str | None], ...], alias: str, parent: str) -> str:
        (column, table), *rest = path
        if table is None:
            return f"{self.column(alias, column)} = {parent}.id"
        other = self.alias()
        inside = self._reaches(tuple(rest), other, parent)
        return (
            f"EXISTS (SELECT 1 FROM {table} {other} WHERE {self._tenant(other)}"
            f" AND {other}.id = {self.column(alias, column)} AND {inside})"
        )

    def _union_key(self, node: Union, cursor: Param) -> str:
        reads = []
        for branch in node.branches:
            other = self.alias()
            reads.append(
                f"(SELECT {self.value(branch.order, other)} FROM {branch.entry.table} {other} WHERE {self._tenant(other)}"
                f" AND {other}.id = {self.param(cursor)})"
            )
        return f"coalesce({', '.join(reads)})" if len(reads) > 1 else reads[0]

    @abstractmethod
    def stored(self, column: str) -> str:
        """JSON that an inner select made, as a JSON value."""

    @abstractmethod
    def cast_text(self, sql: str) -> str:
        """An id as text."""

    def _cursor_row(self, entries: tuple[TypeEntry, ...], param: Param) -> str:
        found = []
        for entry in entries:
            other = self.alias()
            found.append(
                f"EXISTS (SELECT 1 FROM {entry.table} {other} WHERE {self._from(entry, other)} AND {other}.id = {self.param(param)})"
            )
        return "(" + " OR ".join(found) + ")"

    # -- conditions

    def condition(self, condition: Condition, alias: str) -> str:
        """A condition over the alias of its row."""
        match condition:
            case Test():
                return self._test(condition, alias)
            case AllOf():
                parts = [self.condition(c, alias) for c in condition.conditions]
                return "(" + " AND ".join(parts) + ")" if parts else "(1 = 1)"
            case AnyOf():
                parts = [self.condition(c, alias) for c in condition.conditions]
                return "(" + " OR ".join(parts) + ")" if parts else "(1 = 0)"
            case Negation():
                return f"NOT coalesce({self.condition(condition.condition, alias)}, {self.false})"
            case Presence():
                return self._presence(condition.field, alias)
            case Matches():
                return self._matches(condition, alias)

    false: str

    def _matches(self, condition: Matches, alias: str) -> str:
        other = self.alias()
        where = f"{self._from(condition.target, other)} AND {self._link(condition.field, alias, other)}"
        inside = self.condition(condition.condition, other) if condition.condition is not None else "(1 = 1)"
        if condition.quantifier == "every":
            inside = f"NOT coalesce({inside}, {self.false})"
        exists = f"EXISTS (SELECT 1 FROM {condition.target.table} {other} WHERE {where} AND {inside})"
        return f"NOT {exists}" if condition.quantifier in ("every", "none") else exists

    def _test(self, test: Test, alias: str) -> str:
        value = self.value(test.field, alias)
        if test.field.kind is Kind.AMOUNT and test.operator != "isNull":
            return self._amount_test(test, alias, value)
        param = test.params[0]
        match test.operator:
            case "isNull":
                return f"({value} IS NULL) = {self.param(param)}"
            case "in":
                return self.member(value, param)
            case "notIn":
                return f"NOT ({self.member(value, param)})"
            case "contains":
                return self.contains(value, self.param(param))
            case "startsWith":
                return self.starts(value, self.param(param))
            case operator:
                return f"{value} {_COMPARE[operator]} {self.param(param)}"

    def _amount_test(self, test: Test, alias: str, value: str) -> str:
        field = test.field
        assert isinstance(field, ColumnField) and field.companion is not None
        currency = self.column(alias, field.companion)
        by_exponent = dict(zip(EXPONENTS, test.params, strict=True))
        cases = "".join(
            f" WHEN {currency} IN ({_quoted(codes)}) THEN {self.param(by_exponent[exponent])}"
            for exponent, codes in _GROUPS.items()
        )
        return f"{value} {_COMPARE[test.operator]} CASE{cases} ELSE {self.param(by_exponent[2])} END"


def _counted_only(node: Page | Union) -> bool:
    return all(isinstance(entry, Total | Typename) for _, entry in node.entries)


def _nullable(path: OrderPath) -> bool:
    return any(getattr(field, "nullable", False) for field in path)


def _quoted(codes: Sequence[str]) -> str:
    return ", ".join(f"'{code}'" for code in codes)


class SqliteWriter(Writer):
    """json_object and friends; one row, one value."""

    preparer = sqlite.dialect().identifier_preparer
    false = "0"

    def gate(self, body: str) -> str:
        return f"SELECT {body}"

    def place(self, position: int, param: Param) -> str:
        return f"?{position}"

    def object(self, entries: Sequence[tuple[str, str]]) -> str:
        return f"json_object({', '.join(f'{self._key(key)}, {value}' for key, value in entries)})"

    def _key(self, key: str) -> str:
        return f"char({ord(key)})" if len(key) == 1 and key < " " else f"'{key}'"

    def scalar(self, field: ScalarField, alias: str) -> str:
        value = self.value(field, alias)
        match field.kind:
            case Kind.ID:
                return f"'{field.id_prefix}_' || {value}"
            case Kind.BOOL:
                return f"json(CASE WHEN {value} THEN 'true' WHEN {value} IS NULL THEN 'null' ELSE 'false' END)"
            case Kind.DECIMAL:
                return _printed(value, field.scale)
            case Kind.AMOUNT:
                assert isinstance(field, ColumnField) and field.companion is not None
                currency = self.column(alias, field.companion)
                cases = "".join(
                    f" WHEN {currency} IN ({_quoted(c)}) THEN {_printed(value, e)}" for e, c in _GROUPS.items()
                )
                return f"CASE{cases} ELSE {_printed(value, 2)} END"
            case _:
                return value

    def text(self, constant: str) -> str:
        return f"'{constant}'"

    def joined(self, *parts: str) -> str:
        return " || ".join(parts)

    def raw(self, constant: str) -> str:
        return constant if constant.isdigit() else f"json('{constant}')"

    def truth(self, condition: str) -> str:
        return f"json(CASE WHEN {condition} THEN 'true' ELSE 'false' END)"

    def number(self, sql: str) -> str:
        return sql

    def nested(self, sql: str) -> str:
        return f"json(({sql}))"

    def array(self, item: str, order: str, only: str | None) -> str:
        kept = f" FILTER (WHERE {only})" if only else ""
        return f"json_group_array({item} ORDER BY {order}){kept}"

    def whole(self, value: str) -> str:
        return value

    def list(self, items: Sequence[str]) -> str:
        return f"json_array({', '.join(items)})"

    def choose(self, branches: Sequence[tuple[str, str]]) -> str:
        return f"json(CASE{''.join(f' WHEN {c} THEN {v}' for c, v in branches)} END)"

    def member(self, value: str, param: Param) -> str:
        return f"{value} IN (SELECT value FROM json_each({self.param(param)}))"

    def same(self, left: str, right: str) -> str:
        return f"{left} IS {right}"

    def contains(self, value: str, needle: str) -> str:
        return f"instr({value}, {needle}) > 0"

    def starts(self, value: str, prefix: str) -> str:
        return f"substr({value}, 1, length({prefix})) = {prefix}"

    def one_of(self, value: str, only: str) -> str:
        return f"max({value}) FILTER (WHERE {only})"

    def stored(self, column: str) -> str:
        return f"json({column})"

    def cast_text(self, sql: str) -> str:
        return sql


def _printed(value: str, scale: int) -> str:
    """A scaled integer as an exact decimal text on SQLite."""
    if scale == 0:
        return f"CAST({value} AS TEXT)"
    unit = 10**scale
    sign = f"CASE WHEN {value} < 0 THEN '-' ELSE '' END"
    whole = f"printf('%s%d.%0{scale}d', {sign}, abs({value} / {unit}), abs({value} % {unit}))"
    return f"CASE WHEN {value} IS NOT NULL THEN {whole} END"


class PostgresqlWriter(Writer):
    """Text by concat and to_json, behind the gate that sets the tenant before anything is read."""

    preparer = postgresql.dialect().identifier_preparer
    false = "false"
    _WIDTH: Final = 90  # functions take 100 arguments

    def gate(self, body: str) -> str:
        return f"SELECT CASE WHEN set_config('app.tenant', ({self.tenant})::text, true) IS NOT NULL THEN ({body}) END"

    def place(self, position: int, param: Param) -> str:
        return f"${position}::{param.type.value}{'[]' if param.many else ''}"

    def object(self, entries: Sequence[tuple[str, str]]) -> str:
        pieces = ["'{'"]
        for index, (key, value) in enumerate(entries):
            escaped = f"\\u{ord(key):04x}" if len(key) == 1 and key < " " else key
            pieces += [f"'{',' if index else ''}\"{escaped}\":'", *_pieces(value)]
        return self._concat([*pieces, "'}'"])

    def _concat(self, pieces: Sequence[str]) -> str:
        merged = _merge(pieces)
        if len(merged) == 1:
            return merged[0]
        if len(merged) > self._WIDTH:
            groups = [self._concat(merged[i : i + self._WIDTH]) for i in range(0, len(merged), self._WIDTH)]
            return f"concat({', '.join(groups)})"
        return f"concat({', '.join(merged)})"

    def scalar(self, field: ScalarField, alias: str) -> str:
        value = self.value(field, alias)
        text = self._text_of(field, alias, value)
        if field.kind is Kind.INT:
            return f"coalesce(({value})::text, 'null')" if field.nullable else value
        if field.kind is Kind.BOOL:
            return f"CASE {value} WHEN true THEN 'true' WHEN false THEN 'false' ELSE 'null' END"
        if field.kind is Kind.TEXT:
            return f"coalesce(to_json({value})::text, 'null')" if field.nullable else f"to_json({value})"
        if field.nullable:
            return f"coalesce('\"' || {text} || '\"', 'null')"
        return _string(text)

    def _text_of(self, field: ScalarField, alias: str, value: str) -> str:
        """The inside of a JSON string that needs no escaping."""
        match field.kind:
            case Kind.ID:
                return f"'{field.id_prefix}_' || {value}"
            case Kind.TIME:
                return f"to_char({value} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
            case Kind.DATE:
                return f"to_char({value}, 'YYYY-MM-DD')"
            case Kind.DECIMAL:
                return _scaled(value, field.scale)
            case Kind.AMOUNT:
                assert isinstance(field, ColumnField) and field.companion is not None
                currency = self.column(alias, field.companion)
                cases = "".join(
                    f" WHEN {currency} IN ({_quoted(c)}) THEN {_scaled(value, e)}" for e, c in _GROUPS.items()
                )
                return f"CASE{cases} ELSE {_scaled(value, 2)} END"
            case _:
                return value

    def text(self, constant: str) -> str:
        return f"'\"{constant}\"'"

    def joined(self, *parts: str) -> str:
        return _JOIN.join(["'\"'", *parts, "'\"'"])

    def raw(self, constant: str) -> str:
        return f"'{constant}'"

    def truth(self, condition: str) -> str:
        return f"CASE WHEN {condition} THEN 'true' ELSE 'false' END"

    def number(self, sql: str) -> str:
        return sql

    def nested(self, sql: str) -> str:
        return f"coalesce(({sql}), 'null')"

    def array(self, item: str, order: str, only: str | None) -> str:
        kept = f" FILTER (WHERE {only})" if only else ""
        return self._concat_later(f"string_agg({self.whole(item)}, ',' ORDER BY {order}){kept}")

    def list(self, items: Sequence[str]) -> str:
        pieces = ["'['"]
        for index, item in enumerate(items):
            pieces += [*(["','"] if index else []), *_pieces(item)]
        return self._concat([*pieces, "']'"])

    def _concat_later(self, inside: str) -> str:
        return _JOIN.join(["'['", inside, "']'"])

    def whole(self, value: str) -> str:
        pieces = _pieces(value)
        return pieces[0] + "::text" if len(pieces) == 1 and pieces[0].startswith("to_json(") else self._concat(pieces)

    def choose(self, branches: Sequence[tuple[str, str]]) -> str:
        return f"CASE{''.join(f' WHEN {c} THEN {self.whole(v)}' for c, v in branches)} ELSE 'null' END"

    def member(self, value: str, param: Param) -> str:
        return f"{value} = ANY({self.param(param)})"

    def same(self, left: str, right: str) -> str:
        return f"{left} IS NOT DISTINCT FROM {right}"

    def contains(self, value: str, needle: str) -> str:
        return f"position({needle} IN {value}) > 0"

    def starts(self, value: str, prefix: str) -> str:
        return f"starts_with({value}, {prefix})"

    def one_of(self, value: str, only: str) -> str:
        return f"coalesce(max({self._concat(_pieces(value))}) FILTER (WHERE {only}), 'null')"

    def stored(self, column: str) -> str:
        return column

    def cast_text(self, sql: str) -> str:
        return f'({sql}::text COLLATE "C")'


#: Joins the pieces of a value that concat will put together; no SQL text contains it.
_JOIN: Final = "\x00"


def _pieces(value: str) -> list[str]:
    return value.split(_JOIN)


def _string(text: str) -> str:
    """A JSON string around a text that needs no escaping, left in pieces for the concat around it."""
    if text.startswith("'") and " || " in text and not text.startswith("'\""):
        prefix, _, rest = text.partition(" || ")
        return _JOIN.join([f"'\"{prefix[1:]}", rest, "'\"'"])
    return _JOIN.join(["'\"'", text, "'\"'"])


def _merge(pieces: Sequence[str]) -> list[str]:
    """Joins neighbouring constants: fewer arguments, less work per row."""
    out: list[str] = []
    for piece in pieces:
        if out and _constant(piece) and _constant(out[-1]):
            out[-1] = out[-1][:-1] + piece[1:]
        else:
            out.append(piece)
    return out


def _constant(piece: str) -> bool:
    return len(piece) >= 2 and piece[0] == "'" and piece[-1] == "'" and "'" not in piece[1:-1]


def _scaled(value: str, scale: int) -> str:
    """A scaled integer as an exact decimal text on PostgreSQL: numeric keeps the factor's decimals."""
    return f"({value})::text" if scale == 0 else f"({value} * 0.{'0' * (scale - 1)}1)::text"
