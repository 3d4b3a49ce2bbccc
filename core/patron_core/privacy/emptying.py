"""What is left of a row whose personal data goes while the row stays: which columns are emptied, and with what.

In comes a model, out come the values to write. Text and JSON go whatever their class, for nobody knows what was written
there; other values go where they are PII, PHI or SECRET. Amounts, counts, times, codes and references stay.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import Column, Index, String, Text, UniqueConstraint, cast, inspect, literal

from patron_core.columns import EncryptedText, Json, Words
from patron_core.privacy.subjects import base_of, kinds, kinds_about, references, steps
from patron_core.records import META, PHI, PII, SECRET, ColumnMeta, Record, table_of
from patron_core.values import Money

__all__ = ["ERASED", "changeable", "emptied_columns", "erased_text", "problems", "sealed_columns"]

ERASED: Final = "erased"
_PERSONAL: Final = frozenset({PII, PHI, SECRET})
_STANDARD: Final = frozenset({"tenant_id", "id", "version", "created_at", "updated_at"})


@cache
def emptied_columns(model: type[Record]) -> Mapping[str, Any]:
    """What is written into the columns of an emptied row, by column name; literals or expressions on the row's id."""
    return {column.name: _value(column) for column in _emptied(model)}


@cache
def sealed_columns(model: type[Record]) -> tuple[str, ...]:
    """Encrypted columns that may not be null: a new text is encrypted for its row, so that records are loaded for it."""
    return tuple(column.name for column in _columns(model) if _is_sealed(column))


def erased_text(model: type[Record], column: str, id_: uuid.UUID) -> str:
    """What stands in an emptied column that may not be null."""
    blind: str | None = table_of(model).c[column].info[META].blind
    unique = _is_unique(table_of(model).c[blind or column])
    return f"{ERASED} {id_}" if unique else ERASED


def changeable(model: type[Record]) -> tuple[str, ...]:
    """The columns of an append-only table that an erasure or a move of its rows may change: nothing else may be."""
    moved = [reference.column.key for reference in references(model)]
    return tuple(sorted({*emptied_columns(model), *moved}))


def problems() -> list[str]:
    """Models whose rows may have to stay, and whose required values could not be emptied."""
    found = []
    for model in kinds_about(kinds()):
        for column in _columns(model):
            meta: ColumnMeta = column.info[META]
            if meta.classification in _PERSONAL and not _is_text(column) and not column.nullable and _stays(model):
                found.append(
                    f"{model.__module__}.{model.__name__}.{column.name} cannot be emptied when its party is erased. "
                    "Its rows may have to stay. Let it be null, or classify it otherwise."
                )
    return found


def _stays(model: type[Record]) -> bool:
    """Whether rows of this kind may outlive an erasure: append-only ones, and those that such refer to."""
    return model.append_only or any(
        reference.target is model
        for other in kinds_about(kinds())
        if other.append_only
        for reference in (*references(other), *(above for step in steps(other) for above in references(step.target)))
    )


def _emptied(model: type[Record]) -> Iterator[Column[Any]]:
    for column in _columns(model):
        personal = column.info[META].classification in _PERSONAL
        if not _is_sealed(column) and (_is_text(column) or (personal and column.nullable)):
            yield column


def _columns(model: type[Record]) -> Iterator[Column[Any]]:
    """The columns that say something: no keys, no references, no currency of an amount, not what tells subclasses apart."""
    assert base_of(model) is model
    mapper = inspect(model)
    apart = {reference.column.key for reference in references(model)} | set(_STANDARD)
    for each in mapper.self_and_descendants:
        for composite in each.class_.composites.values():
            if composite.kind is Money:
                apart.update(composite.columns)
    if mapper.polymorphic_on is not None:
        apart.add(str(mapper.polymorphic_on.name))
    for column in table_of(model).columns:
        if column.name not in apart:
            yield column


def _is_text(column: Column[Any]) -> bool:
    return isinstance(column.type, Words | String | Json | EncryptedText)


def _is_sealed(column: Column[Any]) -> bool:
    return isinstance(column.type, EncryptedText) and not column.nullable


def _value(column: Column[Any]) -> Any:
    if column.nullable:
        return None
    if isinstance(column.type, Json):
        return {}
    if _is_unique(column):
        return literal(f"{ERASED} ", Text()).concat(cast(column.table.c.id, Text()))
    return ERASED


def _is_unique(column: Column[Any]) -> bool:
    rules = [rule for rule in column.table.constraints if isinstance(rule, UniqueConstraint)]
    unique: list[UniqueConstraint | Index] = [*rules, *(index for index in column.table.indexes if index.unique)]
    return any(column.name in rule.columns for rule in unique)
