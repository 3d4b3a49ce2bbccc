"""What customers need, near and far: carries the commands out."""

from __future__ import annotations

import uuid
from typing import Final

from sqlalchemy import select

from patron_core.customers.models import Customer
from patron_core.errors import Conflict, InvalidInput, NotFound
from patron_core.hookspecs import CommandHandler
from patron_core.needs import events
from patron_core.needs.commands import CreateNeed, DecideNeedMatch, MatchNeed, UpdateNeed
from patron_core.needs.matching import score
from patron_core.needs.models import MatchStatus, Need, NeedMatch, NeedStatus
from patron_core.needs.permissions import NEED_WRITE
from patron_core.parties.models import Party, PartyKind
from patron_core.parties.units import units_below
from patron_core.products.models import Product
from patron_core.unit_of_work import UnitOfWork
from patron_core.updates import apply_update
from patron_core.validation import same_version
from patron_core.values import UNSET

__all__ = ["HANDLERS", "create_need", "decide_need_match", "match_need", "update_need"]


def create_need(command: CreateNeed, uow: UnitOfWork) -> Need:
    """Notes a need. INVALID_INPUT for a division that is no part of the customer, or a person that is none."""
    customer = uow.get(Customer, command.customer_id, path=("customer_id",))
    division = _party(command.division_id, "division_id", uow)
    person = _party(command.person_id, "person_id", uow)
    if division is not None:
        _check_division(division, customer, uow)
    if person is not None and person.kind is not PartyKind.PERSON:
        raise InvalidInput(
            "Whose need it is, is no person. An organization was given. Give it as the division.", path=("person_id",)
        )
    need = uow.add(
        Need(
            customer_id=customer.id,
            division_id=command.division_id,
            person_id=command.person_id,
            name=command.name,
            horizon=command.horizon,
            category=command.category,
            keywords=command.keywords,
            priority=command.priority,
            needed_by=command.needed_by,
            status=NeedStatus.OPEN,
        )
    )
    uow.emit(events.NeedNoted(customer_id=customer.id, need_id=need.id, horizon=need.horizon))
    return need


def update_need(command: UpdateNeed, uow: UnitOfWork) -> Need:
    """Changes a need. As `create_need` refuses."""
    need = uow.get(Need, command.id, path=("id",))
    division = _party(None if command.division_id is UNSET else command.division_id, "division_id", uow)
    same_version(need, version=command.version)
    if division is not None:
        _check_division(division, uow.get(Customer, need.customer_id), uow)
    changed = apply_update(command, to=need)
    if changed:
        uow.emit(events.NeedChanged(customer_id=need.customer_id, need_id=need.id, fields=changed))
    return need


def match_need(command: MatchNeed, uow: UnitOfWork) -> NeedMatch:
    """Proposes a product. NOT_FOUND where the catalogue does not have it; CONFLICT where it was proposed already."""
    need = uow.get(Need, command.need_id, lock=True, path=("need_id",))
    product = uow.find(Product, sku=command.sku)
    if product is None:
        raise NotFound(
            "There is no such product. The stock-keeping unit names none of the catalogue. Check it.", path=("sku",)
        )
    if uow.find(NeedMatch, need_id=need.id, sku=product.sku) is not None:
        raise Conflict(
            "The product was proposed already. The same one was given for the need. Decide the match there is.",
            path=("sku",),
        )
    points, why = score(need.category, need.keywords, name=product.name, category=product.category)
    match = uow.add(
        NeedMatch(
            need_id=need.id,
            sku=product.sku,
            score=None if command.reason else points,
            reason=command.reason or why,
            status=MatchStatus.PROPOSED,
        )
    )
    _tell(match, need, uow)
    return match


def decide_need_match(command: DecideNeedMatch, uow: UnitOfWork) -> NeedMatch:
    """Keeps what the customer says. An open need is matched by what suits."""
    match = uow.get(NeedMatch, command.id, path=("id",))
    same_version(match, version=command.version)
    match.status = MatchStatus.ACCEPTED if command.accepted else MatchStatus.DECLINED
    need = uow.get(Need, match.need_id, lock=True)
    if command.accepted and need.status is NeedStatus.OPEN:
        need.status = NeedStatus.MATCHED
        uow.emit(events.NeedChanged(customer_id=need.customer_id, need_id=need.id, fields=("status",)))
    _tell(match, need, uow)
    return match


def _party(id_: uuid.UUID | None, name: str, uow: UnitOfWork) -> Party | None:
    return None if id_ is None else uow.get(Party, id_, path=(name,))


def _check_division(division: Party, customer: Customer, uow: UnitOfWork) -> None:
    tree = units_below(uow.tenant_id, customer.party_id)
    if not uow.rows(select(tree.c.id).where(tree.c.id == division.id).limit(1)):
        raise InvalidInput(
            "The division is no part of the customer. It does not lie below the customer's organization. "
            "Choose one that does, or none.",
            path=("division_id",),
        )


def _tell(match: NeedMatch, need: Need, uow: UnitOfWork) -> None:
    uow.emit(
        events.NeedMatched(customer_id=need.customer_id, need_id=need.id, need_match_id=match.id, status=match.status)
    )


HANDLERS: Final = (
    CommandHandler(command=CreateNeed, handler=create_need, permission=NEED_WRITE),
    CommandHandler(command=UpdateNeed, handler=update_need, permission=NEED_WRITE),
    CommandHandler(command=MatchNeed, handler=match_need, permission=NEED_WRITE),
    CommandHandler(command=DecideNeedMatch, handler=decide_need_match, permission=NEED_WRITE),
)
