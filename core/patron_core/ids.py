"""Ids that say whose they are: `CustomerId` is a uuid that names a row of `Customer`.

A command annotates its fields with these; the layer that reads `cus_…` texts finds the model, and with it the prefix,
in the annotation. Inside the core an id is a plain `uuid.UUID`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from patron_core.records import Record

__all__ = ["IdOf", "id_target"]


@dataclass(frozen=True, slots=True)
class IdOf:
    """Marks an annotated uuid as the id of a model's row: `CustomerId = Annotated[uuid.UUID, IdOf(Customer)]`."""

    model: type[Record]

    @property
    def prefix(self) -> str:
        """What stands before the id outside, as `cus` in `cus_…`."""
        return self.model.id_prefix


def id_target(annotation: Any) -> type[Record] | None:
    """The model an annotation's id names, or None where it is no id.

    annotation: as `typing.get_type_hints(command, include_extras=True)` gives it; unions and tuples are looked into.
    """
    if get_origin(annotation) is Annotated:
        kind, *marks = get_args(annotation)
        found = next((mark.model for mark in marks if isinstance(mark, IdOf)), None)
        return found if kind is uuid.UUID else id_target(kind)
    return next((target for part in get_args(annotation) if (target := id_target(part)) is not None), None)
