"""Pages over the tables of an interface's members: each branch is ordered and cut before it is merged."""

from __future__ import annotations

from collections.abc import Callable

from ..plan import Branch, Object, Param, Union
from .pages import Cursor, Pages, Rows, beyond, rowless
from .scope import Scope

__all__ = ["Unions"]

WriteObject = Callable[[Object, str], str]


class Unions:
    """Writes unions. object: writes a row's JSON with its type beside it where that is needed."""

    def __init__(self, scope: Scope, pages: Pages, member: WriteObject) -> None:
        self.scope = scope
        self.sql = scope.sql
        self.pages = pages
        self.member = member

    def union(self, node: Union, parent: str) -> str:
        counted = [self._counting(branch, parent) for branch in node.branches]
        total = f"({' + '.join(count for _, _, count in counted)})" if counted else "0"
        if rowless(node):
            return self.pages.without_rows(node, total)
        outer, middle = self.scope.alias(), self.scope.alias()
        branches = [
            self._branch(node, b, inner, where) for b, (inner, where, _) in zip(node.branches, counted, strict=True)
        ]
        source = (
            f"(SELECT {middle}.* FROM ({' UNION ALL '.join(branches)}) {middle}"
            f" ORDER BY {self._order(middle, up=node.backward)} LIMIT {self.pages.most(node)})"
        )
        numbered = beyond(node)
        if numbered:
            read = self.scope.alias()
            source = self.pages.numbered(source, read, self._order(read, up=node.backward))
        width = len(node.branches[0].nodes) if node.branches else 0
        nodes = [lambda i=i: self.sql.stored(f"{outer}.n{i}") for i in range(width)]
        cursor = Cursor("''", f"{outer}.gid", node.fingerprint)
        rows = Rows(nodes, cursor, outer, self._order(outer, up=False), numbered=numbered)
        return self.pages.finish(node, rows, f"{source} {outer}", total)

    def _order(self, alias: str, *, up: bool) -> str:
        return self.scope.order_by([(f"{alias}.k0", not up, False), (f"{alias}.gid", not up, False)])

    def _counting(self, branch: Branch, parent: str) -> tuple[str, str, str]:
        """A member's alias, the conditions on its rows, and how many there are."""
        inner = self.scope.alias()
        where = f"{self.scope.rows_of(branch.entry, inner)} AND {self.scope.reaches(branch.path, inner, parent)}"
        return inner, where, f"(SELECT count(*) FROM {branch.entry.table} {inner} WHERE {where})"

    def _branch(self, node: Union, branch: Branch, inner: str, where: str) -> str:
        """One member's part of the union, ordered and cut before it is merged."""
        outer = self.scope.alias()
        entry = branch.entry
        key = self.scope.value(branch.order, inner)
        gid = f"'{entry.id_prefix}_' || {self.sql.cast_text(f'{inner}.id')}"
        for text, row, forward in ((node.after_id, node.after, True), (node.before_id, node.before, False)):
            if text is not None and row is not None:
                read = self._union_key(node, row)
                sign = "<" if forward else ">"
                where += f" AND ({key} {sign} {read} OR ({key} = {read} AND {gid} {sign} {self.scope.param(text)}))"
        down = "" if node.backward else " DESC"
        nodes = "".join(f", {self.sql.whole(self.member(n, outer))} AS n{i}" for i, n in enumerate(branch.nodes))
        return (
            f"SELECT {outer}.k0 AS k0, {outer}.gid AS gid{nodes} FROM (SELECT {inner}.*, {key} AS k0, {gid} AS gid"
            f" FROM {entry.table} {inner} WHERE {where} ORDER BY k0{down}, gid{down} LIMIT {self.pages.most(node)}) {outer}"
        )

    def _union_key(self, node: Union, cursor: Param) -> str:
        reads = []
        for branch in node.branches:
            other = self.scope.alias()
            reads.append(
                f"(SELECT {self.scope.value(branch.order, other)} FROM {branch.entry.table} {other} WHERE {self.scope.owned(other)}"
                f" AND {other}.id = {self.scope.param(cursor)})"
            )
        return f"coalesce({', '.join(reads)})" if len(reads) > 1 else reads[0]
