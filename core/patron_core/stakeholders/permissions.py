"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["PERMISSIONS", "STAKEHOLDER_READ", "STAKEHOLDER_WRITE"]

STAKEHOLDER_READ: Final = "stakeholder:read"
STAKEHOLDER_WRITE: Final = "stakeholder:write"

PERMISSIONS: Final = MappingProxyType(
    {
        STAKEHOLDER_READ: "Read who has a say at a customer, and on which side they are.",
        STAKEHOLDER_WRITE: "Note who has a say at a customer.",
    }
)
