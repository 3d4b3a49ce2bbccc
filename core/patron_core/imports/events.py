"""What can have happened to imports beyond what their rows tell."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event, Named

__all__ = ["ImportRowsRemoved", "ImportUndone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRowsRemoved(Event):
    """Rows that an import had made were removed, because it is being undone.

    record_type: Name of their table. record_ids: The rows.
    """

    type: ClassVar[str] = "import.rows_removed"
    names: ClassVar[Named] = {"record_ids": None}
    import_run_id: uuid.UUID
    record_type: str
    record_ids: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportUndone(Event):
    """An import was undone; `patron import undo` lists the rows that were kept.

    removed: How many rows were removed. reversed: How many rows of the ledger were taken back. kept: How many rows stay.
    """

    type: ClassVar[str] = "import.undone"
    import_run_id: uuid.UUID
    removed: int
    reversed: int
    kept: int
