"""What happens to customers: commands in, changed records and events out, inside the caller's unit of work."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from patron_core.access.models import Tenant
from patron_core.customers import events
from patron_core.customers.commands import (
    CreateCustomer,
    DeleteCustomer,
    RestoreCustomer,
    UpdateCustomer,
    UpsertCustomer,
)
from patron_core.customers.lifecycle import check_transition, default_kind, default_mode
from patron_core.customers.models import Customer, EngagementMode, LifecycleChange, LifecycleStage
from patron_core.customers.permissions import CUSTOMER_WRITE
from patron_core.customers.removal import check_listed, delete_customer, restore_customer
from patron_core.errors import Conflict
from patron_core.hookspecs import CommandHandler
from patron_core.parties.models import Party
from patron_core.parties.service import make_organization, make_person, reach
from patron_core.unit_of_work import UnitOfWork
from patron_core.updates import apply_update
from patron_core.validation import same_version

if TYPE_CHECKING:
    from patron_core.customers.upsert import Upserted

__all__ = ["HANDLERS", "create_customer", "tenant_mode", "update_customer"]


def create_customer(command: CreateCustomer, uow: UnitOfWork) -> Customer:
    """Makes a customer, with the party where it is new. CONFLICT where the party is a customer already."""
    party = _party(command, uow)
    reach(party, uow, media=command.contact_media, identifiers=command.external_identifiers)
    kind = command.kind or default_kind(party.kind)
    customer = uow.add(
        Customer(
            party_id=party.id,
            kind=kind,
            engagement_mode=command.engagement_mode or default_mode(kind, tenant=tenant_mode(uow)),
            lifecycle_stage=command.lifecycle_stage,
            owner=command.owner,
            since=command.since,
        )
    )
    _keep_stage(customer, uow, before=None, reason=None)
    uow.emit(events.CustomerCreated(customer_id=customer.id, party_id=party.id))
    uow.emit(events.CustomerChanged(customer_id=customer.id, created=True))
    return customer


def update_customer(command: UpdateCustomer, uow: UnitOfWork) -> Customer:
    """Changes a customer; a new stage must follow from the old one and is kept in the history."""
    customer = uow.get(Customer, command.id, path=("id",))
    same_version(customer, version=command.version)
    check_listed(customer, path=("id",))
    before = customer.lifecycle_stage
    if isinstance(command.lifecycle_stage, LifecycleStage):
        check_transition(before, to=command.lifecycle_stage)
    changed = apply_update(command, to=customer, but=("stage_reason",))
    if customer.lifecycle_stage != before:
        _keep_stage(customer, uow, before=before, reason=command.stage_reason)
        step = events.LifecycleStageChanged(
            customer_id=customer.id, from_stage=before, to_stage=customer.lifecycle_stage
        )
        uow.emit(step)
    if changed:
        uow.emit(events.CustomerChanged(customer_id=customer.id, fields=changed))
    return customer


def tenant_mode(uow: UnitOfWork) -> EngagementMode:
    """The tenant's default engagement mode."""
    tenant = uow.session.get(Tenant, uow.tenant_id)
    return EngagementMode.HYBRID if tenant is None else tenant.mode


def _party(command: CreateCustomer, uow: UnitOfWork) -> Party:
    if command.person is not None:
        return make_person(command.person, uow)
    if command.organization is not None:
        return make_organization(command.organization, uow)
    assert command.party_id is not None
    party = uow.get(Party, command.party_id, lock=True, path=("party_id",))
    if uow.find(Customer, party_id=party.id) is not None:
        raise Conflict(
            "The party is a customer already. Its id was given for a new one. Change the customer there is.",
            path=("party_id",),
        )
    return party


def _keep_stage(customer: Customer, uow: UnitOfWork, *, before: LifecycleStage | None, reason: str | None) -> None:
    entered = None if before is None else _entered_at(customer, uow)
    uow.add(
        LifecycleChange(
            customer_id=customer.id,
            from_stage=before,
            to_stage=customer.lifecycle_stage,
            occurred_at=uow.now,
            duration_seconds=None if entered is None else max(0, int((uow.now - entered).total_seconds())),
            reason=reason,
        )
    )


def _entered_at(customer: Customer, uow: UnitOfWork) -> dt.datetime | None:
    """When the customer came to the stage it leaves."""
    latest = select(LifecycleChange.occurred_at).where(LifecycleChange.customer_id == customer.id)
    newest_first = latest.order_by(LifecycleChange.occurred_at.desc(), LifecycleChange.id.desc()).limit(1)
    return next(iter(uow.select(newest_first)), None)


def _upsert_customer(command: UpsertCustomer, uow: UnitOfWork) -> Upserted:
    from patron_core.customers.upsert import upsert_customer  # it stands on what this module does

    return upsert_customer(command, uow)


HANDLERS: Final = (
    CommandHandler(command=CreateCustomer, handler=create_customer, permission=CUSTOMER_WRITE),
    CommandHandler(command=UpdateCustomer, handler=update_customer, permission=CUSTOMER_WRITE),
    CommandHandler(command=DeleteCustomer, handler=delete_customer, permission=CUSTOMER_WRITE),
    CommandHandler(command=RestoreCustomer, handler=restore_customer, permission=CUSTOMER_WRITE),
    CommandHandler(command=UpsertCustomer, handler=_upsert_customer, permission=CUSTOMER_WRITE),
)
