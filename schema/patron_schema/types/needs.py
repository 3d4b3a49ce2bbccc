"""What customers need, near and far, as the API shows it: needs, what would meet them, and how they add up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import strawberry

from patron_core.access.grants import reads
from patron_core.access.permissions import require
from patron_core.customers.models import Customer as CustomerModel
from patron_core.needs import matching, models, rollup
from patron_core.needs.permissions import NEED_READ
from patron_core.outbox.telling import outer_id
from patron_core.parties.models import Party as PartyModel
from patron_core.products.permissions import PRODUCT_READ
from patron_core.records import PII
from patron_core.unit_of_work import UnitOfWork

from ..compose.commands import decode_id
from ..declare import Connection, Query, extends, planned, related, resolver, root
from ..nodes import Node
from .customers import Customer

if TYPE_CHECKING:
    from .parties import Party

__all__ = ["EXTENSIONS", "TYPES", "Need", "NeedMatch"]

T = TypeVar("T")


@planned(models.Need)
class Need(Node):
    """Something that a customer, or a division or a person of it, needs."""

    customer: Customer
    division: Party | None
    person: Party | None
    name: str
    horizon: models.Horizon
    category: str | None
    keywords: str | None
    priority: int
    needed_by: dt.date | None
    status: models.NeedStatus
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    matches: Connection[NeedMatch] = related(models.NeedMatch.need, description="Products that were proposed for it.")


@planned(models.NeedMatch)
class NeedMatch(Node):
    """A product that would meet a need, and why."""

    need: Need
    sku: str
    score: Decimal | None
    reason: str
    status: models.MatchStatus
    version: int
    created_at: dt.datetime


@strawberry.type(description="A product of the catalogue that would meet a need.")
class ProductMatch:
    sku: str = strawberry.field(description="Its stock-keeping unit.")
    name: str = strawberry.field(description="Its name.")
    category: str | None = strawberry.field(description="Its category.")
    score: Decimal = strawberry.field(description="How well it fits, above 0 to 1.")
    reason: str = strawberry.field(description="Why it fits.")


@strawberry.type(description="What of the catalogue would meet a need.")
class NeedProposals:
    matches: list[ProductMatch] = strawberry.field(
        description="The best first; of equal ones in the order of their units."
    )
    reason: str = strawberry.field(description="Why there is something or nothing.")
    method: str = strawberry.field(description="How the score is made.")
    truncated: bool = strawberry.field(description="Whether there is more than was asked for or looked at.")


@strawberry.type(description="How many needs there are.")
class NeedCounts:
    short: int = strawberry.field(description="Open or matched, soon.")
    long: int = strawberry.field(description="Open or matched, later.")
    unmatched: int = strawberry.field(description="Open: nothing of ours would meet them.")
    met: int = strawberry.field(description="Met.")


@strawberry.type(description="A part of an organization and what it needs.")
class DivisionNeeds:
    party_id: strawberry.ID = strawberry.field(description="The division; `node` shows it.")
    parent_id: strawberry.ID | None = strawberry.field(description="What it belongs to; null for the whole.")
    display_name: str | None = strawberry.field(description="Its name; null for who may not read names.")
    level: int = strawberry.field(description="How far below the whole, which is 0.")
    own: NeedCounts = strawberry.field(description="Its own needs.")
    total: NeedCounts = strawberry.field(description="Its needs and those of all below it.")


@strawberry.type(description="What an organization needs, division by division.")
class NeedRollUp:
    divisions: list[DivisionNeeds] = strawberry.field(description="By level and name, the whole first.")
    truncated: bool = strawberry.field(description=f"Whether there are more than {rollup.MOST_DIVISIONS} divisions.")


@extends(Customer)
class CustomerNeeds:
    needs: Connection[Need] = related(models.Need.customer, description="What the customer needs.")


Which = Annotated[strawberry.ID, strawberry.argument(description="The need.")]
Whose = Annotated[strawberry.ID, strawberry.argument(description="The customer.")]
First = Annotated[int, strawberry.argument(description=f"How many, 1 to {matching.MOST_MATCHES}.")]


@extends(Query)
class NeedQuery:
    need: Need | None = root(description="A need by its id.")
    needs: Connection[Need] = root(description="What customers need.")
    need_matches: Connection[NeedMatch] = root(description="Products that were proposed for needs.")

    @resolver(scope=NEED_READ)
    async def need_proposals(
        self, info: strawberry.Info[Any, Any], need_id: Which, first: First = 10
    ) -> NeedProposals | None:
        """Which active products of the catalogue would meet a need, how well and why."""
        wanted = decode_id(need_id, models.Need.id_prefix)

        def find(uow: UnitOfWork) -> NeedProposals:
            require(uow.actor, PRODUCT_READ)
            found = matching.matches_of(uow, uow.get(models.Need, wanted, path=("needId",)), first=first)
            return _proposals(found)

        return await _read(info, find)

    @resolver(scope=NEED_READ)
    async def need_roll_up(self, info: strawberry.Info[Any, Any], customer_id: Whose) -> NeedRollUp | None:
        """What the whole organization of a customer needs, division by division."""
        wanted = decode_id(customer_id, CustomerModel.id_prefix)

        def find(uow: UnitOfWork) -> NeedRollUp:
            found = rollup.roll_up_of(uow, wanted)
            names = reads(uow.actor.opened, PII) and not uow.actor.limits
            return NeedRollUp(
                divisions=[_division(each, names=names) for each in found.divisions], truncated=found.truncated
            )

        return await _read(info, find)


def _proposals(found: matching.Matches) -> NeedProposals:
    return NeedProposals(
        matches=[
            ProductMatch(sku=each.sku, name=each.name, category=each.category, score=each.score, reason=each.reason)
            for each in found.matches
        ],
        reason=found.reason,
        method=matching.METHOD,
        truncated=found.truncated,
    )


def _division(division: rollup.Division, *, names: bool) -> DivisionNeeds:
    parent = division.parent_id
    return DivisionNeeds(
        party_id=strawberry.ID(outer_id(division.party_id, PartyModel)),
        parent_id=None if parent is None else strawberry.ID(outer_id(parent, PartyModel)),
        display_name=division.display_name if names else None,
        level=division.level,
        own=_counts(division.own),
        total=_counts(division.total),
    )


def _counts(counts: Mapping[tuple[models.Horizon, models.NeedStatus], int]) -> NeedCounts:
    standing = (models.NeedStatus.OPEN, models.NeedStatus.MATCHED)

    def of(*statuses: models.NeedStatus, horizon: models.Horizon | None = None) -> int:
        return sum(n for (h, status), n in counts.items() if status in statuses and horizon in (None, h))

    return NeedCounts(
        short=of(*standing, horizon=models.Horizon.SHORT),
        long=of(*standing, horizon=models.Horizon.LONG),
        unmatched=of(models.NeedStatus.OPEN),
        met=of(models.NeedStatus.MET),
    )


async def _read(info: strawberry.Info[Any, Any], work: Callable[[UnitOfWork], T]) -> T:
    found: T = await info.context.read(work)
    return found


TYPES = (Need, NeedMatch)
EXTENSIONS = (CustomerNeeds, NeedQuery)
