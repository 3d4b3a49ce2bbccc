"""The decisions about a goal that need no database: how far it is, and what its status is then."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Final

from patron_core.accounts.models import GoalStatus

__all__ = ["FARTHEST", "progress_of", "status_of"]

#: Beyond which no progress is told apart, in either direction: the way ten times over.
FARTHEST: Final = Decimal(10)


def progress_of(value: Decimal, *, baseline: Decimal, target: Decimal) -> Decimal:
    """Share of the way from the beginning to the target, four digits, -10 to 10; 1 only where the target is reached."""
    share = (value - baseline) / (target - baseline)
    bounded = max(-FARTHEST, min(FARTHEST, share))
    rounded = round(bounded, 4)
    return Decimal("0.9999") if share < 1 <= rounded else rounded


def status_of(
    progress: Decimal, *, before: GoalStatus, wanted: GoalStatus | None, due_on: dt.date, today: dt.date
) -> GoalStatus:
    """The status of a goal. wanted: what somebody said, None for nothing. It is due on its day, and missed the day after."""
    said = wanted or before
    if said is GoalStatus.ABANDONED:
        return said
    if progress >= 1:
        return GoalStatus.REACHED
    if due_on < today:
        return GoalStatus.MISSED
    return GoalStatus.AT_RISK if said is GoalStatus.AT_RISK else GoalStatus.OPEN
