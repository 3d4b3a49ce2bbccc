"""Who may: the scopes of this plugin, each with what it allows; the manifest lists them, commands name them."""

from __future__ import annotations

from typing import Final

__all__ = ["RETAIL_ADJUST", "RETAIL_ENROL", "RETAIL_REDEEM", "SCOPES"]

RETAIL_ENROL: Final = "retail:enrol"
RETAIL_REDEEM: Final = "retail:redeem"
RETAIL_ADJUST: Final = "retail:adjust"

SCOPES: Final = (
    (RETAIL_ENROL, "Make customers members of the loyalty programme."),
    (RETAIL_REDEEM, "Redeem members' points."),
    (RETAIL_ADJUST, "Correct members' points by hand."),
)
