"""What may be asked about how the business does: enter what winning customers costs, define scorecards and programmes."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final

from patron_core import validation
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.measures.models import Objective, Perspective, Programme, TargetDirection
from patron_core.messages import Command, argument
from patron_core.validation import in_order, key, not_negative, not_null, one_line, within
from patron_core.values import UNSET, Money, Unset

__all__ = [
    "CreateProgramme",
    "DefineScorecard",
    "EnterAcquisitionCost",
    "NewObjective",
    "ObjectiveId",
    "ProgrammeId",
    "UpdateObjective",
    "UpdateProgramme",
    "check_costs",
]

ObjectiveId = Annotated[uuid.UUID, IdOf(Objective)]
ProgrammeId = Annotated[uuid.UUID, IdOf(Programme)]

_MOST_OBJECTIVES: Final = 30
_LARGEST: Final = Decimal(10**12)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterAcquisitionCost(Command):
    """Enters what was spent on winning customers; what was entered wrongly is taken back by a negative amount."""

    spent_on: dt.date = argument("When.")
    amount: Money = argument("How much.")
    source: str = argument("What for, such as a fair or a campaign's code.")
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "source")
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewObjective:
    """An objective of a new scorecard."""

    perspective: Perspective = argument("From where.")
    name: str = argument("What is aimed at.")
    indicator: str | None = argument(
        "Code of the indicator that tells, as `kpis` lists it; null where somebody enters it.", default=None
    )
    target: Decimal = argument("What it should be, in the indicator's unit.")
    direction: TargetDirection = argument("Whether more or less of it is better.", default=TargetDirection.UP)

    def __post_init__(self) -> None:
        one_line(self, "name", "indicator")
        _check_number(self.target, path="target")


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineScorecard(Command):
    """Defines a scorecard with its objectives."""

    code: str = argument("Stable code in capitals, such as COMPANY.")
    name: str = argument("Name to show.")
    objectives: tuple[NewObjective, ...] = argument(
        "What is aimed at, 1 to 30, from all four perspectives if it is balanced."
    )

    def __post_init__(self) -> None:
        validation.code(self, "code")
        one_line(self, "name", maximum=80)
        validation.count(self.objectives, least=1, most=_MOST_OBJECTIVES, path="objectives")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateObjective(Command):
    """Changes an objective, or enters what it is: fields that are left out stay as they are."""

    id: ObjectiveId = argument("The objective.")
    version: int = argument("The version the change was made from.")
    name: str | Unset = argument("What is aimed at.", default=UNSET)
    target: Decimal | Unset = argument("What it should be.", default=UNSET)
    direction: TargetDirection | Unset = argument("Whether more or less of it is better.", default=UNSET)
    entered: Decimal | Unset | None = argument("What it is, where no indicator tells.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "name", "target", "direction")
        one_line(self, "name")
        for name in ("target", "entered"):
            _check_number(getattr(self, name), path=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateProgramme(Command):
    """Writes down a programme: what it costs, what it is to better, and the time before it to compare with."""

    name: str = argument("What it is.")
    indicator: str = argument("Code of the indicator it is to better, as `kpis` lists it.")
    direction: TargetDirection = argument("Whether more or less of it is better.", default=TargetDirection.UP)
    baseline_from: dt.date = argument("First day of the time it is compared with.")
    baseline_to: dt.date = argument("First day after that time.")
    started_on: dt.date = argument("First day of its effect, not before the baseline's end.")
    cost: Money = argument("What it costs once.")
    monthly_cost: Money | None = argument("What it costs in each month.", default=None)
    value_of_one: Money | None = argument(
        "What one unit of the indicator is worth in a month; null where it is money itself.", default=None
    )
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "name", "indicator")
        key(self, "idempotency_key")
        in_order(self.baseline_from, self.baseline_to, path="baseline_to")
        if self.started_on < self.baseline_to:
            raise InvalidInput(
                "The effect begins within the baseline. Then there is nothing to compare with. Give a later day.",
                path=("started_on",),
            )
        check_costs(self.cost, monthly=self.monthly_cost, one=self.value_of_one)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateProgramme(Command):
    """Changes what a programme costs or brings: fields that are left out stay as they are, null empties them."""

    id: ProgrammeId = argument("The programme.")
    version: int = argument("The version the change was made from.")
    name: str | Unset = argument("What it is.", default=UNSET)
    cost: Money | Unset = argument("What it costs once.", default=UNSET)
    monthly_cost: Money | Unset | None = argument("What it costs in each month.", default=UNSET)
    value_of_one: Money | Unset | None = argument("What one unit of the indicator is worth in a month.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "name", "cost")
        one_line(self, "name")


def check_costs(cost: Money, *, monthly: Money | None, one: Money | None) -> None:
    """Refuses amounts below zero, and others than in the currency of the cost."""
    for path, amount in (("cost", cost), ("monthly_cost", monthly), ("value_of_one", one)):
        not_negative(amount, path=path)
        if amount is not None and amount.currency_code != cost.currency_code:
            raise InvalidInput(
                "Two currencies meet in one programme. An amount is in another one than the cost. Use one currency.",
                path=(path,),
            )


def _check_number(value: Decimal | Unset | None, *, path: str) -> None:
    within(value, least=-_LARGEST, most=_LARGEST, decimals=4, path=path)
