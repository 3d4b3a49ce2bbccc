"""Pages of connections over one table: keyset, order, edges, page info and totals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from ..own_page import shows_ends
from ..parameters import CURSOR_SEPARATOR
from ..plan import Edges, Info, Nodes, OrderKey, Page, PageEntry, Param, PlanNode, Total, Typename, Union
from .conditions import Conditions
from .scope import Scope, nullable

__all__ = ["Cursor", "Pages", "Rows", "beyond", "rowless"]

WriteNode = Callable[[PlanNode, str], str]


@dataclass(frozen=True, slots=True)
class Cursor:
    """How a row's cursor is written: a constant, the SQL of what tells the row, and the order's fingerprint."""

    prefix: str
    key: str
    fingerprint: str

    @property
    def parts(self) -> tuple[str, str, str]:
        """Its parts as SQL texts; an empty prefix is none."""
        return self.prefix, self.key, f"'{CURSOR_SEPARATOR}{self.fingerprint}'"


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a page while it is written. numbered: they carry their number `rn`, and one of them may be too many."""

    nodes: Sequence[Callable[[], str]]
    cursor: Cursor
    alias: str
    order: str
    numbered: bool


class Pages:
    """Writes pages. node: writes a row's JSON over an alias; listed: that of a row of the answer's own list."""

    def __init__(self, scope: Scope, conditions: Conditions, node: WriteNode, listed: WriteNode) -> None:
        self.scope = scope
        self.sql = scope.sql
        self.conditions = conditions
        self.node = node
        self.listed = listed

    def page(self, node: Page, parent: str) -> str:
        """A connection."""
        if rowless(node) and not any(isinstance(entry, Total) for _, entry in node.entries):
            return self.without_rows(node, "")
        inner, where, total = self._selected(node, parent)
        if rowless(node):
            return self.without_rows(node, total)
        outer = self.scope.alias()
        numbered = beyond(node)
        source, order = self._page_source(node, inner, outer, where, numbered=numbered)
        nodes = [partial(self.node, n, outer) for n in node.nodes]
        return self.finish(node, Rows(nodes, self._cursor(node, outer), outer, order, numbered=numbered), source, total)

    def own(self, node: Page) -> str:
        """The rows of a page that is the whole answer, which `OwnPage` puts together."""
        inner, where, total = self._selected(node, "")
        outer = self.scope.alias()
        source, order = self._page_source(node, inner, outer, where, numbered=False)
        nodes = [partial(self.listed, n, outer) for n in node.nodes]
        rows = Rows(nodes, self._cursor(node, outer), outer, order, numbered=False)
        lists = [
            rows.nodes[entry.index]() if isinstance(entry, Nodes) else self._edge(entry, rows, own=True)
            for _, entry in node.entries
            if isinstance(entry, Nodes | Edges)
        ]
        key = f"{outer}.id" if shows_ends(node) else None
        first = total if any(isinstance(entry, Total) for _, entry in node.entries) else None
        return self.sql.rows(key, lists, order, source, first)

    def _selected(self, node: Page, parent: str) -> tuple[str, str, str]:
        """The alias of the page's table, the conditions on its rows, and how many there are."""
        inner = self.scope.alias()
        where = self.scope.rows_of(node.target, inner)
        if node.field is not None:
            where += f" AND {self.scope.link(node.field, parent, inner)}"
        if node.where is not None:
            where += f" AND {self.conditions.condition(node.where, inner)}"
        return inner, where, f"(SELECT count(*) FROM {node.target.table} {inner} WHERE {where})"

    def _cursor(self, node: Page, alias: str) -> Cursor:
        return Cursor(f"'{node.target.id_prefix}_'", f"{alias}.id", node.fingerprint)

    def without_rows(self, node: Page | Union, total: str) -> str:
        """A connection of which nothing is asked that its page's rows would tell."""
        none = Rows((), Cursor("", "", ""), "", "", numbered=False)
        return self.sql.counted(self.sql.object([(k, self._page_entry(node, e, none, total)) for k, e in node.entries]))

    def _page_source(self, node: Page, inner: str, outer: str, where: str, *, numbered: bool) -> tuple[str, str]:
        """The rows of a page, one more where it matters whether there is one, and the order they are shown in."""
        keys = [(sql, k) for k in node.order for sql in self.scope.path(k.path, inner)]
        selected = "".join(f", {sql} AS k{i}" for i, (sql, _) in enumerate(keys))
        for param, forward in ((node.after, True), (node.before, False)):
            if param is not None:
                where += f" AND {self._beyond(node, inner, param, forward=forward)}"
        steps = [(sql, k.descending != node.backward, nullable(k.path)) for sql, k in keys]
        found = self.scope.order_by([*steps, (f"{inner}.id", node.ties_descend != node.backward, False)])
        source = (
            f"(SELECT {inner}.*{selected} FROM {node.target.table} {inner} WHERE {where}"
            f" ORDER BY {found} LIMIT {self.most(node)})"
        )
        if numbered:
            middle = self.scope.alias()
            source = self.numbered(source, middle, self._shown(node, keys, middle, backward=node.backward))
        return f"{source} {outer}", self._shown(node, keys, outer, backward=False)

    def _shown(self, node: Page, keys: Sequence[tuple[str, OrderKey]], alias: str, *, backward: bool) -> str:
        """The page's order over an alias of its rows, whose keys are columns there."""
        steps = [(f"{alias}.k{i}", k.descending != backward, nullable(k.path)) for i, (_, k) in enumerate(keys)]
        return self.scope.order_by([*steps, (f"{alias}.id", node.ties_descend != backward, False)])

    def most(self, node: Page | Union) -> str:
        """How many rows are read at most."""
        size = self.scope.param(node.size)
        return f"{size} + 1" if beyond(node) else size

    def numbered(self, source: str, middle: str, order: str) -> str:
        """Rows with their number in an order, so that one too many is not written out."""
        return f"(SELECT {middle}.*, row_number() OVER (ORDER BY {order}) AS rn FROM {source} {middle})"

    def _beyond(self, node: Page, alias: str, cursor: Param, *, forward: bool) -> str:
        """Rows that stand after (or before) the cursor's row in the page's order."""
        keys: list[tuple[str, str, bool, bool]] = []
        for key in node.order:
            other = self.scope.alias()
            source = f"{node.target.table} {other} WHERE {self.scope.owned(other)} AND {other}.id = {self.scope.param(cursor)}"
            for value, read in zip(self.scope.path(key.path, alias), self.scope.path(key.path, other), strict=True):
                keys.append((value, f"(SELECT {read} FROM {source})", key.descending == forward, nullable(key.path)))
        keys.append((f"{alias}.id", self.scope.param(cursor), node.ties_descend == forward, False))
        return self._keyset(keys)

    def _keyset(self, keys: Sequence[tuple[str, str, bool, bool]]) -> str:
        if len({descending for _, _, descending, _ in keys}) == 1 and not any(nullable for *_, nullable in keys):
            sign = "<" if keys[0][2] else ">"
            return f"({', '.join(k for k, *_ in keys)}) {sign} ({', '.join(c for _, c, *_ in keys)})"
        alternatives: list[str] = []
        equal: list[str] = []
        for value, cursor, descending, may_be_null in keys:
            alternatives.append(" AND ".join([*equal, self._after_value(value, cursor, descending, may_be_null)]))
            equal.append(self.sql.same(value, cursor) if may_be_null else f"{value} = {cursor}")
        after = "(" + " OR ".join(f"({a})" for a in alternatives) + ")"
        value, cursor, descending, may_be_null = keys[0]
        if may_be_null:
            return after
        # Follows from the rest, and lets an index begin at the cursor: without it a page far behind reads all before it.
        return f"{value} {'<=' if descending else '>='} {cursor} AND {after}"

    def _after_value(self, value: str, cursor: str, descending: bool, may_be_null: bool) -> str:
        """Whether a value comes later than the cursor's in one step of the order (nulls last ascending, first descending)."""
        sign = "<" if descending else ">"
        if not may_be_null:
            return f"{value} {sign} {cursor}"
        if descending:
            return f"({value} < {cursor} OR ({cursor} IS NULL AND {value} IS NOT NULL))"
        return f"({value} > {cursor} OR ({value} IS NULL AND {cursor} IS NOT NULL))"

    def finish(self, node: Page | Union, rows: Rows, source: str, total: str) -> str:
        """The connection over its rows."""
        entries = [(key, self._page_entry(node, entry, rows, total)) for key, entry in node.entries]
        return self.sql.nested(f"SELECT {self.sql.whole(self.sql.counted(self.sql.object(entries)))} FROM {source}")

    def _page_entry(self, node: Page | Union, entry: PageEntry, rows: Rows, total: str) -> str:
        match entry:
            case Nodes():
                return self.sql.array(rows.nodes[entry.index](), rows.order, self._within(node, rows))
            case Edges():
                return self.sql.array(self._edge(entry, rows, own=False), rows.order, self._within(node, rows))
            case Info():
                return self.sql.object([(k, self._info(node, what, rows)) for k, what in entry.entries])
            case Total():
                return self.sql.number(total)
            case Typename():
                return self.sql.text(entry.name)

    def _edge(self, entry: Edges, rows: Rows, *, own: bool) -> str:
        edge = self.sql.object([(key, self._edge_part(part, rows)) for key, part in entry.entries])
        shown = sum(isinstance(part, int) for _, part in entry.entries)
        # The row of an answer's own list is counted once with the list, and an edge may show it again.
        return self.sql.counted(edge, max(shown - 1, 0) if own else int(not shown))

    def _within(self, node: Page | Union, rows: Rows) -> str | None:
        return f"{rows.alias}.rn <= {self.scope.param(node.size)}" if rows.numbered else None

    def _edge_part(self, part: int | str | Typename, rows: Rows) -> str:
        if isinstance(part, Typename):
            return self.sql.text(part.name)
        return rows.nodes[part]() if isinstance(part, int) else self.sql.joined(*rows.cursor.parts)

    def _info(self, node: Page | Union, what: str | Typename, rows: Rows) -> str:
        if isinstance(what, Typename):
            return self.sql.text(what.name)
        if what == _behind(node):
            return self.sql.raw("true" if (node.before if node.backward else node.after) else "false")
        size = self.scope.param(node.size)
        if what in ("hasNextPage", "hasPreviousPage"):
            return self.sql.truth(f"count(*) > {size}")
        return self.sql.at(rows.cursor.parts, rows.order, self._place(node, what))

    def _place(self, node: Page | Union, what: str) -> str:
        """Which of the rows read stands at this end of the page: a row too many is the last one read, the first one shown when backward."""
        size = self.scope.param(node.size)
        if not beyond(node):
            return "1" if what == "startCursor" else "count(*)"
        if node.backward:
            return f"CASE WHEN count(*) > {size} THEN 2 ELSE 1 END" if what == "startCursor" else "count(*)"
        return "1" if what == "startCursor" else f"CASE WHEN count(*) > {size} THEN {size} ELSE count(*) END"


def beyond(node: Page | Union) -> bool:
    """Whether it is asked if there are rows beyond the page: then one more is read."""
    ahead = "hasPreviousPage" if node.backward else "hasNextPage"
    return any(isinstance(entry, Info) and any(what == ahead for _, what in entry.entries) for _, entry in node.entries)


def rowless(node: Page | Union) -> bool:
    """Whether nothing that is asked of a connection depends on the rows of its page: such a select would have no aggregate."""
    return all(
        isinstance(entry, Total | Typename)
        or (isinstance(entry, Info) and all(isinstance(w, Typename) or w == _behind(node) for _, w in entry.entries))
        for _, entry in node.entries
    )


def _behind(node: Page | Union) -> str:
    """Which end of a page its arguments tell: there are rows on the side it was entered from where a cursor was given."""
    return "hasNextPage" if node.backward else "hasPreviousPage"
