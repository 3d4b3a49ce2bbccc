"""Demo rows: today's health of the companies."""

from __future__ import annotations

from collections.abc import Sequence

from patron_core.customers.models import Customer
from patron_core.health.snapshots import take_snapshots
from patron_core.hookspecs import DemoContext, Step

__all__ = ["fill"]


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """One snapshot of each customer who has a score."""
    demo.uow.flush()
    take_snapshots(Step(arguments={}, state={}, done=0), demo.uow)
