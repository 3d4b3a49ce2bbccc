"""What recurs: invoices that are not paid by their day are found."""

from __future__ import annotations

from typing import Final

from patron_core.billing.overdue import find_overdue
from patron_core.hookspecs import Job

__all__ = ["JOBS"]

JOBS: Final = (
    Job(
        name="core.find_overdue_invoices",
        description="Finds invoices that were not paid by their day, and tells of each once.",
        schedule="FREQ=DAILY;BYHOUR=1;BYMINUTE=20",
        step=find_overdue,
    ),
)
