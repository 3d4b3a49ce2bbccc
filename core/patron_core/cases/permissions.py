"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["CASE_READ", "CASE_WRITE", "PERMISSIONS"]

CASE_READ: Final = "case:read"
CASE_WRITE: Final = "case:write"

PERMISSIONS: Final = MappingProxyType(
    {
        CASE_READ: "Read complaints, requests and questions, and their clocks.",
        CASE_WRITE: "Open, work on and resolve complaints, requests and questions.",
    }
)
