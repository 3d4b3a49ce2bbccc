"""Who is who, over GraphQL on both databases: identify, merge, divisions and households, roles, everything about one."""

from __future__ import annotations

from typing import Any

from patron_core.duplicates.finding import find_duplicates
from patron_core.hookspecs import Step
from patron_schema.testing.service import Patron

CUSTOMER = """mutation Customer($input: CustomerCreateInput!) {
  customerCreate(input: $input) { customer { id version party { id version } } userErrors { code message path } } }"""
CANDIDATES = """{ duplicateCandidates(where: { status: { eq: OPEN } }, orderBy: [{ field: SCORE, direction: DESC }]) {
  nodes { id version score reasons nameSimilarity sameBirthDate first { id displayName } second { id displayName } } } }"""
PREVIEW = """query Preview($source: ID!, $target: ID!) {
  customerMergePreview(sourceId: $source, targetId: $target) {
    survivors { field side differs } lines { recordType moved dropped } conflicts { recordType outcome } } }"""
MERGE = """mutation Merge($source: ID!, $target: ID!) {
  customerMerge(input: { sourceId: $source, targetId: $target, survivors: [{ field: GIVEN_NAME, side: SOURCE }] }) {
    customer { id party { id displayName ... on Person { givenName }
      contactMedia { nodes { value } } externalIdentifiers { nodes { system value } }
      mergedParties(where: { deletedAt: { isNull: false } }) { nodes { id displayName mergedInto { id customer { id } } } } } }
    merge { id rows undo { undoneAt } } userErrors { code message path } } }"""
UNDO = """mutation Undo($id: ID!) { customerMergeUndo(input: { id: $id }) {
  restored { id party { displayName } } merge { undo { undoneBy } } userErrors { code message } } }"""


async def customer(patron: Patron, **fields: Any) -> dict[str, Any]:
    """A new customer."""
    payload = (await patron.data(CUSTOMER, {"input": fields}))["customerCreate"]
    assert payload["userErrors"] == []
    made: dict[str, Any] = payload["customer"]
    return made


async def run_job(patron: Patron) -> None:
    """The job that finds who is twice in the books, all its steps."""
    state: dict[str, Any] = {}
    for _ in range(10):
        step = Step(arguments={}, state=state, done=0)
        progress = await patron.prepared.do(lambda uow, step=step: find_duplicates(step, uow))
        if progress is None:
            return
        state = dict(progress.state)
    raise AssertionError("The job does not end.")


async def test_capability_05_identify_the_same_person_twice_merge_and_take_it_back(patron: Patron) -> None:
    mail = {"kind": "EMAIL", "value": "ada@example.com", "preferred": True}
    told = {"system": "shop", "value": "S-1001"}
    one = await customer(
        patron, person={"givenName": "Ada", "familyName": "Birch", "birthDate": "1980-02-01"}, contactMedia=[mail]
    )
    two = await customer(
        patron,
        person={"givenName": "Adah", "familyName": "Birch", "birthDate": "1980-02-01"},
        contactMedia=[mail],
        externalIdentifiers=[told],
    )
    await customer(patron, person={"givenName": "Bob", "familyName": "Cedar", "birthDate": "1980-02-01"})

    await run_job(patron)
    (found,) = (await patron.data(CANDIDATES))["duplicateCandidates"]["nodes"]
    assert len(patron.statements) == 1
    draft = await patron.data(
        """{ duplicatesOf(name: "Birch Ada", birthDate: "1980-02-01", email: "ADA@example.com", most: 3) {
            partyId score reasons } }"""
    )
    sides = {"source": two["id"], "target": one["id"]}
    preview = (await patron.data(PREVIEW, sides))["customerMergePreview"]
    merged = (await patron.data(MERGE, sides))["customerMerge"]
    after = await patron.data("{ customers { totalCount } duplicateCandidates { totalCount } }")
    undone = (await patron.data(UNDO, {"id": merged["merge"]["id"]}))["customerMergeUndo"]

    assert found["score"] == 100
    assert found["reasons"] == ["SIMILAR_NAME", "SAME_EMAIL", "SAME_BIRTH_DATE"]
    assert {found["first"]["id"], found["second"]["id"]} == {one["party"]["id"], two["party"]["id"]}
    assert {match["partyId"] for match in draft["duplicatesOf"]} == {one["party"]["id"], two["party"]["id"]}
    sides_by_field = {each["field"]: each["side"] for each in preview["survivors"]}
    assert sides_by_field["GIVEN_NAME"] == "TARGET"
    assert {"recordType": "ExternalIdentifier", "moved": 1, "dropped": 0} in preview["lines"]
    assert {"recordType": "ContactMedium", "outcome": "both"} in preview["conflicts"]
    party = merged["customer"]["party"]
    assert party["givenName"] == "Adah"
    assert party["externalIdentifiers"]["nodes"] == [told]
    (gone,) = party["mergedParties"]["nodes"]
    assert (gone["displayName"], gone["mergedInto"]["customer"]["id"]) == ("Merged", one["id"])
    assert after == {"customers": {"totalCount": 2}, "duplicateCandidates": {"totalCount": 0}}
    assert (undone["restored"]["id"], undone["restored"]["party"]["displayName"]) == (two["id"], "Adah Birch")
    assert undone["merge"]["undo"]["undoneBy"] == patron.prepared.actor.subject
    again = await patron.data("{ customers { totalCount } duplicateCandidates { totalCount } }")
    assert again == {"customers": {"totalCount": 3}, "duplicateCandidates": {"totalCount": 1}}


async def test_capability_05_who_is_not_the_same_is_not_proposed_again(patron: Patron) -> None:
    for name in ("Ada", "Adah"):
        mail = {"kind": "EMAIL", "value": "ada@example.com"}
        await customer(patron, person={"givenName": name, "familyName": "Birch"}, contactMedia=[mail])
    await run_job(patron)
    (found,) = (await patron.data(CANDIDATES))["duplicateCandidates"]["nodes"]
    dismiss = """mutation No($id: ID!, $version: Int!) {
      duplicateDismiss(input: { id: $id, version: $version, reason: "Mother and daughter." }) {
        duplicateCandidate { status decidedBy } userErrors { code } } }"""

    payload = (await patron.data(dismiss, {"id": found["id"], "version": found["version"]}))["duplicateDismiss"]
    await run_job(patron)

    assert payload["duplicateCandidate"]["status"] == "DISMISSED"
    assert (await patron.data(CANDIDATES))["duplicateCandidates"]["nodes"] == []


async def test_capability_05_another_systems_name_makes_a_customer_once_and_changes_it_after(patron: Patron) -> None:
    upsert = """mutation Upsert($input: CustomerUpsertInput!) { customerUpsert(input: $input) { created
      customer { id owner party { displayName contactMedia { nodes { value } } } } userErrors { code message path } } }"""
    named = {"system": "erp", "value": "4711"}
    mail = {"kind": "EMAIL", "value": "ada@example.com"}

    first = (await patron.data(upsert, {"input": {**named, "person": {"givenName": "Ada"}, "owner": "north"}}))[
        "customerUpsert"
    ]
    person = {"givenName": "Ada", "familyName": "Birch"}
    second = (await patron.data(upsert, {"input": {**named, "person": person, "contactMedia": [mail]}}))[
        "customerUpsert"
    ]
    wrong = (await patron.data(upsert, {"input": {**named, "organization": {"legalName": "Ada Ltd"}}}))[
        "customerUpsert"
    ]

    assert (first["created"], second["created"]) == (True, False)
    assert first["customer"]["id"] == second["customer"]["id"]
    assert second["customer"]["owner"] == "north"
    assert second["customer"]["party"] == {
        "displayName": "Ada Birch",
        "contactMedia": {"nodes": [{"value": "ada@example.com"}]},
    }
    assert wrong["userErrors"][0]["code"] == "CONFLICT"


async def test_capability_04_divisions_people_and_households_roll_up(patron: Patron) -> None:
    group = await customer(patron, organization={"legalName": "Engines Group", "unitKind": "GROUP"})
    parent = group["party"]["id"]
    division = await customer(
        patron, organization={"legalName": "Engines North", "unitKind": "DIVISION", "parentId": parent}
    )
    person = await customer(patron, person={"givenName": "Ada", "familyName": "Birch"})
    gone = await customer(
        patron, organization={"legalName": "Engines South", "unitKind": "DIVISION", "parentId": parent}
    )
    for who, kind, amount in (
        (group, "SALE", "100.00"),
        (group, "COST_TO_SERVE", "30.00"),
        (division, "SALE", "50.00"),
        (person, "SALE", "7.00"),
        (gone, "SALE", "9.00"),
    ):
        await patron.data(
            """mutation T($customer: ID!, $kind: TransactionKind!, $amount: Decimal!) {
                transactionRecord(input: { customerId: $customer, kind: $kind,
                amount: { amount: $amount, currencyCode: "EUR" } }) { userErrors { message } } }""",
            {"customer": who["id"], "kind": kind, "amount": amount},
        )
    await patron.data(
        """mutation D($id: ID!) { customerDelete(input: { id: $id, version: 1 }) { userErrors { message } } }""",
        {"id": gone["id"]},
    )
    await patron.data(
        """mutation Relate($source: ID!, $target: ID!) { relationshipCreate(input: { typeCode: "EMPLOYS", sourceId: $source,
            targetId: $target, roleTitle: "Buyer" }) { relationship { id } userErrors { message } } }""",
        {"source": division["party"]["id"], "target": person["party"]["id"]},
    )
    household = (
        await patron.data(
            """mutation { householdCreate(input: { name: "Lakeside 12" }) { household { id } userErrors { message } } }"""
        )
    )["householdCreate"]["household"]["id"]
    joined = (
        await patron.data(
            """mutation Join($household: ID!, $party: ID!) { householdMemberAdd(input: { householdId: $household,
                partyId: $party, role: HEAD }) { householdMember { role } userErrors { message } } }""",
            {"household": household, "party": person["party"]["id"]},
        )
    )["householdMemberAdd"]

    whole = (
        await patron.data(
            """query Whole($id: ID!) { organizationRollUp(organizationId: $id) { organizations levels customers
                revenue { value unit sampleSize inputs { rows ids } } } }""",
            {"id": parent},
        )
    )["organizationRollUp"]
    tree = await patron.data(
        """query Tree($id: ID!) { party(id: $id) { ... on Organization { displayName children { nodes { displayName unitKind
            outgoingRelationships { nodes { roleTitle target { displayName } } } } } } } }""",
        {"id": parent},
    )
    one_statement = len(patron.statements)
    together = await patron.data(
        """query Together($id: ID!) {
            household(id: $id) { name members { totalCount nodes { role party { displayName } } } }
            transactionsAggregate(where: { customer: { party: { householdMemberships: { some: { household: {
              id: { eq: $id } } } } } } }, groupBy: [{ field: AMOUNT_CURRENCY_CODE }]) {
                key { amountCurrencyCode } count sum { amount { amount } } } }""",
        {"id": household},
    )

    assert joined == {"householdMember": {"role": "HEAD"}, "userErrors": []}
    assert (whole["organizations"], whole["levels"], whole["customers"]) == (2, 2, 2)
    (revenue,) = whole["revenue"]
    assert (revenue["value"], revenue["unit"], revenue["sampleSize"]) == ("150.00", "EUR", 2)
    assert set(revenue["inputs"][0]["ids"]) == {group["id"], division["id"]}
    assert one_statement == 1
    child = tree["party"]["children"]["nodes"][0]
    assert child["outgoingRelationships"]["nodes"][0]["target"]["displayName"] == "Ada Birch"
    assert together["household"]["members"]["totalCount"] == 1
    assert together["transactionsAggregate"][0]["sum"]["amount"] == [{"amount": "7.00"}]


async def test_capability_13_one_query_has_everything_about_a_customer_and_where_each_value_came_from(
    patron: Patron,
) -> None:
    made = await customer(
        patron,
        person={"givenName": "Ada", "familyName": "Birch"},
        contactMedia=[{"kind": "EMAIL", "value": "ada@example.com"}],
        externalIdentifiers=[{"system": "shop", "value": "S-1001"}],
    )
    await patron.data(
        """mutation Owner($id: ID!) { customerUpdate(input: { id: $id, version: 1, owner: "north", lifecycleStage: ACTIVE }) {
            customer { id } userErrors { message } } }""",
        {"id": made["id"]},
    )

    answer = await patron.data(
        """query Everything($id: ID!) {
            customer360(id: $id) { displayName owner lifecycleStage
              party { roles { nodes { kind } } contactMedia { nodes { kind value verifiedAt } }
                externalIdentifiers { nodes { system value } } householdMemberships { nodes { role } }
                duplicateCandidates { totalCount } merges { totalCount } }
              relationships { nodes { roleTitle } } touchpoints { totalCount } transactions { totalCount }
              timeline(first: 5) { nodes { __typename occurredAt } }
              lifecycleChanges { nodes { toStage durationSeconds } } }
            fieldSources(customerId: $id) { recordType field kind name operation } }""",
        {"id": made["id"]},
    )

    assert len(patron.statements) == 1  # beside the audit that `fieldSources` reads
    shown = answer["customer360"]
    assert shown["party"]["contactMedia"]["nodes"][0]["value"] == "ada@example.com"
    assert [step["toStage"] for step in shown["lifecycleChanges"]["nodes"]] == ["PROSPECT", "ACTIVE"]
    sources = {(each["recordType"], each["field"]): each for each in answer["fieldSources"]}
    actor = patron.prepared.actor
    assert sources["Customer", "owner"]["operation"] == "UpdateCustomer"
    assert sources["Customer", "kind"]["operation"] == "CreateCustomer"
    assert sources["Person", "givenName"]["name"] == actor.subject
    assert sources["ExternalIdentifier", "system"]["operation"] == "CreateCustomer"
    assert {each["kind"] for each in answer["fieldSources"]} == {"PERSON"}


async def test_capability_20_suppliers_and_distributors_are_parties_with_a_role_and_a_time(patron: Patron) -> None:
    made = await customer(patron, organization={"legalName": "Bolts Ltd"})
    add = """mutation Role($input: PartyRoleAddInput!) { partyRoleAdd(input: $input) {
      partyRole { id version kind validity { from to } } userErrors { code path } } }"""
    party = {"partyId": made["party"]["id"]}

    first = (await patron.data(add, {"input": {**party, "kind": "SUPPLIER", "validFrom": "2025-01-01T00:00:00Z"}}))[
        "partyRoleAdd"
    ]
    again = (await patron.data(add, {"input": {**party, "kind": "SUPPLIER", "validFrom": "2026-01-01T00:00:00Z"}}))[
        "partyRoleAdd"
    ]
    other = (await patron.data(add, {"input": {**party, "kind": "DISTRIBUTOR"}}))["partyRoleAdd"]
    end = """mutation End($id: ID!, $version: Int!) { partyRoleEnd(input: { id: $id, version: $version,
      endedAt: "2026-01-01T00:00:00Z" }) { partyRole { validity { to } } userErrors { code } } }"""
    ended = (await patron.data(end, {"id": first["partyRole"]["id"], "version": 1}))["partyRoleEnd"]
    after = (await patron.data(add, {"input": {**party, "kind": "SUPPLIER", "validFrom": "2026-01-01T00:00:00Z"}}))[
        "partyRoleAdd"
    ]
    found = await patron.data(
        """{ partyRoles(where: { kind: { eq: SUPPLIER } }, orderBy: [{ field: VALIDITY_FROM }]) {
              nodes { validity { from to } party { displayName customer { id } } } }
            parties(where: { roles: { some: { kind: { in: [SUPPLIER, DISTRIBUTOR] } } } }) { totalCount } }"""
    )

    assert first["userErrors"] == other["userErrors"] == ended["userErrors"] == after["userErrors"] == []
    assert again["userErrors"] == [{"code": "CONFLICT", "path": ["input", "kind"]}]
    assert [role["validity"]["from"][:4] for role in found["partyRoles"]["nodes"]] == ["2025", "2026"]
    assert found["parties"]["totalCount"] == 1
    assert found["partyRoles"]["nodes"][0]["party"] == {"displayName": "Bolts Ltd", "customer": {"id": made["id"]}}
