"""What an operator may set: PATRON_HOSPITALITY_<FIELD>."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["HospitalitySettings"]


class HospitalitySettings(BaseModel):
    """When stays tell what a guest prefers, and how far ahead arrivals are prepared."""

    model_config = ConfigDict(frozen=True)

    stays_considered: int = Field(
        default=3, ge=1, le=20, description="How many of the last stays a preference is read from."
    )
    stays_agreeing: int = Field(default=2, ge=1, le=20, description="How many of them must agree.")
    days_before_arrival: int = Field(
        default=3, ge=0, le=60, description="How many days ahead an arrival is to be prepared."
    )
