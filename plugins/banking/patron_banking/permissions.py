"""Who may: the permissions of this plugin, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["ACCOUNT_OPEN", "KYC_DECIDE", "KYC_SUBMIT", "PERMISSIONS", "ROLES"]

ACCOUNT_OPEN: Final = "banking:open"
KYC_SUBMIT: Final = "banking:kyc_submit"
KYC_DECIDE: Final = "banking:kyc_decide"

PERMISSIONS: Final = MappingProxyType(
    {
        ACCOUNT_OPEN: "Open accounts for customers who are known.",
        KYC_SUBMIT: "Ask for the decision whether a customer is known.",
        KYC_DECIDE: "Decide whether a customer is known, when somebody else asked.",
    }
)

#: What bundled roles get of this plugin beside reading, which `*:read` opens.
ROLES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "manager": ("banking:*",),
        "agent": (ACCOUNT_OPEN, KYC_SUBMIT),
        "compliance_officer": (KYC_DECIDE,),
        "integration": (ACCOUNT_OPEN, KYC_SUBMIT),
    }
)
