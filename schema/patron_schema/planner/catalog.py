"""The catalog: (GraphQL type, field) -> where its value comes from. Frozen; built once per composed schema, read by every plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from patron_core.records import Classification
from patron_core.values import Code

__all__ = [
    "SUMMED",
    "AbstractField",
    "AggregateField",
    "Catalog",
    "ColumnField",
    "ExpressionField",
    "Field",
    "GatheredField",
    "Kind",
    "OrderPath",
    "PythonField",
    "RelationField",
    "RootField",
    "ScalarField",
    "Shape",
    "SubjectPath",
    "Template",
    "TypeEntry",
    "ValueField",
    "is_amount",
    "path_name",
]

#: The alias of the rows that a total sums.
SUMMED: Final = "summed"


class Shape(Enum):
    """How many rows a relation gives and in what form."""

    ONE = "one"
    LIST = "list"
    CONNECTION = "connection"


class Kind(Enum):
    """What a scalar is, for rendering, comparing and binding."""

    ID = "ID"
    TEXT = "String"
    INT = "Int"
    BOOL = "Boolean"
    TIME = "DateTime"
    DATE = "Date"
    CODE = "Code"
    DECIMAL = "Decimal"
    AMOUNT = "Amount"


@dataclass(frozen=True, slots=True)
class Template:
    """A vendor's expression, compiled once per dialect.

    `{row}` stands for the alias of its row; in a total, `{limits}` for the conditions on whose rows are summed.
    """

    sqlite: str
    postgresql: str


@dataclass(frozen=True, slots=True)
class ColumnField:
    """A column of the row.

    companion: the currency column of an amount. sealed: `table.column` of one that is stored encrypted; blind: the column
    of hashes by which its rows are found. ours: whether it says what something costs us or brings us.
    """

    name: str
    owner: str
    column: str
    kind: Kind
    classification: Classification
    nullable: bool
    code: type[Code] | None = None
    scale: int = 0
    companion: str | None = None
    id_prefix: str = ""
    filterable: bool = False
    orderable: bool = False
    sealed: str | None = None
    blind: str | None = None
    ours: bool = False


@dataclass(frozen=True, slots=True)
class ExpressionField:
    """An expression over the row, or over the row that the reference column `via` points to.

    reads: the columns, as `table.column`. sources: the tables it reads, each with the classes of what is read there; the
    class of a row's existence is one. via_table: the other table it reads, the one of `via` or the one a total sums.
    subjects: the paths to parties of its rows; None where they are about none, or it reads its own row.
    """

    name: str
    owner: str
    template: Template
    kind: Kind
    classification: Classification
    nullable: bool
    reads: tuple[str, ...]
    sources: frozenset[tuple[str, Classification]]
    code: type[Code] | None = None
    scale: int = 0
    via: str | None = None
    via_table: str | None = None
    subjects: tuple[SubjectPath, ...] | None = None
    filterable: bool = True
    orderable: bool = True
    ours: bool = False
    companion: None = None
    sealed: None = None
    id_prefix: str = ""


@dataclass(frozen=True, slots=True)
class RelationField:
    """Rows of another type: `there` (or `also`) of theirs equals `here` of ours, within the tenant."""

    name: str
    owner: str
    target: str
    shape: Shape
    here: str
    there: str
    nullable: bool
    also: str | None = None


@dataclass(frozen=True, slots=True)
class ValueField:
    """Part of the same row as an object. present: (table, column) of a row that must point here, or columns that must not be null.

    present_subjects: the paths to parties of the rows that may point here.
    """

    name: str
    owner: str
    target: str
    fields: Mapping[str, Field]
    nullable: bool
    present_table: str | None = None
    present_column: str | None = None
    filterable: bool = False
    orderable: str | None = None
    present_subjects: tuple[SubjectPath, ...] | None = None


@dataclass(frozen=True, slots=True)
class GatheredField:
    """The members of an interface that are about this row: per member the path of (reference column, next table) that leads here."""

    name: str
    owner: str
    target: str
    order: str
    branches: tuple[tuple[str, tuple[tuple[str, str | None], ...]], ...]


@dataclass(frozen=True, slots=True)
class PythonField:
    """A resolver: Python on the planned values it requires, (python name, GraphQL name) each. leaf: whether it gives a scalar or enum."""

    name: str
    owner: str
    requires: tuple[tuple[str, str], ...]
    leaf: bool


@dataclass(frozen=True, slots=True)
class AggregateField:
    """Figures over the rows of a connection, in groups."""

    name: str
    owner: str
    relation: RelationField


@dataclass(frozen=True, slots=True)
class AbstractField:
    """A field of an interface without a table: each member has its own."""

    name: str
    owner: str


ScalarField = ColumnField | ExpressionField
Field = (
    ColumnField
    | ExpressionField
    | RelationField
    | ValueField
    | GatheredField
    | PythonField
    | AggregateField
    | AbstractField
)
OrderPath = tuple[Field, ...]
#: From a row to a party: (reference column, table it leads to), the last without a table.
SubjectPath = tuple[tuple[str, str | None], ...]


def is_amount(path: OrderPath) -> bool:
    """Whether a path ends at the amount of money, which its keys leave out: `AMOUNT` and not `AMOUNT_AMOUNT`."""
    return isinstance(path[-1], ColumnField) and path[-1].kind is Kind.AMOUNT


def path_name(path: OrderPath) -> str:
    """A path as one GraphQL name: `customer.loyalty` is customerLoyalty."""
    first, *rest = path[:-1] if is_amount(path) else path
    return first.name + "".join(field.name[:1].upper() + field.name[1:] for field in rest)


@dataclass(frozen=True, slots=True)
class TypeEntry:
    """A GraphQL type and the table behind it.

    members: the concrete types of an interface. tag: the discriminator's value. subjects: every path from a row to a
    party it is about, the first one first; None where it is about none. scope: what opens the type to an actor.
    existence: how sensitive it is that there is a row.
    """

    name: str
    owner: str
    cls: type
    model: type[Any] | None
    table: str | None
    id_prefix: str
    discriminator: str | None
    tag: str | None
    fields: Mapping[str, Field]
    members: tuple[str, ...]
    subjects: tuple[SubjectPath, ...] | None = None
    scope: str | None = None
    existence: Classification = Classification.INTERNAL

    @property
    def subject(self) -> SubjectPath | None:
        """The first of the paths."""
        return None if self.subjects is None else self.subjects[0]


@dataclass(frozen=True, slots=True)
class RootField:
    """A planned root field. by: "connection", "id", "ids" or "aggregate"."""

    name: str
    owner: str
    target: str
    by: str


@dataclass(frozen=True, slots=True)
class Catalog:
    """All types and roots of one composed schema, and what `orderBy` may name: type -> key -> path of fields.

    groups, measures: the same for what rows may be grouped by, and of what figures are made.
    """

    types: Mapping[str, TypeEntry]
    roots: Mapping[str, RootField]
    orders: Mapping[str, Mapping[str, OrderPath]]
    by_prefix: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, Mapping[str, OrderPath]]
    measures: Mapping[str, Mapping[str, OrderPath]]
