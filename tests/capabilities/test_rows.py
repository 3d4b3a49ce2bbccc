"""The list of capabilities and the tests that show them agree."""

from __future__ import annotations

import pytest
from tests.capabilities.page import capabilities_page
from tests.capabilities.rows import CORE, ROOT, shown_by

PAGE = ROOT / "docs/capabilities.md"


def test_no_test_shows_a_capability_that_is_not_on_the_list() -> None:
    assert sorted(set(shown_by()) - set(CORE) - set(range(67, 78)) - {3, 81}) == []


def test_the_page_of_capabilities_is_fresh(pytestconfig: pytest.Config) -> None:
    text = capabilities_page()
    if pytestconfig.getoption("--update"):
        PAGE.write_text(text, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == text, "Run `make docs UPDATE=1` and review it."
