"""F3: every planted defect still has its place, exactly once, and so many were caught when they were last planted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.security.defects.definitions import DEFECTS, Defect
from tests.security.defects.planting import RESULTS, ROOT

pytestmark = pytest.mark.security


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_f3_a_planted_defect_has_its_place(defect: Defect) -> None:
    text = (ROOT / defect.file).read_text(encoding="utf-8")

    assert text.count(defect.old) == 1
    assert defect.old != defect.new


def test_f3_nearly_all_planted_defects_were_caught(record_property: Callable[[str, object], None]) -> None:
    lines = RESULTS.read_text(encoding="utf-8").splitlines()
    caught = [line for line in lines if line.startswith("caught")]

    assert {line.split(" (")[0].split()[-1] for line in lines} == {defect.name for defect in DEFECTS}
    assert len(DEFECTS) >= 40
    assert len(lines) - len(caught) <= 2, [line for line in lines if line not in caught]
    record_property("figure", f"{len(caught)} of {len(lines)} planted defects caught")
