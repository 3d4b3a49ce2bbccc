"""The core's own types, written with the words a plugin uses."""

from __future__ import annotations

from ..plugin import Contribution
from . import advice, customers, nodes, parties, relationships, timeline, touchpoints, transactions, viewer

__all__ = ["CONTRIBUTIONS"]

CONTRIBUTIONS = (
    Contribution(types=nodes.TYPES, extensions=nodes.EXTENSIONS),
    Contribution(extensions=viewer.EXTENSIONS),
    Contribution(extensions=advice.EXTENSIONS),
    Contribution(types=timeline.TYPES),
    *(
        Contribution(types=slice_.TYPES, extensions=slice_.EXTENSIONS)
        for slice_ in (parties, customers, relationships, touchpoints, transactions)
    ),
)
