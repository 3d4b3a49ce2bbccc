"""Binds each declared field to where its value comes from: annotations are checked against columns, references are followed.

Comes in: declarations. Goes out: catalog entries. What does not fit becomes a problem with owner, type.field, place and fix.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import strawberry
from sqlalchemy import Column, Table
from sqlalchemy import inspect as inspect_mapper

from patron_core.access.scopes import read_scope
from patron_core.columns import Scaled
from patron_core.parties.models import Party
from patron_core.records import META, Classification, Record, ReferenceMeta, records, subject_paths, table_of
from patron_core.values import Code

from .. import declare as d
from ..planner.catalog import (
    SUMMED,
    AbstractField,
    ExpressionField,
    Field,
    GatheredField,
    Kind,
    PythonField,
    RelationField,
    Shape,
    SubjectPath,
    Template,
    TypeEntry,
    ValueField,
)
from .columns import KINDS, Annotation, Unbound, annotation_of, composite, plain_column
from .declarations import Declarations, DeclaredField, spec_of
from .expressions import UnreadableExpression, aliased_text, clause, columns_read, template
from .names import camel

__all__ = ["Binder"]


class Binder:
    """Turns the declared fields of all types into catalog entries."""

    def __init__(self, declarations: Declarations, declared: Mapping[str, Mapping[str, DeclaredField]]) -> None:
        self.declarations = declarations
        self.declared = declared
        self.problems: list[str] = []

    def entry(self, name: str) -> TypeEntry:
        """The catalog entry of a type."""
        cls = self.declarations.types[name]
        spec = spec_of(cls)
        owner = self.declarations.owners[cls]
        members = tuple(n for n, t in self.declarations.types.items() if t is not cls and issubclass(t, cls))
        if spec.model is None:
            fields: dict[str, Field] = {n: AbstractField(n, f.owner) for n, f in self.declared[name].items()}
            return TypeEntry(name, owner, cls, None, None, "", None, None, fields, members)
        mapper: Any = inspect_mapper(spec.model)
        tag = mapper.polymorphic_identity.name if mapper.polymorphic_identity is not None else None
        discriminator = mapper.polymorphic_on.key if mapper.polymorphic_on is not None else None
        bound = {n: f for n, f in ((n, self._bind(name, f, spec.model)) for n, f in self.declared[name].items()) if f}
        return TypeEntry(
            name,
            owner,
            cls,
            spec.model,
            mapper.local_table.name,
            spec.model.id_prefix,
            discriminator,
            tag,
            bound,
            members if spec.kind == "interface" else (),
            _subjects(spec.model),
            read_scope(spec.model, owner=owner),
            spec.model.existence,
        )

    def _bind(self, type_name: str, declared: DeclaredField, model: type[Record]) -> Field | None:
        try:
            return self._field(declared, model)
        except Unbound as problem:
            self.problems.append(f"{declared.owner}: {type_name}.{declared.name} ({declared.at}): {problem}")
        except UnreadableExpression as problem:
            self.problems.append(
                f"{declared.owner}: {type_name}.{declared.name} ({declared.at}): its classification cannot be derived, because"
                f" {problem}. Use columns and total()."
            )
        return None

    def _field(self, declared: DeclaredField, model: type[Record]) -> Field:
        binding = declared.field.metadata.get(META)
        if declared.field.base_resolver is not None:
            return _python(declared, binding)
        annotation = annotation_of(declared.hint)
        match binding:
            case d.Related():
                return self._related(declared, annotation, binding, model)
            case d.Computed():
                return _computed(declared, annotation, binding, model)
            case d.Total():
                return _total(declared, annotation, binding, model)
            case d.Value():
                return self._value(declared, annotation, binding, model)
            case d.Gathered():
                return self._gathered(declared, annotation, binding, model)
            case _:
                return self._column(declared, annotation, model)

    # -- columns and references by name

    def _column(self, declared: DeclaredField, annotation: Annotation, model: type[Record]) -> Field:
        mapper: Any = inspect_mapper(model)
        name = declared.field.python_name
        if name in model.composites:
            return composite(declared, annotation, model.composites[name])
        prop = mapper.attrs.get(name)
        if prop is None:
            raise Unbound(
                f"{model.__name__} has no column or reference {name!r}. Use related(), expression(), total(), value() or @resolver."
            )
        if prop.key in mapper.relationships:
            return self._reference(declared, annotation, prop)
        return plain_column(declared, annotation, prop.columns[0], model)

    def _type_name(self, cls: Any) -> str:
        for name, known in self.declarations.types.items():
            if known is cls:
                return name
        raise Unbound(
            f"{getattr(cls, '__name__', cls)} is not a type of this schema. List it in a Contribution or install its plugin."
        )

    def _reference(self, declared: DeclaredField, annotation: Annotation, prop: Any) -> Field:
        meta: ReferenceMeta = prop.info[META]
        target = self._type_name(annotation.inner)
        shown = spec_of(annotation.inner).model
        if shown is None or not issubclass(meta.target, shown):
            raise Unbound(
                f"the reference points to {meta.target.__name__}, which {target} does not show. Annotate its type."
            )
        if annotation.nullable != meta.optional:
            raise Unbound(f"the reference {'may' if meta.optional else 'may not'} be null. Annotate it so.")
        return RelationField(declared.name, declared.owner, target, Shape.ONE, f"{prop.key}_id", "id", meta.optional)

    def _related(
        self, declared: DeclaredField, annotation: Annotation, binding: d.Related, model: type[Record]
    ) -> Field:
        target = self._type_name(annotation.inner)
        prop = binding.attribute.property
        meta: ReferenceMeta = prop.info[META]
        source = binding.attribute.class_
        shown = spec_of(annotation.inner).model
        if shown is None or not issubclass(source, shown):
            raise Unbound(
                f"{source.__name__}.{prop.key} belongs to a model that {target} does not show. Annotate its type."
            )
        here, pointed = ("id", model) if binding.via is None else _through(binding.via)
        if not issubclass(pointed, meta.target):
            raise Unbound(f"{source.__name__}.{prop.key} points to {meta.target.__name__}, not to {pointed.__name__}.")
        also = None
        if binding.other is not None:
            second = binding.other.property
            if binding.other.class_ is not source or not issubclass(pointed, second.info[META].target):
                raise Unbound(f"{second.key} is no reference of {source.__name__} to {pointed.__name__}. Name one.")
            also = f"{second.key}_id"
        if annotation.shape is Shape.ONE and not meta.unique:
            raise Unbound(
                f"{source.__name__}.{prop.key} is not unique, so there may be many. Write Connection[{target}]."
            )
        if annotation.shape is Shape.ONE and not annotation.nullable:
            raise Unbound(f"there may be none. Write {target} | None.")
        return RelationField(
            declared.name, declared.owner, target, annotation.shape, here, f"{prop.key}_id", True, also=also
        )

    # -- parts of the row and unions

    def _value(self, declared: DeclaredField, annotation: Annotation, binding: d.Value, model: type[Record]) -> Field:
        target = self._type_name(annotation.inner)
        shown = spec_of(annotation.inner).model
        if shown is None or not issubclass(model, shown):
            raise Unbound(
                f"{target} shows another model than {model.__name__}. Declare it with @planned_value({model.__name__})."
            )
        fields = {n: self._field(f, shown) for n, f in self.declared[target].items()}
        table = column = subjects = None
        if binding.present is not None:
            source = binding.present.class_
            table, column = source.__table__.name, f"{binding.present.property.key}_id"
            subjects = _subjects(source)
        if (table is not None) != annotation.nullable:
            raise Unbound(f"it {'may' if table else 'cannot'} be null. Annotate it so, or change `present`.")
        return ValueField(
            declared.name,
            declared.owner,
            target,
            fields,
            annotation.nullable,
            table,
            column,
            filterable=True,
            present_subjects=subjects,
        )

    def _gathered(
        self, declared: DeclaredField, annotation: Annotation, binding: d.Gathered, model: type[Record]
    ) -> Field:
        target = self._type_name(annotation.inner)
        branches = []
        for name, cls in self.declarations.types.items():
            shown = spec_of(cls).model
            if cls is not annotation.inner and issubclass(cls, annotation.inner) and shown is not None:
                paths = subject_paths(shown, model)
                if not paths:
                    raise Unbound(f"{name} has no subject path to {model.__name__}. Declare one with subject().")
                branches.append((name, _steps(shown, paths[0])))
        return GatheredField(declared.name, declared.owner, target, camel(binding.order_by), tuple(branches))


def _through(via: Any) -> tuple[str, type[Record]]:
    """The column of a reference, and the model it points to."""
    prop = via.property
    return f"{prop.key}_id", prop.info[META].target


def _steps(model: type[Record], path: tuple[str, ...]) -> tuple[tuple[str, str | None], ...]:
    """A subject path as (reference column, table it leads to); the last table is the goal itself and is left out."""
    steps: list[tuple[str, str | None]] = []
    for index, name in enumerate(path):
        target = inspect_mapper(model).relationships[name].info[META].target
        steps.append((f"{name}_id", None if index == len(path) - 1 else target.__table__.name))
        model = target
    return tuple(steps)


def _subjects(model: type[Record]) -> tuple[SubjectPath, ...] | None:
    if model.not_about_a_party:
        return None
    return tuple(_steps(model, path) for path in subject_paths(model, Party)) or None


def _python(declared: DeclaredField, binding: Any) -> PythonField:
    requires = binding.requires if isinstance(binding, d.Resolver) else ()
    inner = annotation_of(declared.hint.resolve() if hasattr(declared.hint, "resolve") else declared.hint).inner
    function = declared.field.base_resolver
    assert function is not None
    # Without graphql-core there is no info to hand in, and nobody awaits.
    plain = function.info_parameter is None and not function.is_async
    scalar = inner in KINDS or inner is strawberry.ID or (isinstance(inner, type) and issubclass(inner, Code))
    leaf = plain and scalar
    return PythonField(declared.name, declared.owner, tuple((n, camel(n)) for n in requires), leaf)


def _result(
    declared: DeclaredField, annotation: Annotation, reads: list[Column[Any]]
) -> tuple[Kind, type[Code] | None, int]:
    inner = annotation.inner
    if isinstance(inner, type) and issubclass(inner, Code):
        return Kind.CODE, inner, 0
    if inner not in KINDS:
        raise Unbound(f"an expression cannot give {getattr(inner, '__name__', inner)}. Use a scalar or a Code.")
    scales = {c.type.scale for c in reads if isinstance(c.type, Scaled)}
    if inner is Decimal and len(scales) != 1:
        raise Unbound("its decimals are not known: it reads columns of several scales or of none.")
    return KINDS[inner], None, next(iter(scales), 0)


def _classification(columns: list[Column[Any]]) -> Classification:
    if not columns:
        raise Unbound("it reads no column, so its classification is unknown. Read one, or use a resolver.")
    worst: Classification = max(c.info[META].classification for c in columns)
    return worst


def _ours(columns: list[Column[Any]]) -> bool:
    return any(column.info[META].ours for column in columns)


def _sources(columns: list[Column[Any]]) -> frozenset[tuple[str, Classification]]:
    """The tables that are read, with the classes of what is read there and of there being a row."""
    tables = {column.table.name for column in columns}
    rows = {(table_of(m).name, m.existence) for m in records() if hasattr(m, "__table__")}
    read = {(column.table.name, column.info[META].classification) for column in columns}
    return frozenset(read | {(table, existence) for table, existence in rows if table in tables})


def _refuse_encrypted(columns: list[Column[Any]]) -> None:
    """No SQL can read what is encrypted."""
    for column in columns:
        if column.info[META].encrypted:
            raise Unbound(
                f"it reads {column.name}, which is encrypted, and SQL cannot. Use @resolver({column.name!r})."
            )


def _computed(
    declared: DeclaredField, annotation: Annotation, binding: d.Computed, model: type[Record]
) -> ExpressionField:
    table: Table = inspect_mapper(model).local_table  # type: ignore[assignment]
    via = via_table = subjects = None
    if binding.via is not None:
        via, other = _through(binding.via)
        table, subjects = table_of(other), _subjects(other)
        via_table = table.name
    element = clause(binding.value)
    reads = list(columns_read(element))
    strange = sorted({c.table.name for c in reads} - {table.name})
    if strange:
        raise Unbound(f"it reads {', '.join(strange)}, another table. Use total(), related() or via=.")
    _refuse_encrypted(reads)
    kind, code, scale = _result(declared, annotation, reads)
    return ExpressionField(
        declared.name,
        declared.owner,
        template(element, table),
        kind,
        _classification(reads),
        annotation.nullable,
        tuple(sorted(f"{c.table.name}.{c.name}" for c in reads)),
        _sources(reads),
        code,
        scale,
        via,
        via_table,
        subjects,
        binding.filterable,
        binding.orderable,
        _ours(reads),
    )


def _total(declared: DeclaredField, annotation: Annotation, binding: d.Total, model: type[Record]) -> ExpressionField:
    prop = binding.via.property
    source: Table = binding.via.class_.__table__
    if not issubclass(model, prop.info[META].target):
        raise Unbound(f"{binding.via} does not point to {model.__name__}. Name a reference to it.")
    reads = list(columns_read(clause(binding.value))) if binding.value is not None else []
    conditions = list(columns_read(clause(binding.where))) if binding.where is not None else []
    _refuse_encrypted([*reads, *conditions])
    strange = sorted({c.table.name for c in reads + conditions} - {source.name})
    if strange:
        raise Unbound(f"it reads {', '.join(strange)}, but `via` belongs to {source.name}. Read its columns only.")
    kind, code, scale = _result(declared, annotation, reads)
    if kind not in (Kind.INT, Kind.DECIMAL) or annotation.nullable:
        raise Unbound("a total is a number that is never null. Write int or Decimal.")

    def text(dialect: str) -> str:
        inner = (
            "count(*)" if binding.value is None else f"coalesce(sum({aliased_text(binding.value, source, dialect)}), 0)"
        )
        where = f" AND ({aliased_text(binding.where, source, dialect)})" if binding.where is not None else ""
        cast = "::bigint" if dialect == "postgresql" else ""
        inside = (
            f"SELECT {inner}{cast} FROM {source.name} {SUMMED} WHERE {SUMMED}.tenant_id = {{outer}}.tenant_id{{limits}}"
        )
        whole = f"({inside} AND {SUMMED}.{prop.key}_id = {{outer}}.id{where})".replace("{row}", SUMMED)
        return whole.replace("{outer}", "{row}")

    columns = [*reads, *conditions, source.c[f"{prop.key}_id"]]
    return ExpressionField(
        declared.name,
        declared.owner,
        Template(sqlite=text("sqlite"), postgresql=text("postgresql")),
        kind,
        _classification(columns),
        False,
        tuple(sorted(f"{c.table.name}.{c.name}" for c in columns)),
        _sources(columns),
        code,
        scale,
        via_table=source.name,
        subjects=_subjects(binding.via.class_),
        ours=_ours(columns),
    )
