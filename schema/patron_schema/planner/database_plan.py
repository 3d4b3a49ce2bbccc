"""How the database itself would go about a statement: its EXPLAIN as lines of text, without running it and without values.

`execution` hands in a connection; nulls stand in the place of every parameter, so that no value of a request can appear.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .plan import Param

__all__ = ["postgresql_plan", "sqlite_plan"]


async def postgresql_plan(connection: Any, sql: str, params: Sequence[Param]) -> list[str]:
    """The plan for any values: what is kept for a prepared statement. connection: asyncpg's; it is left as it was."""
    nulls = ", ".join(f"NULL::{param.type.value}{'[]' if param.many else ''}" for param in params)
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    await connection.execute(f"PREPARE patron_explained AS {sql}")
    try:
        rows = await connection.fetch(f"EXPLAIN EXECUTE patron_explained{f' ({nulls})' if nulls else ''}")
    finally:
        await connection.execute("DEALLOCATE patron_explained")
    return [_text(row[0]) for row in rows]


def sqlite_plan(connection: Any, sql: str, params: Sequence[Param]) -> list[str]:
    """The query plan, indented by what stands in what. connection: of pysqlite3."""
    depths = {0: -1}
    lines: list[str] = []
    for id, parent, _, detail in connection.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * len(params)):
        depths[id] = depths.get(parent, -1) + 1
        lines.append("  " * depths[id] + _text(detail))
    return lines


def _text(found: Any) -> str:
    """A text as readers' connections give it, which leave answers in UTF-8."""
    return found.decode() if isinstance(found, bytes) else str(found)
