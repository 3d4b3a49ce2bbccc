"""The rows that an import made, by hand: read from its database as the driver gives them, inserted by the driver's executemany.

In come databases, out come batches: the rows of each transaction by table, in an order that foreign keys allow. A transaction is
known by the instant its rows carry.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import pysqlite3 as _pysqlite3
from sqlalchemy.schema import sort_tables

from benchmarks.dataset import TENANT
from benchmarks.empty import Empty
from patron_core.database import sqlite_path
from patron_core.records import Record

__all__ = ["Insert", "Transaction", "count", "insert_by_hand", "rows_written", "without_journal"]

pysqlite3: Any = _pysqlite3  # it has no types
#: What no table of the domain is: the marks of the run itself, and what audit and outbox add to each row.
_RUN: Final = frozenset({"import_run"})
_JOURNAL: Final = frozenset({"audit_entry", "outbox_event"})


@dataclass(frozen=True, slots=True)
class Insert:
    """Rows of one table."""

    table: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]

    def statement(self, kind: str) -> str:
        """The INSERT with the driver's placeholders."""
        marks = ["?" if kind == "sqlite" else f"${place}" for place in range(1, len(self.columns) + 1)]
        names = ", ".join(f'"{name}"' for name in self.columns)
        return f'INSERT INTO "{self.table}" ({names}) VALUES ({", ".join(marks)})'


Transaction = Sequence[Insert]


def rows_written(database: Empty) -> list[Transaction]:
    """All rows an import wrote, transaction by transaction."""
    tables = [table for table in sort_tables(Record.metadata.tables.values()) if "tenant_id" in table.c]
    names = [table.name for table in tables if table.name not in _RUN]
    found = _from_sqlite(database, names) if database.kind == "sqlite" else asyncio.run(_from_pg(database, names))
    instants: dict[Any, list[Insert]] = {}
    for table, columns, rows in found:
        at = columns.index("created_at")
        by_instant: dict[Any, list[Any]] = {}
        for row in rows:
            by_instant.setdefault(row[at], []).append(row)
        for instant, some in by_instant.items():
            instants.setdefault(instant, []).append(Insert(table, columns, some))
    return [instants[instant] for instant in sorted(instants)]


def without_journal(transactions: Sequence[Transaction]) -> list[Transaction]:
    """The rows of the domain alone, without audit and outbox."""
    return [[insert for insert in each if insert.table not in _JOURNAL] for each in transactions]


def insert_by_hand(database: Empty, transactions: Sequence[Transaction]) -> float:
    """Inserts them, one executemany for each table of a transaction; gives the seconds."""
    if database.kind == "sqlite":
        return _into_sqlite(database, transactions)
    return asyncio.run(_into_pg(database, transactions))


def _from_sqlite(database: Empty, names: Sequence[str]) -> list[tuple[str, tuple[str, ...], list[Any]]]:
    connection = pysqlite3.connect(sqlite_path(database.owner_url))
    found = []
    for name in names:
        cursor = connection.execute(f'SELECT * FROM "{name}" ORDER BY rowid')
        found.append((name, tuple(column[0] for column in cursor.description), cursor.fetchall()))
    connection.close()
    return [each for each in found if each[2]]


def _into_sqlite(database: Empty, transactions: Sequence[Transaction]) -> float:
    connection = pysqlite3.connect(sqlite_path(database.app_url), isolation_level=None)
    for setting in ("foreign_keys = ON", "journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {setting}")
    began = time.perf_counter()
    for inserts in transactions:
        connection.execute("BEGIN IMMEDIATE")
        for insert in inserts:
            connection.executemany(insert.statement("sqlite"), insert.rows)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - began
    connection.close()
    return seconds


async def _from_pg(database: Empty, names: Sequence[str]) -> list[tuple[str, tuple[str, ...], list[Any]]]:
    connection = await asyncpg.connect(database.owner_url)
    found = []
    try:
        for name in names:
            statement = f'SELECT * FROM "{name}" WHERE tenant_id = $1 ORDER BY ctid'
            rows = await connection.fetch(statement, TENANT)
            if rows:
                found.append((name, tuple(rows[0].keys()), [tuple(row.values()) for row in rows]))
    finally:
        await connection.close()
    return found


async def _into_pg(database: Empty, transactions: Sequence[Transaction]) -> float:
    connection = await asyncpg.connect(database.app_url, server_settings={"jit": "off"})
    try:
        began = time.perf_counter()
        for inserts in transactions:
            async with connection.transaction():
                await connection.execute("SELECT set_config('app.tenant', $1, true)", str(TENANT))
                for insert in inserts:
                    await connection.executemany(insert.statement("postgresql"), insert.rows)
        return time.perf_counter() - began
    finally:
        await connection.close()


def count(transactions: Sequence[Transaction]) -> int:
    """How many rows of tables."""
    return sum(len(insert.rows) for each in transactions for insert in each)
