"""Stored conditions: read and written in the shape of the API's `where`, refused with their place, judged on plain values."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patron_core.customers.models import CustomerKind
from patron_core.errors import InvalidInput, LimitExceeded
from patron_core.predicates import (
    AllOf,
    AnyOf,
    Comparison,
    Negation,
    Node,
    Predicate,
    Quantified,
    Within,
    holds,
    parse,
    stored,
)


def document(where: Any) -> dict[str, Any]:
    return {"version": 1, "type": "Customer", "where": where}


def judge(where: Any, row: Mapping[str, Any]) -> bool:
    return holds(parse(document(where)), row)


def test_a_condition_of_the_api_is_read_as_it_is() -> None:
    where = {
        "kind": {"eq": "B2B"},
        "party": {"displayName": {"startsWith": "A", "isNull": False}},
        "transactions": {"some": {"amount": {"amount": {"gte": "10.00"}}}},
        "or": [{"owner": {"in": ["ada", "bob"]}}, {"not": {"since": {"lt": "2020-01-01"}}}],
    }

    assert parse(document(where)) == Predicate(
        "Customer",
        AllOf(
            (
                Comparison("kind", "eq", "B2B"),
                Within(
                    "party",
                    AllOf((Comparison("displayName", "startsWith", "A"), Comparison("displayName", "isNull", False))),
                ),
                Quantified("transactions", "some", Within("amount", Comparison("amount", "gte", "10.00"))),
                AnyOf((Comparison("owner", "in", ("ada", "bob")), Negation(Comparison("since", "lt", "2020-01-01")))),
            )
        ),
    )


@pytest.mark.parametrize(
    ("broken", "path"),
    [
        (None, ()),
        ([], ()),
        ({"version": 1, "type": "Customer"}, ()),
        ({**document({}), "more": 1}, ()),
        ({**document({}), "version": 2}, ("version",)),
        ({**document({}), "version": True}, ("version",)),
        ({**document({}), "type": "cust omer"}, ("type",)),
        (document([]), ("where",)),
        (document({"kind": {}}), ("where", "kind")),
        (document({"kind": "B2B"}), ("where", "kind")),
        (document({"kind": {"eq": None}}), ("where", "kind", "eq")),
        (document({"kind": {"eq": ["B2B"]}}), ("where", "kind", "eq")),
        (document({"kind": {"like": "B"}}), ("where", "kind", "like")),
        (document({"kind": {"eq": "B2B", "displayName": {"eq": "A"}}}), ("where", "kind")),
        (document({"kind": {"eq": "B2B", "some": {}}}), ("where", "kind")),
        (document({"kind": {"in": "B2B"}}), ("where", "kind", "in")),
        (document({"kind": {"in": ["B2B", {}]}}), ("where", "kind", "in", 1)),
        (document({"kind": {"in": ["B2B"] * 1001}}), ("where", "kind", "in")),
        (document({"kind": {"isNull": "yes"}}), ("where", "kind", "isNull")),
        (document({"kind": {"lt": True}}), ("where", "kind", "lt")),
        (document({"kind": {"contains": 5}}), ("where", "kind", "contains")),
        (document({"kind": {"eq": float("nan")}}), ("where", "kind", "eq")),
        (document({"kind": {"eq": "\x00"}}), ("where", "kind", "eq")),
        (document({"kind": {"eq": "x" * 1001}}), ("where", "kind", "eq")),
        (document({"and": {"kind": {"eq": "B2B"}}}), ("where", "and")),
        (document({"and": ["kind"]}), ("where", "and", 0)),
        (document({"not": [{}]}), ("where", "not")),
        (document({"dis play": {"eq": 1}}), ("where", "dis play")),
        (document({"__proto__": {"eq": 1}}), ("where", "__proto__")),
    ],
)
def test_what_is_not_well_formed_is_refused_with_its_place_and_without_its_value(
    broken: Any, path: tuple[str | int, ...]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(broken)

    assert refused.value.path == path
    assert "B2B" not in refused.value.message


def test_a_condition_has_at_most_fifty_nodes_however_it_is_nested() -> None:
    deep: dict[str, Any] = {"kind": {"eq": "B2B"}}
    for _ in range(50):
        deep = {"not": deep}
    wide = {"or": [{"kind": {"eq": "B2B"}}] * 50}

    for where in (deep, wide):
        with pytest.raises(LimitExceeded) as refused:
            parse(document(where))
        assert refused.value.details == {"limit": "filter nodes", "value": 51, "maximum": 50}


names = st.sampled_from(["kind", "displayName", "amount", "entries", "party"])
scalars = st.one_of(st.text("abcÄ", max_size=5), st.integers(-5, 5), st.booleans())
comparisons = st.one_of(
    st.builds(Comparison, names, st.sampled_from(["eq", "ne"]), scalars),
    st.builds(Comparison, names, st.sampled_from(["lt", "lte", "gt", "gte"]), st.integers(-5, 5)),
    st.builds(Comparison, names, st.sampled_from(["in", "notIn"]), st.lists(scalars, max_size=3).map(tuple)),
    st.builds(Comparison, names, st.sampled_from(["startsWith", "contains"]), st.text("ab", max_size=3)),
    st.builds(Comparison, names, st.just("isNull"), st.booleans()),
)
nodes: st.SearchStrategy[Node] = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds(Within, names, inner),
        st.builds(Quantified, names, st.sampled_from(["some", "every", "none"]), inner),
        st.builds(AllOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Negation, inner),
    ),
    max_leaves=8,
)


@given(nodes)
def test_the_stored_form_is_json_and_gives_the_same_tree_again(node: Node) -> None:
    predicate = Predicate("Customer", node)

    try:
        again = parse(json.loads(json.dumps(stored(predicate))))
    except LimitExceeded:
        return

    assert again == predicate
    assert stored(again) == stored(predicate)


ROW = {
    "kind": CustomerKind.B2B,
    "id": uuid.UUID(int=7),
    "owner": None,
    "since": dt.date(2020, 1, 1),
    "createdAt": dt.datetime(2026, 3, 14, 12, tzinfo=dt.UTC),
    "visits": 3,
    "share": Decimal("0.10"),
    "vip": True,
    "party": {"displayName": "Ada"},
    "transactions": [{"amount": {"amount": Decimal("9.90")}}, {"amount": {"amount": Decimal("24.00")}}],
    "touchpoints": [],
}


@pytest.mark.parametrize(
    ("where", "true"),
    [
        ({}, True),
        ({"and": []}, True),
        ({"or": []}, False),
        ({"kind": {"eq": "B2B"}}, True),
        ({"kind": {"in": ["B2C"]}}, False),
        ({"kind": {"notIn": ["B2C"]}}, True),
        ({"id": {"eq": str(uuid.UUID(int=7))}}, True),
        ({"owner": {"isNull": True}}, True),
        ({"owner": {"eq": "ada"}}, False),
        ({"owner": {"ne": "ada"}}, False),
        ({"not": {"owner": {"eq": "ada"}}}, True),
        ({"unknown": {"isNull": True}}, True),
        ({"since": {"gte": "2020-01-01", "lt": "2020-01-02"}}, True),
        ({"createdAt": {"lt": "2026-03-14T12:00:00Z"}}, False),
        ({"createdAt": {"lte": "2026-03-14T13:00:00+01:00"}}, True),
        ({"visits": {"gt": 2}}, True),
        ({"share": {"eq": "0.1"}}, True),
        ({"share": {"in": [0.1, 0.2]}}, True),
        ({"vip": {"eq": True}}, True),
        ({"vip": {"ne": True}}, False),
        ({"party": {"displayName": {"startsWith": "A", "contains": "d"}}}, True),
        ({"party": {"displayName": {"startsWith": "a"}}}, False),
        ({"owner": {"displayName": {"isNull": True}}}, False),
        ({"transactions": {"some": {"amount": {"amount": {"gte": "10"}}}}}, True),
        ({"transactions": {"every": {"amount": {"amount": {"gte": "10"}}}}}, False),
        ({"transactions": {"none": {"amount": {"amount": {"gte": "100"}}}}}, True),
        ({"touchpoints": {"every": {"or": []}}}, True),
        ({"touchpoints": {"some": {}}}, False),
        ({"kind": {"eq": "B2C"}, "visits": {"eq": 3}}, False),
        ({"or": [{"kind": {"eq": "B2C"}}, {"visits": {"eq": 3}}]}, True),
    ],
)
def test_a_condition_is_judged_on_plain_values(where: Any, true: bool) -> None:
    assert judge(where, ROW) is true


@pytest.mark.parametrize("where", [{"visits": {"gt": "many"}}, {"since": {"lt": "today"}}, {"id": {"eq": "cus_1"}}])
def test_a_value_of_another_type_than_its_field_is_refused(where: Any) -> None:
    with pytest.raises(InvalidInput):
        judge(where, ROW)
