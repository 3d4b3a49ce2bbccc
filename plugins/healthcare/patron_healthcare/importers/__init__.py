"""The file formats of care: FHIR R4 transaction bundles."""

from __future__ import annotations

from typing import Any, Final

from patron_core.imports.importer import Importer
from patron_healthcare.importers.fhir import Fhir

__all__ = ["IMPORTERS"]

IMPORTERS: Final[tuple[Importer[Any, Any], ...]] = (Fhir(),)
