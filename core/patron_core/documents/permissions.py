"""Who may: the permissions of this slice, each with what it allows."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["DOCUMENT_REGISTER", "PERMISSIONS"]

DOCUMENT_REGISTER: Final = "document:register"

PERMISSIONS: Final = MappingProxyType({DOCUMENT_REGISTER: "Register documents that clients may run, and remove them."})
