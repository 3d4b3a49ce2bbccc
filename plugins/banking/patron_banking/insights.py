"""What the bank knows about how a customer stands: a factor of the health score, and next steps. Each names its facts."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from sqlalchemy import select

from patron_banking import kyc
from patron_banking.models import (
    AccountParty,
    AccountRole,
    FinancialAccount,
    KycProfile,
    KycStatus,
    LoanStanding,
    LoanTerms,
)
from patron_banking.settings import BankingSettings
from patron_core.hookspecs import Factor, Recommendation, ScoreFactor
from patron_core.records import FINANCIAL
from patron_core.unit_of_work import UnitOfWork

__all__ = ["LOANS_SERVICED", "recommendations"]

_SOUND: Final = (LoanStanding.RUNNING, LoanStanding.REPAID)


def loans_serviced(customer_id: uuid.UUID, uow: UnitOfWork) -> Factor:
    """The share of the customer's own loans that are or were paid back as agreed; not applicable without a loan."""
    standings = uow.select(
        select(LoanTerms.standing)
        .join(FinancialAccount, FinancialAccount.id == LoanTerms.account_id)
        .where(FinancialAccount.customer_id == customer_id)
    )
    if not standings:
        return Factor(value=None, reason="The customer has no loan.", sample_size=0, as_of=uow.now)
    sound = sum(standing in _SOUND for standing in standings)
    return Factor(
        value=(Decimal(sound) / len(standings)).quantize(Decimal("0.0001")),
        reason=f"{sound} of {len(standings)} loans are or were paid back as agreed.",
        sample_size=len(standings),
        as_of=uow.now,
    )


LOANS_SERVICED: Final = ScoreFactor(
    name="banking.loans_serviced",
    classification=FINANCIAL,
    description="How far the customer pays loans back as agreed.",
    weight=Decimal(1),
    compute=loans_serviced,
)


def recommendations(customer_id: uuid.UUID, uow: UnitOfWork) -> Iterator[Recommendation]:
    """Whom the bank should look at again: owners without an approval that counts, or with one that soon ends."""
    owned = uow.select(
        select(AccountParty.account_id)
        .where(AccountParty.customer_id == customer_id, AccountParty.role.in_((AccountRole.OWNER, AccountRole.JOINT)))
        .order_by(AccountParty.account_id)
    )
    if not owned:
        return
    profile = uow.find(KycProfile, customer_id=customer_id)
    today = uow.now.date()
    notice = dt.timedelta(days=uow.plugins.settings(BankingSettings).kyc_notice_days)
    facts = tuple(owned) if profile is None else (profile.id,)
    if not kyc.counts(profile, today=today) and (profile is None or profile.status is not KycStatus.SUBMITTED):
        yield Recommendation(
            code="KYC_REVIEW",
            classification=FINANCIAL,
            title="Review what the bank knows about this customer",
            reason="The customer owns accounts, and there is no approval that counts today.",
            facts=facts,
        )
    elif profile is not None and profile.next_review_on is not None and profile.next_review_on <= today + notice:
        yield Recommendation(
            code="KYC_REVIEW_SOON",
            classification=FINANCIAL,
            title="Prepare the review of this customer",
            reason=f"The approval counts until {profile.next_review_on.isoformat()}.",
            facts=facts,
        )
