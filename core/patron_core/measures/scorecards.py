"""A scorecard looked at: what each objective is, against its target. After Kaplan and Norton, Harvard Business Review 1/1992."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sqlalchemy import select

from patron_core.figures import Figure
from patron_core.measures.catalogue import computed
from patron_core.measures.indicator import Span, indicator_named
from patron_core.measures.models import Objective, Scorecard, TargetDirection
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Code

__all__ = ["NEAR", "Looked", "ObjectiveStatus", "looked_at", "status_of"]

#: How far from its target an objective is still near, as a share of the target. A choice of ours; a question may give another.
NEAR: Final = Decimal("0.1")
_ENTERED: Final = "Entered by somebody."


class ObjectiveStatus(Code):
    """How an objective stands to its target."""

    MET = "met", "At the target, or better."
    NEAR = "near", "Short of it, within the tolerance."
    MISSED = "missed", "Further away."
    UNKNOWN = "unknown", "There is no figure."


@dataclass(frozen=True, slots=True)
class Looked:
    """An objective with what it is."""

    objective: Objective
    actual: Figure
    status: ObjectiveStatus


def looked_at(
    uow: UnitOfWork, code: str, span: Span, *, tolerance: Decimal = NEAR
) -> tuple[Scorecard, list[Looked]] | None:
    """The objectives of a scorecard with what they are in some days; None where there is no scorecard of the code."""
    scorecard = uow.find(Scorecard, code=code)
    if scorecard is None:
        return None
    figures: dict[str, Figure] = {}
    found = []
    statement = (
        select(Objective).where(Objective.scorecard_id == scorecard.id).order_by(Objective.perspective, Objective.id)
    )
    for objective in uow.select(statement):
        actual = _actual(objective, uow, span, figures)
        found.append(Looked(objective, actual, status_of(actual.value, objective, tolerance=tolerance)))
    return scorecard, found


def status_of(actual: Decimal | None, objective: Objective, *, tolerance: Decimal) -> ObjectiveStatus:
    """How a figure stands to the target of an objective."""
    if actual is None:
        return ObjectiveStatus.UNKNOWN
    short = objective.target - actual if objective.direction is TargetDirection.UP else actual - objective.target
    if short <= 0:
        return ObjectiveStatus.MET
    return ObjectiveStatus.NEAR if short <= abs(objective.target) * tolerance else ObjectiveStatus.MISSED


def _actual(objective: Objective, uow: UnitOfWork, span: Span, figures: dict[str, Figure]) -> Figure:
    """What an objective is; an indicator that several have is computed once."""
    if objective.indicator is None:
        return _entered(objective, uow)
    if objective.indicator not in figures:
        indicator = indicator_named(objective.indicator)
        if indicator is None:
            gone = "The catalogue has no indicator of this code any more."
            return Figure.none(gone, method="", as_of=uow.now)
        figures[objective.indicator] = computed(indicator, uow, span)
    return figures[objective.indicator]


def _entered(objective: Objective, uow: UnitOfWork) -> Figure:
    if objective.entered is None or objective.entered_at is None:
        return Figure.none("Nobody has entered it.", method=_ENTERED, as_of=uow.now)
    return Figure.of(
        objective.entered, reason="What was entered last.", sample_size=1, method=_ENTERED, as_of=objective.entered_at
    )
