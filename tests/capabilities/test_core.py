"""Capabilities that no slice has alone: modes, the audit, data from other systems, and customers by the million."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from graphql import parse, validate

from patron_core.audit.sealing import seal_all
from patron_core.customers.models import EngagementMode
from patron_core.imports.mapped import CsvRecords
from patron_core.imports.runner import run_import
from patron_core.plugins import Plugins
from patron_schema.compose import build_schema
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

CREATE = """mutation Create($input: CustomerCreateInput!) { customerCreate(input: $input) {
  customer { id version kind engagementMode } userErrors { code message path } } }"""
DEALS = "{ opportunities(first: 1) { totalCount } contracts(first: 1) { totalCount } }"
CARTS = "{ carts(first: 1) { totalCount } }"
EVERYWHERE = "{ customers(first: 1) { nodes { touchpoints { totalCount } transactions { totalCount } } } }"
COMPANY: dict[str, Any] = {"organization": {"legalName": "Engines"}}
PERSON: dict[str, Any] = {"person": {"givenName": "Ada", "familyName": "Almond"}}


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def created(patron: Patron, given: dict[str, Any]) -> dict[str, Any]:
    """A new customer."""
    made: dict[str, Any] = (await patron.data(CREATE, {"input": given}))["customerCreate"]
    assert made["userErrors"] == []
    customer: dict[str, Any] = made["customer"]
    return customer


async def test_capability_55_businesses_and_consumers_have_defaults_which_somebody_may_change(patron: Patron) -> None:
    business, consumer = await created(patron, COMPANY), await created(patron, PERSON)
    assert (business["kind"], business["engagementMode"]) == ("B2B", "RELATIONSHIP")
    assert (consumer["kind"], consumer["engagementMode"]) == ("B2C", "TRANSACTION")

    update = """mutation Change($id: ID!, $version: Int!) { customerUpdate(input: { id: $id, version: $version,
      engagementMode: HYBRID }) { customer { kind engagementMode } userErrors { code message } } }"""
    given = {"id": consumer["id"], "version": consumer["version"]}
    changed = (await patron.data(update, given))["customerUpdate"]["customer"]
    assert changed == {"kind": "B2C", "engagementMode": "HYBRID"}


@pytest.mark.parametrize("mode", list(EngagementMode))
def test_capability_55_a_mode_decides_what_exists(mode: EngagementMode, loaded_plugins: Plugins) -> None:
    schema = build_schema(loaded_plugins, mode).schema._schema

    valid = {text: validate(schema, parse(text)) == [] for text in (DEALS, CARTS, EVERYWHERE)}

    assert valid[DEALS] is (mode is not EngagementMode.TRANSACTION)
    assert valid[CARTS] is (mode is not EngagementMode.RELATIONSHIP)
    assert valid[EVERYWHERE]


async def test_capability_55_the_same_customer_in_all_three_modes_is_judged_by_what_applies(patron: Patron) -> None:
    customer = await created(patron, COMPANY)
    update = """mutation Change($id: ID!, $version: Int!, $mode: EngagementMode!) { customerUpdate(input: { id: $id,
      version: $version, engagementMode: $mode }) { customer { id version } userErrors { code message } } }"""
    ask = "query Judge($id: ID!) { customerHealth(customerId: $id) { applicable value reason } }"
    found: dict[str, str] = {}
    for mode in ("RELATIONSHIP", "TRANSACTION", "HYBRID"):
        given = {"id": customer["id"], "version": customer["version"], "mode": mode}
        customer = (await patron.data(update, given))["customerUpdate"]["customer"]
        health = (await patron.data(ask, {"id": customer["id"]}))["customerHealth"]
        assert health["applicable"] == (health["value"] is not None)
        found[mode] = health["reason"]

    assert found["TRANSACTION"].startswith("Purchases alone carry the business")
    assert found["RELATIONSHIP"] == found["HYBRID"]
    assert "factors apply" in found["HYBRID"]


async def test_capability_63_every_change_leaves_a_trail_that_can_be_verified(patron: Patron) -> None:
    customer = await created(patron, COMPANY)
    update = """mutation Change($id: ID!) { customerUpdate(input: { id: $id, version: 1, owner: "grace" }) {
      userErrors { message } } }"""
    await patron.data(update, {"id": customer["id"]})
    await seal_all(patron.prepared.database, patron.prepared.tenant_id, clock=patron.prepared.clock)

    query = """query Trail($row: String!) { auditEntries(where: { record: { eq: $row } },
      orderBy: [{ field: OCCURRED_AT, direction: ASC }]) { nodes { action operation columns actor } } }"""
    trail = (await patron.data(query, {"row": customer["id"].removeprefix("cus_")}))["auditEntries"]["nodes"]

    assert len(patron.statements) == 1
    assert [(entry["action"], entry["operation"], entry["columns"]) for entry in trail] == [
        ("CREATE", "CreateCustomer", ""),
        ("UPDATE", "UpdateCustomer", "owner"),
    ]
    assert {entry["actor"] for entry in trail} == {"administrator of Pillows"}


async def test_capability_78_a_file_of_another_system_is_taken_in_once(patron: Patron, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("id,first,last,born\n1,Ada,Almond,1985-02-01\n2,Ben,Birch,some day\n3,Cem,Cedar,\n")
    mapping = {
        "version": 1, "target": "customers", "source": "old-crm", "key": ["id"],
        "fields": {"given_name": "first", "family_name": "last", "birth_date": "born"},
    }  # fmt: skip
    prepared = patron.prepared
    for _ in range(2):
        report = await run_import(
            prepared.database, CsvRecords(), [file], actor=prepared.actor, plugins=prepared.plugins,
            clock=prepared.clock, ids=prepared.ids, options={"mapping": mapping},
        )  # fmt: skip
        assert [(error.line, error.column) for error in report.bad_rows] == [(3, "born")]

    query = """{ customers(first: 5, orderBy: [{ field: DISPLAY_NAME }]) { totalCount nodes { displayName
      party { externalIdentifiers(first: 2) { nodes { system value } } } } } }"""
    found = (await patron.data(query))["customers"]
    assert (found["totalCount"], len(patron.statements)) == (2, 1)
    assert found["nodes"][0]["displayName"] == "Ada Almond"
    assert found["nodes"][0]["party"]["externalIdentifiers"]["nodes"] == [{"system": "old-crm", "value": "1"}]


async def test_capability_80_purchases_come_by_the_thousand_and_are_paged_at_one_price(patron: Patron) -> None:
    customer = await created(patron, PERSON)
    ingest = """mutation Ingest($rows: [NewTransactionInput!]!) { transactionsIngest(input: { source: "till", rows: $rows }) {
      created duplicates rejected } }"""
    rows = [
        {
            "sourceKey": f"{number:05}", "customerId": customer["id"], "kind": "SALE",
            "amount": {"amount": "1.00", "currencyCode": "EUR"},
            "occurredAt": (NOON - dt.timedelta(minutes=number)).isoformat(),
        }
        for number in range(1_000)
    ]  # fmt: skip
    first = (await patron.data(ingest, {"rows": rows}))["transactionsIngest"]
    again = (await patron.data(ingest, {"rows": rows}))["transactionsIngest"]
    assert (first["created"], again["created"], again["duplicates"]) == (1_000, 0, 1_000)

    page = """query Page($after: String) { transactions(first: 100, after: $after,
      orderBy: [{ field: OCCURRED_AT, direction: DESC }]) { nodes { sourceKey } pageInfo { hasNextPage endCursor } } }"""
    seen: list[str] = []
    after = None
    while after is not None or not seen:
        found = (await patron.data(page, {"after": after}))["transactions"]
        assert len(patron.statements) == 1
        seen += [node["sourceKey"] for node in found["nodes"]]
        after = found["pageInfo"]["endCursor"] if found["pageInfo"]["hasNextPage"] else None
    assert seen == [row["sourceKey"] for row in rows]
