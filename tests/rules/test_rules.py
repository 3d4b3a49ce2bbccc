"""The code keeps the rules of `rules`, and each rule finds what is planted for it."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest
from tests.rules.rules import RULES, Rule, modules

pytestmark = pytest.mark.security

TREES = list(modules())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_failures_15_the_code_keeps_the_rule(rule: Rule, record_property: Callable[[str, object], None]) -> None:
    breaches = [str(breach) for path, tree in TREES for breach in rule.breaches(path, tree)]

    assert not breaches, f"{rule.why}\n" + "\n".join(breaches)
    record_property("figure", f"rule {rule.name}: 0 breaches in {len(TREES)} modules")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_failures_15_each_rule_finds_what_breaks_it(rule: Rule) -> None:
    assert [breach.rule for breach in rule.breaches("core/patron_core/planted.py", ast.parse(rule.planted))] == [
        rule.name
    ]


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.allowed], ids=lambda rule: rule.name)
def test_an_exemption_is_still_needed(rule: Rule) -> None:
    for allowed in rule.allowed:
        covered = [tree for path, tree in TREES if path.startswith(allowed)]
        found = [place for tree in covered for place in rule.find(tree)]
        assert found, f"{rule.name} exempts {allowed}, where nothing breaks it any more"
