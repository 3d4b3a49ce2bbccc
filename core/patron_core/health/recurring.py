"""What recurs: the health of customers is kept day by day."""

from __future__ import annotations

from typing import Final

from patron_core.health.snapshots import take_snapshots
from patron_core.hookspecs import Job

__all__ = ["JOBS"]

JOBS: Final = (
    Job(
        name="core.take_health_snapshots",
        description="Keeps the health score of the day of every customer who has one.",
        schedule="FREQ=DAILY;BYHOUR=5;BYMINUTE=10",
        step=take_snapshots,
    ),
)
