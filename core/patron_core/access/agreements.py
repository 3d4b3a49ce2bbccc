"""Which customers a partner sees: agreements, made for a period and ended, with their commands, events and handlers.

What a partner's key then sees is left to the planner, which asks for the agreements that hold at the time of the request.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Annotated, ClassVar

from sqlalchemy import or_, select

from patron_core.access.models import SharingAgreement
from patron_core.customers.commands import CustomerId
from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, Event, Named, argument
from patron_core.parties.commands import PartyId
from patron_core.parties.models import Party
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import aware, in_order, key, same_version
from patron_core.values import Period

__all__ = [
    "CreateSharingAgreement",
    "EndSharingAgreement",
    "SharingAgreementCreated",
    "SharingAgreementEnded",
    "SharingAgreementId",
    "create_sharing_agreement",
    "end_sharing_agreement",
]

SharingAgreementId = Annotated[uuid.UUID, IdOf(SharingAgreement)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSharingAgreement(Command):
    """Shares a customer with a partner for a period."""

    partner_id: PartyId = argument("The partner: the party of its keys.")
    customer_id: CustomerId = argument("The customer.")
    valid_from: dt.datetime | None = argument("From when on; now when left out.", default=None)
    valid_to: dt.datetime | None = argument("Until when, itself outside; open when left out.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        aware(self, "valid_from", "valid_to")
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSharingAgreement(Command):
    """Ends a sharing agreement; it stays in the history."""

    id: SharingAgreementId = argument("The agreement.")
    version: int = argument("The version the change was made from.")
    ended_at: dt.datetime | None = argument("When it ends; now when left out.", default=None)

    def __post_init__(self) -> None:
        aware(self, "ended_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingAgreementCreated(Event):
    """A customer is shared with a partner."""

    type: ClassVar[str] = "sharing_agreement.created"
    names: ClassVar[Named] = {"partner_id": Party}
    agreement_id: uuid.UUID
    partner_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingAgreementEnded(Event):
    """A customer is no longer shared with a partner, or will not be."""

    type: ClassVar[str] = "sharing_agreement.ended"
    agreement_id: uuid.UUID
    ended_at: dt.datetime


def create_sharing_agreement(command: CreateSharingAgreement, uow: UnitOfWork) -> SharingAgreement:
    """Shares a customer. NOT_FOUND; INVALID_INPUT for a period that ends before it begins; CONFLICT where one holds."""
    customer = uow.get(Customer, command.customer_id, lock=True, path=("customer_id",))
    uow.get(Party, command.partner_id, path=("partner_id",))
    start = command.valid_from or uow.now
    in_order(start, command.valid_to, path="valid_to")
    if customer.party_id == command.partner_id:
        raise InvalidInput(
            "A customer is not shared with itself. The partner is the customer's own party. Name another party.",
            path=("partner_id",),
        )
    validity = Period(start, command.valid_to)
    _refuse_again(command, validity, uow)
    made = uow.add(SharingAgreement(partner_id=command.partner_id, customer_id=command.customer_id, validity=validity))
    uow.emit(
        SharingAgreementCreated(agreement_id=made.id, partner_id=command.partner_id, customer_id=command.customer_id)
    )
    return made


def end_sharing_agreement(command: EndSharingAgreement, uow: UnitOfWork) -> SharingAgreement:
    """Ends an agreement, never later than it would have ended. CONFLICT where it changed in between."""
    agreement = uow.get(SharingAgreement, command.id, lock=True, path=("id",))
    same_version(agreement, version=command.version)
    ended_at = command.ended_at or uow.now
    start, end = agreement.validity_from, agreement.validity_to
    if end is not None and end <= ended_at:
        raise Conflict(
            "The agreement has ended by then already. It is not made longer by ending it. Make a new one instead.",
            path=("ended_at",),
        )
    agreement.validity = Period(start, max(ended_at, start) if start is not None else ended_at)
    uow.emit(SharingAgreementEnded(agreement_id=agreement.id, ended_at=ended_at, customer_id=agreement.customer_id))
    return agreement


def _refuse_again(command: CreateSharingAgreement, validity: Period, uow: UnitOfWork) -> None:
    """The customer's row is held, so two callers cannot both find nothing."""
    same = select(SharingAgreement).where(
        SharingAgreement.partner_id == command.partner_id,
        SharingAgreement.customer_id == command.customer_id,
        or_(SharingAgreement.validity_to.is_(None), SharingAgreement.validity_to > validity.start),
    )
    if any(other.validity.overlaps(validity) for other in uow.select(same)):
        raise Conflict(
            "The customer is shared with this partner already. The periods overlap. Use the agreement there is.",
            path=("partner_id",),
        )
