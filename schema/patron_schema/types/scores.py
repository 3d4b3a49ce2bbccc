"""How consumers buy and what to expect of them, as the API shows it: models of value and the scores made with them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from patron_core.profits import models
from patron_core.values import Money

from ..declare import Connection, Query, expression, extends, planned, related, root
from ..nodes import Node
from .customers import Customer

__all__ = ["EXTENSIONS", "TYPES", "ClvScore", "RfmScore", "ValueModel", "ValueParameter"]


@planned(models.ValueModel)
class ValueModel(Node):
    """How customers buy, as it was learned from all their purchases: what scores are made with."""

    kind: models.ValueKind
    number: int
    applicable: bool
    reason: str
    method: str
    sample_size: int
    currency: str | None
    as_of: dt.date
    horizon_days: int | None
    parameters: Connection[ValueParameter] = related(models.ValueParameter.model, description="What was learned.")
    updated_at: dt.datetime


@planned(models.ValueParameter)
class ValueParameter(Node):
    """A number that a model of value learned: where a fifth ends, or a parameter of a distribution."""

    name: str
    value: Decimal


@planned(models.RfmScore)
class RfmScore(Node):
    """How recently, how often and for how much a customer bought, each as a fifth of all customers."""

    customer: Customer
    model: ValueModel
    applicable: bool
    reason: str
    value: int | None
    recency: int | None
    frequency: int | None
    monetary: int | None
    last_purchase_on: dt.date | None
    purchases: int
    spent: Money | None
    sample_size: int = expression(
        models.ValueModel.sample_size, via=models.RfmScore.model, filterable=False, orderable=False,
        description="How many customers it was compared with.",
    )  # fmt: skip
    method: str = expression(
        models.ValueModel.method, via=models.RfmScore.model, filterable=False, orderable=False,
        description="How it was made.",
    )  # fmt: skip
    as_of: dt.date = expression(
        models.ValueModel.as_of, via=models.RfmScore.model, filterable=False, orderable=False,
        description="The last day whose purchases were counted.",
    )  # fmt: skip


@planned(models.ClvScore)
class ClvScore(Node):
    """What a customer is expected to buy, and whether it still buys."""

    customer: Customer
    model: ValueModel
    applicable: bool
    reason: str
    value: Money | None
    expected_purchases: Decimal | None
    alive: Decimal | None
    expected_spend: Money | None
    purchases: int
    sample_size: int = expression(
        models.ValueModel.sample_size, via=models.ClvScore.model, filterable=False, orderable=False,
        description="How many customers the models were learned from.",
    )  # fmt: skip
    method: str = expression(
        models.ValueModel.method, via=models.ClvScore.model, filterable=False, orderable=False,
        description="How it was made.",
    )  # fmt: skip
    as_of: dt.date = expression(
        models.ValueModel.as_of, via=models.ClvScore.model, filterable=False, orderable=False,
        description="The last day whose purchases were counted.",
    )  # fmt: skip


@extends(Customer)
class CustomerScores:
    rfm: RfmScore | None = related(
        models.RfmScore.customer, description="How recently, how often and for how much; null before the first run."
    )
    clv: ClvScore | None = related(
        models.ClvScore.customer, description="What to expect of the customer; null before the first run."
    )


@extends(Query)
class ScoreQuery:
    value_models: Connection[ValueModel] = root(description="Models of value: cut-offs and parameters.")
    rfm_scores: Connection[RfmScore] = root(description="Recency, frequency and monetary value of all customers.")
    clv_scores: Connection[ClvScore] = root(description="What to expect of all customers.")


TYPES = (ValueModel, ValueParameter, RfmScore, ClvScore)
EXTENSIONS = (CustomerScores, ScoreQuery)
