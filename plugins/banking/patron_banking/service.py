"""What happens in a bank: accounts are opened, customers become known, reviews fall due. And the gate before an account."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from sqlalchemy import select

from patron_banking import events, kyc
from patron_banking.commands import NewAccountParty, OpenAccount, RecordKycDecision, SubmitKyc
from patron_banking.models import (
    AccountParty,
    AccountRole,
    FinancialAccount,
    FinancialAccountStatus,
    KycProfile,
    KycStatus,
)
from patron_banking.permissions import ACCOUNT_OPEN, KYC_DECIDE, KYC_SUBMIT
from patron_banking.settings import BankingSettings
from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput, Vetoed
from patron_core.hookspecs import CommandHandler, Veto
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import same_version
from patron_core.values import Period

__all__ = ["HANDLERS", "decide_kyc", "open_account", "raise_reviews", "require_kyc", "submit_kyc"]


def require_kyc(command: OpenAccount, uow: UnitOfWork) -> Veto | None:
    """KYC_REQUIRED unless every owner of the new account is known. Who does not exist is left to the handler."""
    owners = set(command.owner_ids)
    known = uow.select(select(Customer.id).where(Customer.id.in_(owners)))
    profiles = uow.select(select(KycProfile).where(KycProfile.customer_id.in_(owners)))
    by_customer = {profile.customer_id: profile for profile in profiles}
    today = uow.now.date()
    for position, owner in enumerate(command.owner_ids):
        if owner in known and not kyc.counts(by_customer.get(owner), today=today):
            return Veto(
                "KYC_REQUIRED",
                "The account cannot be opened. An owner is not known to the bank: there is no approval, or its review "
                "is overdue. Submit the customer for approval first.",
                ("customer_id",) if position == 0 else ("parties",),
            )
    return None


def open_account(command: OpenAccount, uow: UnitOfWork) -> FinancialAccount:
    """Opens an account with its parties. NOT_FOUND for an unknown customer, CONFLICT for an IBAN that is taken."""
    uow.get(Customer, command.customer_id, path=("customer_id",))
    _check_customers(command.parties, uow)
    opened_on = command.opened_on or uow.now.date()
    if opened_on > uow.now.date():
        raise InvalidInput(
            "The account cannot be opened later than today. A day to come was given. Open it then.",
            path=("opened_on",),
        )
    # The unique constraint decides between two at once; asking first only gives the better text.
    if command.iban is not None and uow.find(FinancialAccount, iban=command.iban) is not None:
        raise Conflict("The IBAN is taken. Another account has it. Give the new account another one.", path=("iban",))
    account = uow.add(
        FinancialAccount(
            customer_id=command.customer_id,
            kind=command.kind,
            status=FinancialAccountStatus.ENABLED,
            iban=command.iban,
            number=command.number,
            currency=command.currency,
            product=command.product,
            opened_on=opened_on,
        )
    )
    _add_parties(account, command, uow)
    uow.emit(events.AccountOpened(customer_id=command.customer_id, account_id=account.id, kind=account.kind))
    return account


def submit_kyc(command: SubmitKyc, uow: UnitOfWork) -> KycProfile:
    """Asks for a decision, the first one or anew; until it is made the customer does not count as known."""
    uow.get(Customer, command.customer_id, path=("customer_id",), lock=True)
    profile = uow.find(KycProfile, customer_id=command.customer_id)
    if profile is None:
        profile = uow.add(
            KycProfile(
                customer_id=command.customer_id,
                status=KycStatus.SUBMITTED,
                risk_rating=command.risk_rating,
                submitted_by=uow.actor.subject,
                submitted_at=uow.now,
            )
        )
    else:
        profile.status, profile.risk_rating = KycStatus.SUBMITTED, command.risk_rating
        profile.submitted_by, profile.submitted_at = uow.actor.subject, uow.now
        profile.decided_by = profile.decided_at = profile.reason = None
        profile.next_review_on = profile.review_raised_on = None
    uow.emit(
        events.KycSubmitted(customer_id=command.customer_id, profile_id=profile.id, risk_rating=command.risk_rating)
    )
    return profile


def decide_kyc(command: RecordKycDecision, uow: UnitOfWork) -> KycProfile:
    """Decides what somebody else submitted; an approval counts until the review that its risk asks for."""
    profile = uow.get(KycProfile, command.id, lock=True, path=("id",))
    same_version(profile, version=command.version)
    if profile.status is not KycStatus.SUBMITTED:
        raise Conflict(
            "There is nothing to decide. A decision was made already. Submit the customer again.", path=("id",)
        )
    if profile.submitted_by == uow.actor.subject:
        raise Vetoed(
            "The decision needs a second pair of eyes. It was given by the one who asked for it. Let somebody else decide.",
            veto="FOUR_EYES_REQUIRED",
            path=("id",),
        )
    profile.status, profile.reason = command.decision, command.reason
    profile.decided_by, profile.decided_at = uow.actor.subject, uow.now
    if command.decision is KycStatus.APPROVED:
        settings = uow.plugins.settings(BankingSettings)
        profile.next_review_on = kyc.review_day(profile.risk_rating, decided_on=uow.now.date(), settings=settings)
    uow.emit(
        events.KycDecided(
            customer_id=profile.customer_id,
            profile_id=profile.id,
            status=profile.status,
            next_review_on=profile.next_review_on,
        )
    )
    return profile


def raise_reviews(uow: UnitOfWork) -> None:
    """The daily job: calls once for the review of each approval that no longer counts."""
    today = uow.now.date()
    overdue = select(KycProfile).where(
        KycProfile.status == KycStatus.APPROVED,
        KycProfile.next_review_on < today,
        KycProfile.review_raised_on.is_(None),
    )
    for profile in uow.select(overdue.order_by(KycProfile.next_review_on, KycProfile.id)):
        profile.review_raised_on = today
        uow.emit(events.KycReviewDue(customer_id=profile.customer_id, profile_id=profile.id))


def _check_customers(parties: Iterable[NewAccountParty], uow: UnitOfWork) -> None:
    for position, party in enumerate(parties):
        uow.get(Customer, party.customer_id, path=("parties", position, "customer_id"))


def _add_parties(account: FinancialAccount, command: OpenAccount, uow: UnitOfWork) -> None:
    joint = any(party.role is AccountRole.JOINT for party in command.parties)
    owner = NewAccountParty(
        customer_id=command.customer_id,
        role=AccountRole.OWNER,
        share=command.share if command.share is not None or joint else Decimal(100),
    )
    for party in (owner, *command.parties):
        uow.add(
            AccountParty(
                customer_id=party.customer_id,
                account_id=account.id,
                kind=account.kind,
                role=party.role,
                share=party.share,
                validity=Period(uow.now, None),
            )
        )


HANDLERS: Final = (
    CommandHandler(command=OpenAccount, handler=open_account, permission=ACCOUNT_OPEN),
    CommandHandler(command=SubmitKyc, handler=submit_kyc, permission=KYC_SUBMIT),
    CommandHandler(command=RecordKycDecision, handler=decide_kyc, permission=KYC_DECIDE),
)
