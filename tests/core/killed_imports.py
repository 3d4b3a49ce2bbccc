"""A program that imports a file again and again and dies each time: `python killed_imports.py URL TENANT FILE MAPPING KILLS`.

Each try is a process of its own, forked from one that has everything loaded. It dies at a chosen place (before a batch, with
the batch's rows sent, after its commit) by SIGKILL, or somewhere by a timer of the kernel, which ends it as abruptly.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import configure_mappers

from patron_core import catalogue  # noqa: F401 - every model
from patron_core.database import open_database
from patron_core.imports.importer import Counts, Item, Source
from patron_core.imports.mapped import CsvRecords, TableOptions
from patron_core.imports.runner import run_import
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import RandomIds, SystemClock

PLACES = ("before", "sent", "committed", "timer")


class SmallBatches(CsvRecords):
    """The importer of tables, with more batches to die between."""

    batch_size = 10
    batch_rows = 30


class Dying(SmallBatches):
    """Dies at a place of its second batch."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._batches = 0

    def apply(self, items: Sequence[Item[Any]], *, uow: UnitOfWork, options: TableOptions) -> Counts:
        """Applies a batch, or dies before or behind it."""
        self._batches += 1
        if self._batches == 2 and self._place == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        counts = super().apply(items, uow=uow, options=options)
        if self._batches == 2 and self._place == "sent":
            uow.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        return counts

    def told(self, _progress: Any) -> None:
        """Dies after the first commit."""
        if self._place == "committed":
            os.kill(os.getpid(), signal.SIGKILL)


async def _take_in(url: str, tenant: str, file: str, mapping: str, importer: Dying, master_key: str) -> None:
    clock = SystemClock()
    actor = Actor(uuid.UUID(tenant), "import", "system", reason="A test of what a kill leaves.")
    database = open_database(Settings(database_url=url, master_key=master_key))  # type: ignore[arg-type]
    context: dict[str, Any] = {"plugins": Plugins.of({}), "clock": clock, "ids": RandomIds(clock)}
    await run_import(
        database, importer, [Path(file)], actor=actor, options={"mapping": mapping}, progress=importer.told, **context
    )


def _die(number: int, arguments: Sequence[str]) -> None:
    place = PLACES[number % len(PLACES)]
    if place == "timer":
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, 0.02 + 0.008 * number)
    asyncio.run(_take_in(*arguments[:4], Dying(place), arguments[5]))  # type: ignore[arg-type]
    os._exit(0)


def main(*arguments: str) -> None:
    """Forks one try after the other and prints how many died."""
    configure_mappers()
    options = TableOptions(mapping=arguments[3])  # type: ignore[arg-type]
    sum(
        1 for _ in SmallBatches().read(Source((Path(arguments[2]),)), options=options)
    )  # all modules and tables are in memory
    died = 0
    for number in range(int(arguments[4])):
        child = os.fork()
        if child == 0:
            _die(number, arguments)
        died += os.WIFSIGNALED(os.waitpid(child, 0)[1])
    print(died)


if __name__ == "__main__":
    main(*sys.argv[1:])
