"""What an offer would come to before anybody gets it: who is eligible, who may be asked, and what it costs when its caps are reached.

Nothing is written. In come the terms of an offer, out come counts of one statement and a figure; whether somebody may be contacted
is judged as `privacy.consent` does when an offer is presented: the latest word on the purpose and the channel counts.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import aliased

from patron_core.access.overview import require_overview
from patron_core.customers.models import Customer
from patron_core.figures import Figure, Input
from patron_core.offers.commands import check_caps
from patron_core.privacy.models import Consent, ConsentDecision, ConsentPurpose
from patron_core.records import FINANCIAL
from patron_core.segments.models import Segment, SegmentMembership
from patron_core.touchpoints.models import Channel
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money

__all__ = ["OfferSimulation", "Terms", "simulate"]

_METHOD: Final = "The least of: who may be asked times redemptions of each, the cap of redemptions, and what the budget pays; times cost."


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is known of an offer that is thought of."""

    segment_id: uuid.UUID | None
    purpose: ConsentPurpose
    channel: Channel | None
    cost: Money
    budget: Money | None
    max_redemptions: int | None
    max_per_customer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferSimulation:
    """eligible: customers of the segment as of its refresh. with_consent: those who may be asked now. limited_by: the cap that is
    reached first: CUSTOMERS, REDEMPTIONS or BUDGET.
    """

    eligible: int
    with_consent: int
    without_consent: int
    segment_refreshed_at: dt.datetime | None
    redemptions: int
    limited_by: str
    cost: Figure


def simulate(terms: Terms, uow: UnitOfWork) -> OfferSimulation:
    """What the terms come to. FORBIDDEN for who does not see all customers, or no money; NOT_FOUND for the segment."""
    check_caps(terms.cost, terms.budget, terms.max_redemptions, terms.max_per_customer)
    require_overview(uow.actor, FINANCIAL)
    segment = None if terms.segment_id is None else uow.get(Segment, terms.segment_id, path=("segmentId",))
    (counts,) = uow.rows(_statement(terms, uow.now))
    eligible, asked = int(counts.eligible), int(counts.asked or 0)
    redemptions, limited_by = _most(terms, asked)
    total = Money(redemptions * terms.cost.minor, terms.cost.currency_code)
    return OfferSimulation(
        eligible=eligible,
        with_consent=asked,
        without_consent=eligible - asked,
        segment_refreshed_at=None if segment is None else segment.refreshed_at,
        redemptions=redemptions,
        limited_by=limited_by,
        cost=Figure.of(
            total,
            reason=f"{redemptions} redemptions at most, limited by {limited_by.lower()}.",
            sample_size=eligible,
            method=_METHOD,
            as_of=uow.now,
            inputs=(
                Input(name="eligible", value=eligible, description="Customers who are eligible.", rows=eligible),
                Input(name="withConsent", value=asked, description="Those of them who may be asked.", rows=asked),
                Input(name="cost", value=terms.cost, description="What one redemption costs."),
                Input(name="budget", value=terms.budget, description="What all may cost."),
                Input(name="maxRedemptions", value=terms.max_redemptions, description="How many there may be."),
            ),
        ),
    )


def _most(terms: Terms, asked: int) -> tuple[int, str]:
    """How many redemptions there can be at most, and by what they are limited."""
    limits = [(asked * terms.max_per_customer, "CUSTOMERS")]
    if terms.max_redemptions is not None:
        limits.append((terms.max_redemptions, "REDEMPTIONS"))
    if terms.budget is not None and terms.cost.minor > 0:
        limits.append((terms.budget.minor // terms.cost.minor, "BUDGET"))
    return min(limits, key=lambda limit: limit[0])


def _statement(terms: Terms, now: dt.datetime) -> Select[*tuple[Any, ...]]:
    word, latest = aliased(Consent), aliased(Consent)
    about: ColumnElement[bool] = latest.channel.is_(None)
    if terms.channel is not None:
        about = or_(about, latest.channel == terms.channel)
    newest = (
        select(latest.id)
        .where(latest.party_id == Customer.party_id, latest.purpose == terms.purpose, about)
        .order_by(latest.decided_at.desc(), latest.id.desc())
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )
    given = (
        (word.status == ConsentDecision.GIVEN)
        & or_(word.validity_from.is_(None), word.validity_from <= now)
        & or_(word.validity_to.is_(None), word.validity_to > now)
    )
    silent = 1 if terms.purpose is ConsentPurpose.SERVICE else 0
    asked = case((word.id.is_(None), silent), (given, 1), else_=0)
    statement = select(func.count(Customer.id).label("eligible"), func.sum(asked).label("asked")).select_from(Customer)
    statement = statement.where(Customer.deleted_at.is_(None))
    if terms.segment_id is not None:
        statement = statement.join(
            SegmentMembership,
            (SegmentMembership.party_id == Customer.party_id)
            & (SegmentMembership.segment_id == terms.segment_id)
            & SegmentMembership.left_at.is_(None),
        )
    return statement.outerjoin(word, (word.id == newest) & (word.party_id == Customer.party_id))
