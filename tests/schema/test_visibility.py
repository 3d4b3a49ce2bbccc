"""What an actor sees of the schema, of its fields and of its rows: roles open types by scopes and columns by classes."""

from __future__ import annotations

import dataclasses
import uuid
from typing import Any

import pytest
from graphql import validate_schema

from patron_core.access.grants import READABLE, Grant, Use
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.records import FINANCIAL, INTERNAL, PII, PUBLIC
from patron_schema.declare import Query, extends, resolver
from patron_schema.hookspecs import load_plugins
from patron_schema.plugin import BOTH, Contribution
from patron_schema.testing.service import Patron

pytestmark = pytest.mark.security

PEOPLE = """mutation ($input: CustomerCreateInput!) {
  customerCreate(input: $input) { customer { id party { id } } userErrors { code } }
}"""
SALE = """mutation ($input: TransactionRecordInput!) {
  transactionRecord(input: $input) { transaction { id } userErrors { code message } }
}"""
RELATION = """mutation ($type: RelationshipTypeDefineInput!) {
  relationshipTypeDefine(input: $type) { relationshipType { id code } userErrors { code message } }
}"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return load_plugins()


def acting(patron: Patron, *roles: str, **options: Any) -> Actor:
    return Actor(patron.prepared.tenant_id, "somebody", "user", roles=roles, **options)


async def customer(patron: Patron, name: str, *, owner: str | None = None) -> tuple[str, uuid.UUID]:
    """The ids of a customer and of its party."""
    given = {"person": {"givenName": name, "familyName": "Stone"}, "kind": "B2C", "owner": owner}
    made = (await patron.data(PEOPLE, {"input": given}))["customerCreate"]
    assert made["userErrors"] == []
    return made["customer"]["id"], uuid.UUID(made["customer"]["party"]["id"].rpartition("_")[2])


async def sale(patron: Patron, customer_id: str, amount: str) -> None:
    given = {
        "customerId": customer_id,
        "kind": "SALE",
        "amount": {"amount": amount, "currencyCode": "EUR"},
        "occurredAt": "2026-01-02T03:04:05Z",
    }
    made = (await patron.data(SALE, {"input": given}))["transactionRecord"]
    assert made["userErrors"] == []


@pytest.mark.parametrize("role", ["receptionist", "analyst", "clinician", "customer_portal", "partner", "manager"])
async def test_a_schema_with_less_in_it_is_sound(patron: Patron, role: str) -> None:
    tenant = await patron.gateway.schemas.seen_by(acting(patron, role, party_id=uuid.uuid4()))

    tenant.composed.graphql._validation_errors = None
    assert validate_schema(tenant.composed.graphql) == []


async def test_a_receptionist_sees_nothing_clinical_and_an_administrator_does(patron: Patron) -> None:
    asked = "{ __schema { types { name fields { name } inputFields { name } enumValues { name } } } }"
    names = {}
    for role in ("receptionist", "administrator"):
        types = (await patron.data(asked, actor=acting(patron, role)))["__schema"]["types"]
        names[role] = {t["name"] for t in types}
        fields = {f"{t['name']}.{f['name']}" for t in types for f in t["fields"] or []}
        assert ("Appointment.reason" in fields) is (role == "administrator")
        assert "Appointment.startsAt" in fields

    clinical = {"Observation", "Condition", "Immunization", "Encounter", "FollowUp", "ObservationWhere"}
    assert clinical <= names["administrator"]
    assert not {n for n in names["receptionist"] if n.startswith(tuple(clinical))} & names["administrator"]


async def test_a_hidden_field_is_an_unknown_one(patron: Patron) -> None:
    asked = "{ transactions { nodes { amount { amount } } } }"
    unknown = "{ transactions { nodes { amounts { amount } } } }"
    as_receptionist = acting(patron, "receptionist")

    hidden, missing = [(await patron.ask(query, actor=as_receptionist))["errors"] for query in (asked, unknown)]

    assert hidden[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert hidden[0]["message"] == missing[0]["message"].replace("amounts", "amount")
    assert patron.statements == []


@pytest.mark.parametrize(
    "query",
    [
        '{ customers(where: {party: {displayName: {eq: "Ann"}}}) { totalCount } }',
        "{ customers(orderBy: [{field: DISPLAY_NAME}]) { totalCount } }",
        "{ customersAggregate(groupBy: [{field: DISPLAY_NAME}]) { count } }",
    ],
)
async def test_what_may_not_be_read_is_no_oracle(patron: Patron, query: str) -> None:
    answer = await patron.ask(query, actor=acting(patron, "analyst"))

    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert patron.statements == []


@pytest.mark.parametrize(
    ("query", "use"),
    [
        ('{ customers(where: {displayName: {eq: "Ann"}}) { totalCount } }', "filter"),
        ("{ customers(orderBy: [{field: DISPLAY_NAME}]) { nodes { id } } }", "order"),
        ("{ customersAggregate(groupBy: [{field: DISPLAY_NAME}]) { count } }", "aggregate"),
    ],
)
async def test_a_use_beyond_the_grant_is_refused_before_any_sql(patron: Patron, query: str, use: str) -> None:
    plain = Grant(classes=frozenset({PUBLIC, INTERNAL}))
    shown = Grant(classes=frozenset({PII}), uses=frozenset({Use.READ}))
    actor = Actor(patron.prepared.tenant_id, "x", "user", scopes=("customer:read", "party:read"), grants=(plain, shown))

    assert "errors" not in await patron.ask("{ customers { nodes { displayName } } }", actor=actor)
    error = (await patron.ask(query, actor=actor))["errors"][0]

    assert error["extensions"]["code"] == "FORBIDDEN"
    assert error["extensions"]["coordinate"] == "Customer.displayName"
    assert error["extensions"]["scope"] == f"{use}:pii"
    assert patron.statements == []


async def test_a_grant_of_one_type_or_field_opens_nothing_else(patron: Patron) -> None:
    await customer(patron, "Ann")
    plain = Grant(classes=frozenset({PUBLIC, INTERNAL}))
    one = Grant(type="Customer", fields=frozenset({"displayName"}))
    actor = Actor(patron.prepared.tenant_id, "x", "user", scopes=("customer:read", "party:read"), grants=(plain, one))

    seen = await patron.data("{ customers { nodes { displayName } } }", actor=actor)
    refused = await patron.ask("{ customers { nodes { party { displayName } } } }", actor=actor)

    assert seen["customers"]["nodes"] == [{"displayName": "Ann Stone"}]
    assert refused["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_a_key_with_a_scope_alone_reads_no_personal_data(patron: Patron) -> None:
    await customer(patron, "Ann")
    bare = Actor(patron.prepared.tenant_id, "x", "app", scopes=("customer:read",))
    more = Actor(patron.prepared.tenant_id, "x", "app", scopes=("customer:read", "party:read", "read:pii"))
    asked = "{ customers { nodes { displayName } } }"

    assert (await patron.ask(asked, actor=bare))["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert (await patron.data(asked, actor=more))["customers"]["nodes"] == [{"displayName": "Ann Stone"}]
    assert (await patron.data("{ customers { totalCount } }", actor=bare))["customers"]["totalCount"] == 1
    assert "errors" in await patron.ask("{ parties { totalCount } }", actor=bare)


async def test_without_any_grant_nothing_is_there(patron: Patron) -> None:
    nobody = Actor(patron.prepared.tenant_id, "x", "app")

    shown = (await patron.data("{ __schema { queryType { fields { name } } mutationType { name } } }", actor=nobody))[
        "__schema"
    ]

    assert shown["mutationType"] is None
    assert not {"customers", "parties", "transactions", "patients"} & {f["name"] for f in shown["queryType"]["fields"]}


async def test_a_role_that_is_taken_away_leaves_nothing_behind(patron: Patron) -> None:
    former = dataclasses.replace(acting(patron, "administrator"), roles=())

    assert former.permissions == frozenset()
    assert former.opened == ()


async def test_a_customer_sees_its_own_rows_and_no_others(patron: Patron) -> None:
    ann, party = await customer(patron, "Ann")
    bob, _ = await customer(patron, "Bob")
    for whose, amount in ((ann, "10"), (ann, "20"), (bob, "400")):
        await sale(patron, whose, amount)
    portal = acting(patron, "customer_portal", party_id=party)

    seen = await patron.data(
        """query ($bob: ID!, $ids: [ID!]!) {
          customers { totalCount nodes { displayName party { displayName } } }
          parties { nodes { displayName } }
          transactions { totalCount nodes { amount { amount } } }
          transactionsAggregate { count sum { amount { amount } } }
          node(id: $bob) { id }
          nodes(ids: $ids) { id }
          some: customers(where: {transactions: {some: {amount: {amount: {gt: "100"}}}}}) { totalCount }
        }""",
        {"bob": bob, "ids": [bob, ann]},
        actor=portal,
    )

    assert seen["customers"] == {
        "totalCount": 1,
        "nodes": [{"displayName": "Ann Stone", "party": {"displayName": "Ann Stone"}}],
    }
    assert seen["parties"] == {"nodes": [{"displayName": "Ann Stone"}]}
    assert seen["transactions"]["totalCount"] == 2
    assert seen["transactionsAggregate"] == [{"count": 2, "sum": {"amount": [{"amount": "30.00"}]}}]
    assert (seen["node"], seen["nodes"]) == (None, [None, {"id": ann}])
    assert seen["some"] == {"totalCount": 0}


OURS = (
    "{ transactions { nodes { margin { amount } } } }",
    "{ transactions { nodes { lines { nodes { cost { amount } } } } } }",
    '{ transactions(where: {margin: {amount: {gt: "1"}}}) { totalCount } }',
    "{ transactionsAggregate { sum { margin { amount } } } }",
    "{ orderLines { nodes { unitCost { amount } } } }",
    '{ products(where: {unitCost: {amount: {gt: "1"}}}) { totalCount } }',
    "{ channelDefinitions { nodes { unitCost { amount } } } }",
    "{ offers { nodes { budget { amount } } } }",
    "{ opportunities { nodes { probability } } }",
    "{ opportunities { nodes { stage { probability } } } }",
    "{ opportunities { nodes { lostReason } } }",
    "{ households { nodes { name } } }",
    "{ parties { nodes { householdMemberships { nodes { role } } } } }",
)


async def test_a_customer_reads_nothing_of_what_it_costs_and_brings_us(patron: Patron) -> None:
    _, party = await customer(patron, "Ann")

    for query in OURS:
        answer = await patron.ask(query, actor=acting(patron, "customer_portal", party_id=party))
        inside = await patron.ask(query, actor=acting(patron, "manager"))

        assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED", query
        assert "errors" not in inside, query


async def test_how_well_a_customer_does_is_for_neither_itself_nor_partners(patron: Patron) -> None:
    ann, party = await customer(patron, "Ann")
    queries = (
        f'{{ customerHealth(customerId: "{ann}") {{ reason }} }}',
        f'{{ customerWarnings(customerId: "{ann}") {{ kind }} }}',
        "{ warningSigns { totalCount } }",
        "{ customers { nodes { warningSigns { totalCount } } } }",
    )

    for query in queries:
        for role in ("customer_portal", "partner"):
            answer = await patron.ask(query, actor=acting(patron, role, party_id=party))
            assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED", (role, query)
        assert "errors" not in await patron.ask(query, actor=acting(patron, "manager")), query


async def test_a_customer_sees_over_which_channels_it_came_and_not_what_they_cost(patron: Patron) -> None:
    ann, party = await customer(patron, "Ann")
    define = """mutation { channelDefine(input: { code: "HOTLINE", name: "Hotline", kind: PHONE,
      unitCost: { amount: "4.50", currencyCode: "EUR" } }) { channelDefinition { id } userErrors { code message } } }"""
    channel = (await patron.data(define))["channelDefine"]["channelDefinition"]["id"]
    log = """mutation($input: TouchpointLogInput!) { touchpointLog(input: $input) { userErrors { code message } } }"""
    given = {"customerId": ann, "channel": "PHONE", "channelDefinitionId": channel, "direction": "INBOUND",
             "topic": "Hello", "occurredAt": "2026-01-02T03:04:05Z"}  # fmt: skip
    assert (await patron.data(log, {"input": given}))["touchpointLog"]["userErrors"] == []
    asked = """{ channelMix(from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z") {
      shares { code contacts cost { value applicable reason } } costs { value } } }"""

    own = (await patron.data(asked, actor=acting(patron, "customer_portal", party_id=party)))["channelMix"]
    inside = (await patron.data(asked, actor=acting(patron, "manager")))["channelMix"]

    reason = "What it costs us is not told to customers."
    cost = {"value": None, "applicable": False, "reason": reason}
    assert own == {"shares": [{"code": "HOTLINE", "contacts": 1, "cost": cost}], "costs": []}
    assert inside["costs"] == [{"value": "4.50"}]


async def test_an_owner_of_customers_sees_those(patron: Patron) -> None:
    await customer(patron, "Ann", owner="somebody")
    await customer(patron, "Bob", owner="another")
    role = Grant(classes=READABLE)
    actor = Actor(
        patron.prepared.tenant_id,
        "somebody",
        "user",
        scopes=("*:read",),
        grants=(role,),
        rows=frozenset({"owned"}),
    )

    seen = await patron.data("{ customers { nodes { displayName } } parties { totalCount } }", actor=actor)

    assert seen == {"customers": {"nodes": [{"displayName": "Ann Stone"}]}, "parties": {"totalCount": 1}}


async def test_a_reference_to_a_row_of_others_is_null_and_not_found(patron: Patron) -> None:
    ann, party = await customer(patron, "Ann")
    bob, _ = await customer(patron, "Bob")
    portal = acting(patron, "customer_portal", party_id=party, scopes=("touchpoint:write", "operation:introspect"))
    record = """mutation ($input: TouchpointLogInput!) {
      touchpointLog(input: $input) { touchpoint { id customer { id } } userErrors { code path } }
    }"""
    given = {"channel": "EMAIL", "direction": "INBOUND", "topic": "Hello", "occurredAt": "2026-01-02T03:04:05Z"}

    mine = (await patron.data(record, {"input": {**given, "customerId": ann}}, actor=portal))["touchpointLog"]
    theirs = (await patron.data(record, {"input": {**given, "customerId": bob}}, actor=portal))["touchpointLog"]

    assert mine["touchpoint"]["customer"] == {"id": ann}
    assert theirs == {"touchpoint": None, "userErrors": [{"code": "NOT_FOUND", "path": ["input", "customerId"]}]}
    field = (await patron.data('{ __type(name: "Relationship") { fields { name type { kind } } } }', actor=portal))[
        "__type"
    ]["fields"]
    assert {f["name"]: f["type"]["kind"] for f in field}["target"] == "INTERFACE"  # and not NON_NULL


async def test_b6_a_root_field_that_says_not_who_may_ask_is_refused(patron: Patron) -> None:
    from patron_core.errors import StartupError
    from patron_schema.compose import compose, core_contributions

    @extends(Query)
    class Careless:
        @resolver()
        def anything(self) -> int:
            """Anything."""
            return 1

    with pytest.raises(StartupError, match=r"careless: Query\.anything .* says nothing of who may ask"):
        compose({"core": core_contributions(), "careless": [Contribution(extensions=[Careless], facet=BOTH)]})


async def test_explain_names_what_is_hidden(patron: Patron) -> None:
    actor = dataclasses.replace(acting(patron, "analyst"), scopes=("operation:explain",))

    shown = await patron.gateway.explain(patron.request("{ customers { nodes { id } } }", actor=actor))

    assert "Customer.displayName: PII" in shown["hidden"]
    assert not any(FINANCIAL.name in each for each in shown["hidden"])
