"""Who may: keys are the operator's affair. No credential can hold this permission, only the system on the command line."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["ENCRYPTION_ADMINISTER", "PERMISSIONS"]

ENCRYPTION_ADMINISTER: Final = "encryption:administer"

#: Not among the scopes a key can have.
PERMISSIONS: Final = MappingProxyType({ENCRYPTION_ADMINISTER: "Look after the tenant's keys."})
