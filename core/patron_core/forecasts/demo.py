"""Demo rows: the forecasts of this month and the next, as the weekly job keeps them."""

from __future__ import annotations

from collections.abc import Sequence

from patron_core.customers.models import Customer
from patron_core.forecasts.recurring import keep_forecasts
from patron_core.hookspecs import DemoContext

__all__ = ["fill"]


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Keeps them."""
    demo.uow.flush()
    keep_forecasts(demo.uow)
