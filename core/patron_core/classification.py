"""How sensitive a column is, and what else its declaration says: the words that `records` is written with.

Import them from `patron_core.records`, which has them all.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

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
    "ReferenceMeta",
]

META: Final = "patron"


class Classification(enum.IntEnum):
    """How sensitive a column is. FINANCIAL and PHI are side branches of PII; SECRET is written and never read."""

    PUBLIC = 0
    INTERNAL = 1
    PII = 2
    FINANCIAL = 3
    PHI = 4
    SECRET = 5


PUBLIC, INTERNAL, PII, FINANCIAL, PHI, SECRET = Classification


@dataclass(frozen=True, slots=True)
class ColumnMeta:
    """What a column's declaration says beyond its type.

    encrypted: whether its text is. blind: the column beside it by which rows with an equal text are found. plain: why
    a sensitive text is not encrypted. ours: whether it says what something costs us or what we earn by it.
    """

    classification: Classification
    filterable: bool = False
    orderable: bool = False
    deprecated: str | None = None
    keys: Mapping[str, Classification] = field(default_factory=dict)
    encrypted: bool = False
    blind: str | None = None
    plain: str | None = None
    ours: bool = False


@dataclass(frozen=True, slots=True)
class ReferenceMeta:
    """A reference to another record; `subject` marks the step of the path towards the party the row is about."""

    target: type[Any]
    unique: bool
    subject: bool
    optional: bool


@dataclass(frozen=True, slots=True)
class CompositeMeta:
    """Several columns shown as one value: Money or Period."""

    kind: type[Any]
    columns: tuple[str, ...]
    doc: str
    classification: Classification
    filterable: bool
    orderable: bool
    ours: bool = False
