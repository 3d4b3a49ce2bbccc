"""What may be changed through the API; inputs are derived from the commands."""

from __future__ import annotations

import strawberry

from patron_banking import commands, events
from patron_banking.types import FinancialAccount, KycProfile
from patron_schema.declare import Mutation, Subscription, extends, mutation, payload, subscription

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class AccountOpenPayload:
    """What opening an account gives."""

    account: FinancialAccount | None = strawberry.field(description="The account; null when it was refused.")


@payload
class KycSubmitPayload:
    """What submitting a customer gives."""

    profile: KycProfile | None = strawberry.field(description="What waits for a decision; null when it was refused.")


@payload
class KycDecidePayload:
    """What a decision gives."""

    profile: KycProfile | None = strawberry.field(description="What was decided; null when it was refused.")


@extends(Mutation)
class BankingMutation:
    account_open: AccountOpenPayload = mutation(
        commands.OpenAccount,
        description="Opens an account; KYC_REQUIRED where an owner is not known to the bank.",
    )
    kyc_submit: KycSubmitPayload = mutation(
        commands.SubmitKyc, description="Asks for the decision whether a customer is known."
    )
    kyc_decide: KycDecidePayload = mutation(
        commands.RecordKycDecision,
        description="Decides whether a customer is known; FOUR_EYES_REQUIRED for the one who asked.",
    )


@extends(Subscription)
class BankingSubscription:
    """What of the bank can be followed."""

    kyc_decided: KycProfile = subscription(
        events.KycDecided,
        events.KycReviewDue,
        node_id="profile_id",
        description="Each decision about knowing a customer, and each approval that counts no longer.",
    )


TYPES = (AccountOpenPayload, KycSubmitPayload, KycDecidePayload)
EXTENSIONS = (BankingMutation, BankingSubscription)
