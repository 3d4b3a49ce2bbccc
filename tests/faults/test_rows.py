"""Every row about faults has a test, and the page of reliability has a line for each."""

from __future__ import annotations

import re

import pytest
from tests.faults.bar import PAGE, page, table
from tests.faults.rows import OTHER_PROOFS, ROWS, proofs
from tests.proofs import all_tests

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("row", ROWS)
def test_every_row_has_a_test(row: str) -> None:
    assert proofs(row), f"nothing proves {row}. Name a test test_{row}_…, or list one in tests/faults/rows.py."


def test_every_proof_that_is_listed_is_there() -> None:
    assert {test for tests in OTHER_PROOFS.values() for test in tests} <= set(all_tests())


def test_the_page_has_every_row_and_names_every_file_that_proves_it(record_property: pytest.RecordProperty) -> None:
    text = PAGE.read_text(encoding="utf-8")

    assert _without_figures(page(text, {})) == _without_figures(text)
    assert "** |" not in text, "a proof had failed when the page was written"
    assert len(re.findall(r"^\| [ADF]\d+ \|", table({}), re.MULTILINE)) == len(ROWS)
    record_property("figure", f"{len(ROWS)} rows have tests")


def _without_figures(text: str) -> str:
    """The page with the last column of its table left out."""
    return re.sub(r"^(\| [ADF]\d+ \|.*\|) .* \|$", r"\1", text, flags=re.MULTILINE)
