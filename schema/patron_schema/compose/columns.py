"""Binds a declared field to a column, or to the columns of a value such as Money, after checking the annotation against them."""

from __future__ import annotations

import datetime as dt
import types
import typing
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Column

from patron_core.columns import CodeText, Day, EncryptedText, Scaled, UtcTime, Words
from patron_core.records import META, ColumnMeta, CompositeMeta, Record
from patron_core.values import Code, Money

from .. import declare as d
from ..planner.catalog import ColumnField, Field, Kind, Shape, ValueField
from .declarations import DeclaredField

__all__ = ["KINDS", "Annotation", "Unbound", "annotation_of", "composite", "plain_column"]

KINDS: dict[type, Kind] = {
    str: Kind.TEXT,
    int: Kind.INT,
    bool: Kind.BOOL,
    dt.datetime: Kind.TIME,
    dt.date: Kind.DATE,
    Decimal: Kind.DECIMAL,
}
_STORED: dict[type, type] = {Words: str, EncryptedText: str, Scaled: Decimal, UtcTime: dt.datetime, Day: dt.date}


class Unbound(Exception):
    """A field that fits nothing; the text says why and what to write."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A hint taken apart: `Connection[X] | None` is (X, CONNECTION, nullable)."""

    inner: Any
    shape: Shape
    nullable: bool


def annotation_of(hint: Any) -> Annotation:
    """Takes an annotation apart."""
    arguments = typing.get_args(hint)
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType) and type(None) in arguments:
        rest = [a for a in arguments if a is not type(None)]
        inside = annotation_of(rest[0])
        return Annotation(inside.inner, inside.shape, True)
    if origin is d.Connection:
        return Annotation(arguments[0], Shape.CONNECTION, False)
    if origin is list:
        return Annotation(arguments[0], Shape.LIST, False)
    return Annotation(hint, Shape.ONE, False)


def plain_column(
    declared: DeclaredField, annotation: Annotation, column: Column[Any], model: type[Record]
) -> ColumnField:
    """The field of one column, where the annotation says what the column holds. Raises `Unbound`."""
    meta: ColumnMeta = column.info[META]
    if column.key == "id":
        return ColumnField(
            declared.name,
            declared.owner,
            "id",
            Kind.ID,
            meta.classification,
            False,
            id_prefix=model.id_prefix,
            filterable=True,
        )
    python = _python_type(column)
    if annotation.inner is not python or annotation.nullable != bool(column.nullable):
        wanted = f"{python.__name__}{' | None' if column.nullable else ''}"
        raise Unbound(f"it is declared {declared.hint}, but the column holds {wanted}. Write {wanted}.")
    code = python if issubclass(python, Code) else None
    return ColumnField(
        declared.name,
        declared.owner,
        column.name,
        Kind.CODE if code else KINDS[python],
        meta.classification,
        bool(column.nullable),
        code=code,
        scale=column.type.scale if isinstance(column.type, Scaled) else 0,
        filterable=meta.filterable,
        orderable=meta.orderable,
        sealed=f"{column.table.name}.{column.name}" if meta.encrypted else None,
        blind=meta.blind,
        ours=meta.ours,
    )


def _python_type(column: Column[Any]) -> type:
    kind: Any = column.type
    if isinstance(kind, CodeText):
        return kind.code
    for stored, shown in _STORED.items():
        if isinstance(kind, stored):
            return shown
    try:
        python: type = kind.python_type
    except NotImplementedError:
        raise Unbound("a JSON column cannot be shown as it is. Show its keys with a resolver.") from None
    if python is uuid.UUID:
        raise Unbound("an id of another row is shown through its reference. Annotate the reference's type.")
    if python not in KINDS:
        raise Unbound(f"a column of {python.__name__} cannot be shown.")
    return python


def composite(declared: DeclaredField, annotation: Annotation, meta: CompositeMeta) -> ValueField:
    """The field of a value that several columns hold: Money or Period. Raises `Unbound`."""
    if annotation.inner is not meta.kind:
        raise Unbound(
            f"it is declared {declared.hint}, but the model has {meta.kind.__name__} here. Write {meta.kind.__name__}."
        )
    first, second = meta.columns
    common: Any = {"classification": meta.classification, "filterable": meta.filterable, "ours": meta.ours}
    if meta.kind is Money:
        fields: dict[str, Field] = {
            "amount": ColumnField(
                "amount", declared.owner, first, Kind.AMOUNT, nullable=annotation.nullable, companion=second,
                orderable=meta.orderable, **common,
            ),
            "currencyCode": ColumnField(
                "currencyCode", declared.owner, second, Kind.TEXT, nullable=annotation.nullable, **common
            ),
        }  # fmt: skip
        present = first if annotation.nullable else None
        return ValueField(
            declared.name, declared.owner, "Money", fields, annotation.nullable, None, present, meta.filterable,
            "amount" if meta.orderable else None,
        )  # fmt: skip
    ends: dict[str, Field] = {
        name: ColumnField(name, declared.owner, column, Kind.TIME, nullable=True, orderable=meta.orderable, **common)
        for name, column in (("from", first), ("to", second))
    }
    return ValueField(declared.name, declared.owner, "Period", ends, False, filterable=meta.filterable)
