"""What recurs: renewals are opened ahead of the notice, and terms end."""

from __future__ import annotations

from typing import Final

from patron_core.contracts.renewing import end_terms, open_renewals
from patron_core.hookspecs import Job

__all__ = ["JOBS"]

JOBS: Final = (
    Job(
        name="core.open_renewals",
        description="Opens the renewals of contracts whose notice is due in the coming months.",
        schedule="FREQ=DAILY;BYHOUR=3",
        step=open_renewals,
    ),
    Job(
        name="core.end_terms",
        description="Lets contracts whose term is over go on by themselves, or ends them.",
        schedule="FREQ=DAILY;BYHOUR=0;BYMINUTE=10",
        step=end_terms,
    ),
)
