"""The core's mutations, one module per slice: which command, which payload. Inputs are derived from the commands."""

from __future__ import annotations

from ..plugin import Contribution
from . import customers, parties, relationships, touchpoints, transactions

__all__ = ["CONTRIBUTIONS"]

CONTRIBUTIONS = tuple(
    Contribution(types=slice_.TYPES, extensions=slice_.EXTENSIONS)
    for slice_ in (parties, customers, relationships, touchpoints, transactions)
)
