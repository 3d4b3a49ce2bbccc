"""Looks for fields that a whole list may be filtered or ordered by and that no index leads to.

A catalog comes in, warnings go out, each with the plugin, the model, the column and the line to add: a list of a million rows
would be read through. Rows of a relation are found by its reference, so that only root connections are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from patron_core.list_indexes import without_index

from ..planner.catalog import Catalog, ColumnField, Field, Kind, TypeEntry, ValueField

__all__ = ["list_index_warnings"]

#: Kinds that an index of their own seldom serves: codes and flags have few values, so that a page of either is soon full;
#: amounts are compared and ordered over all currencies by an expression.
_UNSERVED: Final = frozenset({Kind.CODE, Kind.BOOL, Kind.AMOUNT})


def list_index_warnings(catalog: Catalog) -> tuple[str, ...]:
    """One warning for each column, in three sentences, in the order of the root fields."""
    found: dict[tuple[type, str], str] = {}
    for root in catalog.roots.values():
        if root.by != "connection":
            continue
        entry = catalog.types[root.target]
        for each in (entry, *(catalog.types[name] for name in entry.members)):
            for model, field in _unserved(each):
                found.setdefault((model, field.column), _warning(root.name, model, field))
    return tuple(found.values())


def _unserved(entry: TypeEntry) -> Iterator[tuple[type, ColumnField]]:
    model = entry.model
    if model is None:
        return
    fields = {field.blind or field.column: field for field in _columns(entry.fields)}
    for name in without_index(model, fields):
        declaring = next(cls for cls in reversed(model.__mro__) if name in vars(cls) or hasattr(cls, name))
        yield declaring, fields[name]


def _columns(fields: Mapping[str, Field]) -> Iterator[ColumnField]:
    """The columns of a type that may be asked for, those of its money and periods too."""
    companions = {field.companion for field in fields.values() if isinstance(field, ColumnField)}
    for field in fields.values():
        if isinstance(field, ValueField) and field.target in ("Money", "Period"):
            yield from _columns(field.fields)
        elif isinstance(field, ColumnField) and _wants_index(field) and field.column not in companions:
            yield field


def _wants_index(field: ColumnField) -> bool:
    return (field.filterable or field.orderable) and field.kind not in _UNSERVED


def _warning(root: str, model: type, field: ColumnField) -> str:
    uses = " and ".join(word for word, may in (("filtered", field.filterable), ("ordered", field.orderable)) if may)
    return (
        f"Plugin {field.owner!r}: {model.__module__}.{model.__name__}.{field.column} has no index. `{root}` may be {uses} by it, "
        f"and a list of a million rows is read through. Write `index=True` in its column(…), or "
        f'`without_index = (("{field.column}", "why"),)` in the model.'
    )
