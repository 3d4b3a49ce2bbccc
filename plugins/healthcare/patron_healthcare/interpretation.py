"""What a measured value means: compared with a reference range, if one fits the code, the unit, the sex and the age.

Pure functions on values. In come a measurement and the ranges, out comes an interpretation with the range it rests on,
or nothing: a value that no range fits is neither normal nor abnormal. Which ranges there are is said by
`reference_ranges`; a range that whoever measured sent along goes before those.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from patron_healthcare.codes import BirthSex, InterpretationOrigin, ObservationInterpretation, ObservationStatus

__all__ = [
    "ABNORMAL",
    "ADULT_AGE_YEARS",
    "COUNTED",
    "Interpreted",
    "Measurement",
    "ReferenceRange",
    "age_in_years",
    "compare",
    "interpret",
]

#: The tables of ranges hold for people of this age and older.
ADULT_AGE_YEARS: Final = 18

ABNORMAL: Final = frozenset(
    ObservationInterpretation[name] for name in ("A", "AA", "H", "HH", "HU", "L", "LL", "LU")
)  # POS is left out: whether a positive finding is bad is not said by it

#: Observations that may be interpreted and followed up: they have a result, and nobody took it back.
COUNTED: Final = frozenset(ObservationStatus[name] for name in ("PRELIMINARY", "FINAL", "AMENDED", "CORRECTED"))


class ReferenceRange(BaseModel):
    """Between which values a measurement is normal.

    code: LOINC. unit: UCUM; a value in any other unit is not compared. sex: whom it holds for, null for all. low, high:
    the ends, at least one; the low end is normal itself, the high end if high_included. source: who says so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(min_length=1)
    name: str = Field(min_length=1)
    unit: str = Field(min_length=1)
    sex: BirthSex | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    high_included: bool = True
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _has_ends(self) -> ReferenceRange:
        if self.low is None and self.high is None:
            raise ValueError(f"the range of {self.code} has neither low nor high; give at least one")
        if self.low is not None and self.high is not None and self.high < self.low:
            raise ValueError(f"the range of {self.code} ends below where it begins; swap low and high")
        return self

    @property
    def words(self) -> str:
        """The range as a sentence would say it: `12.3 to 15.3 g/dL, female adults; <source>`."""
        upper = "" if self.high is None else f"{self.high:f}"
        if self.low is None:
            ends = f"{'up to' if self.high_included else 'below'} {upper}"
        elif self.high is None:
            ends = f"{self.low:f} or more"
        else:
            ends = f"{self.low:f} to {'' if self.high_included else 'below '}{upper}"
        whom = {None: "adults", BirthSex.FEMALE: "female adults", BirthSex.MALE: "male adults"}.get(self.sex, "adults")
        return f"{ends} {self.unit}, {whom}; {self.source}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A value to interpret, and whose: what decides which range fits."""

    code: str
    value: Decimal
    unit: str
    effective_at: dt.datetime
    birth_date: dt.date | None
    birth_sex: BirthSex | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreted:
    """What a value means, who says so, and the range it was compared with."""

    interpretation: ObservationInterpretation
    origin: InterpretationOrigin = InterpretationOrigin.DERIVED
    low: Decimal | None = None
    high: Decimal | None = None
    text: str | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """The same as values of an `Observation`."""
        return {
            "interpretation": self.interpretation,
            "interpretation_origin": self.origin,
            "reference_low": self.low,
            "reference_high": self.high,
            "reference_text": self.text,
        }


def interpret(measured: Measurement, *, ranges: Sequence[ReferenceRange]) -> Interpreted | None:
    """Compares a value with the first range that fits; None where none does.

    Only for adults at the time of the measurement, whose birth date is known, and only in the range's own unit.
    """
    if measured.birth_date is None:
        return None
    if age_in_years(measured.birth_date, on=measured.effective_at.date()) < ADULT_AGE_YEARS:
        return None
    fitting = (
        candidate
        for candidate in ranges
        if candidate.code == measured.code
        and candidate.unit == measured.unit
        and candidate.sex in (None, measured.birth_sex)
    )
    found = next(fitting, None)
    if found is None:
        return None
    outcome = compare(measured.value, low=found.low, high=found.high, high_included=found.high_included)
    return Interpreted(interpretation=outcome, low=found.low, high=found.high, text=found.words)


def compare(
    value: Decimal, *, low: Decimal | None, high: Decimal | None, high_included: bool = True
) -> ObservationInterpretation:
    """Low, high or normal."""
    if low is not None and value < low:
        return ObservationInterpretation.L
    if high is not None and (value > high or (value == high and not high_included)):
        return ObservationInterpretation.H
    return ObservationInterpretation.N


def age_in_years(birth_date: dt.date, *, on: dt.date) -> int:
    """Completed years of life; who was born on 29 February completes them on 1 March."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))
