"""What happens to how the business is measured: costs are entered, scorecards and programmes defined and changed."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from patron_core.errors import InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.measures import events
from patron_core.measures.commands import (
    CreateProgramme,
    DefineScorecard,
    EnterAcquisitionCost,
    UpdateObjective,
    UpdateProgramme,
    check_costs,
)
from patron_core.measures.indicator import indicator_named, indicators
from patron_core.measures.models import AcquisitionCost, Objective, Programme, Scorecard
from patron_core.measures.permissions import MEASURE_WRITE
from patron_core.unit_of_work import UnitOfWork
from patron_core.updates import apply_update
from patron_core.validation import same_version, unused
from patron_core.values import UNSET

__all__ = [
    "HANDLERS",
    "create_programme",
    "define_scorecard",
    "enter_acquisition_cost",
    "update_objective",
    "update_programme",
]


def enter_acquisition_cost(command: EnterAcquisitionCost, uow: UnitOfWork) -> AcquisitionCost:
    """Enters a cost."""
    cost = uow.add(AcquisitionCost(spent_on=command.spent_on, amount=command.amount, source=command.source))
    uow.emit(events.AcquisitionCostEntered(acquisition_cost_id=cost.id))
    return cost


def define_scorecard(command: DefineScorecard, uow: UnitOfWork) -> Scorecard:
    """Defines a scorecard. CONFLICT where its code is taken, INVALID_INPUT for an indicator there is not."""
    for position, new in enumerate(command.objectives):
        _check_indicator(new.indicator, path=("objectives", position, "indicator"))
    unused(uow, Scorecard, code=command.code)
    scorecard = uow.add(Scorecard(code=command.code, name=command.name))
    for new in command.objectives:
        uow.add(
            Objective(
                scorecard_id=scorecard.id,
                perspective=new.perspective,
                name=new.name,
                indicator=new.indicator,
                target=new.target,
                direction=new.direction,
            )
        )
    uow.flush()
    uow.emit(events.ScorecardDefined(scorecard_id=scorecard.id, code=scorecard.code))
    return scorecard


def update_objective(command: UpdateObjective, uow: UnitOfWork) -> Objective:
    """Changes an objective. INVALID_INPUT where a figure is entered that an indicator tells."""
    objective = uow.get(Objective, command.id, path=("id",))
    same_version(objective, version=command.version)
    if command.entered is not UNSET and command.entered is not None and objective.indicator is not None:
        raise InvalidInput(
            "An indicator tells what this objective is. A figure was entered beside it. Leave it out.",
            path=("entered",),
        )
    changed = apply_update(command, to=objective)
    if "entered" in changed:
        objective.entered_at = uow.now
    if changed:
        uow.emit(events.ObjectiveChanged(objective_id=objective.id, fields=changed))
    return objective


def create_programme(command: CreateProgramme, uow: UnitOfWork) -> Programme:
    """Writes down a programme. INVALID_INPUT for an indicator there is not."""
    _check_indicator(command.indicator, path=("indicator",))
    values = {each.name: getattr(command, each.name) for each in fields(command) if each.name != "idempotency_key"}
    programme = uow.add(Programme(**values))
    uow.emit(events.ProgrammeCreated(programme_id=programme.id))
    return programme


def update_programme(command: UpdateProgramme, uow: UnitOfWork) -> Programme:
    """Changes a programme."""
    programme = uow.get(Programme, command.id, path=("id",))
    same_version(programme, version=command.version)
    wanted = {name: getattr(command, name) for name in ("cost", "monthly_cost", "value_of_one")}
    after = {name: getattr(programme, name) if value is UNSET else value for name, value in wanted.items()}
    check_costs(after["cost"], monthly=after["monthly_cost"], one=after["value_of_one"])
    changed = apply_update(command, to=programme)
    if changed:
        uow.emit(events.ProgrammeChanged(programme_id=programme.id, fields=changed))
    return programme


def _check_indicator(code: str | None, *, path: tuple[str | int, ...]) -> None:
    if code is not None and indicator_named(code) is None:
        known = ", ".join(each.code for each in indicators())
        raise InvalidInput(
            f"There is no such indicator. The code names none of the catalogue. Use one of {known}.", path=path
        )


HANDLERS: Final = (
    CommandHandler(command=EnterAcquisitionCost, handler=enter_acquisition_cost, permission=MEASURE_WRITE),
    CommandHandler(command=DefineScorecard, handler=define_scorecard, permission=MEASURE_WRITE),
    CommandHandler(command=UpdateObjective, handler=update_objective, permission=MEASURE_WRITE),
    CommandHandler(command=CreateProgramme, handler=create_programme, permission=MEASURE_WRITE),
    CommandHandler(command=UpdateProgramme, handler=update_programme, permission=MEASURE_WRITE),
)
