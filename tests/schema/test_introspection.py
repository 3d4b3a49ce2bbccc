"""Who may look at the schema, and that nobody else is told a name that they did not write themselves."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable

import pytest
from graphql import get_introspection_query, print_schema

from patron_core.access.permissions import INTROSPECT, holds
from patron_core.access.roles import BUNDLED
from patron_core.messages import Actor
from patron_core.settings import Settings
from patron_schema.testing.service import Patron

pytestmark = pytest.mark.security

#: Ways to ask for the schema; none may be known to who may not.
PROBES = (
    "{ __schema { types { name } } }",
    '{ __type(name: "Customer") { fields { name } } }',
    "{ a: __schema { queryType { name } } viewer { subject } }",
    "query Q { ...F } fragment F on Query { __schema { types { name } } }",
    "{ ... on Query { ... { __schema { types { name } } } } }",
    '{ ... @include(if: true) { t: __type(name: "Query") { name } } }',
    get_introspection_query(),
)
#: Mistakes that graphql-core answers with a suggestion.
NEAR = (
    "{ viewr { subject } }",
    "{ viewer { subjct } }",
    "{ customers(frst: 1) { nodes { id } } }",
    "{ customers(where: {kind: {eq: CONSUMR}}) { nodes { id } } }",
    "{ customers(where: {knd: {eq: CONSUMER}}) { nodes { id } } }",
    "{ customers(orderBy: [{feld: ID}]) { nodes { id } } }",
    "query($x: Custmer) { viewer { subject } }",
    "{ node(id: \"x\") { ... on Custoomer { id } } }",
    "{ viewer { subject @skipp(if: true) } }",
    "{ viewer { subject @skip(iff: true) } }",
    "{ customers { nodes { party { givenName } } } }",
    "mutation { personCreat(input: {}) { person { id } } }",
    "mutation { personCreate(input: {persn: {}}) { person { id } } }",
)  # fmt: skip


def outsider(patron: Patron) -> Actor:
    return Actor(patron.prepared.tenant_id, "customer", "user", roles=("partner",))


@pytest.mark.parametrize("role", sorted(BUNDLED))
def test_every_bundled_role_may_look_but_those_of_outsiders(role: str) -> None:
    actor = Actor(uuid.UUID(int=1), "x", "user", roles=(role,))
    assert holds(actor, INTROSPECT) == (role not in ("partner", "customer_portal"))


@pytest.mark.parametrize("probe", PROBES)
async def test_c7_without_the_right_the_schema_is_an_unknown_field(patron: Patron, probe: str) -> None:
    hidden = await patron.ask(probe, actor=outsider(patron))
    unknown = await patron.ask("{ __nothing { types { name } } }", actor=outsider(patron))
    shown = await patron.ask(probe)

    (error,) = hidden["errors"]
    name = "__schema" if "__schema" in probe else "__type"
    assert "data" not in hidden
    assert error["message"] == unknown["errors"][0]["message"].replace("__nothing", name)
    assert error["extensions"] == unknown["errors"][0]["extensions"]
    assert "errors" not in shown
    assert patron.statements == []


@pytest.mark.parametrize("query", NEAR)
async def test_c7_no_error_suggests_a_name_to_who_may_not_look(patron: Patron, query: str) -> None:
    hidden = await patron.ask(query, actor=outsider(patron))
    shown = await patron.ask(query)

    assert "errors" in hidden
    assert "Did you mean" not in str(hidden)
    assert "errors" in shown
    if "givenName" not in query:
        assert len(hidden["errors"]) >= 1


@pytest.mark.parametrize("dialect", ["sqlite"])  # nothing is asked of the database
async def test_c7_probing_with_every_name_of_the_whole_schema_confirms_nothing_hidden(
    patron: Patron, record_property: Callable[[str, object], None]
) -> None:
    whole = (await patron.gateway.schemas.of(patron.prepared.tenant_id)).composed.graphql
    visible = print_schema((await patron.gateway.schemas.seen_by(outsider(patron))).composed.graphql)
    names = sorted(
        {name for type_ in whole.type_map.values() for name in getattr(type_, "fields", {})} | set(whole.type_map)
    )
    told: set[str] = set()
    for group in (names[at : at + 8] for at in range(0, len(names), 8)):
        fields = " ".join(f"{name}x" for name in group)
        variables = ", ".join(f"${name}: {name}x" for name in group)
        for query in (
            f"{{ {fields} }}",
            f"{{ customers {{ nodes {{ {fields} }} }} }}",
            f"query({variables}) {{ viewer {{ subject }} }}",
        ):
            answer = await patron.ask(query, actor=outsider(patron))
            text = " ".join(error["message"] for error in answer["errors"])
            words = text.replace("'", " ").replace('"', " ").replace("$", " ").split()
            told |= {word for word in words if word in names and word not in visible and f"${word}" not in query}

    told.discard("error")  # a word of sentences, and the name of a field
    assert told == set()
    record_property("figure", f"{len(names)} names tried thrice, 0 of the hidden ones told")


async def test_a_deployment_may_let_everybody_look(patron: Patron) -> None:
    patron.gateway.settings = Settings(introspection="all")

    answer = await patron.ask("{ __schema { queryType { name } } }", actor=outsider(patron))

    assert answer["data"] == {"__schema": {"queryType": {"name": "Query"}}}


async def test_a_key_with_chosen_scopes_and_no_role_is_a_developers(patron: Patron) -> None:
    developer = dataclasses.replace(patron.prepared.actor, roles=(), scopes=("customer:read",))

    assert "errors" not in await patron.ask("{ __schema { queryType { name } } }", actor=developer)
