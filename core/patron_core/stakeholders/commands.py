"""What may be asked about stakeholders: name them, note another side or role, end them, keep their concerns.

Commands check their own form; who may be one, and how many of a role, is the business of `service`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Annotated

from patron_core import validation
from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.opportunities.commands import ApprovalStepId, OpportunityId
from patron_core.parties.commands import PartyId
from patron_core.stakeholders.models import Concern, Stakeholder, StakeholderRole, Stance
from patron_core.validation import key, not_null, one_line, paragraphs, within
from patron_core.values import UNSET, Unset

__all__ = [
    "AddConcern",
    "AddStakeholder",
    "ConcernId",
    "EndStakeholder",
    "NewConcern",
    "ResolveConcern",
    "StakeholderId",
    "UpdateStakeholder",
]

StakeholderId = Annotated[uuid.UUID, IdOf(Stakeholder)]
ConcernId = Annotated[uuid.UUID, IdOf(Concern)]

_MOST_CONCERNS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConcern:
    """Something that a new stakeholder worries about."""

    text: str = argument("What it is.")

    def __post_init__(self) -> None:
        one_line(self, "text", maximum=500)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddStakeholder(Command):
    """Names somebody who has a say at a customer, in general or in one deal."""

    customer_id: CustomerId | None = argument("At which customer; left out where a deal is given.", default=None)
    opportunity_id: OpportunityId | None = argument("In which deal; null for the customer as a whole.", default=None)
    person_id: PartyId = argument("Who: a person related to the organization, or one from outside.")
    role: StakeholderRole = argument("What the person does in the decision.")
    stance: Stance = argument("On which side the person is.", default=Stance.NEUTRAL)
    influence: int | None = argument("Influence from 0 to 100.", default=None)
    responsibility: str | None = argument("What the person answers for.", default=None)
    concerns: tuple[NewConcern, ...] = argument("What the person worries about.", default=())
    external: bool = argument("Whether the person comes from outside, such as a consultant.", default=False)
    approves_step_id: ApprovalStepId | None = argument(
        "The step of the deal's approval that the person signs.", default=None
    )
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "responsibility", maximum=500)
        within(self.influence, least=0, most=100, path="influence")
        key(self, "idempotency_key")
        if (self.customer_id is None) == (self.opportunity_id is None):
            raise InvalidInput(
                "A stakeholder stands at a customer or in a deal. Both were given, or neither. Give one of them.",
                path=("customer_id",),
            )
        validation.count(self.concerns, most=_MOST_CONCERNS, path="concerns")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateStakeholder(Command):
    """Changes what is noted of a stakeholder: fields that are left out stay as they are, null empties them."""

    id: StakeholderId = argument("The stakeholder.")
    version: int = argument("The version the change was made from.")
    role: StakeholderRole | Unset = argument("What the person does in the decision.", default=UNSET)
    stance: Stance | Unset = argument("On which side the person is.", default=UNSET)
    reason: str | None = argument("Why the person changed sides; kept with the change.", default=None)
    influence: int | Unset | None = argument("Influence from 0 to 100.", default=UNSET)
    responsibility: str | Unset | None = argument("What the person answers for.", default=UNSET)
    external: bool | Unset = argument("Whether the person comes from outside.", default=UNSET)
    approves_step_id: ApprovalStepId | Unset | None = argument(
        "The step of the deal's approval that the person signs.", default=UNSET
    )

    def __post_init__(self) -> None:
        not_null(self, "role", "stance", "external")
        one_line(self, "responsibility", maximum=500)
        paragraphs(self, "reason")
        within(self.influence, least=0, most=100, path="influence")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndStakeholder(Command):
    """Somebody has no say any more; what was noted stays."""

    id: StakeholderId = argument("The stakeholder.")
    version: int = argument("The version the change was made from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddConcern(Command):
    """Notes something that a stakeholder worries about."""

    stakeholder_id: StakeholderId = argument("Who.")
    text: str = argument("What it is.")
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "text", maximum=500)
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveConcern(Command):
    """A concern is settled."""

    id: ConcernId = argument("The concern.")
    version: int = argument("The version the change was made from.")
    resolution: str | None = argument("How it was settled.", default=None)

    def __post_init__(self) -> None:
        paragraphs(self, "resolution")
