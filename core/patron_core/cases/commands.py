"""What may be asked about cases: open one, change it, answer, move, solve and reopen it. Form is checked here, the rest by `service`."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Annotated

from patron_core import validation
from patron_core.cases.models import Case, CaseKind, CaseState
from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.service_levels.models import CaseSeverity
from patron_core.touchpoints.commands import check_source
from patron_core.touchpoints.models import Channel
from patron_core.validation import aware, key, not_negative, not_null, one_line, paragraphs
from patron_core.values import UNSET, Money, Unset

__all__ = ["CaseId", "MoveCase", "OpenCase", "ReopenCase", "ResolveCase", "RespondToCase", "UpdateCase"]

CaseId = Annotated[uuid.UUID, IdOf(Case)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase(Command):
    """Opens a case; its clock is that of the customer's level. The same source and source key again give the case there is."""

    customer_id: CustomerId = argument("Whose case it is.")
    kind: CaseKind = argument("Complaint, request or question.")
    severity: CaseSeverity = argument("How much it weighs.", default=CaseSeverity.NORMAL)
    channel: Channel | None = argument("Where it came in.", default=None)
    topic: str = argument("What it is about, in one line.")
    description: str | None = argument("What the customer said.", default=None)
    owner: str | None = argument("Who works on it.", default=None)
    occurred_at: dt.datetime | None = argument("When it came in, not ahead; now when left out.", default=None)
    source: str | None = argument("The system that reports it.", default=None)
    source_key: str | None = argument("Its key there; needs a source.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "topic", "owner")
        paragraphs(self, "description")
        aware(self, "occurred_at")
        key(self, "source", "source_key", "idempotency_key")
        check_source(self.source, self.source_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateCase(Command):
    """Changes a case: what is left out stays, null empties. Another severity sets the clock anew, from when it came in."""

    id: CaseId = argument("The case.")
    version: int = argument("The version the change was made from.")
    kind: CaseKind | Unset = argument("Complaint, request or question.", default=UNSET)
    severity: CaseSeverity | Unset = argument("How much it weighs.", default=UNSET)
    topic: str | Unset = argument("What it is about, in one line.", default=UNSET)
    description: str | Unset | None = argument("What the customer said.", default=UNSET)
    owner: str | Unset | None = argument("Who works on it.", default=UNSET)
    root_cause: str | Unset | None = argument("Code of what it came from, in capitals.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "kind", "severity", "topic")
        one_line(self, "topic", "owner")
        paragraphs(self, "description")
        validation.code(self, "root_cause")


@dataclass(frozen=True, slots=True, kw_only=True)
class RespondToCase(Command):
    """Keeps that the customer was answered for the first time; a new case is then open."""

    id: CaseId = argument("The case.")
    version: int = argument("The version the change was made from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveCase(Command):
    """Moves a case on: OPEN, WAITING_CUSTOMER where the clock stands still, or CLOSED. Solving and reopening are their own."""

    id: CaseId = argument("The case.")
    version: int = argument("The version the change was made from.")
    state: CaseState = argument("Where it goes.")
    reason: str | None = argument("Why, or what the customer was asked.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "reason", maximum=500)
        if self.state in (CaseState.NEW, CaseState.RESOLVED):
            raise InvalidInput(
                "The case cannot be moved there. The state given is that of a new case or of a solved one. Open a new "
                "one, or resolve it.",
                path=("state",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveCase(Command):
    """Solves a case. A complaint needs its root cause and what was done."""

    id: CaseId = argument("The case.")
    version: int = argument("The version the change was made from.")
    root_cause: str | None = argument("Code of what it came from, in capitals.", default=None)
    resolution: str | None = argument("What was done.", default=None)
    compensation: Money | None = argument("What the customer was given for it.", default=None)

    def __post_init__(self) -> None:
        paragraphs(self, "resolution")
        validation.code(self, "root_cause")
        not_negative(self.compensation, path="compensation")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenCase(Command):
    """Opens a solved or closed case again. Its due times stay: for the customer it was never solved."""

    id: CaseId = argument("The case.")
    version: int = argument("The version the change was made from.")
    reason: str = argument("Why.")

    def __post_init__(self) -> None:
        one_line(self, "reason", maximum=500)
