"""The 32 Synthea bundles of PATRON_DATA_DIR/healthcare, imported in full and counted through GraphQL."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from patron_schema.testing.databases import PreparedDatabase
from patron_schema.testing.service import Patron

from .clinic import take_in

pytestmark = pytest.mark.real_data

COUNTS = """
query Counts {
  patients(first: 1) { totalCount }
  dead: patients(first: 1, where: { deceased: { eq: true } }) { totalCount }
  practitioners(first: 1) { totalCount }
  encounters(first: 1) { totalCount }
  observations(first: 1) { totalCount }
  pressures: observations(first: 1, where: { code: { in: ["8480-6", "8462-4"] } }) { totalCount }
  stated: observations(first: 1, where: { interpretationOrigin: { eq: SOURCE } }) { totalCount }
  derived: observations(first: 1, where: { interpretationOrigin: { eq: DERIVED } }) { totalCount }
  abnormal: observations(first: 1, where: { interpretation: { in: [H, L] } }) { totalCount }
  followUps(first: 1) { totalCount }
  ofTheDead: followUps(first: 1, where: { patient: { deceased: { eq: true } } }) { totalCount }
}
"""


async def counts(patron: Patron) -> dict[str, int]:
    data = await patron.data(COUNTS)
    return {name: value["totalCount"] for name, value in data.items()}


async def test_thirty_two_bundles_of_synthea(database: PreparedDatabase, patron: Patron) -> None:
    folder = Path(os.environ["PATRON_DATA_DIR"]) / "healthcare"

    first = await take_in(database, [folder])
    counted = await counts(patron)
    again = await take_in(database, [folder])

    assert (first.rows, first.bad_row_count) == (3_147, 0)
    assert first.counts.created == {
        "conditions": 113,
        "encounters": 252,
        "follow-ups": 75,
        "immunizations": 217,
        "observations": 1_762,  # 1,629, of which 133 blood pressures have two components each
        "organizations": 35,
        "patients": 32,
        "practitioners": 35,
    }
    assert first.counts.skipped == {
        "resources of type CarePlan": 32,
        "resources of type Claim": 301,
        "resources of type DiagnosticReport": 108,
        "resources of type ExplanationOfBenefit": 252,
        "resources of type Goal": 5,
        "resources of type MedicationRequest": 49,
        "resources of type Procedure": 75,
    }
    assert counted == {
        "patients": 32,
        "dead": 1,
        "practitioners": 35,
        "encounters": 252,
        "observations": 1_762,
        "pressures": 266,
        "stated": 0,
        "derived": counted["derived"],
        "abnormal": 118,
        "followUps": 75,
        "ofTheDead": 0,
    }
    assert again.counts.created == {}
    assert again.counts.changed == {}
    assert await counts(patron) == counted
