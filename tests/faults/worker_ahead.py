"""`patron worker` on a clock that is ahead of the machine's: what waits for a time, retries and leases, is due at once: SECONDS."""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
from dataclasses import dataclass

from patron_core.settings import Settings
from patron_schema.app import deploy
from patron_schema.workers import start

UP = "the worker works"


@dataclass(frozen=True, slots=True)
class ClockAhead:
    """The machine's clock and a span."""

    ahead: dt.timedelta

    def now(self) -> dt.datetime:
        """The time."""
        return dt.datetime.now(dt.UTC) + self.ahead


async def main(seconds: float) -> None:
    settings = Settings()
    deployment = deploy(settings=settings, clock=ClockAhead(dt.timedelta(seconds=seconds)))
    start(deployment.worker, settings)
    print(UP, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
