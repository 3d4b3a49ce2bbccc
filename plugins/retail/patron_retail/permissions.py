"""Who may: the scopes of this plugin, each with what it allows; the manifest lists them, commands name them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["RETAIL_ADJUST", "RETAIL_ENROL", "RETAIL_REDEEM", "ROLES", "SCOPES"]

RETAIL_ENROL: Final = "retail:enrol"
RETAIL_REDEEM: Final = "retail:redeem"
RETAIL_ADJUST: Final = "retail:adjust"

SCOPES: Final = (
    (RETAIL_ENROL, "Make customers members of the loyalty programme."),
    (RETAIL_REDEEM, "Redeem members' points."),
    (RETAIL_ADJUST, "Correct members' points by hand."),
)

#: What bundled roles get of this plugin beside reading, which `*:read` opens.
ROLES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "manager": ("retail:*",),
        "agent": (RETAIL_ENROL, RETAIL_REDEEM),
        "integration": (RETAIL_ENROL, RETAIL_REDEEM),
    }
)
