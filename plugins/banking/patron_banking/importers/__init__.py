"""The file formats a bank brings: one room each, on the framework of `patron_core.imports`."""

from __future__ import annotations

from patron_banking.importers.berka import Berka
from patron_banking.importers.camt053 import Camt053

__all__ = ["Berka", "Camt053"]
