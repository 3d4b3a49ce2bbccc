"""How well customers do from day to day, as the API shows it; `customerHealth` shows one customer's score with every factor."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from patron_core.health import models

from ..declare import Connection, Query, extends, planned, related, root
from ..nodes import Node
from .customers import Customer

__all__ = ["EXTENSIONS", "TYPES", "HealthSnapshot", "HealthWeight"]


@planned(models.HealthWeight)
class HealthWeight(Node):
    """What a factor of the core weighs in this tenant."""

    factor: models.CoreFactor
    weight: Decimal


@planned(models.HealthSnapshot)
class HealthSnapshot(Node):
    """The health score of a customer on a day."""

    customer: Customer
    taken_on: dt.date
    latest: bool
    value: Decimal
    change: Decimal | None
    sample_size: int
    factors: int


@extends(Customer)
class CustomerHealthHistory:
    health_snapshots: Connection[HealthSnapshot] = related(
        models.HealthSnapshot.customer, description="How the customer's health went."
    )


@extends(Query)
class HealthQuery:
    health_snapshots: Connection[HealthSnapshot] = root(
        description="Health scores; the latest ones below a value are the customers at risk."
    )
    health_weights: Connection[HealthWeight] = root(description="What factors weigh where the tenant said it.")


TYPES = (HealthWeight, HealthSnapshot)
EXTENSIONS = (CustomerHealthHistory, HealthQuery)
