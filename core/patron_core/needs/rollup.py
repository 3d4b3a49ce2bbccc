"""What an organization needs, division by division, with what all below a division need together.

In come a unit of work and a customer, out come the divisions of its organization with counts; one statement reads them. A need
stands at its division, or at the whole organization where it names none.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import CTE, func, literal, null, select, union_all

from patron_core.columns import Identifier
from patron_core.customers.models import Customer
from patron_core.needs.models import Horizon, Need, NeedStatus
from patron_core.parties.models import Party, PartyKind
from patron_core.parties.units import units_below
from patron_core.unit_of_work import UnitOfWork

__all__ = ["MOST_DIVISIONS", "Counts", "Division", "RollUp", "roll_up_of"]

MOST_DIVISIONS: Final = 500
Counts = Mapping[tuple[Horizon, NeedStatus], int]


@dataclass(slots=True, kw_only=True)
class Division:
    """A part of an organization. own: its needs. total: those of all below it, too."""

    party_id: uuid.UUID
    parent_id: uuid.UUID | None
    display_name: str
    level: int
    own: Counter[tuple[Horizon, NeedStatus]] = field(default_factory=Counter)
    total: Counter[tuple[Horizon, NeedStatus]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class RollUp:
    """The divisions, by level and name, the whole first. truncated: whether there are more than 500."""

    divisions: tuple[Division, ...]
    truncated: bool


def roll_up_of(uow: UnitOfWork, customer_id: uuid.UUID) -> RollUp:
    """What the organization of a customer needs. NOT_FOUND for the customer."""
    customer = uow.get(Customer, customer_id, path=("customerId",))
    tree = _tree(uow, customer)
    units = select(tree).order_by(tree.c.level, tree.c.id).limit(MOST_DIVISIONS + 1).cte("units")
    standing = union_all(
        select(Need.division_id.label("unit_id"), Need.horizon, Need.status).where(
            Need.division_id.in_(select(units.c.id))
        ),
        select(Customer.party_id.label("unit_id"), Need.horizon, Need.status)
        .join(Customer, Customer.id == Need.customer_id)
        .where(Need.division_id.is_(None), Customer.party_id.in_(select(units.c.id))),
    ).subquery("standing")
    counted = (
        select(standing.c.unit_id, standing.c.horizon, standing.c.status, func.count().label("needs"))
        .group_by(standing.c.unit_id, standing.c.horizon, standing.c.status)
        .subquery("counted")
    )
    statement = (
        select(
            units.c.id,
            units.c.parent_id,
            units.c.level,
            Party.display_name,
            counted.c.horizon,
            counted.c.status,
            counted.c.needs,
        )
        .select_from(units)
        .join(Party, Party.id == units.c.id)
        .outerjoin(counted, counted.c.unit_id == units.c.id)
        .order_by(units.c.level, Party.display_name, units.c.id)
    )
    divisions = _divisions(uow.rows(statement))
    return RollUp(divisions=tuple(divisions[:MOST_DIVISIONS]), truncated=len(divisions) > MOST_DIVISIONS)


def _tree(uow: UnitOfWork, customer: Customer) -> CTE:
    """The organization and its parts; a person stands alone."""
    party = uow.get(Party, customer.party_id)
    if party.kind is PartyKind.ORGANIZATION:
        return units_below(uow.tenant_id, party.id)
    alone = select(Party.id, null().cast(Identifier()).label("parent_id"), literal(0).label("level")).where(
        Party.id == party.id, Party.tenant_id == uow.tenant_id
    )
    return alone.cte("unit")


def _divisions(rows: Sequence[Any]) -> list[Division]:
    found: dict[uuid.UUID, Division] = {}
    for id_, parent_id, level, name, horizon, status, needs in rows:
        division = found.setdefault(
            id_, Division(party_id=id_, parent_id=parent_id if level else None, display_name=name, level=level)
        )
        if needs:
            division.own[horizon, status] += needs
    for division in sorted(found.values(), key=lambda each: -each.level):  # what lies lowest is summed first
        division.total.update(division.own)
        above = found.get(division.parent_id) if division.parent_id else None
        if above is not None:
            above.total.update(division.total)
    return list(found.values())
