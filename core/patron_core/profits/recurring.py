"""What recurs: contributions are built from what the ledger got, and consumers are scored."""

from __future__ import annotations

from typing import Final

from patron_core.hookspecs import Job
from patron_core.profits.building import build_profits
from patron_core.profits.clv import score_clv
from patron_core.profits.rfm import score_rfm

__all__ = ["CLV", "JOBS", "PROFITS", "RFM"]

PROFITS: Final = "core.build_profits"
RFM: Final = "core.score_rfm"
CLV: Final = "core.score_clv"

JOBS: Final = (
    Job(
        name=PROFITS,
        description="Builds what customers brought and cost, of the months that the ledger got rows for.",
        schedule="FREQ=DAILY;BYHOUR=1",
        step=build_profits,
    ),
    Job(
        name=RFM,
        description="Scores how recently, how often and for how much consumers bought.",
        schedule="FREQ=DAILY;BYHOUR=1;BYMINUTE=30",
        step=score_rfm,
    ),
    Job(
        name=CLV,
        description="Fits how consumers buy, and scores what to expect of each.",
        schedule="FREQ=WEEKLY;BYDAY=SU;BYHOUR=2",
        step=score_clv,
    ),
)
