"""What recurs: all parties are looked at for those who are twice in the books."""

from __future__ import annotations

from typing import Final

from patron_core.duplicates.finding import find_duplicates
from patron_core.hookspecs import Job

__all__ = ["JOBS"]

JOBS: Final = (
    Job(
        name="core.find_duplicates",
        description="Proposes parties that may be one, with a score and what speaks for it.",
        schedule="FREQ=DAILY;BYHOUR=1;BYMINUTE=30",
        step=find_duplicates,
    ),
)
