"""What an operator may set: when follow-ups are due, and the reference ranges that abnormal values are found with."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator

from patron_healthcare.interpretation import ReferenceRange
from patron_healthcare.reference_ranges import ADULT_RANGES

__all__ = ["HealthcareSettings"]

_RANGES: TypeAdapter[tuple[ReferenceRange, ...]] = TypeAdapter(tuple[ReferenceRange, ...])


class HealthcareSettings(BaseModel):
    """Settings of the healthcare plugin, PATRON_HEALTHCARE_<FIELD>."""

    model_config = ConfigDict(frozen=True)

    follow_up_days: int = Field(
        14, ge=0, le=365, description="Days from an abnormal observation to the last day of its follow-up."
    )
    retention_years: int = Field(
        10,
        ge=0,
        le=50,
        description="Years for which a health record is kept after the treatment it tells of, whoever wants to be "
        "forgotten; 0 keeps nothing.",
    )
    reference_ranges: tuple[ReferenceRange, ...] = Field(
        ADULT_RANGES,
        description="Ranges for adults, in the place of those the plugin ships; a JSON array, may be empty.",
    )

    @field_validator("reference_ranges", mode="before")
    @classmethod
    def _from_json(cls, given: Any) -> Any:
        """A variable of the environment is text."""
        return _RANGES.validate_json(given) if isinstance(given, str) else given
