"""What can have happened to cases. Events carry ids and codes, never what was said."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.cases.models import CaseKind, CaseState, WarningKind
from patron_core.health.permissions import HEALTH_READ
from patron_core.messages import Event
from patron_core.service_levels.models import CaseSeverity
from patron_core.values import Code

__all__ = ["CaseBreached", "CaseChanged", "CaseOpened", "CaseStateChanged", "Clock", "WarningRaised"]


class Clock(Code):
    """Which promise of a case."""

    RESPONSE = "response", "To be answered."
    RESOLUTION = "resolution", "To be solved."


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened(Event):
    """There is a case. `customer_id` is set."""

    type: ClassVar[str] = "case.opened"
    case_id: uuid.UUID
    kind: CaseKind
    severity: CaseSeverity


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChanged(Event):
    """Some fields of a case changed. `customer_id` is set."""

    type: ClassVar[str] = "case.changed"
    case_id: uuid.UUID
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStateChanged(Event):
    """A case went from one state to another. `customer_id` is set."""

    type: ClassVar[str] = "case.state_changed"
    case_id: uuid.UUID
    from_state: CaseState
    to_state: CaseState


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseBreached(Event):
    """A case was not answered or not solved in time; told once for each. `customer_id` is set."""

    type: ClassVar[str] = "case.breached"
    case_id: uuid.UUID
    clock: Clock
    due_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningRaised(Event):
    """A customer shows a warning sign that was not there before. `customer_id` is set."""

    type: ClassVar[str] = "warning.raised"
    opened_by: ClassVar[str | None] = HEALTH_READ
    warning_sign_id: uuid.UUID
    kind: WarningKind
