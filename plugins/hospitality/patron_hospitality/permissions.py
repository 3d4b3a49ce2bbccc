"""Who may: the permissions of this plugin, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from typing import Final

__all__ = ["BLOCK", "FRONT_DESK", "MANAGE", "PREFER", "RESERVE", "SCOPES"]

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
