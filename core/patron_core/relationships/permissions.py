"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["PERMISSIONS", "RELATIONSHIP_DEFINE", "RELATIONSHIP_READ", "RELATIONSHIP_WRITE"]

RELATIONSHIP_READ: Final = "relationship:read"
RELATIONSHIP_WRITE: Final = "relationship:write"
RELATIONSHIP_DEFINE: Final = "relationship:define"

PERMISSIONS: Final = MappingProxyType(
    {
        RELATIONSHIP_READ: "Read relationships and their types.",
        RELATIONSHIP_WRITE: "Relate parties and end relationships.",
        RELATIONSHIP_DEFINE: "Define types of relationships.",
    }
)
