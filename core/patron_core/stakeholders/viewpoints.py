"""Who was for a deal and who against it at each stage it went through.

In come a unit of work and a deal, out comes one view per stage, in the order in which the deal came to them. The side somebody
took counts until the next one; what is seen at a stage is where everybody stood when the deal left it, or stands now.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from patron_core.opportunities.models import Opportunity, Stage, StageChange
from patron_core.parties.models import Party
from patron_core.stakeholders.models import Stakeholder, StakeholderRole, Stance, StanceChange
from patron_core.unit_of_work import UnitOfWork

__all__ = ["StageView", "Viewpoint", "viewpoints_of"]

_MOST_CHANGES: Final = 2_000
_MOST_STAGES: Final = 200
_FOR: Final = (Stance.SUPPORT, Stance.FAVORABLE)
_AGAINST: Final = (Stance.SKEPTICAL, Stance.OPPOSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewpoint:
    """Where somebody stood. since: when the person took that side. reason: why, where it is known."""

    stakeholder_id: uuid.UUID
    person_id: uuid.UUID
    display_name: str
    role: StakeholderRole
    influence: int | None
    stance: Stance
    since: dt.datetime
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageView:
    """One stay of the deal in a stage. left_at: None where it stands there now."""

    stage_code: str
    entered_at: dt.datetime
    left_at: dt.datetime | None
    viewpoints: tuple[Viewpoint, ...]

    @property
    def supporters(self) -> int:
        """How many were for it."""
        return sum(each.stance in _FOR for each in self.viewpoints)

    @property
    def opponents(self) -> int:
        """How many were against it."""
        return sum(each.stance in _AGAINST for each in self.viewpoints)

    @property
    def conflicting(self) -> bool:
        """Whether some were for it and some against it."""
        return self.supporters > 0 and self.opponents > 0


def viewpoints_of(uow: UnitOfWork, opportunity_id: uuid.UUID) -> tuple[StageView, ...]:
    """The views of a deal's stages. NOT_FOUND for the deal. At most the last 200 stages and 2,000 changes of sides."""
    uow.get(Opportunity, opportunity_id, path=("opportunityId",))
    came: list[Any] = uow.rows(
        select(Stage.code, StageChange.occurred_at)
        .join(Stage, Stage.id == StageChange.to_stage_id)
        .where(StageChange.opportunity_id == opportunity_id)
        .order_by(StageChange.occurred_at.desc(), StageChange.id.desc())
        .limit(_MOST_STAGES)
    )[::-1]
    changes: list[Any] = uow.rows(
        select(StanceChange, Stakeholder, Party.display_name)
        .join(Stakeholder, Stakeholder.id == StanceChange.stakeholder_id)
        .join(Party, Party.id == Stakeholder.person_id)
        .where(Stakeholder.opportunity_id == opportunity_id)
        .order_by(StanceChange.occurred_at.desc(), StanceChange.id.desc())
        .limit(_MOST_CHANGES)
    )[::-1]
    lefts: list[dt.datetime | None] = [*(row[1] for row in came[1:]), None]
    return tuple(
        StageView(stage_code=code, entered_at=entered, left_at=left, viewpoints=_at(changes, entered, left))
        for (code, entered), left in zip(came, lefts, strict=True)
    )


def _at(changes: Sequence[Any], entered: dt.datetime, left: dt.datetime | None) -> tuple[Viewpoint, ...]:
    """The last side each took before the deal left, of those who had a say while it stood there."""
    last: dict[uuid.UUID, Viewpoint] = {}
    for change, stakeholder, name in changes:
        if left is not None and change.occurred_at >= left:
            continue
        if stakeholder.ended_at is not None and stakeholder.ended_at <= (entered if left is not None else _LATEST):
            continue
        last[stakeholder.id] = Viewpoint(
            stakeholder_id=stakeholder.id,
            person_id=stakeholder.person_id,
            display_name=name,
            role=stakeholder.role,
            influence=stakeholder.influence,
            stance=change.to_stance,
            since=change.occurred_at,
            reason=change.reason,
        )
    return tuple(sorted(last.values(), key=lambda each: (list(Stance).index(each.stance), each.stakeholder_id)))


_LATEST: Final = dt.datetime.max.replace(tzinfo=dt.UTC)
