"""Offers as the API shows them, what came of them, and what one that is only thought of would come to."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from patron_core import validation
from patron_core.offers import models, simulation
from patron_core.offers.permissions import OFFER_READ
from patron_core.privacy.models import ConsentPurpose
from patron_core.segments.models import Segment as SegmentRow
from patron_core.touchpoints.models import Channel
from patron_core.values import Money, Period

from ..compose.commands import decode_id
from ..declare import Connection, Query, extends, planned, related, resolver, root
from ..nodes import Node
from .customers import Customer
from .figures import Figure, shown

if TYPE_CHECKING:
    from .orders import Order
    from .segments import Segment

__all__ = ["EXTENSIONS", "TYPES", "Offer", "OfferPresentation", "OfferRedemption"]


@planned(models.Offer)
class Offer(Node):
    """Something that is offered to customers for a time, so many times, for so much at most."""

    code: str
    name: str
    description: str | None
    status: models.OfferStatus
    segment: Segment | None
    purpose: ConsentPurpose
    channel: Channel | None
    validity: Period
    cost: Money
    budget: Money | None
    spent: Money
    max_redemptions: int | None
    max_per_customer: int
    redeemed_count: int
    version: int
    presentations: Connection[OfferPresentation] = related(
        models.OfferPresentation.offer, description="To whom it was presented, and what came of it."
    )


@planned(models.OfferPresentation)
class OfferPresentation(Node):
    """An offer was presented to a customer, and what came of it."""

    offer: Offer
    customer: Customer
    channel: Channel | None
    status: models.PresentationStatus
    presented_at: dt.datetime
    answered_at: dt.datetime | None
    reason: str | None
    version: int
    redemptions: Connection[OfferRedemption] = related(
        models.OfferRedemption.presentation, description="When the customer had it."
    )


@planned(models.OfferRedemption)
class OfferRedemption(Node):
    """A customer had what was offered."""

    presentation: OfferPresentation
    order: Order | None
    amount: Money
    redeemed_at: dt.datetime


@extends(Customer)
class CustomerOffers:
    offer_presentations: Connection[OfferPresentation] = related(
        models.OfferPresentation.customer, description="What was offered to the customer."
    )


@strawberry.type(description="What an offer would come to. Nothing was changed.")
class OfferSimulation:
    eligible: int = strawberry.field(description="How many customers are eligible.")
    with_consent: int = strawberry.field(description="How many of them may be asked now.")
    without_consent: int = strawberry.field(description="How many of them may not, for want of consent.")
    segment_refreshed_at: dt.datetime | None = strawberry.field(
        description="As of when the segment counts; null without one, or where it was never refreshed."
    )
    redemptions: int = strawberry.field(description="How many redemptions there would be at most.")
    limited_by: str = strawberry.field(description="What limits them: CUSTOMERS, REDEMPTIONS or BUDGET.")
    cost: Figure = strawberry.field(description="What they would cost.")


Eligible = Annotated[
    strawberry.ID | None, strawberry.argument(description="The segment of who is eligible; everybody without one.")
]
For = Annotated[ConsentPurpose, strawberry.argument(description="For which purpose consent is needed.")]
Over = Annotated[Channel | None, strawberry.argument(description="Over which channel; null for any.")]
Code = Annotated[str, strawberry.argument(description="The currency of the amounts, such as EUR.")]
Cost = Annotated[Decimal, strawberry.argument(description="What one redemption costs.")]
Budget = Annotated[Decimal | None, strawberry.argument(description="What all redemptions may cost together.")]
Most = Annotated[int | None, strawberry.argument(description="How often it can be had in all, 1 or more.")]
Each = Annotated[int, strawberry.argument(description="How often one customer can have it, 1 or more.")]


@extends(Query)
class OfferQuery:
    offer: Offer | None = root(description="An offer by its id.")
    offers: Connection[Offer] = root(description="Offers.")
    offer_presentations: Connection[OfferPresentation] = root(description="What was offered to whom.")
    offer_redemptions: Connection[OfferRedemption] = root(description="What was had.")

    @resolver(scope=OFFER_READ)
    async def offer_simulate(
        self,
        info: strawberry.Info[Any, Any],
        cost: Cost,
        currency_code: Code,
        segment_id: Eligible = None,
        purpose: For = ConsentPurpose.MARKETING,
        channel: Over = None,
        budget: Budget = None,
        max_redemptions: Most = None,
        max_per_customer: Each = 1,
    ) -> OfferSimulation | None:
        """What an offer would come to: how many are eligible, how many of them may be asked, what it costs at its caps."""
        terms = simulation.Terms(
            segment_id=None if segment_id is None else decode_id(segment_id, SegmentRow.id_prefix),
            purpose=purpose,
            channel=channel,
            cost=validation.money(cost, currency_code, path=("cost",)),
            budget=None if budget is None else validation.money(budget, currency_code, path=("budget",)),
            max_redemptions=max_redemptions,
            max_per_customer=max_per_customer,
        )
        found = await info.context.read(lambda uow: simulation.simulate(terms, uow))
        return OfferSimulation(
            eligible=found.eligible,
            with_consent=found.with_consent,
            without_consent=found.without_consent,
            segment_refreshed_at=found.segment_refreshed_at,
            redemptions=found.redemptions,
            limited_by=found.limited_by,
            cost=shown(found.cost),
        )


TYPES = (Offer, OfferPresentation, OfferRedemption)
EXTENSIONS = (CustomerOffers, OfferQuery)
