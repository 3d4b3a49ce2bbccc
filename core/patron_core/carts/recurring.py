"""What recurs: carts that nobody touches are abandoned, and old ones expire."""

from __future__ import annotations

from typing import Final

from patron_core.carts.aging import abandon_carts, expire_carts
from patron_core.hookspecs import Job

__all__ = ["JOBS"]

JOBS: Final = (
    Job(
        name="core.abandon_carts",
        description="Finds carts that nobody touched for their time, and tells of each once.",
        schedule="FREQ=MINUTELY;INTERVAL=10",
        step=abandon_carts,
    ),
    Job(
        name="core.expire_carts",
        description="Lets carts expire that nobody touched for thirty days.",
        schedule="FREQ=DAILY;BYHOUR=4",
        step=expire_carts,
    ),
)
