"""Rows that are named by their outer id, whatever their type: what a task, a contact or a file is about.

In come a text such as `opp_0190…` and a unit of work, out comes the row, and by its subject path the customer or the party it
is about. Rows whose being there is sensitive are not found: the id alone, which others read, would tell of them.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from patron_core.errors import InvalidInput, NotFound
from patron_core.records import INTERNAL, PUBLIC, Record, records, subject_paths

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["about_of", "outer_id", "row_named"]

_UUID: Final = 36


def outer_id(record: Record) -> str:
    """The id of a row as the API shows it."""
    return f"{record.id_prefix}_{record.id}"


def row_named(text: str, uow: UnitOfWork, *, path: tuple[str | int, ...]) -> Record:
    """The row of an outer id. INVALID_INPUT for what is no id, NOT_FOUND where nothing is there that may be named."""
    prefix, _, rest = text.rpartition("_")
    try:
        wanted = uuid.UUID(rest) if len(rest) == _UUID else None
    except ValueError:
        wanted = None
    if wanted is None:
        raise InvalidInput(
            "The id is not well formed. It is no prefix with a uuid behind it. Pass the id the API gave.", path=path
        )
    packages = ("patron_core", *uow.plugins.packages.values())
    model = next((each for each in records() if _has(each, prefix) and _is_of(each, packages)), None)
    if model is None or model.existence not in (PUBLIC, INTERNAL):
        raise NotFound("There is nothing of that id. It names none that you may see. Check the id.", path=path)
    return uow.get(model, wanted, path=path)


def about_of(record: Record, goal: type[Record], uow: UnitOfWork) -> uuid.UUID | None:
    """The id of the customer or party (`goal`) that a row is about, by its subject path; None where it is about none."""
    if isinstance(record, goal):
        return record.id
    for path in () if record.not_about_a_party else subject_paths(type(record), goal):
        row: Any = record
        for name in path[:-1]:
            target = type(row).__mapper__.relationships[name].mapper.class_
            key = getattr(row, f"{name}_id")
            row = None if key is None else uow.session.get(target, (uow.tenant_id, key))
            if row is None:
                break
        found: uuid.UUID | None = None if row is None else getattr(row, f"{path[-1]}_id")
        if found is not None:
            return found
    return None


def _has(model: type[Record], prefix: str) -> bool:
    """Whether a model has the prefix as its own: persons and organizations are found as parties."""
    return vars(model).get("id_prefix") == prefix


def _is_of(model: type[Record], packages: tuple[str, ...]) -> bool:
    return any(model.__module__ == package or model.__module__.startswith(f"{package}.") for package in packages)
