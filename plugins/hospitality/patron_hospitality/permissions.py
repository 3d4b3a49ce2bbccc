"""Who may: the permissions of this plugin, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["BLOCK", "FRONT_DESK", "MANAGE", "PREFER", "RESERVE", "ROLES", "SCOPES"]

MANAGE: Final = "hospitality:manage"
RESERVE: Final = "hospitality:reserve"
FRONT_DESK: Final = "hospitality:front_desk"
PREFER: Final = "hospitality:prefer"
BLOCK: Final = "hospitality:block"

SCOPES: Final = (
    (MANAGE, "Make hotels and their kinds of rooms."),
    (RESERVE, "Make, confirm and cancel reservations."),
    (FRONT_DESK, "Check guests in and out, and note who did not come."),
    (PREFER, "Keep what guests say they prefer."),
    (BLOCK, "Refuse a guest new reservations, and take that back."),
)

#: What bundled roles get of this plugin beside reading, which `*:read` opens.
ROLES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "manager": ("hospitality:*",),
        "agent": (RESERVE, PREFER),
        "receptionist": ("hospitality:read", RESERVE, FRONT_DESK, PREFER),
        "integration": (RESERVE, FRONT_DESK, PREFER),
    }
)
