"""What one customer is worth: what it brings now, and what it may bring, kept apart, each with where it comes from.

Now is what the ledger says of the last year. What may come is, of a consumer, what the model of value expects; of a customer whom the
relationship carries, its open deals by their chance. Both are never added up: one is booked and the other may come.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from sqlalchemy import select

from patron_core.customers.models import Customer
from patron_core.figures import Figure, Input
from patron_core.opportunities.models import ForecastCategory, Opportunity, OpportunityStatus, Stage
from patron_core.profits.best import BestBy, figure
from patron_core.profits.clv import METHOD as CLV_METHOD
from patron_core.profits.consumers import sells_to
from patron_core.profits.days import midnight
from patron_core.profits.ledger import METHOD, read
from patron_core.profits.models import ClvScore, ValueModel
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money

__all__ = ["CustomerValue", "value_of"]

_DAYS: Final = 365
_MOST_DEALS: Final = 1_000
_PIPELINE: Final = "Amounts of open deals times the chance of their stage, in one currency; deals left out of forecasts are left out here."


@dataclass(frozen=True, slots=True)
class CustomerValue:
    """The two values. They are not comparable: one is a contribution that was booked, the other revenue that may come."""

    current: Figure
    potential: Figure


def value_of(customer: Customer, uow: UnitOfWork, *, currency: str) -> CustomerValue:
    """What a customer is worth in a currency, as of now."""
    potential = _expected if sells_to(customer) else _pipeline
    return CustomerValue(_current(customer, uow, currency), potential(customer, uow, currency))


def _current(customer: Customer, uow: UnitOfWork, currency: str) -> Figure:
    tomorrow = uow.now.date() + dt.timedelta(days=1)
    start = tomorrow - dt.timedelta(days=_DAYS)
    found = read(uow, midnight(start), midnight(tomorrow), currency=currency, whose=customer.id)
    if not found:
        none = f"The ledger has nothing of this customer in {currency} within {_DAYS} days."
        return Figure.none(none, unit=currency, method=METHOD, as_of=uow.now)
    return figure(found[0], BestBy.CONTRIBUTION, as_of=uow.now, days=_DAYS)


def _expected(customer: Customer, uow: UnitOfWork, currency: str) -> Figure:
    """What the model of value expects of a consumer."""
    found = uow.rows(
        select(ClvScore, ValueModel)
        .join(ValueModel, ValueModel.id == ClvScore.model_id)
        .where(ClvScore.customer_id == customer.id)
    )
    if not found:
        none = "No model of value has been made since this customer is known: have it made."
        return Figure.none(none, unit=currency, method=CLV_METHOD, as_of=uow.now)
    score, model = found[0].ClvScore, found[0].ValueModel
    as_of = midnight(model.as_of + dt.timedelta(days=1))
    sample, source = model.sample_size, (f"{ClvScore.id_prefix}_{score.id}", f"{ValueModel.id_prefix}_{model.id}")
    if score.value is None or score.value.currency_code != currency:
        reason = (
            score.reason if score.value is None else f"The model is about {score.value.currency_code}: ask for that."
        )
        return Figure.none(reason, unit=currency, sample_size=sample, method=model.method, as_of=as_of)
    return Figure.of(
        score.value,
        reason=f"{score.reason} Within {model.horizon_days} days.",
        sample_size=sample,
        method=model.method,
        as_of=as_of,
        inputs=(
            Input(
                name="expectedPurchases", value=score.expected_purchases, description="Purchases to expect.", ids=source
            ),
            Input(name="expectedSpend", value=score.expected_spend, description="What to expect of one of them."),
            Input(name="alive", value=score.alive, description="Chance that the customer still buys."),
            Input(
                name="purchaseDays",
                value=score.purchases,
                description="Days with a purchase that it rests on.",
                rows=score.purchases,
            ),
        ),
    )


def _pipeline(customer: Customer, uow: UnitOfWork, currency: str) -> Figure:
    """What open deals with a customer may bring."""
    statement = (
        select(Opportunity.id, Opportunity.amount, Stage.probability)
        .join(Stage, Stage.id == Opportunity.stage_id)
        .where(
            Opportunity.customer_id == customer.id,
            Opportunity.status == OpportunityStatus.OPEN,
            Stage.forecast_category != ForecastCategory.OMITTED,
        )
        .order_by(Opportunity.id)
        .limit(_MOST_DEALS)
    )
    rows = uow.rows(statement)
    deals = [row for row in rows if row.amount is not None and row.amount.currency_code == currency]
    left_out = len(rows) - len(deals)
    if not deals:
        none = f"There is no open deal with an amount in {currency}; {left_out} without one or in others are left out."
        return Figure.none(none, unit=currency, method=_PIPELINE, as_of=uow.now)
    weighted = sum((row.amount.minor * row.probability for row in deals), Decimal(0))
    ids = tuple(f"{Opportunity.id_prefix}_{row.id}" for row in deals)
    whole = Money(sum(row.amount.minor for row in deals), currency)
    return Figure.of(
        Money(int(weighted.to_integral_value(ROUND_HALF_EVEN)), currency),
        reason=f"{len(deals)} open deals by the chance of their stage; {left_out} without an amount in {currency} are left out.",
        sample_size=len(deals),
        method=_PIPELINE,
        as_of=uow.now,
        inputs=(
            Input(
                name="openDeals",
                value=whole,
                description="What the deals are worth, if all are won.",
                ids=ids,
                rows=len(deals),
            ),
        ),
    )
