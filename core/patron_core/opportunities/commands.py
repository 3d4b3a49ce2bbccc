"""What may be asked about deals: define a pipeline, make, change and move a deal, keep the customer's approvals.

Commands check their own form; what a stage requires and where a deal may go is the business of `service`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from patron_core import validation
from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.opportunities.models import (
    ApprovalStep,
    ForecastCategory,
    Motivation,
    Opportunity,
    OpportunityStatus,
    RequiredField,
    Stage,
)
from patron_core.parties.commands import PartyId
from patron_core.validation import key, not_negative, not_null, once, one_line
from patron_core.values import UNSET, Money, Unset

__all__ = [
    "AddApprovalStep",
    "ApprovalStepId",
    "CreateOpportunity",
    "DecideApproval",
    "DefinePipeline",
    "MoveOpportunity",
    "NewStage",
    "OpportunityId",
    "StageId",
    "UpdateOpportunity",
    "UpdateStage",
]

OpportunityId = Annotated[uuid.UUID, IdOf(Opportunity)]
StageId = Annotated[uuid.UUID, IdOf(Stage)]
ApprovalStepId = Annotated[uuid.UUID, IdOf(ApprovalStep)]

_MOST_STAGES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStage:
    """A stage of a new pipeline."""

    code: str = argument("Stable code in capitals, such as PROPOSAL.")
    name: str = argument("Name to show.")
    probability: Decimal = argument("Chance that a deal here is won, 0 to 1.")
    forecast_category: ForecastCategory = argument("How sure a forecast may be.", default=ForecastCategory.PIPELINE)
    outcome: OpportunityStatus = argument("WON or LOST where a deal ends here.", default=OpportunityStatus.OPEN)
    required: tuple[RequiredField, ...] = argument("What must be known before a deal enters it.", default=())

    def __post_init__(self) -> None:
        validation.code(self, "code")
        one_line(self, "name", maximum=80)
        check_probability(self.probability, outcome=self.outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinePipeline(Command):
    """Defines a pipeline with its stages, in their order."""

    code: str = argument("Stable code in capitals, such as SALES.")
    name: str = argument("Name to show.")
    description: str | None = argument("What it is for.", default=None)
    stages: tuple[NewStage, ...] = argument("The stages, the first one first; one of them is WON and one LOST.")

    def __post_init__(self) -> None:
        validation.code(self, "code")
        one_line(self, "name", maximum=80)
        one_line(self, "description")
        validation.count(self.stages, most=_MOST_STAGES, path="stages")
        once((stage.code for stage in self.stages), path="stages")
        if {stage.outcome for stage in self.stages} != set(OpportunityStatus):
            raise InvalidInput(
                "The pipeline lacks a stage. It needs an open one, one that is WON and one that is LOST. Add it.",
                path=("stages",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateStage(Command):
    """Changes a stage: fields that are left out stay as they are."""

    id: StageId = argument("The stage.")
    version: int = argument("The version the change was made from.")
    name: str | Unset = argument("Name to show.", default=UNSET)
    probability: Decimal | Unset = argument("Chance that a deal here is won, 0 to 1.", default=UNSET)
    forecast_category: ForecastCategory | Unset = argument("How sure a forecast may be.", default=UNSET)
    required: tuple[RequiredField, ...] | Unset = argument("What must be known before a deal enters.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "name", "probability", "forecast_category", "required")
        one_line(self, "name", maximum=80)
        if isinstance(self.probability, Decimal):
            check_probability(self.probability)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOpportunity(Command):
    """Makes a deal, in the first stage of its pipeline."""

    customer_id: CustomerId = argument("Who would buy.")
    name: str = argument("What it is about, in one line.")
    pipeline_code: str = argument("The pipeline it goes through.", default="SALES")
    amount: Money | None = argument("What it is worth.", default=None)
    budget: Money | None = argument("What the customer can spend.", default=None)
    expected_close_on: dt.date | None = argument("On which day it should close.", default=None)
    decision_on: dt.date | None = argument("On which day the customer decides.", default=None)
    owner: str | None = argument("Who of us is responsible.", default=None)
    motivation: Motivation | None = argument("Why the customer would buy.", default=None)
    competitor: str | None = argument("Against whom.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "name", "owner", "competitor")
        key(self, "idempotency_key")
        for name in ("amount", "budget"):
            not_negative(getattr(self, name), path=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateOpportunity(Command):
    """Changes a deal: fields that are left out stay as they are, null empties them."""

    id: OpportunityId = argument("The deal.")
    version: int = argument("The version the change was made from.")
    name: str | Unset = argument("What it is about, in one line.", default=UNSET)
    amount: Money | Unset | None = argument("What it is worth.", default=UNSET)
    budget: Money | Unset | None = argument("What the customer can spend.", default=UNSET)
    expected_close_on: dt.date | Unset | None = argument("On which day it should close.", default=UNSET)
    decision_on: dt.date | Unset | None = argument("On which day the customer decides.", default=UNSET)
    owner: str | Unset | None = argument("Who of us is responsible.", default=UNSET)
    motivation: Motivation | Unset | None = argument("Why the customer would buy.", default=UNSET)
    competitor: str | Unset | None = argument("Against whom.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "name")
        one_line(self, "name", "owner", "competitor")
        for name in ("amount", "budget"):
            not_negative(getattr(self, name), path=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveOpportunity(Command):
    """Moves a deal to another stage of its pipeline; one that was decided comes back only with a reason."""

    id: OpportunityId = argument("The deal.")
    version: int = argument("The version the change was made from.")
    stage_code: str = argument("Code of the stage it goes to.")
    reason: str | None = argument(
        "Why; needed where it is lost, and where it was decided and opens again.", default=None
    )

    def __post_init__(self) -> None:
        validation.code(self, "stage_code")
        one_line(self, "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddApprovalStep(Command):
    """Adds a step to the customer's way of approving a deal, after those there are."""

    opportunity_id: OpportunityId = argument("The deal.")
    name: str = argument("What is approved, such as the budget.")
    approver_id: PartyId | None = argument("Who of the customer decides.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "name", maximum=80)
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideApproval(Command):
    """Keeps what the customer decided in a step of its approval; it may be decided anew while the deal is open."""

    id: ApprovalStepId = argument("The step.")
    version: int = argument("The version the change was made from.")
    approved: bool = argument("Whether it was decided in favour.")


def check_probability(probability: Decimal, *, outcome: OpportunityStatus = OpportunityStatus.OPEN) -> None:
    """Refuses what is no chance between 0 and 1; won is 1 and lost is 0."""
    certain = {OpportunityStatus.WON: Decimal(1), OpportunityStatus.LOST: Decimal(0)}.get(outcome, probability)
    if not probability.is_finite() or not 0 <= probability <= 1 or probability != certain:
        raise InvalidInput(
            "The probability does not fit. It lies outside of 0 to 1, or is not 1 where deals are won or 0 where they "
            "are lost. Correct it.",
            path=("probability",),
        )
