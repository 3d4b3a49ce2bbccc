"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["PERMISSIONS", "TRANSACTION_READ", "TRANSACTION_WRITE"]

TRANSACTION_READ: Final = "transaction:read"
TRANSACTION_WRITE: Final = "transaction:write"

PERMISSIONS: Final = MappingProxyType(
    {
        TRANSACTION_READ: "Read the ledger: transactions and their lines.",
        TRANSACTION_WRITE: "Record, take in and reverse transactions.",
    }
)
