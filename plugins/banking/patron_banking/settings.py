"""What a deployment may set for the plugin: PATRON_BANKING_<FIELD>."""

from __future__ import annotations

from pydantic import BaseModel, Field

__all__ = ["BankingSettings"]


class BankingSettings(BaseModel):
    """How long an approval counts, by the customer's risk, when a review is announced, and how long the law keeps rows."""

    kyc_months_low: int = Field(default=36, ge=1, le=120, description="Months between reviews at low risk.")
    kyc_months_medium: int = Field(default=24, ge=1, le=120, description="Months between reviews at medium risk.")
    kyc_months_high: int = Field(default=12, ge=1, le=120, description="Months between reviews at high risk.")
    kyc_notice_days: int = Field(
        default=30, ge=0, le=365, description="How many days before its end a review is recommended."
    )
    retention_years: int = Field(
        default=5,
        ge=0,
        le=30,
        description="Years for which accounts, their entries and what is known of a customer are kept after a request "
        "for erasure; Directive (EU) 2015/849 art. 40 asks for 5, a member state for up to 5 more.",
    )
