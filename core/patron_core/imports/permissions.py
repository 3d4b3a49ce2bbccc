"""Who may: the permissions of this slice, each with what it allows; `runner` asks for them."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["IMPORT_RUN", "PERMISSIONS"]

IMPORT_RUN: Final = "import:run"

PERMISSIONS: Final = MappingProxyType({IMPORT_RUN: "Import files, with all that an importer writes."})
