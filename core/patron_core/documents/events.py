"""What can have happened to trusted documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event

__all__ = ["DocumentsRegistered", "DocumentsRemoved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsRegistered(Event):
    """Documents were registered that had not been. count: how many."""

    type: ClassVar[str] = "documents.registered"
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsRemoved(Event):
    """Documents were removed. count: how many."""

    type: ClassVar[str] = "documents.removed"
    count: int
