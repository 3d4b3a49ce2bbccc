"""The database looked at behind the server's back: as its owner, past row-level security, on either kind."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pysqlite3
from sqlalchemy import make_url

from patron_core.address import asyncpg_url

__all__ = ["rows", "value"]


async def rows(owner_url: str, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a statement; what it changes is committed."""
    if owner_url.startswith("sqlite"):
        return await asyncio.to_thread(_sqlite_rows, str(make_url(owner_url).database), sql)
    server = await asyncpg.connect(asyncpg_url(owner_url))
    try:
        return [tuple(row) for row in await server.fetch(sql)]
    finally:
        await server.close()


async def value(owner_url: str, sql: str) -> Any:
    """The one value of a statement."""
    ((found,),) = await rows(owner_url, sql)
    return found


def _sqlite_rows(path: str, sql: str) -> list[tuple[Any, ...]]:
    connection: Any = pysqlite3.connect(path, isolation_level=None, timeout=30)
    try:
        return [tuple(row) for row in connection.execute(sql).fetchall()]
    finally:
        connection.close()
