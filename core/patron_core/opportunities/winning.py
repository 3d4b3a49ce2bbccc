"""Which deals are won and lost, and why: by reason, competitor, owner, or the stage from which they were decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import case, func, select

from patron_core.figures import Figure, Input
from patron_core.opportunities.funnel import share
from patron_core.opportunities.models import Opportunity, OpportunityStatus, Stage, StageChange
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Code

__all__ = ["WinLoss", "WinLossBy", "win_loss"]

_METHOD: Final = "Deals won, over deals decided in the time."


class WinLossBy(Code):
    """By what deals that were decided are told apart."""

    REASON = "reason", "Why they were lost; won ones have none."
    COMPETITOR = "competitor", "Against whom."
    OWNER = "owner", "Who of us was responsible."
    STAGE = "stage", "Code of the stage from which they were decided."


@dataclass(frozen=True, slots=True)
class WinLoss:
    """Deals that were decided, of one kind. key: None for those that name none."""

    key: str | None
    won: int
    lost: int
    win_rate: Figure


def win_loss(
    uow: UnitOfWork, *, by: WinLossBy, begins: dt.datetime, ends: dt.datetime, first: int
) -> tuple[WinLoss, ...]:
    """Deals decided from `begins` until before `ends`, the most frequent kinds first; one statement."""
    keys: dict[WinLossBy, Any] = {
        WinLossBy.REASON: Opportunity.lost_reason,
        WinLossBy.COMPETITOR: Opportunity.competitor,
        WinLossBy.OWNER: Opportunity.owner,
        WinLossBy.STAGE: Stage.code,
    }
    key = keys[by]
    won = func.sum(case((Opportunity.status == OpportunityStatus.WON, 1), else_=0))
    statement = select(key, func.count(), won).select_from(Opportunity)
    if by is WinLossBy.STAGE:
        decided = (StageChange.opportunity_id == Opportunity.id) & (StageChange.occurred_at == Opportunity.closed_at)
        decided &= StageChange.to_stage_id == Opportunity.stage_id
        statement = statement.join(StageChange, decided).join(Stage, Stage.id == StageChange.from_stage_id)
    statement = (
        statement.where(Opportunity.status != OpportunityStatus.OPEN)
        .where(Opportunity.closed_at >= begins, Opportunity.closed_at < ends)
        .group_by(key)
        .order_by(func.count().desc(), key.is_(None), key)
        .limit(first)
    )
    found: Sequence[Any] = uow.rows(statement)
    return tuple(_told(row[0], int(row[1]), int(row[2] or 0), uow) for row in found)


def _told(key: str | None, decided: int, won: int, uow: UnitOfWork) -> WinLoss:
    inputs = (
        Input(name="decided", value=decided, description="Deals decided.", rows=decided),
        Input(name="won", value=won, description="Of them won.", rows=won),
    )
    return WinLoss(key, won, decided - won, share(won, decided, method=_METHOD, uow=uow, inputs=inputs))
