"""What a campaign brought: how many bought of those who were treated and of those kept aside, and how sure the difference is.

In come a unit of work and a campaign, out come figures. A member bought where the ledger has a sale of theirs within the campaign's
days after they were assigned that nobody took back; what treatment and control have in common is in neither's favour. Arms are those that
members were put into at first (intention to treat; CONSORT 2010, item 16): who withdraws is not taken out of one arm alone.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt
from typing import TYPE_CHECKING, Final

from sqlalchemy import case, func, select

from patron_core.campaigns.models import Arm, Campaign, CampaignMember, Response
from patron_core.figures import Figure, Input
from patron_core.transactions.models import Transaction
from patron_core.transactions.standing import standing_sales
from patron_core.values import Money

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["LEAST", "CampaignResult", "Lift", "lift_of", "result_of"]

#: Members that each arm needs before its share says anything; a rule of thumb of ours, the interval shows the rest.
LEAST: Final = 30
_Z: Final = 1.959964  # of 95 %, two-sided
_RATE: Final = (
    "Share of the arm's members with a sale, not taken back, within the campaign's days after they were assigned."
)
_LIFT: Final = (
    "Share of buyers treated less share of buyers kept aside; 95 % interval by Newcombe (1998), "
    "Statistics in Medicine 17:873, method 10."
)


_IN_TIME: Final = (
    *standing_sales(),
    Transaction.occurred_at >= CampaignMember.assigned_at,
    Transaction.occurred_at < CampaignMember.outcome_until,
)


@dataclass(frozen=True, slots=True)
class Lift:
    """A difference of two shares and its 95 % interval."""

    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class CampaignResult:
    """What a campaign brought so far. revenue: of those treated, by currency."""

    members: Mapping[Arm, int]
    contacted: int
    responses: Mapping[Response, int]
    treatment: Figure
    control: Figure
    lift: Figure
    low: Figure
    high: Figure
    additional_buyers: Figure
    cost_per_additional_buyer: Figure
    revenue: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class _Counted:
    members: int = 0
    bought: int = 0
    contacted: int = 0
    open: int = 0


def lift_of(*, treated: int, bought: int, aside: int, bought_aside: int) -> Lift:
    """The difference of two shares with its interval (Newcombe 1998, method 10). treated, aside: above zero."""
    share, low, high = _wilson(bought, treated)
    other, other_low, other_high = _wilson(bought_aside, aside)
    difference = share - other
    return Lift(
        difference,
        difference - sqrt((share - low) ** 2 + (other_high - other) ** 2),
        difference + sqrt((high - share) ** 2 + (other - other_low) ** 2),
    )


def _wilson(successes: int, number: int) -> tuple[float, float, float]:
    """A share and its 95 % interval by Wilson (1927), Journal of the American Statistical Association 22:209."""
    share, square = successes / number, _Z * _Z
    middle = (share + square / (2 * number)) / (1 + square / number)
    half = _Z * sqrt(share * (1 - share) / number + square / (4 * number * number)) / (1 + square / number)
    return share, max(0.0, middle - half), min(1.0, middle + half)


def result_of(campaign_id: uuid.UUID, uow: UnitOfWork) -> CampaignResult:
    """What a campaign brought until now. NOT_FOUND. Four statements, whatever its size."""
    campaign = uow.get(Campaign, campaign_id, path=("campaignId",))
    counted = _counted(campaign, uow)
    answers = select(CampaignMember.response, func.count().label("number")).where(
        CampaignMember.campaign_id == campaign.id, CampaignMember.response.is_not(None)
    )
    treated, aside = counted.get(Arm.TREATMENT, _Counted()), counted.get(Arm.CONTROL, _Counted())
    lift, low, high = _compared(treated, aside, uow.now)
    additional = _additional(lift, treated, uow.now)
    return CampaignResult(
        members={arm: counted.get(arm, _Counted()).members for arm in Arm},
        contacted=sum(each.contacted for each in counted.values()),
        responses={row.response: row.number for row in uow.rows(answers.group_by(CampaignMember.response))},
        treatment=_rate(treated, uow.now),
        control=_rate(aside, uow.now),
        lift=lift,
        low=low,
        high=high,
        additional_buyers=additional,
        cost_per_additional_buyer=_cost(campaign, additional, uow.now),
        revenue=_revenue(campaign, uow),
    )


def _counted(campaign: Campaign, uow: UnitOfWork) -> dict[Arm, _Counted]:
    """How many members each arm has, and how many of them bought, were contacted, or may yet buy."""
    sale = select(Transaction.id).where(Transaction.customer_id == CampaignMember.customer_id, *_IN_TIME)
    statement = (
        select(
            CampaignMember.drawn_arm,
            func.count().label("members"),
            func.sum(case((sale.exists(), 1), else_=0)).label("bought"),
            func.count(CampaignMember.contacted_at).label("contacted"),
            func.sum(case((CampaignMember.outcome_until > uow.now, 1), else_=0)).label("waiting"),
        )
        .where(CampaignMember.campaign_id == campaign.id)
        .group_by(CampaignMember.drawn_arm)
    )
    return {
        row.drawn_arm: _Counted(row.members, int(row.bought), row.contacted, int(row.waiting))
        for row in uow.rows(statement)
    }


def _rate(arm: _Counted, now: dt.datetime) -> Figure:
    inputs = (
        Input(name="members", value=arm.members, description="Members of the arm.", rows=arm.members),
        Input(name="buyers", value=arm.bought, description="Of these, with a sale in time.", rows=arm.bought),
    )
    if arm.members < LEAST:
        return Figure.none(
            f"The arm has {arm.members} members; a share needs {LEAST}.",
            unit="share", sample_size=arm.members, method=_RATE, as_of=now, inputs=inputs,
        )  # fmt: skip
    open_ = f" {arm.open} of them may yet buy in time." if arm.open else ""
    return Figure.of(
        round(Decimal(arm.bought) / arm.members, 4), unit="share", reason=f"{arm.members} members were counted.{open_}",
        sample_size=arm.members, method=_RATE, as_of=now, inputs=inputs,
    )  # fmt: skip


def _compared(treated: _Counted, aside: _Counted, now: dt.datetime) -> tuple[Figure, Figure, Figure]:
    """The lift and both ends of its interval."""
    number = treated.members + aside.members
    if min(treated.members, aside.members) < LEAST:
        few = Figure.none(
            f"{treated.members} members were treated and {aside.members} kept aside; each arm needs {LEAST}.",
            unit="share", sample_size=number, method=_LIFT, as_of=now,
        )  # fmt: skip
        return few, few, few
    lift = lift_of(treated=treated.members, bought=treated.bought, aside=aside.members, bought_aside=aside.bought)
    sure = (
        "The interval is on one side of zero."
        if lift.low > 0 or lift.high < 0
        else "It may be chance: the interval holds zero."
    )
    difference, low, high = (
        Figure.of(round(Decimal(value), 4), unit="share", reason=sure, sample_size=number, method=_LIFT, as_of=now)
        for value in (lift.difference, lift.low, lift.high)
    )
    return difference, low, high


def _additional(lift: Figure, treated: _Counted, now: dt.datetime) -> Figure:
    method = "Lift times members treated."
    if lift.value is None:
        return Figure.none(lift.reason, unit="customers", sample_size=lift.sample_size, method=method, as_of=now)
    return Figure.of(
        round(lift.value * treated.members, 1), unit="customers", reason=lift.reason, sample_size=lift.sample_size,
        method=method, as_of=now,
    )  # fmt: skip


def _cost(campaign: Campaign, additional: Figure, now: dt.datetime) -> Figure:
    method = "What the campaign cost, by additional buyers."
    if campaign.cost is None or additional.value is None or additional.value <= 0:
        why = "No cost was entered." if campaign.cost is None else "There are no additional buyers that are known."
        return Figure.none(why, sample_size=additional.sample_size, method=method, as_of=now)
    each = Money(round(campaign.cost.minor / additional.value), campaign.cost.currency_code)
    return Figure.of(each, reason=additional.reason, sample_size=additional.sample_size, method=method, as_of=now)


def _revenue(campaign: Campaign, uow: UnitOfWork) -> tuple[Figure, ...]:
    """What those treated bought in time, by currency."""
    statement = (
        select(
            Transaction.amount_currency.label("currency"),
            func.sum(Transaction.amount_minor).label("minor"),
            func.count().label("sales"),
        )
        .join(CampaignMember, CampaignMember.customer_id == Transaction.customer_id)
        .where(CampaignMember.campaign_id == campaign.id, CampaignMember.drawn_arm == Arm.TREATMENT, *_IN_TIME)
        .group_by(Transaction.amount_currency)
        .order_by(Transaction.amount_currency)
    )
    return tuple(
        Figure.of(
            Money(int(row.minor), row.currency),
            reason=f"{row.sales} sales were counted.",
            sample_size=row.sales,
            method="Sum of the sales in time to those treated.",
            as_of=uow.now,
        )
        for row in uow.rows(statement)
    )
