"""Who may: the permissions of this slice, each with what it allows."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["AUDIT_READ", "PERMISSIONS"]

AUDIT_READ: Final = "audit:read"

PERMISSIONS: Final = MappingProxyType({AUDIT_READ: "Read who changed what, when and why."})
