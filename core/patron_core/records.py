"""What a model declares: the base class of every stored row, its columns with a classification, its references.

A declaration says everything the rest is derived from: tenancy (in every key), the classification of each column, the subject
path from a row to the party it is about, optimistic locking, the description of the GraphQL type and fields. What is missing is
collected by `check_records` and stops the start-up with the place and the fix.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import inspect
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
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
    event,
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

from .classification import (
    FINANCIAL,
    INTERNAL,
    META,
    PHI,
    PII,
    PUBLIC,
    SECRET,
    Classification,
    ColumnMeta,
    CompositeMeta,
    ReferenceMeta,
)
from .columns import CodeText, Day, EncryptedText, Identifier, Json, Scaled, UtcTime, Words
from .retention import Retention
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

T = TypeVar("T")


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
    encrypted: bool = False,
    plain: str | None = None,
    ours: bool = False,
    **options: Any,
) -> MappedColumn[Any]:
    """A classified column.

    doc: one sentence, shown as the field's description. filterable, orderable: whether `where` and `orderBy` may use it; a
    whole list is then found and ordered by an index or read through, of which a service warns when it starts. index: adds
    an index (tenant, column, id). scale: for `Decimal`, how many digits after the point are kept (0 to 9).
    keys: for a JSON column, the classification of each key; an unknown key counts as the column's own.
    encrypted: its text is stored encrypted, as PHI in words must be and secrets; `where` can then ask for equality alone
    (an index `<name>_bidx` of keyed hashes is made beside it), and nothing can be ordered by it. plain: why a text of PHI
    or a secret needs no encryption. ours: whether it is what we pay and earn by a customer or think of a deal, as with
    `money`. Other options go to SQLAlchemy's `mapped_column`.
    """
    known = dict(keys or {})
    meta = ColumnMeta(classification, filterable, orderable, deprecated, known, encrypted, None, plain, ours)
    kinds: tuple[Any, ...] = (Scaled(scale),) if scale is not None else (Json(),) if keys is not None else ()
    kinds = (EncryptedText(),) if encrypted else kinds
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
    meta: ColumnMeta
    doc: str
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
    ours: bool = False,
) -> Mapped[Money]: ...
@overload
def money(
    classification: Classification,
    *,
    doc: str,
    optional: Literal[True],
    filterable: bool = False,
    orderable: bool = False,
    ours: bool = False,
) -> Mapped[Money | None]: ...
def money(
    classification: Classification,
    *,
    doc: str,
    optional: bool = False,
    filterable: bool = False,
    orderable: bool = False,
    ours: bool = False,
) -> Any:
    """An exact amount: columns `<name>_minor` (64-bit) and `<name>_currency` (ISO 4217), one value to Python and GraphQL.

    ours: whether it says what something costs us or what we earn by it. Who sees only rows of its own, or those that are
    shared with it, does not see it, nor what is made of it, whatever classes its roles open.
    """
    return _Composite(Money, ColumnMeta(classification, filterable, orderable, ours=ours), doc, optional)


def period(
    classification: Classification, *, doc: str, filterable: bool = False, orderable: bool = False
) -> Mapped[Period]:
    """A half-open period: columns `<name>_from` and `<name>_to`, each null where unbounded."""
    return cast("Mapped[Period]", _Composite(Period, ColumnMeta(classification, filterable, orderable), doc, False))


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
    that is about no party says why in `not_about_a_party`. `existence` is how sensitive it is that there is a row at all:
    who may not read that class does not see the type. Columns that may be filtered or ordered by have an index, or
    stand in `without_index`: pairs of names, separated by spaces (`*` for all), and why they have none. `retention` is
    a duty to keep its rows for a time although somebody asks to be forgotten. `opened_by` is the scope that opens its
    type, where that is another than the reading of its slice or plugin. `hidden_by` names a column that says when a row was
    taken out of lists: lists and aggregates at the root leave such a row out unless they ask for it. `ours_where` is a column
    and its code on rows that say what something costs us: no customer and no partner sees them.
    """

    __abstract__ = True

    id_prefix: ClassVar[str]
    not_about_a_party: ClassVar[str | None] = None
    append_only: ClassVar[bool] = False
    existence: ClassVar[Classification] = INTERNAL
    retention: ClassVar[Retention | None] = None
    opened_by: ClassVar[str | None] = None
    without_index: ClassVar[tuple[tuple[str, str], ...]] = (
        ("created_at updated_at", "Ids are in the order of creation."),
    )
    hidden_by: ClassVar[str | None] = None
    ours_where: ClassVar[tuple[str, Code] | None] = None
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

    def absorb(self, other: Any) -> bool:
        """Takes over what `other` holds, when the rows of one party move to another and only one of two may stay.

        Called on the row that stays; `other` is of the same model. Returns True where `other` was changed so that both
        may stay, False where it is to go, which is what happens to a model that says nothing.
        """
        return False

    def __init_subclass__(cls, **options: Any) -> None:
        declared = dict(vars(cls))
        for name, value in declared.items():
            if isinstance(value, _Reference):
                _add_reference(cls, name, value)
            elif isinstance(value, _Composite):
                _add_composite(cls, name, value)
            elif isinstance(value, MappedColumn):
                _add_blind_index(cls, name, value)
        if "__tablename__" in declared:
            cls.__mapper_args__ = {**declared.get("__mapper_args__", {}), "version_id_col": Record.__dict__["version"]}
        _resolve_codes(cls)
        super().__init_subclass__(**options)
        _constrain(cls, {name: value for name, value in declared.items() if isinstance(value, _Reference)})
        if any(c.info[META].encrypted for c in cls.__table__.columns if META in c.info):
            event.listen(cls, "load", _open, propagate=True)
            event.listen(cls, "refresh", _open, propagate=True)


def _open(record: Record, context: Any, _names: Any = None) -> None:
    """Puts text where a loaded record has a stored form; a session without a sealer leaves it as it is."""
    sealer = getattr(context.session, "sealer", None)
    if sealer is not None:
        sealer.open(record)


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
    meta = declared.meta
    for key, kind in parts.items():
        cls.__annotations__[key] = Mapped[Any]
        setattr(cls, key, mapped_column(kind, nullable=nullable, info={META: meta}, doc=declared.doc))
    make = _money_or_none if declared.optional else declared.kind
    cls.__annotations__[name] = Mapped[Any]
    setattr(cls, name, composite(make, *parts))
    cls.composites = {
        **cls.composites,
        name: CompositeMeta(
            declared.kind, tuple(parts), declared.doc, meta.classification, meta.filterable, meta.orderable, meta.ours
        ),
    }


_BLIND: Final = "A keyed hash: it tells nothing without the tenant's key."


def _add_blind_index(cls: Any, name: str, declared: MappedColumn[Any]) -> None:
    """Beside an encrypted column that is filtered by: keyed hashes of its texts, with what would index the texts."""
    info = declared.column.info
    meta: ColumnMeta | None = info.get(META)
    if meta is None or not meta.encrypted or not meta.filterable:
        return
    blind = f"{name}_bidx"
    info[META] = replace(meta, blind=blind)
    hidden = ColumnMeta(SECRET, plain=_BLIND)
    made = mapped_column(
        Words(), nullable=True, info={META: hidden, "indexed": info.pop("indexed", False)}, doc=f"Finds equal {name}."
    )
    cls.__annotations__[blind] = Mapped[str | None]
    setattr(cls, blind, made)


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
