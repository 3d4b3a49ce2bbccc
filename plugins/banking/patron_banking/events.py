"""What can have happened in a bank. Events carry ids and codes, never amounts of a customer's accounts."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_banking.models import FinancialAccountKind, KycStatus, RiskRating
from patron_core.messages import Event

__all__ = ["AccountOpened", "KycDecided", "KycReviewDue", "KycSubmitted", "StatementsImported"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOpened(Event):
    """An account was opened. `customer_id` is its owner."""

    type: ClassVar[str] = "banking.account_opened"
    account_id: uuid.UUID
    kind: FinancialAccountKind


@dataclass(frozen=True, slots=True, kw_only=True)
class KycSubmitted(Event):
    """A decision about knowing a customer was asked for. `customer_id` is set."""

    type: ClassVar[str] = "banking.kyc_submitted"
    profile_id: uuid.UUID
    risk_rating: RiskRating


@dataclass(frozen=True, slots=True, kw_only=True)
class KycDecided(Event):
    """It was decided whether a customer is known. `customer_id` is set."""

    type: ClassVar[str] = "banking.kyc_decided"
    profile_id: uuid.UUID
    status: KycStatus
    next_review_on: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KycReviewDue(Event):
    """An approval counts no longer: the customer has to be reviewed. `customer_id` is set; raised once for each approval."""

    type: ClassVar[str] = "banking.kyc_review_due"
    profile_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementsImported(Event):
    """Statements with new entries were taken in; there is no event for each entry."""

    type: ClassVar[str] = "banking.statements_imported"
    account_ids: tuple[uuid.UUID, ...]
    entry_count: int
