"""Composition: pure, isolated, and every fault of a declaration reported at once with owner, place and fix."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from patron_core.customers.models import EngagementMode
from patron_core.errors import StartupError
from patron_schema.compose import Composed, compose, core_contributions
from patron_schema.compose.names import DERIVED
from patron_schema.plugin import RELATIONSHIP, TRANSACTION, Contribution


@pytest.fixture(scope="module")
def faulty() -> Iterator[Any]:
    """The faulty declarations."""
    sys.path.insert(0, str(Path(__file__).parent))
    import plugins_that_clash

    yield plugins_that_clash
    sys.path.pop(0)


def with_core(**others: Contribution) -> Composed:
    return compose({"core": core_contributions(), **{name: [made] for name, made in others.items()}})


def problems(**others: Contribution) -> list[str]:
    with pytest.raises(StartupError) as caught:
        with_core(**others)
    return caught.value.problems


def test_the_same_contributions_give_the_same_schema() -> None:
    assert with_core().key == with_core().key
    assert with_core().sdl == with_core().sdl


def test_a_set_of_plugins_does_not_touch_another(faulty: Any) -> None:
    before = with_core().sdl
    extended = with_core(ads=Contribution(types=[faulty.AdvertType], extensions=[faulty.First, faulty.Roots]))

    assert "adverts" in extended.sdl
    assert extended.catalog.roots["adverts"].owner == "ads"
    assert with_core().sdl == before


def test_a_plugin_brings_filters_and_order_keys_with_its_fields(faulty: Any) -> None:
    sdl = with_core(ads=Contribution(types=[faulty.AdvertType], extensions=[faulty.First])).sdl

    where = re.search(r"^input CustomerWhere \{.*?^\}", sdl, re.DOTALL | re.MULTILINE)
    assert where is not None
    assert "adverts: AdvertTypeListWhere" in where[0]


def test_a_plugins_lists_have_aggregates_and_its_fields_are_in_those_of_others(faulty: Any) -> None:
    made = with_core(ads=Contribution(types=[faulty.AdvertType], extensions=[faulty.First, faulty.Roots]))

    assert made.sdl.count("  advertsAggregate(\n") == 2
    assert made.catalog.roots["advertsAggregate"].owner == "ads"
    assert made.catalog.types["Customer"].fields["advertsAggregate"].owner == "ads"
    assert "CUSTOMER_LIFECYCLE_STAGE" in made.catalog.groups["AdvertType"]


def test_two_owners_of_one_field_are_both_named_with_their_places(faulty: Any) -> None:
    [problem] = problems(
        ads=Contribution(types=[faulty.AdvertType], extensions=[faulty.First]),
        radio=Contribution(extensions=[faulty.Second]),
    )

    assert re.search(
        r"Customer\.adverts of radio \(plugins_that_clash\.py:\d+\).*defined by ads \(plugins_that_clash\.py:\d+\)",
        problem,
    )


@pytest.mark.parametrize(
    ("extension", "says"),
    [
        ("Twins", "is already defined by ads"),
        ("Figured", "is what the figures over Customer.transactions of core"),
        ("FiguredRoot", "is what the figures over Query.customers of core"),
        ("NoDescription", "has no description"),
        ("NotNullable", "is not nullable"),
        ("UnknownType", "names an unknown type"),
        ("Unlisted", "is not unique"),
        ("RawText", "raw SQL text"),
        ("OtherTable", "reads party, another table"),
        ("WrongTotal", "does not point to Customer"),
        ("Nowhere", "says nothing of where its value comes from"),
    ],
)
def test_a_faulty_extension_is_named_with_its_fix(faulty: Any, extension: str, says: str) -> None:
    found = problems(ads=Contribution(types=[faulty.AdvertType], extensions=[getattr(faulty, extension)]))

    assert any(says in problem and "plugins_that_clash.py:" in problem for problem in found), found


def test_an_annotation_that_does_not_fit_its_column_is_refused(faulty: Any) -> None:
    [problem] = problems(ads=Contribution(types=[faulty.WrongAnnotation]))

    assert "but the column holds str | None. Write str | None." in problem


def test_a_type_that_is_not_there_is_named(faulty: Any) -> None:
    [problem] = problems(ads=Contribution(extensions=[faulty.First]))

    assert "AdvertType is not a type of this schema" in problem


def test_two_enums_of_one_name_are_refused(faulty: Any) -> None:
    [problem] = problems(ads=Contribution(extensions=[faulty.Channelled]))

    assert "two types are called Channel" in problem
    assert "plugins_that_clash.Channel" in problem
    assert "patron_core.channels.models.Channel" in problem


def test_two_types_that_make_one_name_are_refused_with_their_places(faulty: Any) -> None:
    [problem] = problems(ads=Contribution(types=[faulty.AdvertType]), radio=Contribution(types=[faulty.AdvertTypeList]))

    assert re.fullmatch(
        r"radio: type AdvertTypeList \(plugins_that_clash\.py:\d+\) makes AdvertTypeListWhere, which is called like what is"
        r" made for the type AdvertType of ads \(plugins_that_clash\.py:\d+\), such as its filters and lists\. Rename one of"
        r" the types\.",
        problem,
    )


@pytest.mark.parametrize("name", ["CustomerEdge", "CustomerAggregate"])
def test_a_type_that_is_called_like_what_is_made_for_another_is_refused(faulty: Any, name: str) -> None:
    [problem] = problems(ads=Contribution(types=[getattr(faulty, name)]))

    assert re.match(rf"ads: type {name} \(plugins_that_clash\.py:\d+\) is called like what is made for the", problem)
    assert "the type Customer of core (patron_schema/types/customers.py:" in problem


def test_names_that_are_made_are_among_the_problems_of_one_error(faulty: Any) -> None:
    found = problems(
        ads=Contribution(
            types=[faulty.AdvertType, faulty.CustomerEdge, faulty.AdvertTypeList], extensions=[faulty.RawText]
        )
    )

    assert len(found) == 3


def test_every_ending_of_what_is_made_for_a_type_is_known() -> None:
    found = {name for name in with_core().graphql.type_map if name.startswith("TransactionLine")}

    assert found == {"TransactionLine", *(f"TransactionLine{ending}" for ending in DERIVED)}


def test_all_problems_come_in_one_error(faulty: Any) -> None:
    found = problems(
        ads=Contribution(types=[faulty.AdvertType], extensions=[faulty.NotNullable, faulty.RawText, faulty.OtherTable])
    )

    assert len(found) == 3


def test_the_mode_decides_what_a_schema_contains(faulty: Any) -> None:
    made = Contribution(types=[faulty.AdvertType], extensions=[faulty.Roots], facet=TRANSACTION)

    assert made.facet.within(EngagementMode.TRANSACTION)
    assert made.facet.within(EngagementMode.HYBRID)
    assert not made.facet.within(EngagementMode.RELATIONSHIP)
    assert not RELATIONSHIP.within(EngagementMode.TRANSACTION)


def test_everything_in_the_schema_is_described() -> None:
    schema = with_core().graphql
    bare = [
        f"{name}.{field}"
        for name, kind in schema.type_map.items()
        if not name.startswith("__")
        for field, made in getattr(kind, "fields", {}).items()
        if not made.description
    ]
    bare += [
        f"{name}.{field}({argument})"
        for name, kind in schema.type_map.items()
        if not name.startswith("__")
        for field, made in getattr(kind, "fields", {}).items()
        for argument, taken in getattr(made, "args", {}).items()
        if not taken.description
    ]
    bare += [name for name, kind in schema.type_map.items() if not kind.description]

    assert bare == []
