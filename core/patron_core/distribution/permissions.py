"""Who may: the permissions of this slice, each with what it allows; commands name them in `service.HANDLERS`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["DISTRIBUTION_READ", "DISTRIBUTION_WRITE", "PERMISSIONS"]

DISTRIBUTION_READ: Final = "distribution:read"
DISTRIBUTION_WRITE: Final = "distribution:write"

PERMISSIONS: Final = MappingProxyType(
    {
        DISTRIBUTION_READ: "Read what distributors sold on, and to whom.",
        DISTRIBUTION_WRITE: "Take in what distributors sold on.",
    }
)
