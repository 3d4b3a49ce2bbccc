"""The graph of relationships over GraphQL, on both databases: circles, bounds, instants, tenants and rights."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from patron_core.messages import Actor
from patron_core.parties.commands import CreateOrganization, CreatePerson, NewOrganization, NewPerson
from patron_core.parties.models import Party
from patron_core.plugins import Plugins
from patron_core.relationships.commands import CreateRelationship
from patron_core.unit_of_work import UnitOfWork
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

GRAPH = """query Graph($party: ID!, $depth: Int!, $limit: Int! = 100, $asOf: DateTime, $types: [String!]) {
  relationshipGraph(partyId: $party, depth: $depth, limit: $limit, asOf: $asOf, types: $types) {
    truncated parties { partyId displayName distance kind }
    relationships { typeCode sourceId targetId roleTitle } } }"""
PATH = """query Path($from: ID!, $to: ID!, $depth: Int! = 6, $asOf: DateTime) {
  relationshipPath(fromId: $from, toId: $to, maxDepth: $depth, asOf: $asOf) {
    length complete parties { partyId displayName distance } relationships { typeCode } } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def person(patron: Patron, name: str, actor: Actor | None = None) -> Any:
    return (await patron.prepared.do(CreatePerson(person=NewPerson(display_name=name)), actor=actor)).id


async def company(patron: Patron, name: str) -> Any:
    return (await patron.prepared.do(CreateOrganization(organization=NewOrganization(legal_name=name)))).id


async def related(patron: Patron, code: str, source: Any, target: Any, **more: Any) -> None:
    await patron.prepared.do(CreateRelationship(type_code=code, source_id=source, target_id=target, **more))


async def circle(patron: Patron) -> list[Any]:
    """Ada, Bea, Cai and Dov, each of whom knows the next and the last one the first; Eve, whom Cai referred."""
    people = [await person(patron, name) for name in ("Ada", "Bea", "Cai", "Dov", "Eve")]
    for one, other in ((0, 1), (1, 2), (2, 3), (3, 0)):
        await related(patron, "KNOWS", people[one], people[other])
    await related(patron, "REFERRED", people[2], people[4])
    return people


def names(found: dict[str, Any]) -> list[tuple[str, int]]:
    return sorted((each["displayName"], each["distance"]) for each in found["parties"])


@pytest.mark.parametrize(
    ("depth", "around"),
    [
        (1, [("Ada", 0), ("Bea", 1), ("Dov", 1)]),
        (2, [("Ada", 0), ("Bea", 1), ("Cai", 2), ("Dov", 1)]),
        (6, [("Ada", 0), ("Bea", 1), ("Cai", 2), ("Dov", 1), ("Eve", 3)]),
    ],
)
async def test_a_graph_with_a_circle_comes_to_an_end(patron: Patron, depth: int, around: list[tuple[str, int]]) -> None:
    people = await circle(patron)

    found = (await patron.data(GRAPH, {"party": f"pty_{people[0]}", "depth": depth}))["relationshipGraph"]

    assert (names(found), found["truncated"]) == (around, False)
    known = {each["partyId"] for each in found["parties"]}
    assert all(each["sourceId"] in known and each["targetId"] in known for each in found["relationships"])
    assert len(found["relationships"]) == {1: 2, 2: 4, 6: 5}[depth]


async def test_the_nearest_are_kept_and_the_rest_is_told_of(patron: Patron) -> None:
    people = await circle(patron)

    found = (await patron.data(GRAPH, {"party": f"pty_{people[0]}", "depth": 6, "limit": 3}))["relationshipGraph"]

    assert (names(found), found["truncated"]) == ([("Ada", 0), ("Bea", 1), ("Dov", 1)], True)


async def test_a_graph_is_of_an_instant_and_of_chosen_kinds(patron: Patron) -> None:
    ada, old, new = await person(patron, "Ada"), await company(patron, "Old"), await company(patron, "New")
    changed = NOON - dt.timedelta(days=30)
    await related(patron, "EMPLOYS", old, ada, valid_to=changed)
    await related(patron, "EMPLOYS", new, ada, valid_from=changed, role_title="Head")
    await related(patron, "ADVISES", ada, old)
    asked = {"party": f"pty_{ada}", "depth": 1, "types": ["EMPLOYS"]}

    now = (await patron.data(GRAPH, asked))["relationshipGraph"]
    before = await patron.data(GRAPH, {**asked, "asOf": (changed - dt.timedelta(days=1)).isoformat()})

    assert names(now) == [("Ada", 0), ("New", 1)]
    assert now["relationships"][0]["roleTitle"] == "Head"
    assert names(before["relationshipGraph"]) == [("Ada", 0), ("Old", 1)]


@pytest.mark.parametrize(("to", "length"), [("Ada", 0), ("Bea", 1), ("Cai", 2), ("Eve", 3), ("Zoe", None)])
async def test_the_shortest_way_is_found_or_there_is_none(patron: Patron, to: str, length: int | None) -> None:
    people = dict(zip(("Ada", "Bea", "Cai", "Dov", "Eve"), await circle(patron), strict=True))
    people["Zoe"] = await person(patron, "Zoe")

    asked = {"from": f"pty_{people['Ada']}", "to": f"pty_{people[to]}"}
    found = (await patron.data(PATH, asked))["relationshipPath"]

    assert (found["length"], found["complete"]) == (length, True)
    ways = {"Ada": ["Ada"], "Bea": ["Ada", "Bea"], "Cai": ["Ada", "Bea", "Cai"], "Eve": ["Ada", "Bea", "Cai", "Eve"]}
    assert [each["displayName"] for each in found["parties"]] == ways.get(to, [])
    assert len(found["relationships"]) == (length or 0)


async def test_a_way_is_not_longer_than_was_asked_for(patron: Patron) -> None:
    people = await circle(patron)

    asked = {"from": f"pty_{people[0]}", "to": f"pty_{people[4]}", "depth": 2}
    found = (await patron.data(PATH, asked))["relationshipPath"]

    assert (found["length"], found["parties"]) == (None, [])


@pytest.mark.parametrize("asked", [{"depth": 7}, {"depth": 0}, {"depth": 1, "limit": 501}])
async def test_bounds_are_kept(patron: Patron, asked: dict[str, int]) -> None:
    answer = await patron.ask(GRAPH, {"party": f"pty_{await person(patron, 'Ada')}", **asked})

    assert answer["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


async def test_a_party_of_another_tenant_is_not_there(patron: Patron) -> None:
    stranger = await person(patron, "Sue", await patron.prepared.tenant("Cushions"))
    ada = await person(patron, "Ada")

    around = await patron.ask(GRAPH, {"party": f"pty_{stranger}", "depth": 1})
    between = await patron.ask(PATH, {"from": f"pty_{ada}", "to": f"pty_{stranger}"})

    assert around["errors"][0]["extensions"]["code"] == between["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_who_may_not_read_names_sees_none(patron: Patron) -> None:
    people = await circle(patron)
    analyst = replace(patron.prepared.actor, roles=("analyst",), scopes=())

    found = await patron.data(GRAPH, {"party": f"pty_{people[0]}", "depth": 1}, actor=analyst)

    assert {each["displayName"] for each in found["relationshipGraph"]["parties"]} == {None}


async def test_who_sees_only_its_own_rows_walks_over_nobody_else(patron: Patron) -> None:
    people = await circle(patron)
    own = replace(patron.prepared.actor, roles=("customer_portal",), scopes=(), party_id=people[0])

    found = await patron.data(GRAPH, {"party": f"pty_{people[0]}", "depth": 6}, actor=own)
    other = await patron.ask(GRAPH, {"party": f"pty_{people[1]}", "depth": 6}, actor=own)

    assert names(found["relationshipGraph"]) == [("Ada", 0)]
    assert other["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_who_was_deleted_is_walked_around_and_who_was_merged_is_the_survivor(patron: Patron) -> None:
    people = await circle(patron)
    twin = await person(patron, "Ada again")

    def change(uow: UnitOfWork) -> None:
        uow.get(Party, people[1]).deleted_at = uow.now
        merged = uow.get(Party, twin)
        merged.deleted_at, merged.merged_into_id = uow.now, people[0]

    await patron.prepared.do(change)
    around = await patron.data(GRAPH, {"party": f"pty_{twin}", "depth": 2})
    way = await patron.data(PATH, {"from": f"pty_{twin}", "to": f"pty_{people[2]}"})

    assert names(around["relationshipGraph"]) == [("Ada", 0), ("Cai", 2), ("Dov", 1)]
    assert [each["displayName"] for each in way["relationshipPath"]["parties"]] == ["Ada", "Dov", "Cai"]
