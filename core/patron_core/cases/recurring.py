"""What recurs: late cases are noted, warning signs are looked for."""

from __future__ import annotations

from typing import Final

from patron_core.cases.breaches import note_breaches
from patron_core.cases.watching import watch
from patron_core.hookspecs import Job

__all__ = ["JOBS"]

JOBS: Final = (
    Job(
        name="core.note_case_breaches",
        description="Notes and tells cases that were not answered or solved in time.",
        schedule="FREQ=MINUTELY;INTERVAL=5",
        step=note_breaches,
    ),
    Job(
        name="core.look_for_warning_signs",
        description="Looks for signs that customers may leave or cost more than before.",
        schedule="FREQ=DAILY;BYHOUR=4;BYMINUTE=20",
        step=watch,
    ),
)
