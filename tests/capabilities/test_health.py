"""Health of customers over GraphQL, on both databases: what applies to which mode, weights, snapshots and who is at risk."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from tests.core.statements import counted_statements

from patron_core.contracts.renewing import open_renewals
from patron_core.health.snapshots import take_snapshots
from patron_core.hookspecs import Step
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.profits.rfm import score_rfm
from patron_core.unit_of_work import UnitOfWork
from patron_schema.compose.commands import decode_id
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

CUSTOMER = """mutation C($name: String!, $mode: EngagementMode) { customerCreate(input: {
  organization: { legalName: $name }, engagementMode: $mode }) { customer { id } } }"""
HEALTH = """query H($id: ID!) { customerHealth(customerId: $id) { value applicable reason sampleSize method
  factors { plugin name value share reason } } }"""
CONTACT = """mutation T($id: ID!, $at: DateTime!) { touchpointLog(input: { customerId: $id, channel: PHONE, direction: INBOUND,
  topic: "A call", occurredAt: $at }) { touchpoint { id } userErrors { message } } }"""
COMPLAIN = (
    """mutation O($id: ID!) { caseOpen(input: { customerId: $id, kind: COMPLAINT, topic: "Late" }) { case { id } } }"""
)
WEIGH = """mutation W($factor: CoreFactor!, $weight: Decimal!) { healthFactorWeigh(input: { factor: $factor, weight: $weight }) {
  healthWeight { weight } userErrors { code path } } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def customer(patron: Patron, mode: str, name: str = "Engines") -> str:
    """The id of a new customer."""
    made: str = (await patron.data(CUSTOMER, {"name": name, "mode": mode}))["customerCreate"]["customer"]["id"]
    return made


async def called(patron: Patron, who: str, *days_ago: int) -> None:
    """Contacts with a customer."""
    for days in days_ago:
        at = (NOON - dt.timedelta(days=days)).isoformat()
        assert (await patron.data(CONTACT, {"id": who, "at": at}))["touchpointLog"]["userErrors"] == []


async def health(patron: Patron, who: str) -> dict[str, Any]:
    """A customer's health, factors by name."""
    found: dict[str, Any] = (await patron.data(HEALTH, {"id": who}))["customerHealth"]
    return {**found, "factors": {each["name"]: each for each in found["factors"]}}


def snapshots(uow: UnitOfWork) -> None:
    """Runs the job."""
    take_snapshots(Step(arguments={}, state={}, done=0), uow)


async def test_capability_79_health_cadence_and_renewals_are_of_relationships(patron: Patron) -> None:
    today = NOON.date()
    partner = await customer(patron, "RELATIONSHIP")
    buyer = await customer(patron, "TRANSACTION", "Buyer")
    for who in (partner, buyer):
        await called(patron, who, 50, 40, 30, 20)
    await patron.data(
        """mutation K($id: ID!, $from: Date!, $to: Date!) { contractCreate(input: { customerId: $id, number: "C-1", name: "Support",
          termFrom: $from, termTo: $to }) { contract { id } userErrors { message } } }""",
        {"id": partner, "from": str(today - dt.timedelta(days=300)), "to": str(today + dt.timedelta(days=60))},
    )
    await patron.prepared.do(lambda uow: open_renewals(Step(arguments={}, state={}, done=0), uow))

    with counted_statements() as statements:
        kept = await health(patron, partner)
    bought = await health(patron, buyer)

    assert kept["applicable"]
    assert kept["factors"]["contact"]["value"] == "0.50"  # silent for twice the usual ten days
    assert kept["factors"]["renewal"]["value"] == "0.75"
    assert kept["factors"]["complaints"]["value"] == "1.0000"
    assert (kept["factors"]["feedback"]["value"], kept["factors"]["trend"]["value"]) == (None, None)
    assert Decimal(kept["value"]) == Decimal("78.1")  # (2 * 0.5 + 3 * 0.75 + 3 * 1) / 8
    assert len(statements) <= 16
    assert (bought["value"], bought["applicable"]) == (None, False)
    assert bought["reason"].startswith("Purchases alone")
    assert {each["share"] for each in bought["factors"].values()} == {"0"}


async def test_capability_79_what_is_of_purchases_alone_does_not_apply_to_a_relationship(patron: Patron) -> None:
    partner = await customer(patron, "RELATIONSHIP")
    await patron.prepared.do(lambda uow: score_rfm(Step(arguments={"currency": "EUR"}, state={}, done=0), uow))

    found = await patron.data(
        """query R($id: ID!) { customers(where: { id: { eq: $id } }) { nodes { engagementMode rfm { applicable reason value } } } }""",
        {"id": partner},
    )

    assert len(patron.statements) == 1
    rfm = found["customers"]["nodes"][0]["rfm"]
    assert (rfm["applicable"], rfm["value"]) == (False, None)
    assert rfm["reason"]


async def test_capability_79_a_tenant_weighs_factors_itself(patron: Patron) -> None:
    who = await customer(patron, "RELATIONSHIP")
    await called(patron, who, 50, 40, 30, 20)
    for _ in range(3):
        await patron.data(COMPLAIN, {"id": who})

    before = await health(patron, who)
    refused = await patron.data(WEIGH, {"factor": "COMPLAINTS", "weight": "101"})
    for weight in ("5", "0"):
        await patron.data(WEIGH, {"factor": "COMPLAINTS", "weight": weight})
    after = await health(patron, who)

    assert Decimal(before["value"]) == Decimal("20.0")  # (2 * 0.5 + 3 * 0) / 5
    assert refused["healthFactorWeigh"]["userErrors"] == [{"code": "INVALID_INPUT", "path": ["input", "weight"]}]
    assert Decimal(after["value"]) == Decimal("50.0")
    assert "complaints" not in after["factors"]
    assert (await patron.data("{ healthWeights { totalCount } }"))["healthWeights"]["totalCount"] == 1


async def test_capability_79_health_is_kept_by_day_and_who_falls_is_told_once(patron: Patron) -> None:
    who = await customer(patron, "RELATIONSHIP")
    await customer(patron, "TRANSACTION", "Buyer")
    await customer(patron, "RELATIONSHIP", "Unknown")
    await called(patron, who, 41, 31, 21, 11)

    first = await patron.prepared.execute(snapshots)
    again = await patron.prepared.execute(snapshots)
    patron.prepared.clock.advance(dt.timedelta(days=20))
    for _ in range(2):
        await patron.data(COMPLAIN, {"id": who})
    second = await patron.prepared.execute(snapshots)
    risks = await patron.data(
        """{ healthSnapshots(where: { latest: { eq: true }, value: { lt: "40" } }, orderBy: [{ field: VALUE, direction: ASC }]) {
          nodes { value change takenOn customer { displayName healthSnapshots(orderBy: [{ field: TAKEN_ON, direction: ASC }]) {
            nodes { value latest } } } } } }"""
    )

    assert len(patron.statements) == 1
    assert [[each.event.type for each in run.events] for run in (first, again, second)] == [[], [], ["health.fell"]]
    (risk,) = risks["healthSnapshots"]["nodes"]
    assert [(each["value"], each["latest"]) for each in risk["customer"]["healthSnapshots"]["nodes"]] == [
        ("98.0", False),
        ("20.0", True),
    ]
    assert (risk["change"], risk["takenOn"]) == ("-78.0", str((NOON + dt.timedelta(days=20)).date()))


@pytest.mark.parametrize("role", ["customer_portal", "partner"])
async def test_what_we_think_of_a_customer_is_not_for_itself_nor_for_a_partner(patron: Patron, role: str) -> None:
    query = CUSTOMER.replace("customer { id }", "customer { id party { id } }")
    who, other = [
        (await patron.data(query, {"name": name}))["customerCreate"]["customer"] for name in ("Engines", "Shops")
    ]
    party = who["party"]["id"] if role == "customer_portal" else other["party"]["id"]
    if role == "partner":
        share = """mutation S($party: ID!, $customer: ID!) { sharingAgreementCreate(input: { partnerId: $party,
          customerId: $customer }) { userErrors { message } } }"""
        agreed = await patron.data(share, {"party": party, "customer": who["id"]})
        assert agreed["sharingAgreementCreate"]["userErrors"] == []
    of = decode_id(party, "pty")
    outsider = Actor(patron.prepared.tenant_id, role, "user", roles=(role,), party_id=of, purpose="PATRQT")

    for asked in (
        "customerHealth(customerId: $id) { value }",
        "customerWarnings(customerId: $id) { kind }",
        "recommendations(customerId: $id) { code }",
        "customer(id: $id) { warningSigns(first: 1) { nodes { kind } } }",
    ):
        answer = await patron.ask(f"query Q($id: ID!) {{ {asked} }}", {"id": who["id"]}, actor=outsider)

        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED", asked
    assert "errors" not in await patron.ask(
        "query Q($id: ID!) { customer(id: $id) { id } }", {"id": who["id"]}, actor=outsider
    )
