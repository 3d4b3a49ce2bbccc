"""The database as somebody sees it who holds a copy: past sessions, keys and row-level security."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncpg
import pysqlite3
from sqlalchemy import make_url

from patron_core.address import asyncpg_url
from patron_schema.testing.databases import PreparedDatabase

__all__ = ["copied_bytes", "raw"]


async def raw(database: PreparedDatabase, sql: str) -> list[tuple[Any, ...]]:
    """Runs SQL text as the owner, and commits."""
    if database.dialect == "sqlite":
        connection: Any = pysqlite3.connect(make_url(database.url).database, isolation_level=None)
        try:
            return [tuple(row) for row in connection.execute(sql).fetchall()]
        finally:
            connection.close()
    server = await asyncpg.connect(asyncpg_url(database.owner_url))
    try:
        return [tuple(row) for row in await server.fetch(sql)]
    finally:
        await server.close()


async def copied_bytes(database: PreparedDatabase) -> bytes:
    """All there is: the files with WAL and free pages on SQLite, every row of every table as text on PostgreSQL."""
    if database.dialect == "sqlite":
        path = Path(str(make_url(database.url).database))
        return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))
    tables = await raw(
        database, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    rows = [await raw(database, f'SELECT t::text FROM "{name}" t') for (name,) in tables]
    return "\n".join(str(row[0]) for listed in rows for row in listed).encode()
