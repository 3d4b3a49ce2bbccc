"""Offers: eligible, consented, within time and caps, whoever else redeems at that moment; and what one would come to."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import Customer
from patron_core.errors import Conflict, Forbidden, InvalidInput, Overloaded, Unavailable, Vetoed
from patron_core.hookspecs import Step
from patron_core.messages import Actor
from patron_core.offers.aging import expire_offers
from patron_core.offers.commands import AnswerOffer, CreateOffer, PresentOffer, RedeemOffer, SetOfferStatus
from patron_core.offers.models import Offer, OfferPresentation, OfferRedemption, OfferStatus, PresentationStatus
from patron_core.offers.service import EXHAUSTED, LIMIT_REACHED, NOT_ELIGIBLE, NOT_OPEN
from patron_core.offers.simulation import OfferSimulation, Terms, simulate
from patron_core.parties.commands import NewPerson
from patron_core.privacy.commands import RecordConsent, WithdrawConsent
from patron_core.privacy.consent import CONSENT_REQUIRED, may_contact
from patron_core.privacy.models import ConsentDecision, ConsentPurpose
from patron_core.segments.models import Segment, SegmentMembership, SegmentStatus, SegmentTarget
from patron_core.touchpoints.models import Channel
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money
from patron_schema.testing.databases import NOON, PreparedDatabase

DAY = dt.timedelta(days=1)
TEN = Money(1000, "EUR")


async def customer(database: PreparedDatabase, **consents: ConsentDecision) -> Customer:
    """A customer who said so about marketing: `all` or a channel by its name."""
    made: Customer = await database.do(CreateCustomer(person=NewPerson(family_name="Almond")))
    for channel, decision in (consents or {"all": ConsentDecision.GIVEN}).items():
        await said(database, made, decision, None if channel == "all" else Channel[channel])
    return made


async def said(database: PreparedDatabase, who: Customer, decision: ConsentDecision, over: Channel | None) -> None:
    database.clock.advance(dt.timedelta(seconds=1))
    about: dict[str, Any] = {"party_id": who.party_id, "purpose": ConsentPurpose.MARKETING, "channel": over}
    if decision is ConsentDecision.WITHDRAWN:
        await database.do(WithdrawConsent(**about))
    else:
        await database.do(RecordConsent(**about, status=decision))


async def offer(database: PreparedDatabase, *, active: bool = True, **given: Any) -> Offer:
    made: Offer = await database.do(CreateOffer(**{"code": "SPRING_10", "name": "Spring", "cost": TEN, **given}))
    if active:
        made = await database.do(SetOfferStatus(id=made.id, version=1, status=OfferStatus.ACTIVE))
    return made


async def presented(database: PreparedDatabase, of: Offer, who: Customer, **given: Any) -> OfferPresentation:
    made: OfferPresentation = await database.do(PresentOffer(offer_id=of.id, customer_id=who.id, **given))
    return made


async def segment(
    database: PreparedDatabase, *members: Customer, target: SegmentTarget = SegmentTarget.CUSTOMER
) -> uuid.UUID:
    """A segment as a refresh would leave it."""

    def work(uow: UnitOfWork) -> uuid.UUID:
        row = uow.add(
            Segment(
                name="Chosen", target=target, condition="{}", revision=1, status=SegmentStatus.ACTIVE,
                refreshed_at=uow.now, member_count=len(members), created_by="test",
            )
        )  # fmt: skip
        for who in members:
            uow.add(
                SegmentMembership(
                    segment_id=row.id, party_id=who.party_id, customer_id=who.id, entered_at=uow.now, entered_revision=1
                )
            )
        return row.id

    made: uuid.UUID = await database.do(work)
    return made


async def redeemed(database: PreparedDatabase, of: OfferPresentation) -> OfferRedemption:
    """Redeems as a client does: tries again where the row was held for too long by others."""
    for _ in range(20):
        try:
            made: OfferRedemption = await database.do(RedeemOffer(id=of.id))
        except (Overloaded, Unavailable):
            continue
        return made
    raise AssertionError("The row is never free.")


async def veto(work: Any) -> str:
    with pytest.raises(Vetoed) as refused:
        await work
    return refused.value.public_code


async def test_an_offer_goes_from_presented_to_redeemed(database: PreparedDatabase) -> None:
    who, spring = await customer(database), await offer(database)

    made = await presented(database, spring, who, channel=Channel.EMAIL)
    answered = await database.do(AnswerOffer(id=made.id, version=1, accepted=True))
    redeemed = await database.execute(RedeemOffer(id=made.id))

    assert (made.status, answered.status) == (PresentationStatus.PRESENTED, PresentationStatus.ACCEPTED)
    assert redeemed.value.amount == TEN
    assert [each.event.type for each in redeemed.events] == ["offer.redeemed"]
    state = await database.do(lambda uow: uow.get(Offer, spring.id))
    assert (state.redeemed_count, state.spent) == (1, TEN)
    assert await veto(database.do(RedeemOffer(id=made.id))) == LIMIT_REACHED


@pytest.mark.parametrize("decision", [ConsentDecision.WITHDRAWN, ConsentDecision.DENIED])
async def test_who_withdrew_consent_is_not_presented_with_it(
    database: PreparedDatabase, decision: ConsentDecision
) -> None:
    who, spring = await customer(database, all=ConsentDecision.GIVEN), await offer(database)
    await said(database, who, decision, None)

    assert await veto(presented(database, spring, who)) == CONSENT_REQUIRED
    assert await database.do(lambda uow: uow.select(select(OfferPresentation))) == []


async def test_consent_for_one_channel_is_none_for_another(database: PreparedDatabase) -> None:
    who, spring = await customer(database, EMAIL=ConsentDecision.GIVEN), await offer(database)

    assert await veto(presented(database, spring, who, channel=Channel.PHONE)) == CONSENT_REQUIRED
    await presented(database, spring, who, channel=Channel.EMAIL)


async def test_only_who_is_in_the_segment_is_eligible(database: PreparedDatabase) -> None:
    inside, outside = await customer(database), await customer(database)
    spring = await offer(database, segment_id=await segment(database, inside))

    await presented(database, spring, inside)
    assert await veto(presented(database, spring, outside)) == NOT_ELIGIBLE


async def test_an_offer_is_not_made_to_a_segment_of_others(database: PreparedDatabase) -> None:
    with pytest.raises(InvalidInput):
        await offer(database, segment_id=await segment(database, target=SegmentTarget.PARTY))


@pytest.mark.parametrize(
    ("start", "end", "refused"), [(-1, 1, False), (0, 1, False), (1, 2, True), (-2, -1, True), (-1, 0, True)]
)
async def test_an_offer_has_its_time(database: PreparedDatabase, start: int, end: int, refused: bool) -> None:
    who = await customer(database)
    moment = database.clock.now()
    spring = await offer(database, valid_from=moment + start * DAY, valid_to=moment + end * DAY)

    if refused:
        assert await veto(presented(database, spring, who)) == NOT_OPEN
    else:
        await presented(database, spring, who)


async def test_a_draft_and_a_paused_offer_are_not_had(database: PreparedDatabase) -> None:
    who, spring = await customer(database), await offer(database, active=False)
    assert await veto(presented(database, spring, who)) == NOT_OPEN

    spring = await database.do(SetOfferStatus(id=spring.id, version=1, status=OfferStatus.ACTIVE))
    made = await presented(database, spring, who)
    await database.do(SetOfferStatus(id=spring.id, version=2, status=OfferStatus.PAUSED))
    assert await veto(database.do(RedeemOffer(id=made.id))) == NOT_OPEN
    with pytest.raises(Conflict):
        await database.do(SetOfferStatus(id=spring.id, version=3, status=OfferStatus.EXPIRED))


async def test_it_is_presented_once_and_not_had_by_who_declined(database: PreparedDatabase) -> None:
    who, spring = await customer(database), await offer(database)
    answers = await asyncio.gather(*(presented(database, spring, who) for _ in range(4)), return_exceptions=True)
    (made,) = [each for each in answers if isinstance(each, OfferPresentation)]
    assert [type(each) for each in answers].count(Conflict) == 3

    await database.do(AnswerOffer(id=made.id, version=1, accepted=False, reason="Too dear."))

    with pytest.raises(Conflict):
        await database.do(RedeemOffer(id=made.id))


@pytest.mark.parametrize(("caps", "had"), [({"max_redemptions": 5}, 5), ({"budget": Money(3999, "EUR")}, 3), ({}, 16)])
async def test_of_sixteen_at_once_no_more_redeem_than_the_caps_allow(
    database: PreparedDatabase, caps: dict[str, Any], had: int
) -> None:
    spring = await offer(database, **caps)
    everybody = [await customer(database) for _ in range(16)]
    made = [await presented(database, spring, who) for who in everybody]

    answers = await asyncio.gather(*(redeemed(database, each) for each in made), return_exceptions=True)

    assert [each for each in answers if not isinstance(each, OfferRedemption | Vetoed)] == []
    assert [type(each) for each in answers].count(OfferRedemption) == had
    assert {each.public_code for each in answers if isinstance(each, Vetoed)} <= {EXHAUSTED}
    state = await database.do(lambda uow: uow.get(Offer, spring.id))
    rows = await database.do(lambda uow: uow.select(select(func.count(OfferRedemption.id))))
    assert (state.redeemed_count, state.spent.minor, rows) == (had, had * 1000, [had])


async def test_one_customer_at_sixteen_tills_has_it_as_often_as_each_may(database: PreparedDatabase) -> None:
    who, spring = await customer(database), await offer(database, max_per_customer=2)
    made = await presented(database, spring, who)

    answers = await asyncio.gather(*(redeemed(database, made) for _ in range(16)), return_exceptions=True)

    assert [type(each) for each in answers].count(OfferRedemption) == 2
    assert {each.public_code for each in answers if isinstance(each, Vetoed)} == {LIMIT_REACHED}


async def test_what_is_over_expires_by_the_job_and_is_told_once(database: PreparedDatabase) -> None:
    spring = await offer(database, valid_to=NOON + DAY)
    had, waiting = await customer(database), await customer(database)
    first, second = await presented(database, spring, had), await presented(database, spring, waiting)
    await database.do(RedeemOffer(id=first.id))
    database.clock.advance(DAY)

    def run(uow: UnitOfWork) -> Any:
        return expire_offers(Step(arguments={}, state={}, done=0), uow)

    told = [await database.execute(run) for _ in range(2)]

    assert [[each.event.type for each in outcome.events] for outcome in told] == [
        ["offer.status_set", "offer.answered"], [],
    ]  # fmt: skip
    rows = await database.do(lambda uow: {row.id: row.status for row in uow.select(select(OfferPresentation))})
    assert rows == {first.id: PresentationStatus.REDEEMED, second.id: PresentationStatus.EXPIRED}


def terms(**given: Any) -> Terms:
    return Terms(
        **{
            "segment_id": None, "purpose": ConsentPurpose.MARKETING, "channel": None, "cost": TEN, "budget": None,
            "max_redemptions": None, "max_per_customer": 1, **given,
        }
    )  # fmt: skip


async def simulated(database: PreparedDatabase, **given: Any) -> OfferSimulation:
    found: OfferSimulation = await database.do(lambda uow: simulate(terms(**given), uow))
    return found


@pytest.mark.parametrize(
    ("given", "redemptions", "limited_by"),
    [
        ({}, 2, "CUSTOMERS"),
        ({"max_per_customer": 3}, 6, "CUSTOMERS"),
        ({"max_redemptions": 1}, 1, "REDEMPTIONS"),
        ({"budget": Money(1999, "EUR")}, 1, "BUDGET"),
        ({"budget": Money(0, "EUR")}, 0, "BUDGET"),
    ],
)
async def test_what_an_offer_would_come_to(
    database: PreparedDatabase, given: dict[str, Any], redemptions: int, limited_by: str
) -> None:
    for decision in (ConsentDecision.GIVEN, ConsentDecision.GIVEN, ConsentDecision.WITHDRAWN):
        await customer(database, all=decision)
    before = await database.do(lambda uow: uow.select(select(func.count(Offer.id))))

    found = await simulated(database, **given)

    assert (found.eligible, found.with_consent, found.without_consent) == (3, 2, 1)
    assert (found.redemptions, found.limited_by) == (redemptions, limited_by)
    assert found.cost.value == Decimal(10) * redemptions
    assert await database.do(lambda uow: uow.select(select(func.count(Offer.id)))) == before


@pytest.mark.parametrize("channel", [None, Channel.EMAIL, Channel.PHONE])
@pytest.mark.parametrize("purpose", [ConsentPurpose.MARKETING, ConsentPurpose.SERVICE])
async def test_the_simulation_counts_whom_consent_would_let_through(
    database: PreparedDatabase, channel: Channel | None, purpose: ConsentPurpose
) -> None:
    given, gone = ConsentDecision.GIVEN, ConsentDecision.WITHDRAWN
    everybody = [
        await customer(database, all=given),
        await customer(database, EMAIL=given),
        await customer(database, all=given, EMAIL=gone),
        await customer(database, EMAIL=gone, all=given),
        await customer(database, PHONE=given, EMAIL=gone),
        await customer(database, all=gone),
    ]

    found = await simulated(database, channel=channel, purpose=purpose)

    allowed = [
        await database.do(lambda uow, who=who: may_contact(uow, who.party_id, purpose, channel)) for who in everybody
    ]
    assert (found.eligible, found.with_consent) == (6, sum(allowed))


async def test_a_simulation_counts_the_segment(database: PreparedDatabase) -> None:
    inside = [await customer(database), await customer(database, all=ConsentDecision.DENIED)]
    await customer(database)

    found = await simulated(database, segment_id=await segment(database, *inside))

    assert (found.eligible, found.with_consent, found.segment_refreshed_at) == (2, 1, database.clock.now())


async def test_who_sees_no_money_or_not_all_customers_simulates_nothing(database: PreparedDatabase) -> None:
    receptionist = Actor(database.tenant_id, "rita", "user", roles=("receptionist",))
    limited = Actor(database.tenant_id, "olaf", "user", roles=("owner",), rows=frozenset({"owned"}))

    for actor in (receptionist, limited):
        with pytest.raises(Forbidden):
            await database.do(lambda uow: simulate(terms(), uow), actor=actor)


@pytest.mark.parametrize(
    "given",
    [
        {"cost": Money(-1, "EUR")},
        {"budget": Money(1, "USD")},
        {"max_redemptions": 0},
        {"max_per_customer": 0},
        {"code": "x"},
    ],
)
async def test_terms_that_make_no_sense_are_refused(database: PreparedDatabase, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        await offer(database, **given)
