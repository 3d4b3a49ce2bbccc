"""What a deployment decides about the loyalty programme; PATRON_RETAIL_<FIELD> sets a field."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from patron_core.values import Money
from patron_retail.models import LoyaltyTier

__all__ = ["RetailSettings"]


class RetailSettings(BaseModel):
    """The rules of the loyalty programme."""

    model_config = ConfigDict(frozen=True)

    points_per_unit: Decimal = Field(
        default=Decimal(1),
        ge=0,
        le=1_000,
        description="Points for one unit of any currency; parts of a point are lost.",
    )
    silver_from: int = Field(default=1_000, ge=1, description="Points within twelve months for SILVER.")
    gold_from: int = Field(default=5_000, ge=1, description="Points within twelve months for GOLD.")
    platinum_from: int = Field(default=20_000, ge=1, description="Points within twelve months for PLATINUM.")
    enrol_on_purchase: bool = Field(
        default=True, description="Whether a known customer becomes a member with the first purchase."
    )
    service_codes: str = Field(
        default="POST,DOT,C2,M,D,S,B,CRUK,BANK CHARGES,AMAZONFEE",
        description="SKUs, comma-separated, that stand for postage, fees and corrections: money, but no goods.",
    )

    @model_validator(mode="after")
    def _tiers_ascend(self) -> RetailSettings:
        if not self.silver_from < self.gold_from < self.platinum_from:
            raise ValueError("silver_from, gold_from and platinum_from must ascend")
        return self

    @property
    def services(self) -> frozenset[str]:
        """The service codes, one by one."""
        return frozenset(code.strip() for code in self.service_codes.split(",") if code.strip())

    def points_for(self, amount: Money) -> int:
        """The points that buying for `amount` earns; 0 where it is not above zero."""
        points = (amount.amount * self.points_per_unit).to_integral_value(rounding=ROUND_FLOOR)
        return max(int(points), 0)

    def tier_of(self, tier_points: int) -> LoyaltyTier:
        """The tier that so many points within twelve months give."""
        reached = [tier for tier, start in self._thresholds if tier_points >= start]
        return reached[-1] if reached else LoyaltyTier.BRONZE

    def next_tier_at(self, tier_points: int) -> int | None:
        """The points within twelve months that the next tier asks for; None at the highest."""
        return next((start for _, start in self._thresholds if tier_points < start), None)

    @property
    def _thresholds(self) -> tuple[tuple[LoyaltyTier, int], ...]:
        return (
            (LoyaltyTier.SILVER, self.silver_from),
            (LoyaltyTier.GOLD, self.gold_from),
            (LoyaltyTier.PLATINUM, self.platinum_from),
        )
