"""Wishes, campaigns, next steps and what distributors sold on, over GraphQL, on both databases."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from patron_core.campaigns.commands import AddCampaignMembers, ContactCampaignMembers, CreateCampaign, StartCampaign
from patron_core.campaigns.models import Arm, Campaign, CampaignMember
from patron_core.campaigns.recurring import fill_campaign
from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import Customer
from patron_core.hookspecs import Step
from patron_core.messages import Actor
from patron_core.outbox.telling import outer_id
from patron_core.parties.commands import NewPerson
from patron_core.plugins import Plugins
from patron_core.preferences.recurring import infer_channels
from patron_core.privacy.commands import RecordConsent
from patron_core.privacy.models import ConsentPurpose
from patron_core.touchpoints.commands import LogTouchpoint
from patron_core.touchpoints.models import Channel, Direction
from patron_core.transactions.commands import RecordTransaction, ReverseTransaction
from patron_core.transactions.models import TransactionKind
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

FIRST = Step(arguments={}, state={}, done=0)
NOTE = """mutation Note($customer: ID!, $preferred: String!, $origin: WishOrigin!, $confidence: Decimal!) {
  preferenceNote(input: { customerId: $customer, key: "CONTACT_CHANNEL", preferred: $preferred, origin: $origin,
    confidence: $confidence }) { preference { id version standing } userErrors { code message path } } }"""
WISHES = """query Wishes($id: ID!) { customer(id: $id) {
  preferences(first: 10, orderBy: [{ field: RECORDED_AT }]) { nodes { preferred origin standing confidence evidence } } } }"""
RESULT = """query Result($id: ID!) { campaignResult(campaignId: $id) {
  counts { treatment control excluded contacted positive optedOut }
  treatmentShare { value applicable sampleSize inputs { name value } } controlShare { value applicable reason }
  lift { value applicable reason method } liftLow { value } liftHigh { value }
  additionalBuyers { value } costPerAdditionalBuyer { money { amount currencyCode } }
  revenue { money { amount currencyCode } sampleSize } } }"""
NEXT = """query Next($customer: ID!) { nextBestActions(customerId: $customer, first: 3) {
  channel leftOut settled actions { code title reason score source evidence } } }"""
DECIDE = """mutation Decide($customer: ID!, $code: String!, $verdict: ActionVerdict!, $why: String) {
  nextActionDecide(input: { customerId: $customer, code: $code, verdict: $verdict, why: $why }) {
    decision { id version code evidence verdict } userErrors { code message path } } }"""
OUTCOME = """mutation Outcome($id: ID!, $version: Int!) {
  nextActionOutcome(input: { id: $id, version: $version, outcome: SUCCESS }) {
    decision { outcome } userErrors { code message path } } }"""
LOG = """{ actionDecisionsAggregate(groupBy: [{ field: CODE }, { field: OUTCOME }]) {
  key { code outcome } count } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def person(patron: Patron, name: str = "Ada", *, agrees: bool = True) -> Customer:
    """A new customer, who may be sent offers by e-mail."""

    def work(uow: UnitOfWork) -> Customer:
        return _person(uow, name, agrees=agrees)

    made: Customer = await patron.prepared.do(work)
    return made


def _person(uow: UnitOfWork, name: str, *, agrees: bool) -> Customer:
    made: Customer = uow.handle(CreateCustomer(person=NewPerson(given_name=name, family_name="Almond")))
    uow.flush()
    if agrees:
        uow.handle(RecordConsent(party_id=made.party_id, purpose=ConsentPurpose.MARKETING))
    return made


def bought(customer_id: uuid.UUID, moment: dt.datetime, cents: int = 10_00) -> RecordTransaction:
    """A sale."""
    return RecordTransaction(
        customer_id=customer_id, kind=TransactionKind.SALE, amount=Money(cents, "EUR"), occurred_at=moment
    )


async def test_capability_66_what_a_customer_said_counts_before_what_was_seen(patron: Patron) -> None:
    ada = await person(patron)
    id_ = outer_id(ada.id, Customer)
    for _ in range(4):
        await patron.prepared.do(
            LogTouchpoint(customer_id=ada.id, channel=Channel.CHAT, direction=Direction.INBOUND, topic="Where is it?")
        )
    await patron.prepared.do(lambda uow: infer_channels(FIRST, uow))
    await patron.prepared.do(lambda uow: infer_channels(FIRST, uow))  # and nothing more

    (seen,) = (await patron.data(WISHES, {"id": id_}))["customer"]["preferences"]["nodes"]
    assert len(patron.statements) == 1
    assert (seen["preferred"], seen["origin"], seen["standing"]) == ("CHAT", "INFERRED", "ACTIVE")
    assert Decimal(seen["confidence"]) == Decimal("0.8")

    said = {"customer": id_, "preferred": "EMAIL", "origin": "EXPLICIT", "confidence": "1"}
    word = (await patron.data(NOTE, said))["preferenceNote"]["preference"]
    later = {"customer": id_, "preferred": "PHONE", "origin": "IMPORTED", "confidence": "0.9"}
    overruled = (await patron.data(NOTE, later))["preferenceNote"]["preference"]
    assert (word["standing"], overruled["standing"]) == ("ACTIVE", "OVERRULED")

    end = """mutation End($id: ID!, $version: Int!) { preferenceEnd(input: { id: $id, version: $version }) {
      preference { standing } userErrors { code } } }"""
    assert (await patron.data(end, {"id": word["id"], "version": word["version"]}))["preferenceEnd"]["userErrors"] == []
    nodes = (await patron.data(WISHES, {"id": id_}))["customer"]["preferences"]["nodes"]
    assert {node["preferred"]: node["standing"] for node in nodes} == {
        "CHAT": "OVERRULED", "EMAIL": "ENDED", "PHONE": "ACTIVE",
    }  # fmt: skip


async def test_a_confidence_that_does_not_fit_is_refused(patron: Patron) -> None:
    ada = await person(patron)
    given = {"customer": outer_id(ada.id, Customer), "preferred": "EMAIL", "origin": "EXPLICIT", "confidence": "0.5"}

    (error,) = (await patron.data(NOTE, given))["preferenceNote"]["userErrors"]

    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["input", "confidence"])


async def campaign_with(patron: Patron, people: int, **given: Any) -> tuple[Campaign, list[uuid.UUID]]:
    """A running campaign with so many members, one in ten of whom never agreed to anything."""

    def fill(uow: UnitOfWork) -> tuple[Campaign, list[uuid.UUID]]:
        customers = [_person(uow, f"Person {number}", agrees=number % 10 > 0).id for number in range(people)]
        made: Campaign = uow.handle(CreateCampaign(code="SPRING", name="Spring", channel=Channel.EMAIL, **given))
        uow.flush()
        uow.handle(AddCampaignMembers(campaign_id=made.id, customer_ids=tuple(customers)))
        return uow.handle(StartCampaign(id=made.id, version=made.version)), customers

    made: tuple[Campaign, list[uuid.UUID]] = await patron.prepared.do(fill)
    return made


async def test_capability_57_what_a_promotion_brought_is_told_against_those_kept_aside(patron: Patron) -> None:
    campaign, _ = await campaign_with(patron, 200, control_share=Decimal("0.4"), cost=Money(500_00, "EUR"))

    def sales(uow: UnitOfWork) -> dict[Arm, int]:
        members = uow.select(select(CampaignMember).where(CampaignMember.campaign_id == campaign.id))
        arms = {arm: [m for m in members if m.arm is arm] for arm in Arm}
        treated, aside = arms[Arm.TREATMENT], arms[Arm.CONTROL]
        for member in [*treated[: len(treated) // 2], *aside[: len(aside) // 10]]:
            uow.handle(bought(member.customer_id, uow.now))
        uow.handle(bought(treated[-1].customer_id, uow.now - dt.timedelta(days=3)))  # too early to count
        uow.handle(ContactCampaignMembers(campaign_id=campaign.id, member_ids=tuple(m.id for m in treated[:5])))
        return {arm: len(group) for arm, group in arms.items()}

    arms = await patron.prepared.do(sales)
    result = (await patron.data(RESULT, {"id": outer_id(campaign.id, Campaign)}))["campaignResult"]

    assert arms[Arm.EXCLUDED] == 20
    counts = result["counts"]
    assert (counts["treatment"], counts["control"], counts["excluded"], counts["contacted"]) == (
        arms[Arm.TREATMENT], arms[Arm.CONTROL], 20, 5,
    )  # fmt: skip
    buyers, other = arms[Arm.TREATMENT] // 2, arms[Arm.CONTROL] // 10
    expected = Decimal(buyers) / arms[Arm.TREATMENT] - Decimal(other) / arms[Arm.CONTROL]
    assert Decimal(result["lift"]["value"]) == pytest.approx(expected, abs=Decimal("0.0001"))
    assert 0 < Decimal(result["liftLow"]["value"]) < expected < Decimal(result["liftHigh"]["value"]) < 1
    assert result["lift"]["reason"] == "The interval is on one side of zero."
    assert result["revenue"] == [
        {"money": {"amount": f"{buyers * 10}.00", "currencyCode": "EUR"}, "sampleSize": buyers}
    ]
    assert Decimal(result["costPerAdditionalBuyer"]["money"]["amount"]) == pytest.approx(
        500 / Decimal(result["additionalBuyers"]["value"]), abs=Decimal("0.01")
    )


async def test_capability_41_a_result_without_enough_members_to_compare_does_not_apply(patron: Patron) -> None:
    campaign, _ = await campaign_with(patron, 20, control_share=Decimal("0.5"))

    result = (await patron.data(RESULT, {"id": outer_id(campaign.id, Campaign)}))["campaignResult"]

    assert (result["lift"]["value"], result["lift"]["applicable"]) == (None, False)
    assert "each arm needs 30" in result["lift"]["reason"]
    assert "Newcombe" in result["lift"]["method"]


async def test_a_campaign_takes_in_the_members_of_its_segment_and_who_opts_out_is_left_alone(patron: Patron) -> None:
    made = """mutation { segmentCreate(input: { name: "Almonds", customers: { kind: { eq: B2C } } }) { segment { id } } }"""
    ada, ben = await person(patron, "Ada"), await person(patron, "Ben")
    segment = (await patron.data(made))["segmentCreate"]["segment"]["id"]
    await patron.data("mutation R($id: ID!) { segmentRefresh(input: { id: $id }) { segment { id } } }", {"id": segment})
    create = """mutation Create($segment: ID!) { campaignCreate(input: { code: "SPRING", name: "Spring", channel: EMAIL,
      segmentId: $segment, controlShare: "0" }) { campaign { id version } userErrors { code message } } }"""
    campaign = (await patron.data(create, {"segment": segment}))["campaignCreate"]["campaign"]
    start = """mutation Start($id: ID!, $version: Int!) { campaignStart(input: { id: $id, version: $version }) {
      campaign { status } userErrors { code message } } }"""
    assert (await patron.data(start, campaign))["campaignStart"]["campaign"]["status"] == "RUNNING"
    arguments = {"campaign": campaign["id"].removeprefix("cmp_")}
    await patron.prepared.do(lambda uow: fill_campaign(Step(arguments=arguments, state={}, done=0), uow))

    members = """query Members($id: ID!) { campaign(id: $id) { members(first: 5, orderBy: [{ field: ASSIGNED_AT }]) {
      nodes { id version arm drawnArm customer { id } } } } }"""
    found = (await patron.data(members, {"id": campaign["id"]}))["campaign"]
    assert (len(found["members"]["nodes"]), {node["arm"] for node in found["members"]["nodes"]}) == (2, {"TREATMENT"})
    adas = next(node for node in found["members"]["nodes"] if node["customer"]["id"] == outer_id(ada.id, Customer))
    bens = next(node for node in found["members"]["nodes"] if node["customer"]["id"] == outer_id(ben.id, Customer))
    respond = """mutation Out($id: ID!, $version: Int!) { campaignResponseRecord(input: { id: $id, version: $version,
      response: OPT_OUT }) { member { response } userErrors { code message } } }"""
    await patron.data(respond, {"id": adas["id"], "version": adas["version"]})
    contact = """mutation Contact($id: ID!, $members: [ID!]!) { campaignMembersContact(input: { campaignId: $id,
      memberIds: $members }) { campaign { id } userErrors { code message path } } }"""
    answer = await patron.data(contact, {"id": campaign["id"], "members": [adas["id"], bens["id"]]})
    assert answer["campaignMembersContact"]["userErrors"] == []
    after = (await patron.data(members, {"id": campaign["id"]}))["campaign"]["members"]["nodes"]
    assert {node["id"]: node["arm"] for node in after} == {adas["id"]: "EXCLUDED", bens["id"]: "TREATMENT"}
    assert {node["drawnArm"] for node in after} == {"TREATMENT"}
    counts = (await patron.data(RESULT, {"id": campaign["id"]}))["campaignResult"]["counts"]
    assert (counts["treatment"], counts["excluded"], counts["contacted"]) == (2, 0, 1)  # who withdraws leaves no arm


async def test_capability_42_the_next_step_has_evidence_and_what_came_of_it_is_kept(patron: Patron) -> None:
    ada = await person(patron)
    id_ = outer_id(ada.id, Customer)
    for days in (100, 80, 60):
        await patron.prepared.do(bought(ada.id, NOON - dt.timedelta(days=days)))
    await patron.prepared.do(
        LogTouchpoint(
            customer_id=ada.id, channel=Channel.PHONE, direction=Direction.OUTBOUND, topic="Hello",
            occurred_at=NOON - dt.timedelta(days=200),
        )
    )  # fmt: skip

    found = (await patron.data(NEXT, {"customer": id_}))["nextBestActions"]
    assert [each["code"] for each in found["actions"]] == ["OFFER_REPEAT_PURCHASE", "CALL_SILENT_CUSTOMER"]
    offer = found["actions"][0]
    assert "every 20 days" in offer["reason"]
    assert all(each.startswith("txn_") for each in offer["evidence"])
    assert (await patron.data(NEXT, {"customer": id_}))["nextBestActions"] == found
    (none,) = (await patron.ask(NEXT.replace("first: 3", "first: 0"), {"customer": id_}))["errors"]
    assert none["extensions"]["code"] == "INVALID_INPUT"

    (missing,) = (await patron.data(DECIDE, {"customer": id_, "code": offer["code"], "verdict": "REJECTED"}))[
        "nextActionDecide"
    ]["userErrors"]
    assert missing["path"] == ["input", "why"]
    taken = (await patron.data(DECIDE, {"customer": id_, "code": offer["code"], "verdict": "ACCEPTED"}))[
        "nextActionDecide"
    ]["decision"]
    assert taken["evidence"].split() == offer["evidence"]
    again = (await patron.data(NEXT, {"customer": id_}))["nextBestActions"]
    assert (again["settled"], [each["code"] for each in again["actions"]]) == (1, ["CALL_SILENT_CUSTOMER"])
    outcome = await patron.data(OUTCOME, {"id": taken["id"], "version": taken["version"]})
    assert outcome["nextActionOutcome"]["decision"]["outcome"] == "SUCCESS"
    groups = (await patron.data(LOG))["actionDecisionsAggregate"]
    assert groups == [{"key": {"code": "OFFER_REPEAT_PURCHASE", "outcome": "SUCCESS"}, "count": 1}]


async def test_capability_56_the_answer_for_one_customer_changes_with_the_last_word(patron: Patron) -> None:
    ada = await person(patron, agrees=False)
    id_ = outer_id(ada.id, Customer)
    for days in (100, 80, 60):
        await patron.prepared.do(bought(ada.id, NOON - dt.timedelta(days=days)))

    before = (await patron.data(NEXT, {"customer": id_}))["nextBestActions"]
    assert (before["actions"], before["leftOut"], before["channel"]) == ([], 1, None)
    await patron.prepared.do(RecordConsent(party_id=ada.party_id, purpose=ConsentPurpose.MARKETING))
    said = {"customer": id_, "preferred": "EMAIL", "origin": "EXPLICIT", "confidence": "1"}
    await patron.data(NOTE, said)
    after = (await patron.data(NEXT, {"customer": id_}))["nextBestActions"]
    assert ([each["code"] for each in after["actions"]], after["channel"]) == (["OFFER_REPEAT_PURCHASE"], "EMAIL")


async def test_capability_05_identified_told_apart_listened_to_and_served_in_its_own_way(patron: Patron) -> None:
    create = """mutation { customerCreate(input: { person: { givenName: "Ada", familyName: "Almond" },
      externalIdentifiers: [{ system: "till", value: "4711" }]
      contactMedia: [{ kind: EMAIL, value: "ada@example.com" }] }) {
      customer { id } userErrors { code message } } }"""
    id_ = (await patron.data(create))["customerCreate"]["customer"]["id"]
    await patron.data(NOTE, {"customer": id_, "preferred": "EMAIL", "origin": "EXPLICIT", "confidence": "1"})
    touch = """mutation Touch($id: ID!) { touchpointLog(input: { customerId: $id, channel: EMAIL, direction: INBOUND,
      topic: "Asks for tea" }) { touchpoint { id } userErrors { code message } } }"""
    await patron.data(touch, {"id": id_})

    query = """query Idic($system: String!, $value: String!) { customers(first: 1, where: { party: { externalIdentifiers: { some: {
      system: { eq: $system }, value: { eq: $value } } } } }) { nodes { id kind engagementMode
      preferences(first: 5) { nodes { key preferred } } touchpoints(first: 5) { nodes { topic channel } }
      campaignMemberships(first: 5) { totalCount } } } }"""
    (found,) = (await patron.data(query, {"system": "till", "value": "4711"}))["customers"]["nodes"]

    assert len(patron.statements) == 1
    assert (found["id"], found["kind"], found["engagementMode"]) == (id_, "B2C", "TRANSACTION")
    assert found["preferences"]["nodes"] == [{"key": "CONTACT_CHANNEL", "preferred": "EMAIL"}]
    assert found["touchpoints"]["nodes"] == [{"topic": "Asks for tea", "channel": "EMAIL"}]


REPORT = """mutation Report($seller: ID!, $buyer: ID, $upstream: ID, $end: Boolean, $quantity: Decimal!, $key: String!) {
  sellThroughReport(input: { sellerId: $seller, buyerId: $buyer, upstreamId: $upstream, toEndCustomer: $end,
    sku: "ENG-1", quantity: $quantity, soldOn: "2025-05-01", source: "northern", sourceKey: $key }) {
    sellThrough { id step } userErrors { code message path } } }"""


async def company(patron: Patron, name: str) -> tuple[str, str]:
    """The ids of a new customer and of its party."""
    create = """mutation Create($name: String!) { customerCreate(input: { organization: { legalName: $name } }) {
      customer { id party { id } } } }"""
    made = (await patron.data(create, {"name": name}))["customerCreate"]["customer"]
    return made["id"], made["party"]["id"]


async def chain(patron: Patron) -> dict[str, tuple[str, str]]:
    """Ten engines went to a wholesaler, four of them on to a dealer, one of these to a workshop."""
    names = ("Us", "Wholesale", "Dealer", "Workshop")
    found = {name: await company(patron, name) for name in names}
    upstream = None
    for seller, buyer, quantity in (
        ("Us", "Wholesale", "10"),
        ("Wholesale", "Dealer", "4"),
        ("Dealer", "Workshop", "1"),
    ):
        given = {
            "seller": found[seller][1], "buyer": found[buyer][1], "upstream": upstream, "quantity": quantity,
            "end": buyer == "Workshop", "key": buyer,
        }  # fmt: skip
        made = (await patron.data(REPORT, given))["sellThroughReport"]
        assert made["userErrors"] == []
        again = (await patron.data(REPORT, given))["sellThroughReport"]["sellThrough"]
        assert again == made["sellThrough"]
        upstream = made["sellThrough"]["id"]
    return found


async def test_capability_09_goods_are_followed_through_every_step_to_the_end_customer(patron: Patron) -> None:
    found = await chain(patron)

    query = """{ sellThroughs(first: 10, where: { toEndCustomer: { eq: true } }) { nodes { step quantity
      buyer { displayName } seller { displayName }
      upstream { quantity seller { displayName } upstream { quantity seller { displayName } } } } } }"""
    (sold,) = (await patron.data(query))["sellThroughs"]["nodes"]
    assert len(patron.statements) == 1
    assert (sold["step"], sold["buyer"]["displayName"], sold["seller"]["displayName"]) == (3, "Workshop", "Dealer")
    assert sold["upstream"]["quantity"] == "4.000"
    assert sold["upstream"]["upstream"]["seller"]["displayName"] == "Us"

    too_many = {"seller": found["Dealer"][1], "buyer": found["Workshop"][1], "quantity": "3.5", "key": "more"}
    dealers = "{ sellThroughs(first: 1, where: { step: { eq: 2 } }) { nodes { id } } }"
    upstream = (await patron.data(dealers))["sellThroughs"]["nodes"][0]["id"]
    (error,) = (await patron.data(REPORT, {**too_many, "upstream": upstream}))["sellThroughReport"]["userErrors"]
    assert (error["code"], error["path"]) == ("CONFLICT", ["input", "quantity"])


async def test_capability_29_a_partner_sees_what_was_sold_to_customers_shared_with_it(patron: Patron) -> None:
    found = await chain(patron)
    partner = (await company(patron, "Partner"))[1]
    share = """mutation Share($partner: ID!, $customer: ID!) { sharingAgreementCreate(input: { partnerId: $partner,
      customerId: $customer }) { sharingAgreement { id } userErrors { code message path } } }"""
    answer = (await patron.data(share, {"partner": partner, "customer": found["Workshop"][0]}))[
        "sharingAgreementCreate"
    ]
    assert answer["userErrors"] == []
    actor = Actor(patron.prepared.tenant_id, "partner", "app", roles=("partner",), party_id=uuid.UUID(partner[4:]))

    query = "{ sellThroughs(first: 10) { totalCount nodes { sourceKey buyer { displayName } seller { id } } } }"
    everybody = (await patron.data(query))["sellThroughs"]
    theirs = (await patron.data(query, actor=actor))["sellThroughs"]

    assert everybody["totalCount"] == 3
    assert [node["sourceKey"] for node in theirs["nodes"]] == ["Workshop"]


async def test_a_sale_that_was_taken_back_makes_no_buyer_and_is_no_purchase_to_repeat(patron: Patron) -> None:
    campaign, customers = await campaign_with(patron, 80, control_share=Decimal(0))

    def sales(uow: UnitOfWork) -> None:
        members = uow.select(select(CampaignMember).where(CampaignMember.campaign_id == campaign.id))
        buyer, returner, earlier = [m.customer_id for m in members if m.arm is Arm.TREATMENT][:3]
        uow.handle(bought(buyer, uow.now))
        for who, moment in ((returner, uow.now), (earlier, uow.now - dt.timedelta(days=3))):
            sale = uow.handle(bought(who, moment))
            uow.flush()
            uow.handle(ReverseTransaction(id=sale.id, occurred_at=uow.now, reason="It was too small"))

    await patron.prepared.do(sales)
    result = (await patron.data(RESULT, {"id": outer_id(campaign.id, Campaign)}))["campaignResult"]

    assert [each["value"] for each in result["treatmentShare"]["inputs"]] == [str(result["counts"]["treatment"]), "1"]
    assert result["revenue"] == [{"money": {"amount": "10.00", "currencyCode": "EUR"}, "sampleSize": 1}]

    who = customers[-1]
    for days in (100, 80, 60):
        await patron.prepared.do(bought(who, NOON - dt.timedelta(days=days)))
    wrong = await patron.prepared.do(bought(who, NOON - dt.timedelta(days=5)))
    await patron.prepared.do(ReverseTransaction(id=wrong.id, occurred_at=NOON, reason="Not theirs"))
    found = (await patron.data(NEXT, {"customer": outer_id(who, Customer)}))["nextBestActions"]
    assert [each["reason"] for each in found["actions"]] == [
        "The customer buys every 20 days (the median of 2 times), and 60 have passed."
    ]
