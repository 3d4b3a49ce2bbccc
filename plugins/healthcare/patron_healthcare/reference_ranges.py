"""The reference ranges the plugin ships: for adults, by LOINC code, in the unit named, each with its source.

They are published facts, used where whoever measured sends neither an interpretation nor a range of their own. What is
derived from them is marked as derived. They find whom to look at again and are no diagnosis; a clinic replaces them
with those of its laboratory (setting PATRON_HEALTHCARE_REFERENCE_RANGES).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from patron_healthcare.codes import BirthSex
from patron_healthcare.interpretation import ReferenceRange

__all__ = ["ADULT_RANGES"]

_BLOOD_COUNT: Final = "Laboratory Tests Reference Ranges, Clinical Cases, eCampusOntario Pressbooks"
_CHEMISTRY: Final = "Blood Tests, MSD Manual"
_LIPIDS: Final = "NCEP Adult Treatment Panel III, 2001"
_DIABETES: Final = "American Diabetes Association, Standards of Care in Diabetes"
_PRESSURE: Final = (
    "high from 140/90: WHO guideline on hypertension in adults, 2021; low below 90/60: NHLBI, hypotension"
)

_RED_CELLS, _WHITE_CELLS = "10*6/uL", "10*3/uL"


def _range(
    code: str,
    name: str,
    unit: str,
    low: str | None,
    high: str | None,
    source: str,
    *,
    sex: BirthSex | None = None,
    below: bool = False,
) -> ReferenceRange:
    """A row of the table. below: whether the high end is abnormal itself."""
    return ReferenceRange(
        code=code,
        name=name,
        unit=unit,
        sex=sex,
        low=None if low is None else Decimal(low),
        high=None if high is None else Decimal(high),
        high_included=not below,
        source=source,
    )


ADULT_RANGES: Final[tuple[ReferenceRange, ...]] = (
    _range("718-7", "Hemoglobin in blood", "g/dL", "14", "17.5", _BLOOD_COUNT, sex=BirthSex.MALE),
    _range("718-7", "Hemoglobin in blood", "g/dL", "12.3", "15.3", _BLOOD_COUNT, sex=BirthSex.FEMALE),
    _range("789-8", "Erythrocytes in blood", _RED_CELLS, "4.5", "5.9", _BLOOD_COUNT, sex=BirthSex.MALE),
    _range("789-8", "Erythrocytes in blood", _RED_CELLS, "4.1", "5.1", _BLOOD_COUNT, sex=BirthSex.FEMALE),
    _range("4544-3", "Hematocrit of blood", "%", "41.5", "50.4", _BLOOD_COUNT, sex=BirthSex.MALE),
    _range("4544-3", "Hematocrit of blood", "%", "35.9", "44.6", _BLOOD_COUNT, sex=BirthSex.FEMALE),
    _range("6690-2", "Leukocytes in blood", _WHITE_CELLS, "4.5", "11", _BLOOD_COUNT),
    _range("777-3", "Platelets in blood", _WHITE_CELLS, "150", "450", _BLOOD_COUNT),
    _range("787-2", "Mean corpuscular volume", "fL", "80", "96", _BLOOD_COUNT),
    _range("8480-6", "Systolic blood pressure", "mm[Hg]", "90", "140", _PRESSURE, below=True),
    _range("8462-4", "Diastolic blood pressure", "mm[Hg]", "60", "90", _PRESSURE, below=True),
    # LOINC 2339-0 does not say whether the patient fasted, so the high end is that of a sample taken at any time.
    _range("2339-0", "Glucose in blood", "mg/dL", "70", "200", _DIABETES, below=True),
    _range("4548-4", "Hemoglobin A1c", "%", None, "5.7", _DIABETES, below=True),
    _range("2093-3", "Total cholesterol", "mg/dL", None, "200", _LIPIDS, below=True),
    _range("2571-8", "Triglycerides", "mg/dL", None, "150", _LIPIDS, below=True),
    _range("2085-9", "HDL cholesterol", "mg/dL", "40", None, _LIPIDS),
    _range("18262-6", "LDL cholesterol", "mg/dL", None, "130", _LIPIDS, below=True),
    _range("38483-4", "Creatinine in blood", "mg/dL", "0.6", "1.2", _CHEMISTRY),
    _range("49765-1", "Calcium in blood", "mg/dL", "8.5", "10.5", _CHEMISTRY),
)
