"""What every model must declare, checked together at start-up: each fault is named with its place and the fix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column
from sqlalchemy import inspect as inspect_mapper

from .columns import EncryptedText, Json, Words
from .records import META, Classification, ColumnMeta, Record, records, subject_paths

__all__ = ["check_records"]


def check_records(party: type[Record]) -> list[str]:
    """Every fault of a declaration, named with its place and the fix: unclassified columns, no subject, no prefix, no docstring."""
    problems: list[str] = []
    prefixes: dict[str, type[Record]] = {}
    for model in records():
        at = f"{model.__module__}.{model.__name__}"
        problems += [
            f"{at}.{c.key} has no classification. Declare it with column(INTERNAL, doc=…)." for c in _undeclared(model)
        ]
        problems += [f"{at}.{problem}" for c in inspect_mapper(model).columns for problem in _unsealed(model, c)]
        problems += [f"{at}.{c.key} has no description. Pass doc=…" for c in inspect_mapper(model).columns if not c.doc]
        if not (model.__doc__ or "").strip():
            problems.append(f"{at} has no docstring. Write one: it becomes the description of its GraphQL type.")
        if "__tablename__" not in vars(model):
            continue
        prefix = vars(model).get("id_prefix")
        if prefix is None or not re.fullmatch("[a-z]{2,8}", prefix):
            problems.append(f"{at} has no fitting id_prefix. Set two to eight lower-case letters, such as 'loy'.")
        elif prefix in prefixes:
            problems.append(f"{at} and {prefixes[prefix].__name__} share the id prefix {prefix!r}. Choose another.")
        else:
            prefixes[prefix] = model
        if not model.not_about_a_party and not subject_paths(model, party):
            problems.append(
                f"{at} has no subject path to a party. Declare subject(…), or not_about_a_party = 'why' if it holds no party's data."
            )
        if model.ours_where is not None and model.ours_where[0] not in inspect_mapper(model).columns:
            problems.append(f"{at}.ours_where names {model.ours_where[0]!r}, which is no column of it. Name one.")
    return problems


def _unsealed(model: type[Record], column: Column[Any]) -> Iterator[str]:
    """What is wrong with how a column is encrypted, or is not."""
    meta: ColumnMeta | None = column.info.get(META)
    if meta is None:
        return
    sensitive = max([meta.classification, *meta.keys.values()]) in (Classification.PHI, Classification.SECRET)
    parts = {part for composite in model.composites.values() for part in composite.columns}
    if sensitive and isinstance(column.type, Words | Json) and not meta.plain and column.key not in parts:
        yield f"{column.key} is {meta.classification.name} and stored in the clear. Pass encrypted=True, or plain='why not'."
    if meta.encrypted and meta.orderable:
        yield f"{column.key} is encrypted and has no order. Leave out orderable=True."
    if meta.encrypted and model.append_only:
        yield f"{column.key} is encrypted, and its table is append-only: no new key could ever encrypt it again. Pass plain='why'."
    if meta.encrypted and not isinstance(column.type, EncryptedText):
        yield f"{column.key} is encrypted and holds no text. Only text is: keep it as text, or leave out encrypted=True."


def _undeclared(model: type[Record]) -> list[Column[Any]]:
    return [c for c in inspect_mapper(model).columns if META not in c.info]
