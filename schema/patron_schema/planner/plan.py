"""A plan: a dialect-free, frozen tree that says which rows, conditions, orders and values answer one root field.

Values of the request never stand in it: a `Param` says where its value comes from (the document or a variable) and how it is
checked and converted when the plan is run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

from patron_core.access.grants import Rows as RowLimit

from .catalog import GatheredField, OrderPath, PythonField, RelationField, ScalarField, TypeEntry, ValueField

if TYPE_CHECKING:
    from .groups import Aggregate

__all__ = [
    "Absent",
    "AllOf",
    "AnyOf",
    "Branch",
    "ById",
    "Choice",
    "Condition",
    "Cost",
    "Edges",
    "Group",
    "Info",
    "Leaf",
    "Limit",
    "Listed",
    "Matches",
    "Negation",
    "Nodes",
    "Nothing",
    "Object",
    "One",
    "OrderKey",
    "Page",
    "PageEntry",
    "Param",
    "ParamType",
    "Part",
    "PlanNode",
    "Presence",
    "Python",
    "RootPlan",
    "Rows",
    "Several",
    "Source",
    "Test",
    "Total",
    "Typename",
    "Union",
]


class ParamType(Enum):
    """The database type a parameter is bound as."""

    UUID = "uuid"
    TEXT = "text"
    INT = "bigint"
    BOOL = "boolean"
    TIME = "timestamptz"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from: a constant of the document, a place inside a variable, or a list of sources."""

    value: Any = None
    variable: str | None = None
    path: tuple[str | int, ...] = ()
    items: tuple[Source, ...] | None = None

    def read(self, variables: Mapping[str, Any]) -> Any:
        """The value in one request."""
        if self.items is not None:
            return [item.read(variables) for item in self.items]
        if self.variable is None:
            return self.value
        value = variables[self.variable]
        for step in self.path:
            value = value[step]
        return value


@dataclass(frozen=True, slots=True)
class Param:
    """A bound parameter: its number in the statement (from 1; 1 is the tenant), type, source and conversion."""

    index: int
    type: ParamType
    many: bool
    source: Source
    convert: Callable[[Any], Any]


# -- what stands in the answer


@dataclass(frozen=True, slots=True)
class Typename:
    """A constant: the name of a type."""

    name: str


@dataclass(frozen=True, slots=True)
class Absent(Typename):
    """The place of a part that is left out, because its owner's parts fail; the name is a mark that stands there instead."""

    owner: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar of the row."""

    field: ScalarField


@dataclass(frozen=True, slots=True)
class Python:
    """A resolver's place: the values it requires stand there until Python has run. index: which resolver of the plan."""

    index: int
    type_name: str
    field: PythonField
    requires: tuple[tuple[str, ScalarField], ...]


@dataclass(frozen=True, slots=True)
class Object:
    """A row as a JSON object: entries in the order of the selection."""

    entry: TypeEntry
    entries: tuple[tuple[str, PlanNode], ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A row of one of several types, told apart by the discriminator column."""

    entry: TypeEntry
    branches: tuple[Object, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Part of the same row as an object; null where it is not present."""

    field: ValueField
    node: Object


@dataclass(frozen=True, slots=True)
class One:
    """The row at the other end of a relation, or null."""

    field: RelationField
    target: TypeEntry
    node: Object | Choice


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows at the other end of a relation, as a list, oldest id first, at most `maximum`."""

    field: RelationField
    target: TypeEntry
    node: Object | Choice
    maximum: int


@dataclass(frozen=True, slots=True)
class Edges:
    """`edges`: per row the keys `cursor`, `node` (index of the node's selection) or a typename."""

    entries: tuple[tuple[str, int | str | Typename], ...]

    @property
    def has_node(self) -> bool:
        """Whether the rows themselves are shown."""
        return any(isinstance(part, int) for _, part in self.entries)


@dataclass(frozen=True, slots=True)
class Nodes:
    """`nodes`: index of the selection."""

    index: int


@dataclass(frozen=True, slots=True)
class Info:
    """`pageInfo`: its keys and which of its fields they show."""

    entries: tuple[tuple[str, str | Typename], ...]


@dataclass(frozen=True, slots=True)
class Total:
    """`totalCount`."""


PageEntry = Edges | Nodes | Info | Total | Typename


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One step of an order."""

    path: OrderPath
    descending: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a connection over one table.

    size: `first` or `last`. backward: `last` was asked. after, before: ids of cursor rows. fingerprint: of the order, in cursors.
    """

    target: TypeEntry
    field: RelationField | None
    where: Condition | None
    order: tuple[OrderKey, ...]
    size: Param
    backward: bool
    after: Param | None
    before: Param | None
    fingerprint: str
    entries: tuple[tuple[str, PageEntry], ...]
    nodes: tuple[Object | Choice, ...]

    @property
    def ties_descend(self) -> bool:
        """Whether the largest id comes first among rows that are equal: as the last key goes, so that an index goes along."""
        return bool(self.order) and self.order[-1].descending


@dataclass(frozen=True, slots=True)
class Branch:
    """One member's rows in a union."""

    entry: TypeEntry
    path: tuple[tuple[str, str | None], ...]
    order: ScalarField
    nodes: tuple[Object, ...]


@dataclass(frozen=True, slots=True)
class Union:
    """A page over the tables of an interface's members, largest order value first."""

    field: GatheredField
    target: TypeEntry
    size: Param
    backward: bool
    after: Param | None
    before: Param | None
    after_id: Param | None
    before_id: Param | None
    fingerprint: str
    entries: tuple[tuple[str, PageEntry], ...]
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class ById:
    """The row with an id, or null; `node` of the type the id's prefix names. where: what must hold of it besides."""

    target: TypeEntry
    id: Param
    node: Object | Choice
    where: Condition | None = None


@dataclass(frozen=True, slots=True)
class Nothing:
    """Null: what was asked cannot exist."""


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one table among those asked for by their ids."""

    target: TypeEntry
    ids: Param
    node: Object | Choice


@dataclass(frozen=True, slots=True)
class Several:
    """Rows by their ids, in the order of the ids, null for an id of no row. wanted: the ids as they are shown outside."""

    wanted: Param
    groups: tuple[Group, ...]


PlanNode: TypeAlias = "Nothing | Several | Typename | Leaf | Python | Object | Choice | Part | One | Rows | Page | Union | ById | Aggregate"


# -- conditions


@dataclass(frozen=True, slots=True)
class Test:
    """A comparison of a scalar; for amounts one parameter per currency exponent (0, 2, 3, 4)."""

    field: ScalarField
    operator: str
    params: tuple[Param, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """A condition on rows at the other end of a relation. quantifier: "one", "some", "every" or "none"."""

    field: RelationField
    target: TypeEntry
    quantifier: str
    condition: Condition | None


@dataclass(frozen=True, slots=True)
class Presence:
    """A value of the row is there."""

    field: ValueField


@dataclass(frozen=True, slots=True)
class Listed:
    """The row was not taken out of lists: the column that would say when holds nothing. name: of its field."""

    name: str
    column: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """All hold; true when empty."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one holds; false when empty."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """It does not hold; unknown counts as not holding."""

    condition: Condition


Condition = Test | Matches | Presence | Listed | AllOf | AnyOf | Negation


# -- the whole


@dataclass(frozen=True, slots=True)
class Limit:
    """Whose rows alone are read. params: who the actor is, and for what is shared the instant it is asked."""

    rows: RowLimit
    params: tuple[Param, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """Rows an answer may take: `own`, and `children` for each of `size` rows (a parameter) or once.

    dearest: the children exclude each other, as the types of an interface do, and only the dearest counts.
    """

    own: int
    children: tuple[Cost, ...] = ()
    size: Param | None = None
    dearest: bool = False

    def rows(self, variables: Mapping[str, Any]) -> int:
        """The figure for one request. What is no size is refused when it is bound, and counts as none."""
        parts = [child.rows(variables) for child in self.children]
        inside = max(parts, default=0) if self.dearest else sum(parts)
        return self.own + (inside if self.size is None else _rows_in(self.size.source.read(variables)) * inside)

    def folded(self) -> Cost:
        """The same price from fewer steps: what is known beforehand is added up once, for it is asked in every request."""
        children = [child.folded() for child in self.children]
        if self.dearest:
            if self.size is None and not any(child.children or child.size for child in children):
                return Cost(self.own + max((child.own for child in children), default=0))
            return Cost(self.own, tuple(children), self.size, True)
        plain = [child for child in children if child.size is None and not child.dearest]
        known = sum(child.own for child in plain)
        rest = [inner for child in plain for inner in child.children]
        rest += [child for child in children if child.size is not None or child.dearest]
        if self.size is None:
            return Cost(self.own + known, tuple(rest))
        return Cost(self.own, (*([Cost(known)] if known else []), *rest), self.size)


def _rows_in(size: Any) -> int:
    """How many rows a size stands for: a number, or a list of ids."""
    if isinstance(size, list):
        return len(size)
    return size if isinstance(size, int) else 0


@dataclass(frozen=True, slots=True)
class RootPlan:
    """The plan of one root field.

    params: in order of their number, the tenant first. cursors: what each cursor row must be (type entries and parameter), so that
    a cursor whose row is gone is noticed. python: the resolvers in the order of their index. reads: Type.field of every scalar it
    reads, filters or orders by. types: those it shows or filters through. customer: whom a subscription follows. after: from
    which event on. limits: whose rows alone are read.
    """

    key: str
    node: PlanNode
    params: tuple[Param, ...]
    cost: Cost
    cursors: tuple[tuple[tuple[TypeEntry, ...], Param], ...]
    python: tuple[Python, ...]
    reads: frozenset[str]
    types: frozenset[str] = frozenset()
    customer: Source | None = None
    after: Source | None = None
    limits: tuple[Limit, ...] = ()
