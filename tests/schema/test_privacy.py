"""Consent, holds, export and erasure through the API: who may, what is answered, and that previews change nothing."""

from __future__ import annotations

import dataclasses
import json
import uuid
from typing import Any

import pytest

from patron_core.customers.commands import CreateCustomer
from patron_core.messages import Actor
from patron_core.parties.commands import AddContactMedium, NewContactMedium, NewPerson
from patron_core.parties.models import ContactKind
from patron_schema.testing.service import Patron

RECORD = """mutation R($input: ConsentRecordInput!) {
  consentRecord(input: $input) { consent { id status purpose channel lawfulBasis } userErrors { code path } } }"""
WITHDRAW = """mutation W($input: ConsentWithdrawInput!) {
  consentWithdraw(input: $input) { consent { status givenAt withdrawnAt } userErrors { code } } }"""
STATUS = """query S($party: ID!) {
  consentStatus(partyId: $party, purpose: MARKETING, channel: EMAIL) { status mayContact reason consentId } }"""
LOG = """mutation L($input: TouchpointLogInput!) {
  touchpointLog(input: $input) { touchpoint { id } userErrors { code path message } } }"""
ERASE = """mutation E($input: PrivacyEraseInput!) { privacyErase(input: $input) {
  erasure { outcome dueOn party { displayName kind } entries(first: 50) { nodes { recordType deleted emptied kept keptReason } } }
  userErrors { code } } }"""
PREVIEW = """query P($party: ID!) {
  privacyErasePreview(partyId: $party) { held holdIds dueOn lines { recordType deleted emptied kept reason until } }
  privacyExportPreview(partyId: $party) { recordType rows } }"""
EXPORT = """mutation X($input: PrivacyExportInput!) {
  privacyExport(input: $input) { rows json files { name text } userErrors { code } } }"""
OWN = """mutation O($input: PrivacyExportOwnInput!) {
  privacyExportOwn(input: $input) { rows json userErrors { code path } } }"""
HOLD = "mutation H($input: LegalHoldPlaceInput!) { legalHoldPlace(input: $input) { legalHold { id reason } userErrors { code } } }"
RELEASE = """mutation F($input: LegalHoldReleaseInput!) {
  legalHoldRelease(input: $input) { legalHold { releasedAt } userErrors { code } } }"""


class Someone:
    """A customer with an e-mail address."""

    def __init__(self, customer_id: uuid.UUID, party_id: uuid.UUID) -> None:
        self.customer, self.party, self.party_id = f"cus_{customer_id}", f"pty_{party_id}", party_id


async def someone(patron: Patron, name: str = "Ada Canary") -> Someone:
    made = await patron.prepared.do(CreateCustomer(person=NewPerson(given_name=name, family_name=name)))
    email = NewContactMedium(kind=ContactKind.EMAIL, value=f"{name.split()[0].lower()}@canary.example")
    await patron.prepared.do(AddContactMedium(party_id=made.party_id, medium=email))
    return Someone(made.id, made.party_id)


def actor(patron: Patron, *roles: str, party_id: uuid.UUID | None = None) -> Actor:
    return dataclasses.replace(
        patron.prepared.actor, subject=f"a {roles[0]}", roles=roles, scopes=(), party_id=party_id
    )


def officer(patron: Patron) -> Actor:
    """A compliance officer who says what for: that there are health records is health information."""
    return dataclasses.replace(actor(patron, "compliance_officer"), purpose="HCOMPL")


def offer(who: Someone, **more: Any) -> dict[str, Any]:
    return {
        "customerId": who.customer,
        "channel": "EMAIL",
        "direction": "OUTBOUND",
        "purpose": "MARKETING",
        "topic": "Spring offer",
        **more,
    }


async def test_outbound_marketing_needs_consent_and_a_withdrawal_counts_at_once(patron: Patron) -> None:
    who = await someone(patron)
    log = {"input": offer(who)}

    refused = await patron.data(LOG, log)
    before = await patron.data(STATUS, {"party": who.party})
    given = await patron.data(RECORD, {"input": {"partyId": who.party, "purpose": "MARKETING", "evidence": "form 7"}})
    allowed = await patron.data(LOG, log)
    withdrawn = await patron.data(
        WITHDRAW, {"input": {"partyId": who.party, "purpose": "MARKETING", "channel": "EMAIL"}}
    )
    again = await patron.data(LOG, log)
    after = await patron.data(STATUS, {"party": who.party})

    assert refused["touchpointLog"]["touchpoint"] is None
    assert refused["touchpointLog"]["userErrors"][0]["code"] == "CONSENT_REQUIRED"
    assert refused["touchpointLog"]["userErrors"][0]["path"] == ["input", "purpose"]
    assert before["consentStatus"] == {
        "status": None,
        "mayContact": False,
        "reason": "Nothing was ever agreed to.",
        "consentId": None,
    }
    assert given["consentRecord"]["consent"]["lawfulBasis"] == "CONSENT"
    assert allowed["touchpointLog"]["touchpoint"] is not None
    assert withdrawn["consentWithdraw"]["consent"]["status"] == "WITHDRAWN"
    assert withdrawn["consentWithdraw"]["consent"]["givenAt"] is not None
    assert again["touchpointLog"]["userErrors"][0]["code"] == "CONSENT_REQUIRED"
    assert after["consentStatus"]["mayContact"] is False


async def test_service_and_inbound_contacts_need_no_consent(patron: Patron) -> None:
    who = await someone(patron)

    service = await patron.data(LOG, {"input": offer(who, purpose="SERVICE")})
    inbound = await patron.data(LOG, {"input": offer(who, direction="INBOUND")})
    unsaid = await patron.data(LOG, {"input": {k: v for k, v in offer(who).items() if k != "purpose"}})

    assert [each["touchpointLog"]["userErrors"] for each in (service, inbound, unsaid)] == [[], [], []]


async def test_consents_of_a_party_are_a_connection(patron: Patron) -> None:
    who = await someone(patron)
    for purpose in ("MARKETING", "RESEARCH"):
        await patron.data(RECORD, {"input": {"partyId": who.party, "purpose": purpose}})

    found = await patron.data(
        """query C($party: ID!) { party(id: $party) {
          consents(where: {purpose: {eq: RESEARCH}}) { totalCount nodes { purpose status recordedBy } } } }""",
        {"party": who.party},
        actor=actor(patron, "agent"),
    )

    assert found["party"]["consents"]["totalCount"] == 1
    assert found["party"]["consents"]["nodes"][0]["status"] == "GIVEN"


async def test_previews_change_nothing_and_an_erasure_does_what_they_said(patron: Patron) -> None:
    who, other = await someone(patron), await someone(patron, "Bob Other")

    first = await patron.data(PREVIEW, {"party": who.party}, actor=officer(patron))
    second = await patron.data(PREVIEW, {"party": who.party}, actor=officer(patron))
    done = await patron.data(ERASE, {"input": {"partyId": who.party, "reason": "request 17"}})

    lines = {line["recordType"]: line for line in first["privacyErasePreview"]["lines"]}
    receipt = {node["recordType"]: node for node in done["privacyErase"]["erasure"]["entries"]["nodes"]}
    assert first == second
    assert {name: (line["deleted"], line["emptied"]) for name, line in lines.items()} == {
        name: (node["deleted"], node["emptied"]) for name, node in receipt.items() if name in lines
    }
    assert lines["ContactMedium"]["deleted"] == 1
    assert lines["Party"]["emptied"] == 1
    assert done["privacyErase"]["erasure"]["outcome"] == "COMPLETE"
    assert done["privacyErase"]["erasure"]["party"] == {"displayName": "erased", "kind": "PERSON"}
    left = await patron.data(
        "query P($id: ID!) { party(id: $id) { displayName contactMedia { totalCount } } }", {"id": other.party}
    )
    assert left["party"] == {"displayName": "Bob Other Bob Other", "contactMedia": {"totalCount": 1}}


async def test_a_held_party_is_not_erased_until_the_hold_is_released(patron: Patron) -> None:
    who = await someone(patron)
    held = await patron.data(HOLD, {"input": {"partyId": who.party, "reason": "Lawsuit", "matter": "12/26"}})
    hold = held["legalHoldPlace"]["legalHold"]["id"]

    preview = await patron.data(PREVIEW, {"party": who.party}, actor=officer(patron))
    refused = await patron.data(ERASE, {"input": {"partyId": who.party, "reason": "request 17"}})
    name = await patron.data("query P($id: ID!) { party(id: $id) { displayName } }", {"id": who.party})
    await patron.data(RELEASE, {"input": {"legalHoldId": hold}})
    twice = await patron.data(RELEASE, {"input": {"legalHoldId": hold}})

    assert preview["privacyErasePreview"]["held"] is True
    assert preview["privacyErasePreview"]["holdIds"] == [hold]
    assert refused["privacyErase"]["erasure"]["outcome"] == "HELD"
    assert all(node["deleted"] == 0 for node in refused["privacyErase"]["erasure"]["entries"]["nodes"])
    assert "Ada" in name["party"]["displayName"]
    assert twice["legalHoldRelease"]["userErrors"][0]["code"] == "CONFLICT"


async def test_an_export_names_who_saw_the_party_and_is_itself_audited(patron: Patron) -> None:
    who = await someone(patron)

    first = await patron.data(EXPORT, {"input": {"partyId": who.party}}, actor=actor(patron, "compliance_officer"))
    second = await patron.data(EXPORT, {"input": {"partyId": who.party}}, actor=actor(patron, "compliance_officer"))

    document = json.loads(second["privacyExport"]["json"])
    assert first["privacyExport"]["rows"] >= 4
    assert {file["name"] for file in first["privacyExport"]["files"]} >= {"party.csv", "columns.csv", "accesses.csv"}
    assert [a["who"] for a in document["accesses"] if a["action"] == "READ"] == ["a compliance_officer"]


async def test_a_customer_takes_out_its_own_data_and_nobody_elses(patron: Patron) -> None:
    who, other = await someone(patron), await someone(patron, "Bob Other")
    portal = actor(patron, "customer_portal", party_id=who.party_id)

    own = await patron.data(OWN, {"input": {}}, actor=portal)
    foreign = await patron.data(OWN, {"input": {"partyId": other.party}}, actor=portal)
    by_staff = await patron.ask(EXPORT, {"input": {"partyId": who.party}}, actor=portal)

    assert "ada@canary.example" in own["privacyExportOwn"]["json"]
    assert "Bob" not in own["privacyExportOwn"]["json"]
    assert "administrator of Pillows" not in own["privacyExportOwn"]["json"]
    assert foreign["privacyExportOwn"]["userErrors"][0]["code"] == "NOT_FOUND"
    assert by_staff["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize("role", ["agent", "manager", "analyst", "clinician", "receptionist", "integration", "partner"])
async def test_who_has_no_part_in_privacy_sees_none_of_its_operations(patron: Patron, role: str) -> None:
    who = await someone(patron)

    for text, variables in (
        (ERASE, {"input": {"partyId": who.party, "reason": "x"}}),
        (EXPORT, {"input": {"partyId": who.party}}),
        (OWN, {"input": {}}),
        (HOLD, {"input": {"partyId": who.party, "reason": "x"}}),
        (PREVIEW, {"party": who.party}),
        ("{ legalHolds { totalCount } }", {}),
        ("{ erasures { totalCount } }", {}),
    ):
        answer = await patron.ask(text, variables, actor=actor(patron, role))
        assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED", text


async def test_another_tenants_party_is_not_there(patron: Patron) -> None:
    who = await someone(patron)
    stranger = await patron.prepared.tenant("Curtains")

    for text, name, variables in (
        (ERASE, "privacyErase", {"input": {"partyId": who.party, "reason": "x"}}),
        (EXPORT, "privacyExport", {"input": {"partyId": who.party}}),
        (HOLD, "legalHoldPlace", {"input": {"partyId": who.party, "reason": "x"}}),
        (RECORD, "consentRecord", {"input": {"partyId": who.party, "purpose": "MARKETING"}}),
        (WITHDRAW, "consentWithdraw", {"input": {"partyId": who.party, "purpose": "MARKETING"}}),
    ):
        answer = await patron.data(text, variables, actor=stranger)
        assert answer[name]["userErrors"][0]["code"] == "NOT_FOUND"
    preview = await patron.ask(PREVIEW, {"party": who.party}, actor=dataclasses.replace(stranger, purpose="HCOMPL"))
    assert {error["extensions"]["code"] for error in preview["errors"]} == {"NOT_FOUND"}


async def test_a_repeated_erasure_gives_the_first_receipt(patron: Patron) -> None:
    who = await someone(patron)
    given = {"input": {"partyId": who.party, "reason": "request 17", "idempotencyKey": "once"}}

    first, second = await patron.data(ERASE, given), await patron.data(ERASE, given)

    assert first == second
