"""Batches of 1,000 transactions through `IngestTransactions`, in turns with the driver's executemany of the same rows by hand.

In come the data and a database's URL, out come rows a second and the ratio to executemany. The command looks up keys and customers and
writes rows, audit and an event, with a result for each row; by hand only the rows of one table are written, with the same durability.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
import statistics
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

import asyncpg
import pysqlite3

from benchmarks.data import Data
from benchmarks.dataset import TENANT, identifier
from benchmarks.report import note
from benchmarks.targets import Measured, Row
from patron_core.access.permissions import ADMINISTRATOR
from patron_core.columns import format_time
from patron_core.database import Database, dialect_of, open_database, sqlite_path
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_core.transactions.commands import IngestTransactions, NewTransaction
from patron_core.unit_of_work import execute
from patron_core.values import Money, RandomIds, SystemClock

__all__ = ["WANTED", "measure_batches"]

#: Rows a second on a quiet machine; the ratio is what is held to.
WANTED: Final = {"postgresql": 20_000, "sqlite": 15_000}
_RATIO: Final = 0.5
_ROWS: Final = 1_000
_COLUMNS: Final = (
    *("tenant_id", "id", "customer_id", "kind", "amount_minor", "amount_currency", "occurred_at"),
    *("receipt_number", "source", "source_key", "version", "created_at", "updated_at"),
)
_NOON: Final = dt.datetime(2026, 1, 2, 12, tzinfo=dt.UTC)
_Hand = Callable[[Sequence[tuple[Any, ...]]], Awaitable[None]]


def measure_batches(data: Data, url: str, *, batches: int) -> tuple[list[Measured], dict[str, Any]]:
    """Both in turns, `batches` times after two to warm up. url: PostgreSQL as `patron_app`, or a SQLite file."""
    kind = dialect_of(url)
    seconds = asyncio.run(_measure(data, url, batches))
    ours, theirs = ([_ROWS / each[side] for each in seconds] for side in (0, 1))
    note(f"ingest on {kind}: {statistics.median(ours):,.0f} rows/s, executemany {statistics.median(theirs):,.0f}")
    what = f"transactionsIngest, {_ROWS:,} rows with audit, event and results"
    pairs = [our / their for our, their in zip(ours, theirs, strict=True)]
    return [
        Measured(Row("ingest", what, f"executemany of the rows, {kind}", _RATIO), pairs),
        Measured(Row("ingest", f"{what}; {WANTED[kind]:,} wanted", kind, unit="rows/s"), ours),
    ], {f"ingest on {kind}": {"rows_per_second": statistics.median(ours), "executemany": statistics.median(theirs)}}


async def _measure(data: Data, url: str, batches: int) -> list[tuple[float, float]]:
    """Seconds of a batch through the command and by hand."""
    database = open_database(Settings(database_url=url))
    by_hand, close = await _hand(url)
    try:
        found = []
        for number in range(batches + 2):
            command, rows = _command(data, number), _rows(data, number)
            sides = (partial(_ingest, database, command), partial(by_hand, rows))
            times = [0.0, 0.0]
            for side in (0, 1) if number % 2 else (1, 0):
                began = time.perf_counter()
                await sides[side]()
                times[side] = time.perf_counter() - began
            found.append((times[0], times[1]))
        return found[2:]
    finally:
        await close()
        await database.close()


async def _ingest(database: Database, command: IngestTransactions) -> None:
    clock = SystemClock()
    actor = Actor(TENANT, "benchmark", "user", roles=(ADMINISTRATOR,))
    outcome = await execute(
        database, command, actor=actor, clock=clock, ids=RandomIds(clock), plugins=Plugins.of({}), request_id="bench"
    )
    if outcome.value.created != _ROWS:
        raise RuntimeError(f"Only {outcome.value.created} of {_ROWS} rows were written.")


def _customer(data: Data, number: int) -> uuid.UUID:
    return uuid.UUID(identifier("", 2, 1 + number * 7919 % data.customers).removeprefix("_"))


def _command(data: Data, batch: int) -> IngestTransactions:
    run = secrets.token_hex(8)
    rows = (
        NewTransaction(
            source_key=f"{run}-{number}",
            customer_id=_customer(data, batch + number),
            amount=Money(1_999 + number, "EUR"),
            occurred_at=_NOON + dt.timedelta(seconds=number),
            receipt_number=f"R{number}",
        )
        for number in range(_ROWS)
    )
    return IngestTransactions(source="benchmark", rows=tuple(rows))


def _rows(data: Data, batch: int) -> list[tuple[Any, ...]]:
    """The same rows as values of the columns, under keys of their own."""
    run, clock = secrets.token_hex(8), SystemClock()
    now, ids = clock.now(), RandomIds(clock).many(_ROWS)
    return [
        (
            *(TENANT, ids[number], _customer(data, batch + number), "SALE", 1_999 + number, "EUR"),
            *(_NOON + dt.timedelta(seconds=number), f"R{number}", "benchmark", f"{run}-{number}", 1, now, now),
        )
        for number in range(_ROWS)
    ]


async def _hand(url: str) -> tuple[_Hand, Callable[[], Awaitable[None]]]:
    """What writes rows by the driver's executemany in one transaction, and what closes its connection."""
    return _sqlite_hand(url) if dialect_of(url) == "sqlite" else await _postgresql_hand(url)


async def _postgresql_hand(url: str) -> tuple[_Hand, Callable[[], Awaitable[None]]]:
    connection = await asyncpg.connect(url, server_settings={"jit": "off"})
    marks = ", ".join(f"${place}" for place in range(1, len(_COLUMNS) + 1))
    statement = f"INSERT INTO ledger_transaction ({', '.join(_COLUMNS)}) VALUES ({marks})"

    async def insert(rows: Sequence[tuple[Any, ...]]) -> None:
        async with connection.transaction():
            await connection.execute("SELECT set_config('app.tenant', $1, true)", str(TENANT))
            await connection.executemany(statement, rows)

    return insert, connection.close


def _sqlite_hand(url: str) -> tuple[_Hand, Callable[[], Awaitable[None]]]:
    connection = pysqlite3.connect(str(sqlite_path(url)), isolation_level=None)
    for setting in ("foreign_keys = ON", "journal_mode = WAL", "synchronous = FULL", "busy_timeout = 5000"):
        connection.execute(f"PRAGMA {setting}")
    marks = ", ".join("?" * len(_COLUMNS))
    statement = f"INSERT INTO ledger_transaction ({', '.join(_COLUMNS)}) VALUES ({marks})"

    async def insert(rows: Sequence[tuple[Any, ...]]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(statement, [tuple(map(_stored, row)) for row in rows])
        connection.execute("COMMIT")

    async def close() -> None:
        with suppress(pysqlite3.Error):
            connection.close()

    return insert, close


def _stored(value: Any) -> Any:
    """A value as SQLite keeps it."""
    if isinstance(value, uuid.UUID):
        return str(value)
    return format_time(value) if isinstance(value, dt.datetime) else value
