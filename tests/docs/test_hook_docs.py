"""docs/hooks.md is what the specifications of the hooks say."""

from __future__ import annotations

import pytest
from tests.docs.pages import ROOT
from tests.docs.reference import hooks, hooks_page


def test_the_page_of_the_hooks_equals_their_specifications(pytestconfig: pytest.Config) -> None:
    path = ROOT / "docs" / "hooks.md"
    if pytestconfig.getoption("--update"):
        path.write_text(hooks_page(), encoding="utf-8")

    assert path.read_text(encoding="utf-8") == hooks_page()


@pytest.mark.parametrize(("name", "function"), [(name, function) for name, function, _ in hooks()])
def test_a_hook_says_when_it_is_called_what_it_returns_and_what_a_failure_does(name: str, function: object) -> None:
    text = (function.__doc__ or "").lower()

    assert "since 0." in text, name
    for word in ("call", "return"):
        assert word in text or (word == "return" and "example: `yield" in text), f"{name} does not say: {word}"
    assert "raise" in text or "exception" in text, f"{name} does not say what an exception does"
