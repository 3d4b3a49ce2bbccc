"""The decisions about knowing a customer that need no database: until when an approval counts, and whether it still does."""

from __future__ import annotations

import datetime as dt

from dateutil.relativedelta import relativedelta

from patron_banking.models import KycProfile, KycStatus, RiskRating
from patron_banking.settings import BankingSettings

__all__ = ["counts", "review_day"]


def review_day(rating: RiskRating, *, decided_on: dt.date, settings: BankingSettings) -> dt.date:
    """The last day on which an approval of that day counts; the end of a shorter month stands for days it lacks."""
    months = {
        RiskRating.LOW: settings.kyc_months_low,
        RiskRating.MEDIUM: settings.kyc_months_medium,
        RiskRating.HIGH: settings.kyc_months_high,
    }[rating]
    return decided_on + relativedelta(months=months)


def counts(profile: KycProfile | None, *, today: dt.date) -> bool:
    """Whether a customer with this profile is known: approved, and the next review not yet overdue."""
    return (
        profile is not None
        and profile.status is KycStatus.APPROVED
        and profile.next_review_on is not None
        and today <= profile.next_review_on
    )
