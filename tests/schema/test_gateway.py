"""The gateway end to end on both databases: commands in, planned payloads out, one statement per root field."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from patron_core.plugins import Plugins
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.service import Patron

CREATE = """
mutation Create($input: CustomerCreateInput!) {
  made: customerCreate(input: $input) {
    customer { id displayName kind lifecycleStage version party { __typename ... on Person { givenName } } }
    userErrors { code message path }
  }
}
"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def create(patron: Patron, **values: Any) -> dict[str, Any]:
    made = (await patron.data(CREATE, {"input": values}))["made"]
    assert made["userErrors"] == []
    customer: dict[str, Any] = made["customer"]
    return customer


async def test_a_created_customer_comes_back_planned(patron: Patron) -> None:
    customer = await create(patron, person={"givenName": "Ada", "familyName": "Lovelace"})

    assert customer["displayName"] == "Ada Lovelace"
    assert customer["party"] == {"__typename": "Person", "givenName": "Ada"}
    assert len(patron.statements) == 1


async def test_what_the_caller_can_mend_is_a_user_error_with_its_place(patron: Patron) -> None:
    made = (await patron.data(CREATE, {"input": {"person": {"givenName": "A", "birthDate": "2999-01-01"}}}))["made"]

    assert made["customer"] is None
    [error] = made["userErrors"]
    assert error["code"] == "INVALID_INPUT"
    assert error["path"] == ["input", "person", "birthDate"]


async def test_an_update_from_an_old_version_conflicts(patron: Patron) -> None:
    customer = await create(patron, person={"displayName": "Ada"})
    update = "mutation U($i: CustomerUpdateInput!) { customerUpdate(input: $i) { customer { owner version } userErrors { code } } }"

    first = await patron.data(update, {"i": {"id": customer["id"], "version": customer["version"], "owner": "grace"}})
    second = await patron.data(update, {"i": {"id": customer["id"], "version": customer["version"], "owner": "joan"}})

    assert first["customerUpdate"]["customer"]["owner"] == "grace"
    assert second["customerUpdate"]["userErrors"] == [{"code": "CONFLICT"}]


async def test_one_query_over_many_types_is_one_statement(patron: Patron) -> None:
    await create(patron, person={"displayName": "Ada"})
    await create(patron, organization={"displayName": "Engines"})

    data = await patron.data(
        """{ customers(first: 10, orderBy: [{field: DISPLAY_NAME}]) {
               totalCount
               nodes { displayName party { __typename id contactMedia { totalCount } }
                       transactions(first: 3) { nodes { amount { amount currencyCode } } }
                       timeline(first: 2) { nodes { __typename summary } } } } }"""
    )

    assert [node["displayName"] for node in data["customers"]["nodes"]] == ["Ada", "Engines"]
    assert len(patron.statements) == 1


async def test_a_ledger_row_is_taken_back_once(patron: Patron) -> None:
    customer = await create(patron, person={"displayName": "Ada"})
    record = (
        "mutation R($i: TransactionRecordInput!) { transactionRecord(input: $i) { transaction { id amount { amount"
        " currencyCode } } userErrors { code message } } }"
    )
    made = await patron.data(
        record,
        {
            "i": {
                "customerId": customer["id"],
                "amount": {"amount": "12.50", "currencyCode": "EUR"},
                "idempotencyKey": "k1",
            }
        },
    )
    again = await patron.data(
        record,
        {
            "i": {
                "customerId": customer["id"],
                "amount": {"amount": "12.50", "currencyCode": "EUR"},
                "idempotencyKey": "k1",
            }
        },
    )
    transaction = made["transactionRecord"]["transaction"]
    reverse = (
        "mutation V($i: TransactionReverseInput!) { transactionReverse(input: $i) {"
        " transaction { amount { amount } reverses { id } } userErrors { code } } }"
    )

    first = await patron.data(reverse, {"i": {"id": transaction["id"]}})
    second = await patron.data(reverse, {"i": {"id": transaction["id"]}})

    assert transaction["amount"] == {"amount": "12.50", "currencyCode": "EUR"}
    assert again["transactionRecord"]["transaction"]["id"] == transaction["id"]
    assert first["transactionReverse"]["transaction"] == {
        "amount": {"amount": "-12.50"},
        "reverses": {"id": transaction["id"]},
    }
    assert second["transactionReverse"]["userErrors"] == [{"code": "CONFLICT"}]


async def test_a_batch_gives_each_row_its_own_result(patron: Patron) -> None:
    customer = await create(patron, person={"displayName": "Ada"})
    amount = {"amount": "5.00", "currencyCode": "EUR"}
    rows = [
        {"sourceKey": "1", "customerId": customer["id"], "amount": amount, "occurredAt": "2026-01-01T00:00:00Z"},
        {"sourceKey": "1", "customerId": customer["id"], "amount": amount, "occurredAt": "2026-01-01T00:00:00Z"},
        {"sourceKey": "2", "kind": "REFUND", "amount": amount, "occurredAt": "2026-01-01T00:00:00Z"},
    ]

    data = await patron.data(
        "mutation I($i: TransactionsIngestInput!) { transactionsIngest(input: $i) { created duplicates rejected results { index status"
        " id code path } } }",
        {"i": {"source": "pos", "rows": rows}},
    )

    result = data["transactionsIngest"]
    assert (result["created"], result["duplicates"], result["rejected"]) == (1, 1, 1)
    assert [row["status"] for row in result["results"]] == ["CREATED", "DUPLICATE", "REJECTED"]
    assert result["results"][0]["id"] == result["results"][1]["id"]


async def test_a_follower_gets_the_changed_customer(patron: Patron) -> None:
    watched = await create(patron, person={"displayName": "Ada"})
    query = "subscription S($c: ID) { customerChanged(customerId: $c) { id owner } }"
    events = patron.gateway.subscribe(patron.request(query, {"c": watched["id"]}))
    waiting = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    for _ in range(1000):
        if patron.gateway.broadcaster.followers:
            break
        await asyncio.sleep(0.001)

    await create(patron, person={"displayName": "Grace"})
    update = "mutation U($i: CustomerUpdateInput!) { customerUpdate(input: $i) { userErrors { code } } }"
    await patron.data(update, {"i": {"id": watched["id"], "version": watched["version"], "owner": "joan"}})

    assert await waiting == f'{{"data":{{"customerChanged":{{"id":"{watched["id"]}","owner":"joan"}}}}}}'.encode()
    await events.aclose()


async def test_objects_by_id_come_in_order_and_null_where_there_are_none(patron: Patron) -> None:
    customer = await create(patron, person={"displayName": "Ada"})
    other = await patron.prepared.tenant("Cushions")

    query = "query N($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Customer { displayName } } }"
    ids = ["cus_00000000-0000-7000-8000-000000000000", customer["id"], "zzz_1", "nonsense"]
    data = await patron.data(query, {"ids": ids})
    foreign = await patron.data(query, {"ids": ids}, actor=other)

    assert data["nodes"] == [None, {"__typename": "Customer", "id": customer["id"], "displayName": "Ada"}, None, None]
    assert foreign["nodes"] == [None, None, None, None]
    assert len(patron.statements) == 1


async def test_a_page_beyond_the_maximum_is_refused_before_any_statement(patron: Patron) -> None:
    answer = await patron.ask("{ customers(first: 101) { totalCount nodes { id } } }")

    assert answer["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert patron.statements == []


@pytest.mark.parametrize("name", ["customers", "parties"])
async def test_an_answer_can_name_the_parties_it_shows(patron: Patron, name: str) -> None:
    first = await create(patron, person={"displayName": 'Ada "\\u0001":"x",'})
    await create(patron, organization={"displayName": "Engines"})
    query = f"{{ {name}(first: 1) {{ totalCount nodes {{ id ... on Party {{ displayName customer {{ id }} }} }} }} }}"
    query = (
        query
        if name == "parties"
        else "{ customers(first: 1) { nodes { displayName party { id } transactions { totalCount } } } }"
    )
    party = (await patron.data("query P($id: ID!) { customer(id: $id) { party { id } } }", {"id": first["id"]}))[
        "customer"
    ]["party"]

    plain = await patron.gateway.execute(patron.request(query))
    marked = await patron.gateway.execute(replace(patron.request(query), subjects=True))

    assert marked.body == plain.body
    assert marked.subjects == {party["id"].removeprefix("pty_")}
    assert plain.subjects == frozenset()


async def test_who_asks_is_told(patron: Patron) -> None:
    data = await patron.data("{ viewer { tenantName mode kind } plugins { name } __typename customers { totalCount } }")

    assert data["viewer"] == {"tenantName": "Pillows", "mode": "HYBRID", "kind": "user"}
    assert data["plugins"] == []
    assert data["customers"] == {"totalCount": 0}


async def test_the_schema_describes_itself(patron: Patron) -> None:
    data = await patron.data('{ __schema { queryType { name } } __type(name: "Customer") { interfaces { name } } }')

    assert data["__type"]["interfaces"] == [{"name": "Node"}]


async def test_orders_are_bounded_and_repeated_keys_decide_nothing(patron: Patron) -> None:
    order = [{"field": "OWNER", "direction": "DESC"}, {"field": "OWNER", "direction": "ASC"}]
    query = "query O($o: [CustomerOrder!]) { customers(orderBy: $o) { totalCount nodes { id } } }"

    assert await patron.data(query, {"o": order}) == {"customers": {"totalCount": 0, "nodes": []}}
    answer = await patron.ask(query, {"o": order * 5})

    assert answer["errors"][0]["extensions"]["limit"] == "order keys"
    assert patron.statements == []


async def test_filters_are_counted_whatever_they_hold(patron: Patron) -> None:
    query = "query W($w: CustomerWhere) { customers(where: $w) { totalCount } }"
    deep: dict[str, Any] = {}
    for _ in range(8):
        deep = {"transactions": {"some": {"customer": deep}}}

    wide = await patron.ask(query, {"w": {"or": [{}] * 60}})
    far = await patron.ask(query, {"w": deep})

    assert wide["errors"][0]["extensions"]["limit"] == "filter nodes"
    assert far["errors"][0]["extensions"]["limit"] == "depth of filters"


async def test_null_for_a_page_size_is_the_default(patron: Patron) -> None:
    query = "query F($f: Int) { customers(first: $f) { totalCount nodes { id } } }"

    assert (await patron.data(query, {"f": None}))["customers"]["totalCount"] == 0


async def test_null_for_what_is_never_empty_is_refused(patron: Patron) -> None:
    customer = await create(patron, person={"displayName": "Ada"})
    update = "mutation U($i: CustomerUpdateInput!) { customerUpdate(input: $i) { userErrors { code path } } }"

    data = await patron.data(update, {"i": {"id": customer["id"], "version": customer["version"], "kind": None}})

    assert data["customerUpdate"]["userErrors"] == [{"code": "INVALID_INPUT", "path": ["input", "kind"]}]


async def test_a_refused_batch_is_a_user_error_and_no_fault(patron: Patron) -> None:
    query = "mutation I($i: TransactionsIngestInput!) { transactionsIngest(input: $i) { results { index } userErrors { code } } }"

    data = await patron.data(query, {"i": {"source": "", "rows": []}})

    assert data["transactionsIngest"]["results"] == []
    assert data["transactionsIngest"]["userErrors"][0]["code"] == "INVALID_INPUT"


async def test_a_follower_of_the_ledger_gets_reversals_and_batches(patron: Patron) -> None:
    customer = await create(patron, person={"displayName": "Ada"})
    events = patron.gateway.subscribe(patron.request("subscription { transactionRecorded { amount { amount } } }"))
    waiting = asyncio.ensure_future(anext(events))
    for _ in range(1000):
        if patron.gateway.broadcaster.followers:
            break
        await asyncio.sleep(0.001)
    amount = {"amount": "5.00", "currencyCode": "EUR"}
    row = {"customerId": customer["id"], "amount": amount, "occurredAt": "2026-01-01T00:00:00Z"}
    ingest = "mutation I($i: TransactionsIngestInput!) { transactionsIngest(input: $i) { results { id } } }"
    made = await patron.data(
        ingest, {"i": {"source": "pos", "rows": [{**row, "sourceKey": "1"}, {**row, "sourceKey": "2"}]}}
    )
    reverse = "mutation V($i: TransactionReverseInput!) { transactionReverse(input: $i) { userErrors { code } } }"
    await patron.data(reverse, {"i": {"id": made["transactionsIngest"]["results"][0]["id"]}})

    seen = [await waiting, await anext(events), await anext(events)]

    amounts = [json.loads(body)["data"]["transactionRecorded"]["amount"]["amount"] for body in seen]
    assert amounts == ["5.00", "5.00", "-5.00"]
    await events.aclose()


async def test_a_customers_relationships_come_from_either_side(patron: Patron) -> None:
    ada = await create(patron, person={"displayName": "Ada"})
    engines = await create(patron, organization={"displayName": "Engines"})
    party = "query P($id: ID!) { customer(id: $id) { party { id } } }"
    [source, target] = [(await patron.data(party, {"id": c["id"]}))["customer"]["party"]["id"] for c in (engines, ada)]
    relate = "mutation R($i: RelationshipCreateInput!) { relationshipCreate(input: $i) { userErrors { code } } }"
    await patron.data(relate, {"i": {"typeCode": "EMPLOYS", "sourceId": source, "targetId": target}})

    data = await patron.data(
        '{ customers(orderBy: [{field: DISPLAY_NAME}], where: {relationships: {some: {type: {code: {eq: "EMPLOYS"}}}}}) {'
        " nodes { relationships { totalCount nodes { source { displayName } target { displayName } } } } } }"
    )

    both = {"source": {"displayName": "Engines"}, "target": {"displayName": "Ada"}}
    assert [n["relationships"] for n in data["customers"]["nodes"]] == [{"totalCount": 1, "nodes": [both]}] * 2
    assert len(patron.statements) == 1


async def test_a_row_that_cannot_be_read_does_not_take_the_others_with_it(patron: Patron) -> None:
    amount = {"amount": "5.00", "currencyCode": "EUR"}
    row = {"amount": amount, "occurredAt": "2026-01-01T00:00:00Z"}
    rows = [
        {**row, "sourceKey": "1"},
        {**row, "sourceKey": "2", "customerId": "nonsense"},
        {**row, "sourceKey": "3", "amount": {"amount": "5.001", "currencyCode": "EUR"}},
        {**row, "sourceKey": "4", "amount": {"amount": "5.00", "currencyCode": "eur"}},
    ]
    ingest = "mutation I($i: TransactionsIngestInput!) { transactionsIngest(input: $i) { created results { status code path } } }"

    result = (await patron.data(ingest, {"i": {"source": "pos", "rows": rows}}))["transactionsIngest"]

    assert result["created"] == 1
    assert [r["status"] for r in result["results"]] == ["CREATED", "REJECTED", "REJECTED", "REJECTED"]
    assert [r["path"] for r in result["results"]] == [[], ["customerId"], ["amount"], ["amount"]]
