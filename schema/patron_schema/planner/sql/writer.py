"""One statement for one plan: rows as JSON objects, relations as sub-selects, pages and unions by their own writers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..catalog import TypeEntry
from ..groups import Aggregate
from ..own_page import OwnPage, own_page
from ..plan import (
    ById,
    Choice,
    Group,
    Leaf,
    Nothing,
    Object,
    One,
    Page,
    Param,
    Part,
    PlanNode,
    Python,
    RootPlan,
    Rows,
    Several,
    Typename,
    Union,
)
from ..tally import Tally, tally
from .aggregates import Aggregates
from .conditions import Conditions
from .dialect import Dialect
from .guard import refuse_unowned
from .pages import Pages, rowless
from .scope import Scope
from .subjects import Reached, unsaid
from .unions import Unions

__all__ = ["CURSOR_EXPIRED", "PYTHON_BEGIN", "PYTHON_END", "SUBJECT", "Statement", "Writer"]

#: What a statement gives instead of JSON when the row of a cursor is gone.
CURSOR_EXPIRED: Final = "!cursor"
#: Keys no response key and no unescaped text can look like: they mark subjects and resolvers' places inside the JSON. Where
#: a database writes JSON as text, subjects stand before their object, each behind this character, and are found faster.
SUBJECT: Final = "\x01"
PYTHON_BEGIN: Final = "\x02"
PYTHON_END: Final = "\x03"


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement and which of the plan's parameters it binds, in the order of their places.

    tally: how its answers are counted; None where what counts is marked in them. page: how its rows become the answer,
    where it gives rows. sealed: whether it shows encrypted texts, or compares them.
    """

    sql: str
    binds: tuple[int, ...]
    tally: Tally | None
    page: OwnPage | None = None
    sealed: bool = False

    def arguments(self, values: Sequence[Any]) -> list[Any]:
        """The statement's arguments out of all the plan's values."""
        return [values[index - 1] for index in self.binds]


class Writer:
    """Writes the statement of one plan; a writer serves once.

    types: by name. general: puts type names and resolvers' values beside rows, for Strawberry. subjects:
    puts the ids of the parties a row is about first in its object, where the row above did not.
    """

    def __init__(
        self, dialect: Dialect, types: Mapping[str, TypeEntry], *, general: bool = False, subjects: bool = False
    ) -> None:
        self.sql = dialect
        self.general = general
        self.subjects = subjects
        self._reached: Reached = None
        self.scope = Scope(dialect, types)
        self.conditions = Conditions(self.scope)
        self.pages = Pages(self.scope, self.conditions, self.node, self._listed)
        self.aggregates = Aggregates(self.scope, self.conditions)
        self.unions = Unions(self.scope, self.pages, self._member)

    def statement(self, plan: RootPlan) -> Statement:
        """The whole statement; its one row has one column, the JSON text, or `CURSOR_EXPIRED`."""
        self.scope.limits = plan.limits
        page = plan.node if isinstance(plan.node, Page) and not rowless(plan.node) else None
        body = self.sql.whole(self.node(plan.node, "")) if page is None else self.pages.own(page)
        expired = f"'{CURSOR_EXPIRED}'" if page is None else self.sql.only(CURSOR_EXPIRED)
        for entries, param in plan.cursors:
            body = f"CASE WHEN {self._cursor_row(entries, param)} THEN {body} ELSE {expired} END"
        gated = self.sql.gate(body, lambda: self.scope.tenant)
        refuse_unowned(gated, self.scope.binds)
        counting = None if self.sql.marks else tally(plan.node, general=self.general)
        shown = None if page is None else own_page(page)
        return Statement(gated, self.scope.binds, counting, shown, self.scope.sealed)

    def _member(self, node: Object, alias: str) -> str:
        return self._object(node, alias, abstract=True)

    def node(self, node: PlanNode, alias: str) -> str:
        """A node of the plan as a JSON value over the alias of its row."""
        match node:
            case Typename():
                return self.sql.text(node.name)
            case Leaf():
                return self.scope.scalar(node.field, alias)
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
                return self.pages.page(node, alias)
            case Union():
                return self.unions.union(node, alias)
            case Aggregate():
                return self.aggregates.aggregate(node, alias)
            case ById():
                return self._by_id(node)
            case Nothing():
                return self.sql.raw("null")
            case Several():
                return self._several(node)

    def _listed(self, node: PlanNode, alias: str) -> str:
        """A row of an answer's own list, which is counted with the list."""
        if isinstance(node, Object):
            return self._object(node, alias, units=0)
        return self._choice(node, alias, units=0) if isinstance(node, Choice) else self.node(node, alias)

    def _object(self, node: Object, alias: str, *, abstract: bool = False, units: int = 1) -> str:
        """A row, which counts, and so do the fields that Python fills in later."""
        resolved = sum(isinstance(inner, Python) for _, inner in node.entries) if self.general else 0
        return self.sql.counted(self._bare(node, alias, abstract=abstract), units + resolved)

    def _bare(self, node: Object, alias: str, *, abstract: bool = False) -> str:
        entries: list[tuple[str, str]] = []
        reached = self._reached
        paths = unsaid(node.entry, reached) if self.subjects else ()
        named = [self.scope.subject(path, alias) for path in paths]
        if not self.sql.marks:
            entries += [(SUBJECT, self.sql.joined(party)) for party in named]
        if self.general and abstract:
            entries.append(("$type", self.sql.text(node.entry.name)))
        for key, inner in node.entries:
            self._reached = (node.entry, inner)
            if self.general and isinstance(inner, Python):
                entries += [(f"${name}", self.scope.scalar(field, alias)) for name, field in inner.requires]
            else:
                entries.append((key, self.node(inner, alias)))
        self._reached = reached
        return self.sql.named(self.sql.object(entries), named)

    def _choice(self, node: Choice, alias: str, *, units: int = 1) -> str:
        """A row of one of several types; once where all that is asked is the same of each."""
        same = None if self.general else self._same(node, alias, units)
        if same is not None:
            return same
        assert node.entry.discriminator is not None
        kind = self.scope.column(alias, node.entry.discriminator)
        return self.sql.choose(
            [(f"{kind} = '{b.entry.tag}'", self._object(b, alias, abstract=True, units=units)) for b in node.branches]
        )

    def _same(self, node: Choice, alias: str, units: int) -> str | None:
        """The text all branches have in common, or None: each is written from the same start and compared."""
        start = self.scope.mark()
        first, meant = "", None
        for branch in node.branches:
            self.scope.back_to(start)
            text = self._object(branch, alias, abstract=True, units=units)
            if meant is None:
                first, meant = text, self.scope.bound_since(start)
            elif (text, self.scope.bound_since(start)) != (first, meant):
                self.scope.back_to(start)
                return None
        return first

    def _part(self, node: Part, alias: str) -> str:
        whole = self._bare(node.node, alias)
        return self.sql.choose([(self.scope.presence(node.field, alias), whole)]) if node.field.nullable else whole

    def _python(self, node: Python, alias: str) -> str:
        entries = [(PYTHON_BEGIN, self.sql.raw(str(node.index)))]
        entries += [(name, self.scope.scalar(field, alias)) for name, field in node.requires]
        return self.sql.counted(self.sql.object([*entries, (PYTHON_END, self.sql.raw("0"))]))

    def _one(self, node: One, alias: str) -> str:
        other = self.scope.alias()
        inside = self.sql.whole(self.node(node.node, other))
        return self.sql.nested(
            f"SELECT {inside} FROM {node.target.table} {other} WHERE {self.scope.rows_of(node.target, other)}"
            f" AND {self.scope.link(node.field, alias, other)}"
        )

    def _rows(self, node: Rows, alias: str) -> str:
        inner, outer = self.scope.alias(), self.scope.alias()
        items = self._array(self.node(node.node, outer), f"{outer}.id")
        return self.sql.nested(
            f"SELECT {items} FROM (SELECT {inner}.* FROM {node.target.table} {inner} WHERE {self.scope.rows_of(node.target, inner)}"
            f" AND {self.scope.link(node.field, alias, inner)} ORDER BY {inner}.id LIMIT {node.maximum}) {outer}"
        )

    def _named(self, node: Object | Choice, alias: str) -> str:
        """A row that was asked for by its id: in the answer it may be of any type."""
        return self._object(node, alias, abstract=True) if isinstance(node, Object) else self._choice(node, alias)

    def _several(self, node: Several) -> str:
        """The rows of each table once, put beside the ids in their order."""
        wanted = self.scope.alias()
        source, value, place = self.sql.elements(self.scope.param(node.wanted), wanted)
        if not node.groups:
            return self.sql.nested(f"SELECT {self._array(self.sql.raw('null'), place)} FROM {source}")
        found = self.scope.alias()
        rows = " UNION ALL ".join(self._group(group) for group in node.groups)
        item = self.sql.choose([(f"{found}.shown IS NOT NULL", self.sql.stored(f"{found}.shown"))])
        return self.sql.nested(
            f"WITH {found} (gid, shown) AS MATERIALIZED ({rows}) SELECT {self._array(item, place)}"
            f" FROM {source} LEFT JOIN {found} ON {found}.gid = {value}"
        )

    def _array(self, item: str, place: str) -> str:
        """A list, which counts."""
        return self.sql.whole(self.sql.counted(self.sql.array(item, place, None)))

    def _group(self, group: Group) -> str:
        alias = self.scope.alias()
        gid = f"'{group.target.id_prefix}_' || {self.sql.cast_text(f'{alias}.id')}"
        shown = self.sql.whole(self._named(group.node, alias))
        mine = self.sql.member(f"{alias}.id", self.scope.param(group.ids))
        return f"SELECT {gid}, {shown} FROM {group.target.table} {alias} WHERE {self.scope.rows_of(group.target, alias)} AND {mine}"

    def _by_id(self, node: ById) -> str:
        alias = self.scope.alias()
        inside = self.sql.whole(self._named(node.node, alias))
        where = f"{self.scope.rows_of(node.target, alias)} AND {alias}.id = {self.scope.param(node.id)}"
        if node.where is not None:
            where += f" AND {self.conditions.condition(node.where, alias)}"
        return self.sql.nested(f"SELECT {inside} FROM {node.target.table} {alias} WHERE {where}")

    def _cursor_row(self, entries: tuple[TypeEntry, ...], param: Param) -> str:
        found = []
        for entry in entries:
            other = self.scope.alias()
            mine = f"{self.scope.rows_of(entry, other)} AND {other}.id = {self.scope.param(param)}"
            found.append(f"EXISTS (SELECT 1 FROM {entry.table} {other} WHERE {mine})")
        return "(" + " OR ".join(found) + ")"
