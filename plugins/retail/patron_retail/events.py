"""What can have happened in the loyalty programme. Events carry ids and numbers, so that followers need not read."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event
from patron_retail.models import LoyaltyTier

__all__ = ["MemberEnrolled", "MembersEnrolled", "PointsAdjusted", "PointsRedeemed", "TierChanged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberEnrolled(Event):
    """A customer was made a member. `customer_id` is set."""

    type: ClassVar[str] = "retail.member_enrolled"
    member_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersEnrolled(Event):
    """Customers became members by their first purchase; there is no event for each of them."""

    type: ClassVar[str] = "retail.members_enrolled"
    member_ids: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsRedeemed(Event):
    """A member spent points. `customer_id` is set; `points` is positive."""

    type: ClassVar[str] = "retail.points_redeemed"
    member_id: uuid.UUID
    entry_id: uuid.UUID
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsAdjusted(Event):
    """A member's points were corrected by hand. `customer_id` is set."""

    type: ClassVar[str] = "retail.points_adjusted"
    member_id: uuid.UUID
    entry_id: uuid.UUID
    delta: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TierChanged(Event):
    """A member went from one tier to another. `customer_id` is set."""

    type: ClassVar[str] = "retail.tier_changed"
    member_id: uuid.UUID
    from_tier: LoyaltyTier
    to_tier: LoyaltyTier
