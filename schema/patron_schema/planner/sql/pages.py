"""Pages of connections over one table: keyset, order, edges, page info and totals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..parameters import CURSOR_SEPARATOR
from ..plan import Edges, Info, Nodes, Page, PageEntry, Param, PlanNode, Total, Typename, Union
from .conditions import Conditions
from .scope import Scope, nullable

__all__ = ["Pages", "rowless"]

WriteNode = Callable[[PlanNode, str], str]


class Pages:
    """Writes pages. node: writes a row's JSON over an alias."""

    def __init__(self, scope: Scope, conditions: Conditions, node: WriteNode) -> None:
        self.scope = scope
        self.sql = scope.sql
        self.conditions = conditions
        self.node = node

    def page(self, node: Page, parent: str) -> str:
        if rowless(node) and not any(isinstance(entry, Total) for _, entry in node.entries):
            return self.without_rows(node, "")
        inner = self.scope.alias()
        where = self.scope.rows_of(node.target, inner)
        if node.field is not None:
            where += f" AND {self.scope.link(node.field, parent, inner)}"
        if node.where is not None:
            where += f" AND {self.conditions.condition(node.where, inner)}"
        total = f"(SELECT count(*) FROM {node.target.table} {inner} WHERE {where})"
        if rowless(node):
            return self.without_rows(node, total)
        outer = self.scope.alias()
        source = self._page_source(node, inner, outer, where)
        nodes = [lambda n=n: self.node(n, outer) for n in node.nodes]
        cursor = self.sql.joined(
            f"'{node.target.id_prefix}_'", f"{outer}.id", f"'{CURSOR_SEPARATOR}{node.fingerprint}'"
        )
        return self.finish(node, nodes, cursor, outer, source, total)

    def without_rows(self, node: Page | Union, total: str) -> str:
        """A connection of which nothing is asked that its page's rows would tell."""
        return self.sql.object([(k, self._page_entry(node, e, (), "", "", total, "", "")) for k, e in node.entries])

    def _page_source(self, node: Page, inner: str, outer: str, where: str) -> str:
        keys = [(sql, k) for k in node.order for sql in self.scope.path(k.path, inner)]
        selected = "".join(f", {sql} AS k{i}" for i, (sql, _) in enumerate(keys))
        steps = [(f"k{i}", k.descending != node.backward, nullable(k.path)) for i, (_, k) in enumerate(keys)]
        inner_order = self.scope.order_by(
            [(sql, k.descending != node.backward, nullable(k.path)) for sql, k in keys]
            + [(f"{inner}.id", node.backward, False)]
        )
        middle = self.scope.alias()
        outer_order = self.scope.order_by(
            [(f"{middle}.{c}", d, n) for c, d, n in steps] + [(f"{middle}.id", node.backward, False)]
        )
        for param, forward in ((node.after, True), (node.before, False)):
            if param is not None:
                where += f" AND {self._beyond(node, inner, param, forward=forward)}"
        size = self.scope.param(node.size)
        return (
            f"(SELECT {middle}.*, row_number() OVER (ORDER BY {outer_order}) AS rn, count(*) OVER () AS cn"
            f" FROM (SELECT {inner}.*{selected} FROM {node.target.table} {inner} WHERE {where}"
            f" ORDER BY {inner_order} LIMIT {size} + 1) {middle}) {outer}"
        )

    def _beyond(self, node: Page, alias: str, cursor: Param, *, forward: bool) -> str:
        """Rows that stand after (or before) the cursor's row in the page's order."""
        keys: list[tuple[str, str, bool, bool]] = []
        for key in node.order:
            other = self.scope.alias()
            source = f"{node.target.table} {other} WHERE {self.scope.owned(other)} AND {other}.id = {self.scope.param(cursor)}"
            for value, read in zip(self.scope.path(key.path, alias), self.scope.path(key.path, other), strict=True):
                keys.append((value, f"(SELECT {read} FROM {source})", key.descending == forward, nullable(key.path)))
        keys.append((f"{alias}.id", self.scope.param(cursor), not forward, False))
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
        return "(" + " OR ".join(f"({a})" for a in alternatives) + ")"

    def _after_value(self, value: str, cursor: str, descending: bool, may_be_null: bool) -> str:
        """Whether a value comes later than the cursor's in one step of the order (nulls last ascending, first descending)."""
        sign = "<" if descending else ">"
        if not may_be_null:
            return f"{value} {sign} {cursor}"
        if descending:
            return f"({value} < {cursor} OR ({cursor} IS NULL AND {value} IS NOT NULL))"
        return f"({value} > {cursor} OR ({value} IS NULL AND {cursor} IS NOT NULL))"

    def finish(
        self,
        node: Page | Union,
        nodes: Sequence[Callable[[], str]],
        cursor: str,
        outer: str,
        source: str,
        total: str,
    ) -> str:
        size = self.scope.param(node.size)
        within = f"{outer}.rn <= {size}"
        order = f"{outer}.rn DESC" if node.backward else f"{outer}.rn"
        entries = [
            (key, self._page_entry(node, entry, nodes, cursor, outer, total, within, order))
            for key, entry in node.entries
        ]
        return self.sql.nested(f"SELECT {self.sql.object(entries)} FROM {source}")

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
                return self.sql.array(nodes[entry.index](), order, within)
            case Edges():
                parts = [(key, self._edge_part(part, nodes, cursor)) for key, part in entry.entries]
                return self.sql.array(self.sql.object(parts), order, within)
            case Info():
                return self.sql.object([(k, self._info(node, what, cursor, outer)) for k, what in entry.entries])
            case Total():
                return self.sql.number(total)
            case Typename():
                return self.sql.text(entry.name)

    def _edge_part(self, part: int | str | Typename, nodes: Sequence[Callable[[], str]], cursor: str) -> str:
        if isinstance(part, Typename):
            return self.sql.text(part.name)
        return nodes[part]() if isinstance(part, int) else cursor

    def _info(self, node: Page | Union, what: str | Typename, cursor: str, outer: str) -> str:
        if isinstance(what, Typename):
            return self.sql.text(what.name)
        if what == _behind(node):
            return self.sql.raw("true" if (node.before if node.backward else node.after) else "false")
        size = self.scope.param(node.size)
        if what in ("hasNextPage", "hasPreviousPage"):
            return self.sql.truth(f"count(*) > {size}")
        last = (what == "endCursor") != node.backward
        end = f"({outer}.rn = {size} OR ({outer}.rn < {size} AND {outer}.rn = {outer}.cn))"
        return self.sql.one_of(cursor, end if last else f"{outer}.rn = 1")


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
