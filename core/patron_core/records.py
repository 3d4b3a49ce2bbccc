"""What a model declares: the base class of every stored row, its columns with a classification, its references.

A declaration says everything the rest is derived from: tenancy (in every key), the classification of each column, the subject
path from a row to the party it is about, optimistic locking, the description of the GraphQL type and fields. What is missing is
collected by `check_records` and stops the start-up with the place and the fix.
"""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import inspect
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal, TypeVar, cast, get_args, overload

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Table,
    UniqueConstraint,
    and_,
)
from sqlalchemy import inspect as inspect_mapper
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedColumn,
    composite,
    foreign,
    mapped_column,
    relationship,
    remote,
)

from .columns import CodeText, Day, Identifier, Json, Scaled, UtcTime, Words
from .values import Code, Money, Period

__all__ = [
    "FINANCIAL",
    "INTERNAL",
    "META",
    "PHI",
    "PII",
    "PUBLIC",
    "SECRET",
    "Classification",
    "ColumnMeta",
    "CompositeMeta",
    "Record",
    "ReferenceMeta",
    "column",
    "money",
    "period",
    "records",
    "reference",
    "subject",
    "subject_paths",
    "table_of",
]

META: Final = "patron"
T = TypeVar("T")


class Classification(enum.IntEnum):
    """How sensitive a column is. FINANCIAL and PHI are side branches of PII; SECRET is written and never read."""

    PUBLIC = 0
    INTERNAL = 1
    PII = 2
    FINANCIAL = 3
    PHI = 4
    SECRET = 5


PUBLIC, INTERNAL, PII, FINANCIAL, PHI, SECRET = Classification


@dataclass(frozen=True, slots=True)
class ColumnMeta:
    """What a column's declaration says beyond its type."""

    classification: Classification
    filterable: bool = False
    orderable: bool = False
    deprecated: str | None = None
    keys: Mapping[str, Classification] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReferenceMeta:
    """A reference to another record; `subject` marks the step of the path towards the party the row is about."""

    target: type[Any]
    unique: bool
    subject: bool
    optional: bool


@dataclass(frozen=True, slots=True)
class CompositeMeta:
    """Several columns shown as one value: Money or Period."""

    kind: type[Any]
    columns: tuple[str, ...]
    doc: str
    classification: Classification
    filterable: bool
    orderable: bool


def column(
    classification: Classification,
    *,
    doc: str,
    filterable: bool = False,
    orderable: bool = False,
    index: bool = False,
    deprecated: str | None = None,
    scale: int | None = None,
    keys: Mapping[str, Classification] | None = None,
    **options: Any,
) -> MappedColumn[Any]:
    """A classified column.

    doc: one sentence, shown as the field's description. filterable, orderable: whether `where` and `orderBy` may use it; a
    whole list is then found and ordered by an index or read through, of which a service warns when it starts. index: adds
    an index (tenant, column, id). scale: for `Decimal`, how many digits after the point are kept (0 to 9).
    keys: for a JSON column, the classification of each key; an unknown key counts as the column's own. Other options go to
    SQLAlchemy's `mapped_column`.
    """
    meta = ColumnMeta(classification, filterable, orderable, deprecated, dict(keys or {}))
    kinds = (Scaled(scale),) if scale is not None else (Json(),) if keys is not None else ()
    return mapped_column(*kinds, doc=doc, info={META: meta, "indexed": index}, **options)


@dataclass(frozen=True, slots=True)
class _Reference:
    target: type[Any] | Literal["self"]
    unique: bool
    subject: bool
    optional: bool
    doc: str


@dataclass(frozen=True, slots=True)
class _Composite:
    kind: type[Any]
    classification: Classification
    doc: str
    filterable: bool
    orderable: bool
    optional: bool


@overload
def reference(target: type[T], *, doc: str, optional: Literal[False] = False, unique: bool = False) -> Mapped[T]: ...
@overload
def reference(target: type[T], *, doc: str, optional: Literal[True], unique: bool = False) -> Mapped[T | None]: ...
@overload
def reference(target: Literal["self"], *, doc: str, optional: bool = False, unique: bool = False) -> Mapped[Any]: ...
def reference(target: Any, *, doc: str, optional: bool = False, unique: bool = False) -> Any:
    """A reference to a row of the same tenant: a column `<name>_id`, a composite foreign key and an index.

    target: the model, or "self". unique: at most one row may point to the same target. optional: may be null.
    """
    return _Reference(target, unique, False, optional, doc)


@overload
def subject(target: type[T], *, doc: str, optional: Literal[False] = False, unique: bool = False) -> Mapped[T]: ...
@overload
def subject(target: type[T], *, doc: str, optional: Literal[True], unique: bool = False) -> Mapped[T | None]: ...
def subject(target: Any, *, doc: str, optional: bool = False, unique: bool = False) -> Any:
    """A reference that leads towards the party this row is about: merge, erase, export, timeline and audit follow it."""
    return _Reference(target, unique, True, optional, doc)


@overload
def money(
    classification: Classification,
    *,
    doc: str,
    optional: Literal[False] = False,
    filterable: bool = False,
    orderable: bool = False,
) -> Mapped[Money]: ...
@overload
def money(
    classification: Classification,
    *,
    doc: str,
    optional: Literal[True],
    filterable: bool = False,
    orderable: bool = False,
) -> Mapped[Money | None]: ...
def money(
    classification: Classification,
    *,
    doc: str,
    optional: bool = False,
    filterable: bool = False,
    orderable: bool = False,
) -> Any:
    """An exact amount: columns `<name>_minor` (64-bit) and `<name>_currency` (ISO 4217), one value to Python and GraphQL."""
    return _Composite(Money, classification, doc, filterable, orderable, optional)


def period(
    classification: Classification, *, doc: str, filterable: bool = False, orderable: bool = False
) -> Mapped[Period]:
    """A half-open period: columns `<name>_from` and `<name>_to`, each null where unbounded."""
    return cast("Mapped[Period]", _Composite(Period, classification, doc, filterable, orderable, False))


_LONGEST_NAME: Final = 63  # PostgreSQL cuts longer names, and two cut names may meet


def _named(prefix: str) -> Callable[[Any, Table], str]:
    """Names a constraint or index after its columns; a long name ends in a hash of the whole."""

    def name(constraint: Any, table: Table) -> str:
        whole = "_".join([prefix, table.name, *(c.name for c in constraint.columns)])
        if len(whole) <= _LONGEST_NAME:
            return whole
        return f"{whole[: _LONGEST_NAME - 9]}_{hashlib.sha256(whole.encode()).hexdigest()[:8]}"

    return name


class Base(DeclarativeBase):
    """The registry of all models of the process; tables are created by migrations only, never by `create_all`."""

    metadata = MetaData(
        naming_convention={
            "fk_name": _named("fk"),
            "uq_name": _named("uq"),
            "ix_name": _named("ix"),
            "pk": "pk_%(table_name)s",
            "fk": "%(fk_name)s",
            "uq": "%(uq_name)s",
            "ix": "%(ix_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        str: Words(),
        int: BigInteger(),
        bool: Boolean(),
        dt.datetime: UtcTime(),
        dt.date: Day(),
        uuid.UUID: Identifier(),
    }


class Record(Base):
    """A row of a tenant: (tenant_id, id) is its key, `version` its optimistic lock.

    A subclass sets `__tablename__` and `id_prefix` (the text before the id outside, as in `cus_…`), declares columns with
    `column`, `money`, `period`, `reference` and `subject`, and has a docstring (the description of its GraphQL type). A model
    that is about no party says why in `not_about_a_party`. Columns that may be filtered or ordered by have an index, or
    stand in `without_index`: pairs of names, separated by spaces (`*` for all), and why they have none.
    """

    __abstract__ = True

    id_prefix: ClassVar[str]
    not_about_a_party: ClassVar[str | None] = None
    append_only: ClassVar[bool] = False
    without_index: ClassVar[tuple[tuple[str, str], ...]] = (
        ("created_at updated_at", "Ids are in the order of creation."),
    )
    composites: ClassVar[Mapping[str, CompositeMeta]] = {}

    tenant_id: Mapped[uuid.UUID] = mapped_column(
        primary_key=True, sort_order=-30, info={META: ColumnMeta(INTERNAL)}, doc="Whose data this is."
    )
    id: Mapped[uuid.UUID] = mapped_column(
        primary_key=True, sort_order=-29, info={META: ColumnMeta(PUBLIC, filterable=True)}, doc="Identifies the row."
    )
    version: Mapped[int] = mapped_column(
        sort_order=90, info={META: ColumnMeta(PUBLIC)}, doc="Counts the changes; pass it back to update."
    )
    created_at: Mapped[dt.datetime] = mapped_column(
        sort_order=91, info={META: ColumnMeta(PUBLIC, filterable=True, orderable=True)}, doc="When the row was written."
    )
    updated_at: Mapped[dt.datetime] = mapped_column(
        sort_order=92,
        info={META: ColumnMeta(PUBLIC, filterable=True, orderable=True)},
        doc="When the row last changed.",
    )

    def __init_subclass__(cls, **options: Any) -> None:
        declared = dict(vars(cls))
        for name, value in declared.items():
            if isinstance(value, _Reference):
                _add_reference(cls, name, value)
            elif isinstance(value, _Composite):
                _add_composite(cls, name, value)
        if "__tablename__" in declared:
            cls.__mapper_args__ = {**declared.get("__mapper_args__", {}), "version_id_col": Record.__dict__["version"]}
        _resolve_codes(cls)
        super().__init_subclass__(**options)
        _constrain(cls, {name: value for name, value in declared.items() if isinstance(value, _Reference)})


def _resolve_codes(cls: type) -> None:
    """Gives every column annotated with a `Code` its text type: SQLAlchemy's own enum would be native."""
    namespace = {**vars(sys.modules[cls.__module__]), "Mapped": Mapped}
    for name, value in list(vars(cls).items()):
        if isinstance(value, MappedColumn) and value.column.type._isnull:
            kind = _annotated_class(inspect.get_annotations(cls).get(name), namespace)
            if isinstance(kind, type) and issubclass(kind, Code):
                value.column.type = CodeText(kind)


def _annotated_class(annotation: Any, namespace: Mapping[str, Any]) -> Any:
    """`X` of `Mapped[X]` or `Mapped[X | None]`, written out or, under `from __future__ import annotations`, as text."""
    if not isinstance(annotation, str):
        parts = [part for given in get_args(annotation) for part in (get_args(given) or (given,))]
        return next((part for part in parts if part is not type(None)), None)
    text = annotation.removeprefix("Mapped[").removesuffix("]").replace("| None", "").strip()
    kind = namespace.get(text.split(".")[0])
    for part in text.split(".")[1:]:
        kind = getattr(kind, part, None)
    return kind


def _add_reference(cls: Any, name: str, ref: _Reference) -> None:
    key = f"{name}_id"
    target: Any = cls if ref.target == "self" else ref.target
    cls.__annotations__[key] = Mapped[uuid.UUID | None] if ref.optional else Mapped[uuid.UUID]
    setattr(
        cls, key, mapped_column(Identifier(), nullable=ref.optional, info={META: ColumnMeta(INTERNAL)}, doc=ref.doc)
    )

    def join() -> Any:
        return and_(remote(target.tenant_id) == cls.tenant_id, remote(target.id) == foreign(getattr(cls, key)))

    meta = ReferenceMeta(target, ref.unique, ref.subject, ref.optional)
    setattr(
        cls, name, relationship(target, primaryjoin=join, doc=ref.doc, info={META: meta}, viewonly=True, uselist=False)
    )


def _add_composite(cls: Any, name: str, declared: _Composite) -> None:
    if declared.kind is Money:
        parts: dict[str, Any] = {f"{name}_minor": BigInteger(), f"{name}_currency": Words()}
    else:
        parts = {f"{name}_from": UtcTime(), f"{name}_to": UtcTime()}
    nullable = declared.optional or declared.kind is Period
    meta = ColumnMeta(declared.classification, declared.filterable, declared.orderable)
    for key, kind in parts.items():
        cls.__annotations__[key] = Mapped[Any]
        setattr(cls, key, mapped_column(kind, nullable=nullable, info={META: meta}, doc=declared.doc))
    make = _money_or_none if declared.optional else declared.kind
    cls.__annotations__[name] = Mapped[Any]
    setattr(cls, name, composite(make, *parts))
    cls.composites = {
        **cls.composites,
        name: CompositeMeta(
            declared.kind,
            tuple(parts),
            declared.doc,
            declared.classification,
            declared.filterable,
            declared.orderable,
        ),
    }


def _money_or_none(minor: int | None, currency: str | None) -> Money | None:
    return None if minor is None or currency is None else Money(minor, currency)


def _constrain(cls: Any, references: Mapping[str, _Reference]) -> None:
    """Composite foreign keys, uniqueness and indexes, on the table of the model or of its base (single-table inheritance)."""
    table = cls.__table__
    for name, ref in references.items():
        key = table.c[f"{name}_id"]
        target = table if ref.target == "self" else ref.target.__table__
        table.append_constraint(ForeignKeyConstraint([table.c.tenant_id, key], [target.c.tenant_id, target.c.id]))
        if ref.unique:
            table.append_constraint(UniqueConstraint(table.c.tenant_id, key))
        else:
            Index(None, table.c.tenant_id, key, table.c.id)
    for col in [c for c in table.columns if isinstance(c.type, CodeText) and not c.info.get("checked")]:
        col.info["checked"] = True
        names = ", ".join(f"'{member.name}'" for member in col.type.code)
        table.append_constraint(CheckConstraint(f"{col.name} IN ({names})", name=col.name))
    for col in [c for c in table.columns if c.info.pop("indexed", False)]:
        Index(None, table.c.tenant_id, col, table.c.id)


def table_of(model: type[Record]) -> Table:
    """Where a model's rows are kept."""
    return cast("Table", model.__table__)


def records() -> tuple[type[Record], ...]:
    """Every mapped model, in the order of declaration."""
    return tuple(m.class_ for m in Base.registry.mappers if issubclass(m.class_, Record))


def subject_paths(model: type[Record], goal: type[Record]) -> tuple[tuple[str, ...], ...]:
    """All ways from `model` to the row of `goal` it is about, as reference names; steps marked `subject` come first."""
    return tuple(_paths(model, goal, ()))


def _paths(model: type[Record], goal: type[Record], seen: tuple[type, ...]) -> Iterator[tuple[str, ...]]:
    if issubclass(model, goal):
        yield ()
        return
    references = [(r.key, r.info[META]) for r in inspect_mapper(model).relationships if META in r.info]
    chosen = [(k, m) for k, m in references if m.subject] or references
    for key, meta in chosen:
        if meta.target not in seen:
            for rest in _paths(meta.target, goal, (*seen, model)):
                yield (key, *rest)
