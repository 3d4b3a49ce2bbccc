"""Taking customers out of lists and bringing them back: nothing of them is lost, and who has their id still finds them.

A customer under a legal hold stays where everybody sees it. What erases for good is the privacy slice.
"""

from __future__ import annotations

import uuid

from sqlalchemy import or_, select

from patron_core.customers import events
from patron_core.customers.commands import DeleteCustomer, RestoreCustomer
from patron_core.customers.models import Customer
from patron_core.errors import Conflict
from patron_core.parties.models import Party, PartyRole
from patron_core.privacy.models import LegalHold
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import same_version

__all__ = ["check_listed", "delete_customer", "refuse_held", "restore_customer"]


def delete_customer(command: DeleteCustomer, uow: UnitOfWork) -> Customer:
    """Takes a customer out of lists, and the party with it unless it has another role. CONFLICT under a legal hold."""
    customer = uow.get(Customer, command.id, lock=True, path=("id",))
    same_version(customer, version=command.version)
    check_listed(customer, path=("id",))
    refuse_held(customer.party_id, uow, path=("id",))
    customer.deleted_at = uow.now
    if not _has_other_role(customer, uow):
        uow.get(Party, customer.party_id, lock=True).deleted_at = uow.now
    uow.emit(events.CustomerDeleted(customer_id=customer.id, party_id=customer.party_id))
    uow.emit(events.CustomerChanged(customer_id=customer.id, fields=("deleted_at",)))
    return customer


def restore_customer(command: RestoreCustomer, uow: UnitOfWork) -> Customer:
    """Brings a customer and its party back into lists. CONFLICT where it is in them."""
    customer = uow.get(Customer, command.id, lock=True, path=("id",))
    same_version(customer, version=command.version)
    if customer.deleted_at is None:
        raise Conflict(
            "The customer is in the lists. It was to be brought back into them. Nothing is to be done.", path=("id",)
        )
    customer.deleted_at = None
    uow.get(Party, customer.party_id, lock=True).deleted_at = None
    uow.emit(events.CustomerRestored(customer_id=customer.id, party_id=customer.party_id))
    uow.emit(events.CustomerChanged(customer_id=customer.id, fields=("deleted_at",)))
    return customer


def check_listed(customer: Customer, *, path: tuple[str | int, ...]) -> None:
    """Refuses to change a customer that was taken out of lists (`Conflict`)."""
    if customer.deleted_at is not None:
        raise Conflict("The customer was deleted. Its id was given to change it. Restore it first.", path=path)


def refuse_held(party_id: uuid.UUID, uow: UnitOfWork, *, path: tuple[str | int, ...]) -> None:
    """Refuses to touch what a legal hold keeps as it is (`Conflict`)."""
    held = select(LegalHold.id).where(LegalHold.party_id == party_id, LegalHold.released_at.is_(None)).limit(1)
    if uow.select(held):
        raise Conflict(
            "A legal hold stands on the party. What is known of it must stay as it is. Release the hold first.",
            path=path,
        )


def _has_other_role(customer: Customer, uow: UnitOfWork) -> bool:
    still = or_(PartyRole.validity_to.is_(None), PartyRole.validity_to > uow.now)
    return bool(uow.select(select(PartyRole.id).where(PartyRole.party_id == customer.party_id, still).limit(1)))
