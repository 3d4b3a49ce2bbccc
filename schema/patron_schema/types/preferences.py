"""What customers like and wish, as the API shows it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from patron_core.preferences import models

from ..declare import Connection, Query, extends, planned, related, root
from ..nodes import Node
from .customers import Customer

__all__ = ["EXTENSIONS", "TYPES", "Preference"]


@planned(models.Preference)
class Preference(Node):
    """Something a customer likes or wishes, as one origin tells it."""

    customer: Customer
    key: str
    scope: str
    preferred: str
    origin: models.WishOrigin
    confidence: Decimal
    standing: models.PreferenceStanding
    evidence: str | None
    recorded_at: dt.datetime
    valid_until: dt.datetime | None
    version: int


@extends(Customer)
class CustomerPreferences:
    preferences: Connection[Preference] = related(
        models.Preference.customer, description="What the customer likes and wishes."
    )


@extends(Query)
class PreferenceQuery:
    preferences: Connection[Preference] = root(description="What customers like and wish.")


TYPES = (Preference,)
EXTENSIONS = (CustomerPreferences, PreferenceQuery)
