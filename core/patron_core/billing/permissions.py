"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["INVOICE_READ", "INVOICE_WRITE", "PERMISSIONS"]

INVOICE_READ: Final = "invoice:read"
INVOICE_WRITE: Final = "invoice:write"

PERMISSIONS: Final = MappingProxyType(
    {
        INVOICE_READ: "Read invoices, payments and how late they were.",
        INVOICE_WRITE: "Send invoices and take payments.",
    }
)
