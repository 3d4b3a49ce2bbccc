"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["PERMISSIONS", "TASK_READ", "TASK_WRITE"]

TASK_READ: Final = "task:read"
TASK_WRITE: Final = "task:write"

PERMISSIONS: Final = MappingProxyType(
    {
        TASK_READ: "Read tasks, reminders and rhythms of contact.",
        TASK_WRITE: "Make tasks and rhythms of contact, and finish tasks.",
    }
)
