"""Whose rows an actor may touch where it does not see all: the write side's twin of the limits the planner writes into SQL.

In come an actor and a record, out comes whether it is there for that actor; or what to add to a select so that it yields
no others. A record about no party is there for everybody who may use its type.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, false, or_, select

from patron_core.access.grants import Rows
from patron_core.access.kept_back import is_kept_back
from patron_core.access.models import SharingAgreement
from patron_core.customers.models import Customer
from patron_core.parties.models import Party
from patron_core.records import Record, subject_paths

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["among_seen_customers", "among_seen_parties", "is_there", "seen_customers"]


def is_there(record: Record, uow: UnitOfWork) -> bool:
    """Whether the record is one of those that the unit of work's actor may see."""
    if is_kept_back(record, uow.actor):
        return False
    if not uow.actor.limits or record.not_about_a_party:
        return True
    parties = set(_parties(record, uow))
    return all(any(_is_seen(party, limit, uow) for party in parties) for limit in uow.actor.limits)


def seen_customers(uow: UnitOfWork) -> list[ColumnElement[bool]]:
    """Criteria on `Customer` that leave those whom the unit of work's actor may see, and nobody who was taken out of lists.

    For selects in Python that begin with customers or join them: what is planned has its limits from the planner.
    """
    return [Customer.deleted_at.is_(None), *(_of_customer(limit, uow) for limit in sorted(uow.actor.limits))]


def among_seen_customers(customer_id: Any, uow: UnitOfWork) -> list[ColumnElement[bool]]:
    """Criteria on a column with ids of customers, as `seen_customers`; those who were taken out of lists are among them."""
    return [customer_id.in_(_customers(Customer.id, limit, uow)) for limit in sorted(uow.actor.limits)]


def among_seen_parties(party_id: Any, uow: UnitOfWork) -> list[ColumnElement[bool]]:
    """Criteria on a column with ids of parties: its own, also where it is no customer, or those of customers it may see."""
    return [_of_party(party_id, limit, uow) for limit in sorted(uow.actor.limits)]


def _of_party(party_id: Any, limit: Rows, uow: UnitOfWork) -> ColumnElement[bool]:
    if limit in ("own", "subject"):
        mine: ColumnElement[bool] = false() if uow.actor.party_id is None else party_id == uow.actor.party_id
        return mine
    among: ColumnElement[bool] = party_id.in_(_customers(Customer.party_id, limit, uow))
    return among


def _customers(column: Any, limit: Rows, uow: UnitOfWork) -> Select[Any]:
    return select(column).where(Customer.tenant_id == uow.tenant_id, _of_customer(limit, uow))


def _of_customer(limit: Rows, uow: UnitOfWork) -> ColumnElement[bool]:
    actor, agreement = uow.actor, SharingAgreement
    if limit == "owned":
        return Customer.owner == actor.subject
    if actor.party_id is None:
        return false()
    if limit in ("own", "subject"):
        return Customer.party_id == actor.party_id
    return Customer.id.in_(
        select(agreement.customer_id).where(
            agreement.tenant_id == uow.tenant_id,
            agreement.partner_id == actor.party_id,
            or_(agreement.validity_from.is_(None), agreement.validity_from <= uow.now),
            or_(agreement.validity_to.is_(None), agreement.validity_to > uow.now),
        )
    )


def _parties(record: Record, uow: UnitOfWork) -> Iterator[uuid.UUID]:
    """The parties a record is about, by each of its subject paths; a way over a row that is kept back leads to none."""
    for path in subject_paths(type(record), Party):
        row: Any = _unless_kept_back(record, uow)
        for name in path[:-1]:
            if row is None:
                break
            target = type(row).__mapper__.relationships[name].mapper.class_
            row = _unless_kept_back(uow.session.get(target, (uow.tenant_id, getattr(row, f"{name}_id"))), uow)
        found = getattr(row, f"{path[-1]}_id" if path else "id", None)
        if found is not None:
            yield found


def _unless_kept_back(row: Record | None, uow: UnitOfWork) -> Record | None:
    return None if row is None or is_kept_back(row, uow.actor) else row


def _is_seen(party_id: uuid.UUID, limit: Rows, uow: UnitOfWork) -> bool:
    if limit in ("own", "subject"):
        return party_id == uow.actor.party_id
    return bool(uow.rows(select(Customer.id).where(Customer.party_id == party_id, _of_customer(limit, uow))))
