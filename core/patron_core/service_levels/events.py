"""What can have happened to levels of service. Events carry ids and codes, nobody's data."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event
from patron_core.service_levels.models import AssignmentOrigin

__all__ = ["ServiceLevelAssigned", "ServiceLevelDefined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevelDefined(Event):
    """A level of service exists, or what it promises changed."""

    type: ClassVar[str] = "service_level.defined"
    service_level_id: uuid.UUID
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevelAssigned(Event):
    """A customer has another level of service. `customer_id` is set."""

    type: ClassVar[str] = "service_level.assigned"
    service_level_assignment_id: uuid.UUID
    from_level: str | None
    to_level: str
    origin: AssignmentOrigin
