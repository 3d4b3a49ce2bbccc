"""Who has a say at a customer: capabilities 6, 8, 24, 27 and 52, over GraphQL on both databases."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.core.statements import counted_statements

from patron_core.plugins import Plugins
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

COMPANY = """mutation Company($name: String!) { customerCreate(input: { organization: { legalName: $name } }) {
  customer { id party { id } } } }"""
PERSON = (
    """mutation Person($name: String!) { personCreate(input: { person: { displayName: $name } }) { person { id } } }"""
)
RELATE = """mutation Relate($type: String! = "EMPLOYS", $source: ID!, $target: ID!, $from: DateTime, $to: DateTime) {
  relationshipCreate(input: { typeCode: $type, sourceId: $source, targetId: $target, validFrom: $from, validTo: $to }) {
    relationship { id } userErrors { code message path } } }"""
DEAL = """mutation Deal($customer: ID!) { opportunityCreate(input: { customerId: $customer, name: "Ten engines", owner: "Bob",
  amount: { amount: "1000.00", currencyCode: "EUR" }, expectedCloseOn: "2026-06-01" }) { opportunity { id version } } }"""
MOVE = """mutation Move($id: ID!, $version: Int!, $stage: String!) {
  opportunityMove(input: { id: $id, version: $version, stageCode: $stage }) { opportunity { id version }
    userErrors { message } } }"""
STEP = """mutation Step($deal: ID!, $name: String!) {
  opportunityApprovalStepAdd(input: { opportunityId: $deal, name: $name }) { approvalStep { id version } } }"""
DECIDE = """mutation Decide($id: ID!) { opportunityApprovalDecide(input: { id: $id, version: 1, approved: true }) {
  approvalStep { status } } }"""
ADD = """mutation Add($input: StakeholderAddInput!) { stakeholderAdd(input: $input) {
  stakeholder { id version role stance influence responsibility openConcerns concerns { nodes { id text version } } }
  userErrors { code message path } } }"""
UPDATE = """mutation Update($input: StakeholderUpdateInput!) { stakeholderUpdate(input: $input) {
  stakeholder { id version stance } userErrors { code message path } } }"""
CONTACT = """mutation Contact($customer: ID!, $at: DateTime!, $people: [NewParticipantInput!]!) {
  touchpointLog(input: { customerId: $customer, channel: FIELD, direction: OUTBOUND, occurredAt: $at, topic: "Visit",
    participants: $people }) { touchpoint { id } } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def company(patron: Patron, name: str = "Engines") -> dict[str, Any]:
    made: dict[str, Any] = (await patron.data(COMPANY, {"name": name}))["customerCreate"]["customer"]
    return made


async def employee(patron: Patron, customer: dict[str, Any], name: str) -> str:
    id_: str = (await patron.data(PERSON, {"name": name}))["personCreate"]["person"]["id"]
    await patron.data(RELATE, {"source": customer["party"]["id"], "target": id_})
    return id_


async def deal(patron: Patron, customer: dict[str, Any]) -> dict[str, Any]:
    made = await patron.data(DEAL, {"customer": customer["id"]})
    found: dict[str, Any] = made["opportunityCreate"]["opportunity"]
    return found


async def added(patron: Patron, **values: Any) -> dict[str, Any]:
    payload: dict[str, Any] = (await patron.data(ADD, {"input": values}))["stakeholderAdd"]
    return payload


async def test_capability_06_who_must_sign_and_what_is_open(patron: Patron) -> None:
    customer = await company(patron)
    opportunity = await deal(patron, customer)
    steps = [
        (await patron.data(STEP, {"deal": opportunity["id"], "name": name}))["opportunityApprovalStepAdd"]
        for name in ("Budget", "Law", "Board")
    ]
    first, second, _ = (each["approvalStep"]["id"] for each in steps)
    buyer, lawyer = await employee(patron, customer, "Ada"), await employee(patron, customer, "Lex")
    for person, role, step in ((buyer, "ECONOMIC_BUYER", first), (lawyer, "REVIEWER", second)):
        made = await added(
            patron, opportunityId=opportunity["id"], personId=person, role=role, approvesStepId=step, influence=70
        )
        assert made["userErrors"] == []
    await patron.data(DECIDE, {"id": first})

    must_sign = await patron.data(
        """query MustSign($id: ID!) { opportunity(id: $id) { openApprovals
            approvalSteps(where: { status: { eq: PENDING } }, orderBy: [{ field: POSITION, direction: ASC }]) { nodes {
              position name stakeholders { nodes { role influence person { displayName } } } } } } }""",
        {"id": opportunity["id"]},
    )

    assert len(patron.statements) == 1
    found = must_sign["opportunity"]
    assert found["openApprovals"] == 2
    assert [(step["name"], step["stakeholders"]["nodes"]) for step in found["approvalSteps"]["nodes"]] == [
        ("Law", [{"role": "REVIEWER", "influence": 70, "person": {"displayName": "Lex"}}]),
        ("Board", []),
    ]


async def test_capability_06_there_is_one_economic_buyer_at_a_time(patron: Patron) -> None:
    customer = await company(patron)
    opportunity = await deal(patron, customer)
    ada, bea = await employee(patron, customer, "Ada"), await employee(patron, customer, "Bea")
    first = await added(patron, opportunityId=opportunity["id"], personId=ada, role="ECONOMIC_BUYER")

    second = await added(patron, opportunityId=opportunity["id"], personId=bea, role="ECONOMIC_BUYER")
    in_general = await added(patron, customerId=customer["id"], personId=bea, role="ECONOMIC_BUYER")
    await patron.data(
        "mutation End($id: ID!) { stakeholderEnd(input: { id: $id, version: 1 }) { stakeholder { endedAt } } }",
        {"id": first["stakeholder"]["id"]},
    )
    then = await added(patron, opportunityId=opportunity["id"], personId=bea, role="ECONOMIC_BUYER")

    (error,) = second["userErrors"]
    assert (error["code"], error["path"]) == ("CONFLICT", ["input", "role"])
    assert "ECONOMIC_BUYER" in error["message"]
    assert "The most is 1 at a time" in error["message"]
    assert in_general["userErrors"] == then["userErrors"] == []


async def test_capability_06_a_limit_of_a_relationship_holds_at_any_instant(patron: Patron) -> None:
    customer = await company(patron)
    await patron.data(
        """mutation { relationshipTypeDefine(input: { code: "BUYS_FOR", forwardName: "buys for", inverseName: "is bought for by",
             sourceKind: PERSON, targetKind: ORGANIZATION, maxActivePerTarget: 1 }) { relationshipType { code } } }"""
    )
    people = [(await patron.data(PERSON, {"name": n}))["personCreate"]["person"]["id"] for n in ("Ada", "Bea", "Cai")]
    until = (NOON + dt.timedelta(days=30)).isoformat()
    buys = {"type": "BUYS_FOR", "target": customer["party"]["id"]}

    first = await patron.data(RELATE, {**buys, "source": people[0], "to": until})
    within = await patron.data(RELATE, {**buys, "source": people[1], "from": NOON.isoformat(), "to": until})
    after = await patron.data(RELATE, {**buys, "source": people[2], "from": until})

    assert first["relationshipCreate"]["userErrors"] == after["relationshipCreate"]["userErrors"] == []
    (error,) = within["relationshipCreate"]["userErrors"]
    assert error["code"] == "CONFLICT"
    assert "BUYS_FOR relationships as it may have. The most is 1" in error["message"]
    as_of = """query AsOf($at: DateTime!) { relationships(where: { type: { code: { eq: "BUYS_FOR" } }, validity: { and: [
        { or: [{ from: { isNull: true } }, { from: { lte: $at } }] }, { or: [{ to: { isNull: true } }, { to: { gt: $at } }] }
      ] } }) { nodes { source { displayName } } } }"""
    at = {days: (NOON + dt.timedelta(days=days)).isoformat() for days in (1, 30)}
    now = (await patron.data(as_of, {"at": at[1]}))["relationships"]["nodes"]
    assert len(patron.statements) == 1
    later = (await patron.data(as_of, {"at": at[30]}))["relationships"]["nodes"]
    assert [each["source"]["displayName"] for each in (*now, *later)] == ["Ada", "Cai"]


COVERAGE = """query Coverage($id: ID!, $days: Int! = 90) { stakeholderCoverage(customerId: $id, days: $days) {
  missingRoles singleThread truncated silent { displayName lastContactAt }
  roles { role reached people { displayName silent } }
  rolesFilled { value reason sampleSize } peopleReached { value applicable reason inputs { name value ids } }
  contacts { value applicable reason sampleSize inputs { ids } } } }"""


async def test_capability_08_gaps_in_coverage_and_a_single_thread_are_seen(patron: Patron) -> None:
    customer = await company(patron)
    ada, bea = await employee(patron, customer, "Ada"), await employee(patron, customer, "Bea")
    await added(patron, customerId=customer["id"], personId=ada, role="CHAMPION")
    await added(patron, customerId=customer["id"], personId=bea, role="DECISION_MAKER")
    for days, person in ((10, ada), (20, ada), (200, bea)):
        at = (NOON - dt.timedelta(days=days)).isoformat()
        await patron.data(CONTACT, {"customer": customer["id"], "at": at, "people": [{"partyId": person}]})

    with counted_statements() as statements:
        found = (await patron.data(COVERAGE, {"id": customer["id"]}))["stakeholderCoverage"]
    wide = (await patron.data(COVERAGE, {"id": customer["id"], "days": 365}))["stakeholderCoverage"]

    assert found["missingRoles"] == ["ECONOMIC_BUYER", "APPROVER", "REVIEWER", "INFLUENCER", "USER", "GATEKEEPER"]
    assert found["rolesFilled"]["value"] == "0.2500"
    assert (found["singleThread"], found["contacts"]["value"], found["contacts"]["sampleSize"]) == (True, "1", 2)
    assert found["contacts"]["inputs"] == [{"ids": [ada]}]
    assert [each["displayName"] for each in found["silent"]] == ["Bea"]
    assert found["peopleReached"]["value"] == "0.5000"
    assert (wide["singleThread"], wide["contacts"]["value"], wide["silent"]) == (False, "2", [])
    assert len([each for each in statements if "stakeholder" in each or "touchpoint" in each]) == 4


async def test_capability_08_without_anybody_named_no_share_is_told(patron: Patron) -> None:
    customer = await company(patron)

    found = (await patron.data(COVERAGE, {"id": customer["id"]}))["stakeholderCoverage"]

    assert (found["rolesFilled"]["value"], len(found["missingRoles"])) == ("0.0000", 8)
    assert (found["peopleReached"]["value"], found["peopleReached"]["applicable"]) == (None, False)
    assert (found["contacts"]["value"], found["singleThread"]) == (None, False)


async def test_capability_08_where_purchases_carry_the_business_no_role_is_a_gap(patron: Patron) -> None:
    made = await patron.data(
        """mutation { customerCreate(input: { person: { familyName: "Almond" }, engagementMode: TRANSACTION }) {
             customer { id } } }"""
    )

    found = (await patron.data(COVERAGE, {"id": made["customerCreate"]["customer"]["id"]}))["stakeholderCoverage"]

    assert (found["missingRoles"], found["roles"], found["singleThread"]) == ([], [], False)
    assert found["rolesFilled"]["value"] is None
    assert "TRANSACTION" in found["rolesFilled"]["reason"]
    assert [found[name]["applicable"] for name in ("peopleReached", "contacts")] == [False, False]


async def test_capability_24_viewpoints_differ_at_each_stage(patron: Patron) -> None:
    customer = await company(patron)
    opportunity = await deal(patron, customer)
    ada, bea = await employee(patron, customer, "Ada"), await employee(patron, customer, "Bea")
    await added(patron, opportunityId=opportunity["id"], personId=ada, role="CHAMPION", stance="SUPPORT")
    doubter = await added(patron, opportunityId=opportunity["id"], personId=bea, role="USER", stance="OPPOSE")
    patron.prepared.clock.advance(dt.timedelta(days=7))
    await patron.data(MOVE, {"id": opportunity["id"], "version": opportunity["version"], "stage": "DISCOVER"})
    patron.prepared.clock.advance(dt.timedelta(days=1))
    input_ = {"id": doubter["stakeholder"]["id"], "version": 1, "stance": "FAVORABLE", "reason": "Saw it work."}
    changed = (await patron.data(UPDATE, {"input": input_}))["stakeholderUpdate"]
    assert (changed["stakeholder"]["stance"], changed["userErrors"]) == ("FAVORABLE", [])

    views = await patron.data(
        """query Views($id: ID!) { stakeholderViewpoints(opportunityId: $id) { stageCode supporters opponents conflicting
            leftAt viewpoints { displayName stance reason } } }""",
        {"id": opportunity["id"]},
    )
    by_stage = await patron.data(
        """{ stanceChangesAggregate(groupBy: [{ field: STAGE_CODE }, { field: TO_STANCE }]) {
             key { stageCode toStance } count } }"""
    )

    first, second = views["stakeholderViewpoints"]
    assert (first["stageCode"], first["supporters"], first["opponents"], first["conflicting"]) == (
        "QUALIFY",
        1,
        1,
        True,
    )
    assert [(each["displayName"], each["stance"]) for each in first["viewpoints"]] == [
        ("Ada", "SUPPORT"),
        ("Bea", "OPPOSE"),
    ]
    assert (second["stageCode"], second["supporters"], second["opponents"], second["leftAt"]) == (
        "DISCOVER",
        2,
        0,
        None,
    )
    assert second["viewpoints"][1] == {"displayName": "Bea", "stance": "FAVORABLE", "reason": "Saw it work."}
    assert {
        (each["key"]["stageCode"], each["key"]["toStance"], each["count"])
        for each in by_stage["stanceChangesAggregate"]
    } == {
        ("QUALIFY", "SUPPORT", 1),
        ("QUALIFY", "OPPOSE", 1),
        ("DISCOVER", "FAVORABLE", 1),
    }
    assert len(patron.statements) == 1


async def test_capability_27_the_multiplicity_of_relationships_is_one_graph(patron: Patron) -> None:
    parent, child = await company(patron, "Group"), await company(patron, "Works")
    await patron.data(
        RELATE, {"type": "SUBSIDIARY_OF", "source": child["party"]["id"], "target": parent["party"]["id"]}
    )
    ada = await employee(patron, child, "Ada")
    await patron.data(RELATE, {"source": parent["party"]["id"], "target": ada})
    bea = await employee(patron, child, "Bea")

    with counted_statements() as statements:
        graph = await patron.data(
            """query Graph($id: ID!) { relationshipGraph(partyId: $id, depth: 2) { truncated
                parties { displayName distance } relationships { typeCode forwardName } } }""",
            {"id": parent["party"]["id"]},
        )
        path = await patron.data(
            """query Path($from: ID!, $to: ID!) { relationshipPath(fromId: $from, toId: $to) { length
                parties { displayName } relationships { typeCode } } }""",
            {"from": bea, "to": parent["party"]["id"]},
        )

    found = graph["relationshipGraph"]
    assert {(each["displayName"], each["distance"]) for each in found["parties"]} == {
        ("Group", 0),
        ("Works", 1),
        ("Ada", 1),
        ("Bea", 2),
    }
    assert sorted(each["typeCode"] for each in found["relationships"]) == [
        "EMPLOYS",
        "EMPLOYS",
        "EMPLOYS",
        "SUBSIDIARY_OF",
    ]
    assert [each["displayName"] for each in path["relationshipPath"]["parties"]] == ["Bea", "Works", "Group"]
    assert path["relationshipPath"]["length"] == 2
    assert len([each for each in statements if "RECURSIVE" in each]) == 2  # one for the graph, one for the path


async def test_capability_52_who_answers_for_what_and_worries_about_what(patron: Patron) -> None:
    customer = await company(patron)
    ada = await employee(patron, customer, "Ada")
    made = await added(
        patron,
        customerId=customer["id"],
        personId=ada,
        role="APPROVER",
        responsibility="All machines of the north hall.",
        concerns=[{"text": "Noise"}, {"text": "Spare parts"}],
    )
    first, _ = made["stakeholder"]["concerns"]["nodes"]
    await patron.data(
        """mutation Resolve($id: ID!, $version: Int!) { stakeholderConcernResolve(input: { id: $id, version: $version,
             resolution: "Measured at 60 dB." }) { concern { resolvedAt } userErrors { message } } }""",
        {"id": first["id"], "version": first["version"]},
    )

    found = await patron.data(
        """{ stakeholders(where: { concerns: { some: { resolvedAt: { isNull: true } } } }) { nodes {
             person { displayName } responsibility openConcerns
             concerns(where: { resolvedAt: { isNull: true } }) { nodes { text } } } } }"""
    )

    assert len(patron.statements) == 1
    assert found["stakeholders"]["nodes"] == [
        {
            "person": {"displayName": "Ada"},
            "responsibility": "All machines of the north hall.",
            "openConcerns": 1,
            "concerns": {"nodes": [{"text": "Spare parts"}]},
        }
    ]


@pytest.mark.parametrize(("external", "refused"), [(False, True), (True, False)])
async def test_capability_52_a_stakeholder_is_of_the_organization_or_external(
    patron: Patron, external: bool, refused: bool
) -> None:
    customer = await company(patron)
    stranger = (await patron.data(PERSON, {"name": "Sam"}))["personCreate"]["person"]["id"]

    made = await added(patron, customerId=customer["id"], personId=stranger, role="INFLUENCER", external=external)

    assert [error["path"] for error in made["userErrors"]] == ([["input", "personId"]] if refused else [])
