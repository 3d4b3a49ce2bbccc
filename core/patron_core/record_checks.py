"""What every model must declare, checked together at start-up: each fault is named with its place and the fix."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Column
from sqlalchemy import inspect as inspect_mapper

from .records import META, Record, records, subject_paths

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
    return problems


def _undeclared(model: type[Record]) -> list[Column[Any]]:
    return [c for c in inspect_mapper(model).columns if META not in c.info]
