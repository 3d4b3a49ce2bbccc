"""Soft delete, contact media and drafts over GraphQL on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.capabilities.test_identity import customer

from patron_core.plugins import Plugins
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.service import Patron


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


DELETE = """mutation Delete($id: ID!, $version: Int!) { customerDelete(input: { id: $id, version: $version }) {
  customer { id version deletedAt party { deletedAt } } userErrors { code message path } } }"""
RESTORE = """mutation Restore($id: ID!, $version: Int!) { customerRestore(input: { id: $id, version: $version }) {
  customer { id deletedAt party { deletedAt } } userErrors { code } } }"""
LISTS = """{ customers { totalCount nodes { id } } parties { totalCount } customersAggregate { count }
  deleted: customers(where: { deletedAt: { isNull: false } }) { totalCount }
  all: customers(where: { or: [{ deletedAt: { isNull: true } }, { deletedAt: { isNull: false } }] }) { totalCount } }"""


async def lists(patron: Patron) -> tuple[int, ...]:
    """How many the lists show: customers, parties, counted, deleted, all."""
    data = await patron.data(LISTS)
    found = [data[name]["totalCount"] for name in ("customers", "parties")]
    return (*found, data["customersAggregate"][0]["count"], data["deleted"]["totalCount"], data["all"]["totalCount"])


async def test_who_was_deleted_is_out_of_lists_and_found_by_id_and_comes_back(patron: Patron) -> None:
    made, _ = await customer(patron, person={"givenName": "Ada"}), await customer(patron, person={"givenName": "Bob"})
    assert await lists(patron) == (2, 2, 2, 0, 2)

    gone = (await patron.data(DELETE, {"id": made["id"], "version": 1}))["customerDelete"]
    after = await lists(patron)
    by_id = await patron.data("query C($id: ID!) { customer(id: $id) { displayName } }", {"id": made["id"]})
    update = """mutation U($id: ID!) { customerUpdate(input: { id: $id, version: 2, owner: "x" }) { userErrors { code } } }"""
    refused = (await patron.data(update, {"id": made["id"]}))["customerUpdate"]
    back = (await patron.data(RESTORE, {"id": made["id"], "version": 2}))["customerRestore"]

    assert gone["customer"]["deletedAt"] is not None
    assert gone["customer"]["party"]["deletedAt"] is not None
    assert after == (1, 1, 1, 1, 2)
    assert by_id["customer"]["displayName"] == "Ada"
    assert refused["userErrors"] == [{"code": "CONFLICT"}]
    assert back["customer"] == {"id": made["id"], "deletedAt": None, "party": {"deletedAt": None}}
    assert await lists(patron) == (2, 2, 2, 0, 2)


async def test_a_legal_hold_keeps_a_customer_where_everybody_sees_it(patron: Patron) -> None:
    made = await customer(patron, person={"givenName": "Ada"})
    hold = """mutation H($id: ID!) { legalHoldPlace(input: { partyId: $id, reason: "A lawsuit." }) { userErrors { code } } }"""
    await patron.data(hold, {"id": made["party"]["id"]})

    refused = (await patron.data(DELETE, {"id": made["id"], "version": 1}))["customerDelete"]

    assert refused["customer"] is None
    assert refused["userErrors"][0]["code"] == "CONFLICT"


async def test_a_supplier_who_is_no_customer_any_more_stays_in_the_list_of_parties(patron: Patron) -> None:
    made = await customer(patron, organization={"legalName": "Bolts Ltd"})
    add = """mutation R($id: ID!) { partyRoleAdd(input: { partyId: $id, kind: SUPPLIER }) { userErrors { code } } }"""
    await patron.data(add, {"id": made["party"]["id"]})

    gone = (await patron.data(DELETE, {"id": made["id"], "version": 1}))["customerDelete"]

    assert gone["customer"]["party"]["deletedAt"] is None
    assert (await lists(patron))[:2] == (0, 1)


async def test_contact_media_are_verified_preferred_and_ended(patron: Patron) -> None:
    media = [{"kind": "EMAIL", "value": f"{name}@example.com", "preferred": name == "a"} for name in ("a", "b")]
    made = await customer(patron, person={"givenName": "Ada"}, contactMedia=media)
    of_party = """query M($id: ID!) { party(id: $id) { contactMedia { nodes {
      id version value preferred verifiedBy validity { to } } } } }"""

    async def now() -> dict[str, dict[str, Any]]:
        data = await patron.data(of_party, {"id": made["party"]["id"]})
        return {medium["value"][0]: medium for medium in data["party"]["contactMedia"]["nodes"]}

    async def change(name: str, medium: dict[str, Any]) -> list[dict[str, Any]]:
        field = f"contactMedium{name}"
        text = f"mutation C($id: ID!, $version: Int!) {{ {field}(input: {{ id: $id, version: $version }}) {{ userErrors {{ code }} }} }}"
        data = await patron.data(text, {"id": medium["id"], "version": medium["version"]})
        errors: list[dict[str, Any]] = data[field]["userErrors"]
        return errors

    assert await change("Verify", (await now())["b"]) == []
    assert await change("Prefer", (await now())["b"]) == []
    preferred = await now()
    assert await change("End", preferred["b"]) == []
    ended = await now()

    assert (preferred["a"]["preferred"], preferred["b"]["preferred"]) == (False, True)
    assert preferred["b"]["verifiedBy"] == patron.prepared.actor.subject
    assert (ended["b"]["preferred"], ended["b"]["validity"]["to"] is None) == (False, False)
    assert await change("Prefer", ended["b"]) == [{"code": "INVALID_INPUT"}]


async def test_how_long_customers_are_in_each_stage_is_a_group_of_their_changes(patron: Patron) -> None:
    made = await customer(patron, person={"givenName": "Ada"})
    update = """mutation U($id: ID!) { customerUpdate(input: { id: $id, version: 1, lifecycleStage: ACTIVE }) {
      userErrors { code } } }"""
    await patron.data(update, {"id": made["id"]})

    groups = await patron.data(
        """{ lifecycleChangesAggregate(where: { fromStage: { isNull: false } },
              groupBy: [{ field: FROM_STAGE }, { field: TO_STAGE }]) {
            key { fromStage toStage } count average { durationSeconds } } }"""
    )

    assert len(patron.statements) == 1
    (group,) = groups["lifecycleChangesAggregate"]
    assert (group["key"], group["count"]) == ({"fromStage": "PROSPECT", "toStage": "ACTIVE"}, 1)
    assert group["average"]["durationSeconds"] is not None


async def test_who_sees_no_names_is_not_told_who_is_in_the_books(patron: Patron) -> None:
    await customer(patron, person={"givenName": "Ada", "familyName": "Birch"})
    blind = replace(patron.prepared.actor, roles=(), scopes=("duplicate:read",))

    answer = await patron.ask("""{ duplicatesOf(name: "Ada Birch") { partyId } }""", actor=blind)

    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_merge_and_an_upsert_that_are_repeated_give_the_first_result(patron: Patron) -> None:
    one, two = [await customer(patron, person={"givenName": name}) for name in ("Ada", "Adah")]
    merge = """mutation M($source: ID!, $target: ID!) { customerMerge(input: { sourceId: $source, targetId: $target,
      idempotencyKey: "merge-1" }) { customer { id } merge { id rows } userErrors { code } } }"""
    upsert = """mutation { customerUpsert(input: { system: "erp", value: "1", person: { givenName: "Bob" },
      idempotencyKey: "upsert-1" }) { created customer { id } userErrors { code } } }"""
    sides = {"source": one["id"], "target": two["id"]}

    merged = [(await patron.data(merge, sides))["customerMerge"] for _ in range(2)]
    upserted = [(await patron.data(upsert))["customerUpsert"] for _ in range(2)]

    assert merged[0] == merged[1]
    assert merged[0]["customer"]["id"] == two["id"]
    assert upserted[0] == upserted[1]
    assert upserted[0]["created"] is True


async def test_an_upsert_places_an_organization_and_knows_no_parent_that_is_not_there(patron: Patron) -> None:
    top = (await customer(patron, organization={"legalName": "Group"}))["party"]["id"]
    upsert = """mutation U($parent: ID) { customerUpsert(input: { system: "erp", value: "1",
      organization: { legalName: "North", parentId: $parent } }) {
        customer { party { ... on Organization { parent { displayName } } } } userErrors { code path } } }"""

    made = (await patron.data(upsert, {"parent": None}))["customerUpsert"]
    placed = (await patron.data(upsert, {"parent": top}))["customerUpsert"]
    unknown = (await patron.data(upsert, {"parent": f"pty_{'0' * 8}-0000-7000-8000-{'0' * 12}"}))["customerUpsert"]

    assert made["customer"]["party"]["parent"] is None
    assert placed["customer"]["party"]["parent"] == {"displayName": "Group"}
    assert unknown["userErrors"][0]["path"] == ["input", "organization", "parentId"]
