"""Whoever was taken out of lists is in no answer about whom to sell to, call, serve or warn of, on both databases."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from sqlalchemy import select
from tests.core.value_runs import run

from patron_core.campaigns.commands import AddCampaignMembers, CreateCampaign, StartCampaign
from patron_core.campaigns.models import Arm, Campaign, CampaignMember
from patron_core.campaigns.recurring import fill_campaign
from patron_core.cases.commands import OpenCase
from patron_core.cases.models import CaseKind, WarningSign
from patron_core.cases.watching import watch
from patron_core.customers.commands import CreateCustomer, DeleteCustomer
from patron_core.customers.models import Customer, EngagementMode
from patron_core.health.models import HealthSnapshot
from patron_core.health.snapshots import take_snapshots
from patron_core.hookspecs import Step
from patron_core.outbox.telling import outer_id
from patron_core.parties.commands import NewPerson
from patron_core.plugins import Plugins
from patron_core.privacy.commands import RecordConsent
from patron_core.privacy.models import ConsentPurpose
from patron_core.profits.building import build_profits
from patron_core.service_levels.assigning import apply_all_rules
from patron_core.service_levels.models import ServiceLevelAssignment
from patron_core.touchpoints.models import Channel
from patron_core.transactions.commands import RecordTransaction
from patron_core.transactions.models import TransactionKind
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

LEVELS = """mutation { floor: serviceLevelDefine(input: { code: "FLOOR", name: "Everybody", rank: 0,
    targets: [{ severity: NORMAL, firstResponseMinutes: 480, resolutionMinutes: 2880 }], entitlements: [] }) { userErrors { code } }
  gold: serviceLevelDefine(input: { code: "GOLD", name: "Gold", rank: 10,
    targets: [{ severity: NORMAL, firstResponseMinutes: 60, resolutionMinutes: 480 }], entitlements: [] }) {
      serviceLevel { id } } }"""
RULES = """mutation($gold: ID!) {
  serviceLevelRuleDefine(input: { code: "REGULAR", serviceLevelId: $gold, metric: PURCHASES, count: 2 }) { userErrors { code } }
  monitoringRuleCreate(input: { name: "Bought less", behaviour: TRANSACTIONS, currentDays: 15, baselineDays: 90,
    direction: DOWN, thresholdShare: "0.5", minimumSample: 3 }) { monitoringRule { id } userErrors { code message } } }"""
ASKED = """{
  bestCustomers(asOf: "2026-03-14", currency: "EUR", by: REVENUE) { customerId rank }
  dueForRepeat { customerId }
  serviceLevelFairness { shares { customers } }
  serviceLevelChangeSimulate(changes: []) { customers }
  offerSimulate(cost: "5.00", currencyCode: "EUR") { eligible withConsent }
  unprofitableCustomers(from: "2026-01-01", to: "2026-04-01", currency: "EUR") { customerId } }"""


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def buyer(patron: Patron, name: str, cents: int) -> Customer:
    """A customer who bought every twenty days, cost more than that, complained, and agreed to offers."""

    def work(uow: UnitOfWork) -> Customer:
        person = NewPerson(given_name=name, family_name="Almond")
        made: Customer = uow.handle(CreateCustomer(person=person, engagement_mode=EngagementMode.HYBRID))
        uow.flush()
        uow.handle(RecordConsent(party_id=made.party_id, purpose=ConsentPurpose.MARKETING))
        for days in (60, 40, 20):
            at = NOON - dt.timedelta(days=days)
            uow.handle(RecordTransaction(customer_id=made.id, amount=Money(cents, "EUR"), occurred_at=at))
        spent = RecordTransaction(
            customer_id=made.id, kind=TransactionKind.COST_TO_SERVE, amount=Money(9_999_99, "EUR"), occurred_at=at
        )
        uow.handle(spent)
        uow.handle(OpenCase(customer_id=made.id, kind=CaseKind.COMPLAINT, topic="It is broken"))
        return made

    made: Customer = await patron.prepared.do(work)
    return made


async def two(patron: Patron) -> tuple[Customer, Customer]:
    """One who stays and one who bought more and is taken out of lists."""
    stays, goes = await buyer(patron, "Ada", 10_00), await buyer(patron, "Ben", 90_00)
    return stays, goes


async def deleted(patron: Patron, customer: Customer) -> None:
    await patron.prepared.do(DeleteCustomer(id=customer.id, version=customer.version))


async def test_who_was_deleted_is_in_no_list_and_no_count_of_customers_of_now(patron: Patron) -> None:
    gold = (await patron.data(LEVELS))["gold"]["serviceLevel"]["id"]
    await patron.data(RULES, {"gold": gold})
    stays, goes = await two(patron)
    await run(patron.prepared, build_profits)

    await deleted(patron, goes)
    found = await patron.data(ASKED)

    only = outer_id(stays.id, Customer)
    assert found["bestCustomers"] == [{"customerId": only, "rank": 1}]
    assert found["dueForRepeat"] == [{"customerId": only}]
    assert sum(share["customers"] for share in found["serviceLevelFairness"]["shares"]) == 1
    assert found["serviceLevelChangeSimulate"] == {"customers": 1}
    assert found["offerSimulate"] == {"eligible": 1, "withConsent": 1}
    assert found["unprofitableCustomers"] == [{"customerId": only}]


async def test_no_job_works_on_who_was_deleted(patron: Patron) -> None:
    gold = (await patron.data(LEVELS))["gold"]["serviceLevel"]["id"]
    rule = (await patron.data(RULES, {"gold": gold}))["monitoringRuleCreate"]["monitoringRule"]["id"]
    stays, goes = await two(patron)
    await deleted(patron, goes)

    evaluate = "mutation($id: ID!) { monitoringRuleRun(input: { id: $id }) { monitoringRule { opened } } }"
    assert (await patron.data(evaluate, {"id": rule}))["monitoringRuleRun"]["monitoringRule"]["opened"] == 1
    for job in (watch, take_snapshots, apply_all_rules):
        await run(patron.prepared, job)

    def touched(uow: UnitOfWork) -> list[set[uuid.UUID]]:
        models = (WarningSign, HealthSnapshot, ServiceLevelAssignment)
        return [set(uow.select(select(model.customer_id))) for model in models]

    assert await patron.prepared.do(touched) == [{stays.id}] * 3


async def test_a_campaign_reaches_nobody_who_was_deleted(patron: Patron) -> None:
    made = """mutation { segmentCreate(input: { name: "Almonds", customers: { kind: { eq: B2C } } }) { segment { id } } }"""
    stays, goes = await two(patron)
    segment = (await patron.data(made))["segmentCreate"]["segment"]["id"]
    await patron.data("mutation($id: ID!) { segmentRefresh(input: { id: $id }) { segment { id } } }", {"id": segment})
    await deleted(patron, goes)

    def fill(uow: UnitOfWork) -> dict[str, dict[uuid.UUID, Arm]]:
        found = {}
        for code, members in (("NAMED", (stays.id, goes.id)), ("SEGMENT", ())):
            campaign: Campaign = uow.handle(
                CreateCampaign(
                    code=code, name=code, channel=Channel.EMAIL, control_share=Decimal(0),
                    segment_id=None if members else uuid.UUID(segment.removeprefix("seg_")),
                )
            )  # fmt: skip
            uow.flush()
            uow.handle(StartCampaign(id=campaign.id, version=campaign.version))
            if members:
                uow.handle(AddCampaignMembers(campaign_id=campaign.id, customer_ids=members))
            else:
                fill_campaign(Step(arguments={"campaign": str(campaign.id)}, state={}, done=0), uow)
            rows = uow.select(select(CampaignMember).where(CampaignMember.campaign_id == campaign.id))
            found[code] = {row.customer_id: row.arm for row in rows}
        return found

    members = await patron.prepared.do(fill)
    assert members["NAMED"] == {stays.id: Arm.TREATMENT, goes.id: Arm.EXCLUDED}
    assert members["SEGMENT"] == {stays.id: Arm.TREATMENT}
