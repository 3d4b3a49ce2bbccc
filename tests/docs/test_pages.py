"""What links and decisions promise: a link leads somewhere, a decision has all its parts and stands in the list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.docs.pages import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
PARTS = ["Context", "Decision", "Consequences", "Alternatives", "Where to see it"]

_LINK = re.compile(r"\]\((?!https?:|mailto:)(?P<path>[^)#]*)(?:#(?P<anchor>[^)]+))?\)")
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_ROOM = re.compile(r"`((?:core|schema|plugins|tests|planner)/[\w/.*]+)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_page_and_a_heading(page: Path) -> None:
    broken = []
    for link in _LINK.finditer(_FENCED.sub("", page.read_text(encoding="utf-8"))):
        target = (page.parent / link["path"]).resolve() if link["path"] else page
        if not target.exists() or (link["anchor"] and link["anchor"] not in anchors(target)):
            broken.append(link[0])

    assert broken == []


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_all_its_parts_and_stands_in_the_list(decision: Path) -> None:
    text = decision.read_text(encoding="utf-8")
    title = text.splitlines()[0].removeprefix("# ")

    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == PARTS
    assert f"[{decision.name[:4]}]({decision.name}) | {title[6:]} |" in (decision.parent / "README.md").read_text()
    assert title.startswith(f"{decision.name[:4]}: ")
    assert 20 <= text.count("\n") <= 60


@pytest.mark.parametrize("page", [*DECISIONS, ROOT / "docs" / "architecture.md"], ids=lambda page: page.stem)
def test_rooms_that_a_page_names_are_there(page: Path) -> None:
    named = {
        room.replace("planner/", "schema/patron_schema/planner/", 1) if room.startswith("planner/") else room
        for room in _ROOM.findall(page.read_text(encoding="utf-8"))
    }

    assert [room for room in sorted(named) if not _there(room)] == []


def _there(room: str) -> bool:
    return any(ROOT.glob(room.rstrip("/"))) or any(ROOT.glob(f"{room}.py"))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as a reader of Markdown makes them."""
    titles = re.findall(r"^#+ (.+)$", _FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
