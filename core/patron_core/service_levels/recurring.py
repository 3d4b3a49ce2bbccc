"""What recurs: customers are given the levels that their figures earn."""

from __future__ import annotations

from typing import Final

from patron_core.hookspecs import Job
from patron_core.service_levels.assigning import apply_all_rules

__all__ = ["JOBS"]

JOBS: Final = (
    Job(
        name="core.apply_service_levels",
        description="Gives customers the levels of service that their volume, profit or purchases earn.",
        schedule="FREQ=DAILY;BYHOUR=2;BYMINUTE=20",
        step=apply_all_rules,
    ),
)
