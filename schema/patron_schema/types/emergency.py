"""Emergency access as the API shows it: the queue that somebody reviews."""

from __future__ import annotations

import datetime as dt

from patron_core.emergency import models

from ..declare import Connection, Query, extends, planned, root
from ..nodes import Node
from .parties import Party

__all__ = ["EXTENSIONS", "TYPES", "EmergencyAccess"]


@planned(models.EmergencyAccess)
class EmergencyAccess(Node):
    """Access to everything about one party that somebody took in an emergency, and what a review found."""

    party: Party
    actor: str
    impersonator: str | None
    reason: str
    expires_at: dt.datetime
    reviewed_by: str | None
    reviewed_at: dt.datetime | None
    outcome: models.ReviewOutcome | None
    note: str | None
    created_at: dt.datetime
    version: int


@extends(Query)
class EmergencyQuery:
    emergency_accesses: Connection[EmergencyAccess] = root(
        description="Emergency access that was taken; those without an outcome wait for a review."
    )


TYPES = (EmergencyAccess,)
EXTENSIONS = (EmergencyQuery,)
