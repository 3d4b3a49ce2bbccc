"""Reference ranges: which one fits, what a value at its ends means, and what is never interpreted."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from decimal import Decimal

import pytest

import patron_healthcare.plugin
from patron_core.errors import StartupError
from patron_core.plugins import Plugins
from patron_healthcare.codes import BirthSex, InterpretationOrigin, ObservationInterpretation
from patron_healthcare.interpretation import Measurement, ReferenceRange, age_in_years, interpret
from patron_healthcare.reference_ranges import ADULT_RANGES
from patron_healthcare.settings import HealthcareSettings
from patron_schema.hookspecs import SchemaHooks

FEMALE, MALE, UNKNOWN = BirthSex.FEMALE, BirthSex.MALE, BirthSex.UNKNOWN
L, H, N = ObservationInterpretation.L, ObservationInterpretation.H, ObservationInterpretation.N


def meaning(
    code: str,
    value: str,
    unit: str,
    *,
    sex: BirthSex | None = FEMALE,
    born: dt.date | None = dt.date(1980, 1, 1),
    at: dt.datetime = dt.datetime(2025, 1, 1, tzinfo=dt.UTC),
) -> ObservationInterpretation | None:
    measured = Measurement(code=code, value=Decimal(value), unit=unit, effective_at=at, birth_date=born, birth_sex=sex)
    found = interpret(measured, ranges=ADULT_RANGES)
    assert found is None or (found.origin is InterpretationOrigin.DERIVED and found.text)
    return None if found is None else found.interpretation


@pytest.mark.parametrize(
    ("code", "value", "unit", "sex", "expected"),
    [
        ("718-7", "12.299999", "g/dL", FEMALE, L),
        ("718-7", "12.3", "g/dL", FEMALE, N),
        ("718-7", "15.3", "g/dL", FEMALE, N),
        ("718-7", "15.300001", "g/dL", FEMALE, H),
        ("718-7", "15.4", "g/dL", MALE, N),
        ("718-7", "13.9", "g/dL", MALE, L),
        ("789-8", "5.2", "10*6/uL", FEMALE, H),
        ("789-8", "5.2", "10*6/uL", MALE, N),
        ("6690-2", "4.4", "10*3/uL", None, L),
        ("8480-6", "139.999999", "mm[Hg]", UNKNOWN, N),
        ("8480-6", "140", "mm[Hg]", UNKNOWN, H),
        ("8480-6", "89", "mm[Hg]", None, L),
        ("8462-4", "90", "mm[Hg]", MALE, H),
        ("8462-4", "60", "mm[Hg]", MALE, N),
        ("2339-0", "199", "mg/dL", MALE, N),
        ("4548-4", "5.7", "%", MALE, H),
        ("2093-3", "199.9", "mg/dL", MALE, N),
        ("2093-3", "0", "mg/dL", MALE, N),
        ("2085-9", "39", "mg/dL", MALE, L),
    ],
)
def test_a_value_is_compared_with_the_range_of_its_code_unit_and_sex(
    code: str, value: str, unit: str, sex: BirthSex | None, expected: ObservationInterpretation
) -> None:
    assert meaning(code, value, unit, sex=sex) is expected


@pytest.mark.parametrize("sex", [UNKNOWN, None])
def test_a_range_for_one_sex_says_nothing_of_who_has_none_recorded(sex: BirthSex | None) -> None:
    assert meaning("718-7", "3", "g/dL", sex=sex) is None


def test_a_value_in_another_unit_is_not_compared() -> None:
    assert meaning("718-7", "140", "g/L") is None
    assert meaning("2339-0", "5.5", "mmol/L") is None


def test_a_code_without_a_range_is_neither_normal_nor_abnormal() -> None:
    assert meaning("8302-2", "999", "cm") is None


def test_only_adults_are_interpreted_by_their_age_at_the_time() -> None:
    born = dt.date(2004, 2, 29)

    def at(*day: int) -> ObservationInterpretation | None:
        return meaning("718-7", "3", "g/dL", born=born, at=dt.datetime(*day, 12, tzinfo=dt.UTC))  # type: ignore[misc]

    assert (at(2022, 2, 28), at(2022, 3, 1)) == (None, L)
    assert meaning("718-7", "3", "g/dL", born=None) is None


def test_ages_are_completed_years() -> None:
    assert age_in_years(dt.date(2000, 5, 5), on=dt.date(2018, 5, 4)) == 17
    assert age_in_years(dt.date(2000, 5, 5), on=dt.date(2018, 5, 5)) == 18


def test_every_shipped_range_names_its_source_and_unit_and_is_one_of_its_kind() -> None:
    wanted = {"718-7", "789-8", "6690-2", "8480-6", "8462-4", "2339-0", "4548-4", "2093-3"}
    assert wanted <= {shipped.code for shipped in ADULT_RANGES}
    assert max(Counter((shipped.code, shipped.sex) for shipped in ADULT_RANGES).values()) == 1
    for shipped in ADULT_RANGES:
        assert shipped.source in shipped.words
        assert shipped.unit in shipped.words


def test_a_range_reads_like_a_sentence() -> None:
    words = {(shipped.code, shipped.sex): shipped.words for shipped in ADULT_RANGES}

    assert words["718-7", FEMALE].startswith("12.3 to 15.3 g/dL, female adults; ")
    assert words["8480-6", None].startswith("90 to below 140 mm[Hg], adults; ")
    assert words["2093-3", None].startswith("below 200 mg/dL, adults; ")
    assert words["2085-9", None].startswith("40 or more mg/dL, adults; ")


def test_a_clinic_brings_its_own_ranges_and_days() -> None:
    own = [{"code": "2093-3", "name": "Cholesterol", "unit": "mmol/L", "high": "5.0", "source": "Our laboratory"}]
    environment = {
        "PATRON_HEALTHCARE_REFERENCE_RANGES": json.dumps(own),
        "PATRON_HEALTHCARE_FOLLOW_UP_DAYS": "3",
    }
    plugins = Plugins.of({"healthcare": patron_healthcare.plugin}, specs=[SchemaHooks], environment=environment)

    settings = plugins.settings(HealthcareSettings)

    assert settings.follow_up_days == 3
    assert [(r.code, r.unit, r.high) for r in settings.reference_ranges] == [("2093-3", "mmol/L", Decimal("5.0"))]


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        '[{"code": "1", "name": "x", "unit": "g", "source": "s"}]',
        '[{"code": "1", "name": "x", "unit": "g", "source": "s", "low": 2, "high": 1}]',
        '[{"code": "1", "name": "x", "unit": "g", "low": 2}]',
    ],
)
def test_wrong_ranges_stop_the_start_and_name_the_variable(text: str) -> None:
    with pytest.raises(StartupError) as refused:
        Plugins.of(
            {"healthcare": patron_healthcare.plugin},
            specs=[SchemaHooks],
            environment={"PATRON_HEALTHCARE_REFERENCE_RANGES": text},
        )

    assert "PATRON_HEALTHCARE_REFERENCE_RANGES" in str(refused.value)


def test_a_range_of_the_settings_may_be_for_one_sex() -> None:
    assert (
        ReferenceRange.model_validate_json(
            '{"code": "718-7", "name": "Hb", "unit": "g/dL", "sex": "F", "low": "12", "source": "x"}'
        ).sex
        is FEMALE
    )
