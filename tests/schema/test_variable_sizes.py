"""Variables of enormous size are refused before each of their values is read."""

from __future__ import annotations

from typing import Any

import pytest

from patron_core.customers.models import EngagementMode
from patron_core.errors import BadRequest, LimitExceeded
from patron_core.settings import Settings
from patron_schema import variables
from patron_schema.compose import Composed, build_schema
from patron_schema.documents import Documents
from patron_schema.hookspecs import load_plugins
from patron_schema.variables import VariableReader

WHERE = "query ($w: CustomerWhere) { customers(where: $w) { totalCount } }"
IDS = "query ($i: [ID!]!) { nodes(ids: $i) { id } }"


@pytest.fixture(scope="module")
def composed() -> Composed:
    return build_schema(load_plugins(()), EngagementMode.HYBRID)


def coerce(composed: Composed, query: str, given: dict[str, Any]) -> dict[str, Any]:
    document = Documents(Settings()).load(composed.graphql, composed.key, query, None)
    return VariableReader(composed, document).coerce(given)


@pytest.mark.parametrize(
    ("query", "given", "value"),
    [
        (IDS, {"i": ["x"] * 2_001}, 2_001),
        (WHERE, {"w": {"owner": {"in": ["a"] * 2_001}}}, 2_001),
        (WHERE, {"w": {f"unknown{number}": 1 for number in range(2_001)}}, 2_001),
        (WHERE, {"w": {"and": [{"or": [{}] * 1_999}] * 11}}, 20_001),
    ],
)
def test_what_no_input_takes_is_refused_unread(
    composed: Composed, query: str, given: dict[str, Any], value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(variables, "get_variable_values", None)

    with pytest.raises(LimitExceeded) as caught:
        coerce(composed, query, given)

    assert caught.value.details["value"] == value


def test_the_longest_lists_that_inputs_take_are_read(composed: Composed) -> None:
    assert len(coerce(composed, IDS, {"i": ["x"] * 2_000})["i"]) == 2_000


def test_the_first_of_many_mistakes_is_named_and_the_others_are_not_looked_for(composed: Composed) -> None:
    with pytest.raises(BadRequest, match=r"`\$w`"):
        coerce(composed, WHERE, {"w": {f"unknown{number}": 1 for number in range(2_000)}})
