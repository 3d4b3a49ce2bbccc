"""What recurs: offers whose time is over expire."""

from __future__ import annotations

from typing import Final

from patron_core.hookspecs import Job
from patron_core.offers.aging import expire_offers

__all__ = ["JOBS"]

JOBS: Final = (
    Job(
        name="core.expire_offers",
        description="Expires offers whose time is over, and what of them nobody redeemed.",
        schedule="FREQ=HOURLY;BYMINUTE=5",
        step=expire_offers,
    ),
)
