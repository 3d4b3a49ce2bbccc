"""The pages made from the code are fresh: errors, settings. The page of the hooks has a test of its own."""

from __future__ import annotations

import pytest
from tests.docs.pages import ROOT
from tests.docs.performance import readme_numbers
from tests.docs.reference import PAGES, errors_page, settings_page

from patron_core.errors import PublicError
from patron_core.settings import Settings


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_made_from_the_code_is_fresh(name: str, pytestconfig: pytest.Config) -> None:
    path, text = ROOT / name, PAGES[name]()
    if pytestconfig.getoption("--update"):
        path.write_text(text, encoding="utf-8")

    assert path.read_text(encoding="utf-8") == text, f"{name} is not fresh. Run `make docs UPDATE=1` and review it."


def test_the_readme_has_the_numbers_that_were_measured(pytestconfig: pytest.Config) -> None:
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    start, end = text.index("<!-- numbers -->\n") + len("<!-- numbers -->\n"), text.index("<!-- end of numbers -->")
    if pytestconfig.getoption("--update"):
        path.write_text(text[:start] + readme_numbers() + text[end:], encoding="utf-8")
    else:
        assert text[start:end] == readme_numbers(), (
            "The README's numbers are not fresh. Run `make docs UPDATE=1` and review it."
        )


def test_every_code_has_a_section() -> None:
    page = errors_page()

    assert [kind.code for kind in _all(PublicError) if "code" in vars(kind) and f"\n## {kind.code}\n" not in page] == []


def test_every_setting_has_a_row_that_says_what_it_is() -> None:
    rows = [row.split(" | ") for row in settings_page().splitlines() if row.startswith("| `PATRON_")]

    assert len(rows) == len(Settings.model_fields)
    assert [row[1:3] for row in rows if row[0] == "| `PATRON_PAGE_MAX`"] == [["whole number from 1", "`100`"]]


def _all(kind: type[PublicError]) -> list[type[PublicError]]:
    return [
        kind,
        *(found for each in kind.__subclasses__() if each.__module__.startswith("patron") for found in _all(each)),
    ]
