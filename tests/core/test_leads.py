"""Leads: taken in once, scored with reasons, answered in time or late, converted once with what they agreed to."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
from sqlalchemy import func, select

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput, NotFound
from patron_core.hookspecs import Step
from patron_core.leads.commands import (
    ConvertLead,
    DisqualifyLead,
    ForgetLead,
    LeadDeal,
    NewLeadConsent,
    QualifyLead,
    ReceiveLead,
    RespondLead,
    SetLeadResponseTarget,
    UpdateLead,
)
from patron_core.leads.figures import response_figures
from patron_core.leads.models import Lead, LeadConsent, LeadMotivator, LeadScoreFactor, LeadState, ScoreCode
from patron_core.leads.recurring import rescore_leads
from patron_core.leads.responding import note_late_leads
from patron_core.leads.scoring import MOST, score_of
from patron_core.opportunities.commands import CreateOpportunity
from patron_core.opportunities.models import Motivation, Opportunity
from patron_core.outbox.models import OutboxEvent
from patron_core.parties.commands import NewOrganization
from patron_core.parties.models import ContactMedium, Organization, Person
from patron_core.privacy.consent import may_contact
from patron_core.privacy.models import ConsentDecision, ConsentPurpose
from patron_core.relationships.models import Relationship
from patron_core.touchpoints.models import Channel
from patron_core.values import Money
from patron_schema.testing.databases import NOON, PreparedDatabase

FIRST = Step(arguments={}, state={}, done=0)
TODAY = NOON.date()


async def received(database: PreparedDatabase, **given: Any) -> Lead:
    """A lead of a person."""
    values: dict[str, Any] = {"family_name": "Lovelace", "source": "form", "channel": Channel.WEB, **given}
    made: Lead = await database.do(ReceiveLead(**values))
    return made


async def count(database: PreparedDatabase, model: Any) -> int:
    found: int = await database.do(lambda uow: uow.rows(select(func.count()).select_from(model))[0][0])
    return found


async def late_events(database: PreparedDatabase) -> int:
    def work(uow: Any) -> int:
        statement = select(func.count()).select_from(OutboxEvent).where(OutboxEvent.type == "lead.response_late")
        return int(uow.rows(statement)[0][0])

    found: int = await database.do(work)
    return found


def test_the_most_points_sum_to_a_hundred() -> None:
    assert sum(MOST.values()) == 100
    assert set(MOST) == set(ScoreCode)


@pytest.mark.parametrize(
    ("days", "points"), [(-1, 0), (0, 20), (30, 20), (31, 12), (90, 12), (91, 6), (180, 6), (181, 3), (None, 0)]
)
def test_a_near_decision_gives_more_points(days: int | None, points: int) -> None:
    decision_on = None if days is None else TODAY + dt.timedelta(days=days)
    lead = Lead(channel=Channel.WEB, decision_on=decision_on)

    timing = next(each for each in score_of(lead, motivators=0, today=TODAY) if each.code is ScoreCode.TIMING)

    assert timing.points == points


async def test_a_lead_that_tells_all_scores_a_hundred_less_what_is_not_known(database: PreparedDatabase) -> None:
    full = await received(
        database,
        email="ada@example.com",
        phone="+41446681800",
        interest="An engine",
        motivation=Motivation.LOGIC,
        motivators=("price", "price", "speed"),
        budget=Money(1_000_00, "EUR"),
        decision_on=TODAY + dt.timedelta(days=10),
        channel=Channel.PHONE,
    )
    bare = await received(database)

    assert (full.score, bare.score) == (95, 5)
    assert await count(database, LeadMotivator) == 2
    assert await count(database, LeadScoreFactor) == 16


async def test_a_change_makes_the_score_anew(database: PreparedDatabase) -> None:
    lead = await received(database)

    changed = await database.do(
        UpdateLead(id=lead.id, version=lead.version, budget=Money(5_00, "EUR"), motivators=("price",))
    )

    assert changed.score == 5 + 25 + 5
    outcome = await database.execute(UpdateLead(id=lead.id, version=changed.version, motivators=()))
    assert outcome.value.score == 30
    assert outcome.events[0].event.payload()["fields"] == ["motivators"]


async def test_a_passing_day_changes_the_score_by_a_job(database: PreparedDatabase) -> None:
    lead = await received(database, decision_on=TODAY + dt.timedelta(days=1))
    assert lead.score == 25

    database.clock.advance(dt.timedelta(days=2))
    await database.do(lambda uow: rescore_leads(FIRST, uow))

    assert (await database.do(lambda uow: uow.get(Lead, lead.id))).score == 5


async def test_the_same_source_key_gives_the_same_lead_also_at_once(database: PreparedDatabase) -> None:
    made = await asyncio.gather(*(received(database, source_key="k") for _ in range(3)), return_exceptions=True)

    leads = [each for each in made if isinstance(each, Lead)]
    assert leads
    assert len({lead.id for lead in leads}) == 1
    assert (await received(database, source_key="k")).id == leads[0].id
    assert await count(database, Lead) == 1


async def test_an_answer_is_due_as_set_for_the_channel(database: PreparedDatabase) -> None:
    default = await received(database)
    await database.do(SetLeadResponseTarget(channel=Channel.WEB, minutes=15))
    await database.do(SetLeadResponseTarget(channel=Channel.WEB, minutes=20))

    assert default.first_response_due_at - NOON == dt.timedelta(minutes=60)
    assert (await received(database)).first_response_minutes == 20
    assert (await received(database, first_response_minutes=5)).first_response_minutes == 5


async def test_a_late_answer_is_told_once_by_the_job_or_by_the_answer(database: PreparedDatabase) -> None:
    by_job, by_answer, kept = [await received(database, first_response_minutes=10) for _ in range(3)]
    await database.do(RespondLead(id=kept.id))
    database.clock.advance(dt.timedelta(minutes=11))
    await database.do(RespondLead(id=by_answer.id))

    for _ in range(2):
        await database.do(lambda uow: note_late_leads(FIRST, uow))
    await database.do(RespondLead(id=by_job.id))

    assert await late_events(database) == 2
    again = await database.do(RespondLead(id=by_answer.id))
    assert (again.response_minutes, again.state, again.breached_at is None) == (11, LeadState.WORKING, False)
    assert (await database.do(lambda uow: uow.get(Lead, kept.id))).breached_at is None


async def test_a_closed_lead_is_not_late(database: PreparedDatabase) -> None:
    lead = await received(database, first_response_minutes=10)
    await database.do(DisqualifyLead(id=lead.id, version=lead.version, reason="Spam."))
    database.clock.advance(dt.timedelta(minutes=11))

    await database.do(lambda uow: note_late_leads(FIRST, uow))

    assert await late_events(database) == 0


async def test_an_answer_is_neither_in_the_future_nor_before_the_lead(database: PreparedDatabase) -> None:
    lead = await received(database)

    for minutes in (-1, 1):
        with pytest.raises(InvalidInput):
            await database.do(RespondLead(id=lead.id, responded_at=NOON + dt.timedelta(minutes=minutes)))


async def test_figures_of_answers_are_nearest_rank_percentiles(database: PreparedDatabase) -> None:
    minutes = (1, 2, 3, 4, 5, 6, 7, 8, 9, 100)
    for each in minutes:
        lead = await received(database, received_at=NOON - dt.timedelta(minutes=200))
        at = NOON - dt.timedelta(minutes=200 - each)
        await database.do(RespondLead(id=lead.id, responded_at=at))
    await received(database, received_at=NOON - dt.timedelta(minutes=200))  # late, and nobody has answered

    made = await database.do(
        lambda uow: response_figures(uow, begins=NOON - dt.timedelta(days=1), ends=NOON, owner=None)
    )
    none = await database.do(lambda uow: response_figures(uow, begins=NOON, ends=NOON + dt.timedelta(1), owner="x"))

    assert (made.median_minutes.value, made.p90_minutes.value) == (5, 9)
    assert str(made.share_in_time.value) == "0.8182"  # 9 of 11
    assert (none.median_minutes.applicable, none.share_in_time.applicable) == (False, False)


async def test_a_person_of_an_organization_becomes_two_parties_that_are_related(database: PreparedDatabase) -> None:
    lead = await received(
        database,
        organization_name="Engines",
        email="ada@example.com",
        consents=(
            NewLeadConsent(purpose=ConsentPurpose.MARKETING, decided_at=NOON - dt.timedelta(days=3)),
            NewLeadConsent(purpose=ConsentPurpose.PROFILING, status=ConsentDecision.DENIED),
        ),
    )

    converted = await database.do(ConvertLead(id=lead.id))

    assert converted.state is LeadState.CONVERTED
    assert await count(database, Organization) == await count(database, Person) == 1
    assert await count(database, Relationship) == await count(database, ContactMedium) == 1
    party_id = converted.party_id
    assert await database.do(lambda uow: may_contact(uow, party_id, ConsentPurpose.MARKETING, Channel.EMAIL))
    assert not await database.do(lambda uow: may_contact(uow, party_id, ConsentPurpose.PROFILING, None))


async def test_a_lead_is_converted_once_and_asked_again_gives_the_same(database: PreparedDatabase) -> None:
    lead = await received(database, motivation=Motivation.IMPULSE, budget=Money(7_00, "EUR"))
    command = ConvertLead(id=lead.id, opportunity=LeadDeal(name="A bicycle"))

    first = await database.do(command)
    again = await database.do(command)

    assert (again.customer_id, again.opportunity_id) == (first.customer_id, first.opportunity_id)
    assert await count(database, Customer) == await count(database, Opportunity) == 1
    deal = await database.do(lambda uow: uow.get(Opportunity, first.opportunity_id))
    assert (deal.motivation, deal.budget) == (Motivation.IMPULSE, Money(7_00, "EUR"))
    other = await database.do(CreateCustomer(organization=NewOrganization(legal_name="Other")))
    with pytest.raises(Conflict):
        await database.do(ConvertLead(id=lead.id, customer_id=other.id))


async def test_two_who_convert_at_once_make_one_customer(database: PreparedDatabase) -> None:
    lead = await received(database)

    made = await asyncio.gather(*(database.do(ConvertLead(id=lead.id)) for _ in range(3)), return_exceptions=True)

    assert all(isinstance(each, Lead) for each in made), made
    assert await count(database, Customer) == 1


async def test_a_lead_becomes_a_known_customer_and_a_known_deal(database: PreparedDatabase) -> None:
    customer = await database.do(CreateCustomer(organization=NewOrganization(legal_name="Engines")))
    other = await database.do(CreateCustomer(organization=NewOrganization(legal_name="Other")))
    deal = await database.do(CreateOpportunity(customer_id=customer.id, name="Ten engines"))
    lead = await received(database)

    with pytest.raises(InvalidInput) as refused:
        await database.do(ConvertLead(id=lead.id, customer_id=other.id, opportunity_id=deal.id))
    assert refused.value.path == ("opportunity_id",)
    converted = await database.do(ConvertLead(id=lead.id, customer_id=customer.id, opportunity_id=deal.id))

    assert (converted.customer_id, converted.opportunity_id) == (customer.id, deal.id)
    assert converted.party_id == customer.party_id


async def test_a_known_party_becomes_a_customer_or_is_one(database: PreparedDatabase) -> None:
    customer = await database.do(CreateCustomer(organization=NewOrganization(legal_name="Engines")))
    lead = await received(database, party_id=customer.party_id)

    converted = await database.do(ConvertLead(id=lead.id))

    assert converted.customer_id == customer.id


async def test_what_was_disqualified_is_neither_converted_nor_changed(database: PreparedDatabase) -> None:
    lead = await received(database)
    gone = await database.do(DisqualifyLead(id=lead.id, version=lead.version, reason="Spam."))

    for command in (
        ConvertLead(id=lead.id),
        UpdateLead(id=lead.id, version=gone.version, owner="Bob"),
        QualifyLead(id=lead.id, version=gone.version),
    ):
        with pytest.raises(Conflict):
            await database.do(command)


async def test_a_lead_is_forgotten_with_all_that_is_kept_about_it(database: PreparedDatabase) -> None:
    lead = await received(database, motivators=("price",), consents=(NewLeadConsent(purpose=ConsentPurpose.MARKETING),))

    await database.do(ForgetLead(id=lead.id, version=lead.version))

    for model in (Lead, LeadMotivator, LeadScoreFactor, LeadConsent):
        assert await count(database, model) == 0
    with pytest.raises(NotFound):
        await database.do(ConvertLead(id=lead.id))


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"family_name": None}, ("family_name",)),
        ({"email": "nowhere"}, ("email",)),
        ({"phone": "12"}, ("phone",)),
        ({"motivators": ("",)}, ("motivators",)),
        ({"motivators": tuple(str(n) for n in range(21))}, ("motivators",)),
        ({"first_response_minutes": 0}, ("first_response_minutes",)),
        ({"budget": Money(-1, "EUR")}, ("budget",)),
    ],
)
def test_a_lead_that_could_not_be_kept_is_refused(given: dict[str, Any], path: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput) as refused:
        ReceiveLead(**{"family_name": "Lovelace", "source": "form", "channel": Channel.WEB, **given})

    assert refused.value.path == path


@pytest.mark.parametrize("which", ["customer and party", "deal without its customer"])
async def test_it_must_be_clear_whom_a_lead_becomes(database: PreparedDatabase, which: str) -> None:
    customer = await database.do(CreateCustomer(organization=NewOrganization(legal_name="Engines")))
    deal = await database.do(CreateOpportunity(customer_id=customer.id, name="Ten engines"))
    lead = await received(database)
    command = (
        ConvertLead(id=lead.id, customer_id=customer.id, party_id=customer.party_id)
        if which == "customer and party"
        else ConvertLead(id=lead.id, opportunity_id=deal.id)
    )

    with pytest.raises(InvalidInput):
        await database.do(command)
