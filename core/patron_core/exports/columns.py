"""The columns of an exported table: where each value stands in a row, and what kind of value it is.

In comes a row as the API answers it (objects in objects), out comes a flat list in the order of the columns. Which columns
a document asks for is decided in `patron_schema.export_documents`; how they are written, in `writers`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

__all__ = ["Column", "Kind", "flat"]


class Kind(Enum):
    """What the values of a column are; each writer has its own form for each."""

    TEXT = auto()
    INTEGER = auto()
    NUMBER = auto()
    DECIMAL = auto()
    TRUTH = auto()
    INSTANT = auto()
    DAY = auto()
    JSON = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """A column. path: the keys from the row inwards, which joined by dots are its name: `amount.currencyCode`."""

    path: tuple[str, ...]
    kind: Kind

    @property
    def name(self) -> str:
        """What stands above it."""
        return ".".join(self.path)


def flat(row: Mapping[str, Any], columns: Sequence[Column]) -> list[Any]:
    """The values of a row; None where one is null, or the object it would stand in."""
    return [_at(row, column.path) for column in columns]


def _at(row: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if row is None:
            return None
        row = row.get(key)
    return row
