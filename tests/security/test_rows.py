"""Every row of the bar and every group of failures has a test, and the page names them."""

from __future__ import annotations

import re

import pytest
from tests.proofs import all_tests
from tests.security.bar import PAGE, page
from tests.security.rows import GROUPS, OTHER_PROOFS, ROWS, proofs

pytestmark = pytest.mark.security


@pytest.mark.parametrize("row", [*ROWS, *GROUPS])
def test_every_row_and_every_group_of_failures_has_a_test(row: str) -> None:
    assert proofs(row), f"nothing proves {row}. Name a test test_{row}_…, or list one in tests/security/rows.py."


def test_every_proof_that_is_listed_is_there() -> None:
    assert {test for tests in OTHER_PROOFS.values() for test in tests} <= set(all_tests())
    assert len(GROUPS) == 25


def test_the_page_names_every_row(record_property: pytest.RecordProperty) -> None:
    headings = [line for line in page({}).splitlines() if line.startswith("#")]

    assert [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("#")] == headings
    assert not re.search(r"\.py: \d+ failed", PAGE.read_text(encoding="utf-8"))
    record_property("figure", f"{len(ROWS)} rows and {len(GROUPS)} groups have tests")
