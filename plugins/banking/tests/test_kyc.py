"""Knowing a customer: one asks, another decides, the decision counts for as long as the risk allows, and then is called for."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest

from patron_banking import insights, kyc, service
from patron_banking.commands import OpenAccount, RecordKycDecision, SubmitKyc
from patron_banking.models import (
    AccountParty,
    FinancialAccount,
    FinancialAccountKind,
    KycProfile,
    KycStatus,
    LoanStanding,
    LoanTerms,
    RiskRating,
)
from patron_banking.settings import BankingSettings
from patron_core.errors import Conflict, InvalidInput, PublicError
from patron_core.values import Money
from patron_schema.testing.databases import PreparedDatabase

from .bank import all_of, approved, checker, customer


async def test_who_asked_does_not_decide(database: PreparedDatabase) -> None:
    asked = await database.do(SubmitKyc(customer_id=await customer(database), risk_rating=RiskRating.LOW))
    decision = RecordKycDecision(id=asked.id, version=asked.version, decision=KycStatus.APPROVED)

    with pytest.raises(PublicError) as refused:
        await database.do(decision)
    outcome = await database.execute(decision, actor=checker(database))

    assert refused.value.public_code == "FOUR_EYES_REQUIRED"
    assert (outcome.value.status, outcome.value.decided_by) == (KycStatus.APPROVED, "checker")
    assert [committed.event.type for committed in outcome.events] == ["banking.kyc_decided"]


async def test_what_was_decided_is_not_decided_again(database: PreparedDatabase) -> None:
    profile = await approved(database, await customer(database))
    again = RecordKycDecision(
        id=profile.id, version=profile.version, decision=KycStatus.REJECTED, reason="Second thoughts"
    )

    with pytest.raises(Conflict):
        await database.do(again, actor=checker(database))
    old = RecordKycDecision(id=profile.id, version=1, decision=KycStatus.APPROVED)
    with pytest.raises(Conflict):
        await database.do(old, actor=checker(database))


async def test_a_new_submission_takes_the_approval_away(database: PreparedDatabase) -> None:
    ada = await customer(database)
    await approved(database, ada)

    profile = await database.do(SubmitKyc(customer_id=ada, risk_rating=RiskRating.HIGH))

    assert (profile.status, profile.decided_by, profile.next_review_on) == (KycStatus.SUBMITTED, None, None)
    with pytest.raises(PublicError) as refused:
        await database.do(OpenAccount(customer_id=ada, kind=FinancialAccountKind.SAVINGS, currency="EUR"))
    assert refused.value.public_code == "KYC_REQUIRED"


@pytest.mark.parametrize(
    ("values", "path"),
    [({"decision": KycStatus.SUBMITTED}, ("decision",)), ({"decision": KycStatus.REJECTED}, ("reason",))],
)
def test_a_decision_decides_and_a_rejection_says_why(values: dict[str, Any], path: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput) as refused:
        RecordKycDecision(id=uuid.uuid4(), version=1, **values)

    assert refused.value.path == path


@pytest.mark.parametrize(
    ("rating", "decided_on", "review_on"),
    [
        (RiskRating.LOW, dt.date(2026, 1, 31), dt.date(2029, 1, 31)),
        (RiskRating.MEDIUM, dt.date(2024, 2, 29), dt.date(2026, 2, 28)),
        (RiskRating.HIGH, dt.date(2024, 2, 29), dt.date(2025, 2, 28)),
    ],
)
def test_the_risk_sets_the_review(rating: RiskRating, decided_on: dt.date, review_on: dt.date) -> None:
    assert kyc.review_day(rating, decided_on=decided_on, settings=BankingSettings()) == review_on


async def test_an_overdue_review_is_called_for_once(database: PreparedDatabase) -> None:
    ada = await customer(database)
    await approved(database, ada, RiskRating.HIGH)
    await approved(database, await customer(database, "Bob"), RiskRating.LOW)

    early = await database.execute(service.raise_reviews)
    database.clock.advance(dt.timedelta(days=400))
    due = await database.execute(service.raise_reviews)
    again = await database.execute(service.raise_reviews)

    assert (early.events, again.events) == ((), ())
    assert [(committed.event.type, committed.event.customer_id) for committed in due.events] == [
        ("banking.kyc_review_due", ada)
    ]
    raised = {profile.customer_id: profile.review_raised_on for profile in await all_of(database, KycProfile)}
    assert raised[ada] == database.clock.now().date()


async def test_reviews_are_recommended_before_and_after_they_are_due(database: PreparedDatabase) -> None:
    ada = await customer(database)
    await approved(database, ada, RiskRating.HIGH)

    async def codes() -> list[str]:
        found = await database.do(lambda uow: list(insights.recommendations(ada, uow)))
        return [recommendation.code for recommendation in found]

    without_account = await codes()
    await database.do(OpenAccount(customer_id=ada, kind=FinancialAccountKind.SAVINGS, currency="EUR"))
    fresh = await codes()
    database.clock.advance(dt.timedelta(days=340))
    soon = await codes()
    database.clock.advance(dt.timedelta(days=60))

    assert (without_account, fresh, soon, await codes()) == ([], [], ["KYC_REVIEW_SOON"], ["KYC_REVIEW"])


async def test_a_score_without_a_loan_does_not_apply(database: PreparedDatabase) -> None:
    ada = await customer(database)
    bare = await database.do(lambda uow: insights.loans_serviced(ada, uow))

    for standing in (LoanStanding.RUNNING, LoanStanding.IN_ARREARS, LoanStanding.REPAID):
        await database.do(lambda uow, s=standing: _lend(uow, ada, s))  # type: ignore[misc]
    scored = await database.do(lambda uow: insights.loans_serviced(ada, uow))

    assert (bare.value, bare.sample_size) == (None, 0)
    assert (scored.value, scored.sample_size) == (Decimal("0.6667"), 3)
    assert await all_of(database, AccountParty) == []


def _lend(uow: Any, customer_id: uuid.UUID, standing: LoanStanding) -> None:
    account = uow.add(FinancialAccount(customer_id=customer_id, kind=FinancialAccountKind.LOAN, currency="EUR"))
    amount = Money(10_000, "EUR")
    uow.add(LoanTerms(account_id=account.id, principal=amount, instalment=amount, months=1, standing=standing))
