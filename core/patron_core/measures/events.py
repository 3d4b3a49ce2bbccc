"""What can have happened to how the business is measured. Events carry ids and codes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event

__all__ = ["AcquisitionCostEntered", "ObjectiveChanged", "ProgrammeChanged", "ProgrammeCreated", "ScorecardDefined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcquisitionCostEntered(Event):
    """A cost of winning customers was entered."""

    type: ClassVar[str] = "acquisition_cost.entered"
    acquisition_cost_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorecardDefined(Event):
    """There is a scorecard."""

    type: ClassVar[str] = "scorecard.defined"
    scorecard_id: uuid.UUID
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveChanged(Event):
    """An objective of a scorecard changed, or what it is was entered."""

    type: ClassVar[str] = "scorecard.objective_changed"
    objective_id: uuid.UUID
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeCreated(Event):
    """There is a programme."""

    type: ClassVar[str] = "programme.created"
    programme_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeChanged(Event):
    """A programme changed."""

    type: ClassVar[str] = "programme.changed"
    programme_id: uuid.UUID
    fields: tuple[str, ...] = ()
