"""What happens to contracts: made, changed, cancelled, subscribed to and renewed, inside the caller's unit of work.

A contract's row is locked while its renewal is decided, so that it gets one further term and not two.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import select

from patron_core.contracts import events
from patron_core.contracts.commands import (
    AddSubscription,
    CancelContract,
    CreateContract,
    EndSubscription,
    LoseRenewal,
    MarkRenewal,
    RenewContract,
    UpdateContract,
)
from patron_core.contracts.models import Contract, ContractStatus, Renewal, RenewalStatus, Subscription
from patron_core.contracts.permissions import CONTRACT_WRITE
from patron_core.contracts.terms import next_term, notice_by
from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.unit_of_work import UnitOfWork
from patron_core.updates import apply_update
from patron_core.validation import in_order, same_version, unused
from patron_core.values import Money

__all__ = [
    "HANDLERS",
    "OPEN",
    "add_subscription",
    "cancel_contract",
    "create_contract",
    "end_subscription",
    "lose_renewal",
    "mark_renewal",
    "open_renewal",
    "renew",
    "renew_contract",
    "update_contract",
]

#: A renewal that nobody has decided.
OPEN: Final = (RenewalStatus.OPEN, RenewalStatus.AT_RISK)


def create_contract(command: CreateContract, uow: UnitOfWork) -> Contract:
    """Makes a contract. CONFLICT where its number is taken; NOT_FOUND for an unknown customer."""
    uow.get(Customer, command.customer_id, path=("customer_id",))
    unused(uow, Contract, number=command.number)
    contract = uow.add(
        Contract(
            customer_id=command.customer_id,
            number=command.number,
            name=command.name,
            status=ContractStatus.ACTIVE,
            term_from=command.term_from,
            term_to=command.term_to,
            notice_days=command.notice_days,
            auto_renew=command.auto_renew,
            monthly_amount=command.monthly_amount,
            owner=command.owner,
            signed_on=command.signed_on,
        )
    )
    uow.emit(events.ContractCreated(customer_id=contract.customer_id, contract_id=contract.id))
    return contract


def update_contract(command: UpdateContract, uow: UnitOfWork) -> Contract:
    """Changes a contract."""
    contract = uow.get(Contract, command.id, path=("id",))
    same_version(contract, version=command.version)
    apply_update(command, to=contract)
    return contract


def cancel_contract(command: CancelContract, uow: UnitOfWork) -> Contract:
    """Gives notice. CONFLICT where it was given or the contract is over, or where the last day for it has passed."""
    contract = uow.get(Contract, command.id, lock=True, path=("id",))
    same_version(contract, version=command.version)
    _refuse_not_active(contract, path="id")
    last_day = notice_by(contract.term_to, notice_days=contract.notice_days)
    if contract.auto_renew and uow.now.date() > last_day:
        raise Conflict(
            f"Notice comes too late. The last day for it was {last_day.isoformat()}. Let the contract renew, then cancel it.",
            path=("id",),
        )
    _cancel(contract, uow)
    for renewal in _open_renewals(contract, uow):
        _decide(renewal, contract, uow, status=RenewalStatus.LOST, reason=command.reason)
    return contract


def add_subscription(command: AddSubscription, uow: UnitOfWork) -> Subscription:
    """Adds a subscription. INVALID_INPUT where it begins outside of the contract's term; CONFLICT where that is over."""
    contract = uow.get(Contract, command.contract_id, path=("contract_id",))
    _refuse_not_active(contract, path="contract_id")
    if not contract.term_from <= command.begins_on < contract.term_to:
        raise InvalidInput(
            "The subscription begins outside of the contract's term. Its first day is no day of the term. Give another.",
            path=("begins_on",),
        )
    return uow.add(
        Subscription(
            contract_id=contract.id,
            product=command.product,
            quantity=command.quantity,
            monthly_amount=command.monthly_amount,
            begins_on=command.begins_on,
        )
    )


def end_subscription(command: EndSubscription, uow: UnitOfWork) -> Subscription:
    """Ends a subscription. INVALID_INPUT where it would end before it began."""
    subscription = uow.get(Subscription, command.id, path=("id",))
    same_version(subscription, version=command.version)
    in_order(subscription.begins_on, command.ends_on, path="ends_on")
    subscription.ends_on = command.ends_on
    return subscription


# -- renewals


def open_renewal(contract: Contract, uow: UnitOfWork) -> Renewal:
    """Opens the renewal of a contract's term."""
    renewal = uow.add(
        Renewal(
            contract_id=contract.id,
            status=RenewalStatus.OPEN,
            opened_on=uow.now.date(),
            term_ends_on=contract.term_to,
            notice_by=notice_by(contract.term_to, notice_days=contract.notice_days),
            expected_amount=contract.monthly_amount,
        )
    )
    uow.emit(
        events.RenewalOpened(
            customer_id=contract.customer_id,
            contract_id=contract.id,
            renewal_id=renewal.id,
            term_ends_on=renewal.term_ends_on,
            notice_by=renewal.notice_by,
        )
    )
    return renewal


def mark_renewal(command: MarkRenewal, uow: UnitOfWork) -> Renewal:
    """Says whether a renewal is at risk. CONFLICT where it is decided."""
    renewal, contract = _undecided(command, uow)
    renewal.status = RenewalStatus.AT_RISK if command.at_risk else RenewalStatus.OPEN
    renewal.reason = command.reason
    _tell(renewal, contract, uow)
    return renewal


def renew_contract(command: RenewContract, uow: UnitOfWork) -> Renewal:
    """Gives the contract a further term. CONFLICT where it is decided; INVALID_INPUT for a term that ends too early."""
    renewal, contract = _undecided(command, uow)
    in_order(contract.term_to, command.term_to, path="term_to")
    return renew(renewal, contract, uow, term_to=command.term_to, monthly_amount=command.monthly_amount)


def renew(
    renewal: Renewal,
    contract: Contract,
    uow: UnitOfWork,
    *,
    term_to: dt.date | None = None,
    monthly_amount: Money | None = None,
) -> Renewal:
    """Decides a renewal in favour and moves the contract's term on."""
    begins, ends = next_term(contract.term_from, contract.term_to)
    contract.term_from, contract.term_to = begins, term_to or ends
    contract.monthly_amount = monthly_amount or contract.monthly_amount
    renewal.agreed_amount = contract.monthly_amount
    _decide(renewal, contract, uow, status=RenewalStatus.RENEWED, reason=None)
    return renewal


def lose_renewal(command: LoseRenewal, uow: UnitOfWork) -> Renewal:
    """Lets the contract end with its term. CONFLICT where the renewal is decided."""
    renewal, contract = _undecided(command, uow)
    if contract.status is ContractStatus.ACTIVE:
        _cancel(contract, uow)
    _decide(renewal, contract, uow, status=RenewalStatus.LOST, reason=command.reason)
    return renewal


def _undecided(command: MarkRenewal | RenewContract | LoseRenewal, uow: UnitOfWork) -> tuple[Renewal, Contract]:
    """The renewal and its contract, which is locked. CONFLICT where the renewal is decided."""
    renewal = uow.get(Renewal, command.id, path=("id",))
    contract = uow.get(Contract, renewal.contract_id, lock=True)
    same_version(renewal, version=command.version)
    if renewal.status not in OPEN:
        raise Conflict(
            "The renewal is decided. It was to be decided again. Look at the contract as it is now.", path=("id",)
        )
    return renewal, contract


def _open_renewals(contract: Contract, uow: UnitOfWork) -> list[Renewal]:
    return uow.select(select(Renewal).where(Renewal.contract_id == contract.id, Renewal.status.in_(OPEN)))


def _cancel(contract: Contract, uow: UnitOfWork) -> None:
    contract.status = ContractStatus.CANCELLED
    contract.cancelled_on = uow.now.date()
    uow.emit(
        events.ContractCancelled(customer_id=contract.customer_id, contract_id=contract.id, ends_on=contract.term_to)
    )


def _decide(
    renewal: Renewal, contract: Contract, uow: UnitOfWork, *, status: RenewalStatus, reason: str | None
) -> None:
    renewal.status = status
    renewal.reason = reason
    renewal.decided_at = uow.now
    _tell(renewal, contract, uow)


def _tell(renewal: Renewal, contract: Contract, uow: UnitOfWork) -> None:
    uow.emit(
        events.RenewalStatusChanged(
            customer_id=contract.customer_id, contract_id=contract.id, renewal_id=renewal.id, status=renewal.status
        )
    )


def _refuse_not_active(contract: Contract, *, path: str) -> None:
    if contract.status is not ContractStatus.ACTIVE:
        raise Conflict(f"The contract does not run on. It is {contract.status.name}. Make a new one.", path=(path,))


HANDLERS: Final = (
    CommandHandler(command=CreateContract, handler=create_contract, permission=CONTRACT_WRITE),
    CommandHandler(command=UpdateContract, handler=update_contract, permission=CONTRACT_WRITE),
    CommandHandler(command=CancelContract, handler=cancel_contract, permission=CONTRACT_WRITE),
    CommandHandler(command=AddSubscription, handler=add_subscription, permission=CONTRACT_WRITE),
    CommandHandler(command=EndSubscription, handler=end_subscription, permission=CONTRACT_WRITE),
    CommandHandler(command=MarkRenewal, handler=mark_renewal, permission=CONTRACT_WRITE),
    CommandHandler(command=RenewContract, handler=renew_contract, permission=CONTRACT_WRITE),
    CommandHandler(command=LoseRenewal, handler=lose_renewal, permission=CONTRACT_WRITE),
)
