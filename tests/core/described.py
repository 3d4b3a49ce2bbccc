"""What a database says of itself: its tables, columns, constraints and indexes, for comparing two ways of making them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from patron_core.address import normalise
from patron_core.database.sqlite import sqlite_engine

__all__ = ["look", "schema_of"]


async def look(url: str, question: Callable[[Connection], Any]) -> Any:
    if url.startswith("sqlite"):
        engine = sqlite_engine(url, size=0)
        with engine.begin() as connection:
            return question(connection)
    engine_ = create_async_engine(normalise(url))
    try:
        async with engine_.begin() as connection_:
            return await connection_.run_sync(question)
    finally:
        await engine_.dispose()


def schema_of(connection: Connection) -> set[tuple[Any, ...]]:
    """Tables, columns, constraints and indexes as the database itself describes them; triggers are a migration's own."""
    if connection.dialect.name == "sqlite":
        master = (
            "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE '%version%' AND type <> 'trigger'"
        )
        return {(*row[:3], parts_of(row[3] or "")) for row in connection.execute(text(master))}
    questions = (
        """SELECT table_name, column_name, data_type, is_nullable, collation_name, column_default
             FROM information_schema.columns WHERE table_schema = 'public'""",
        """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype::text, NULL, NULL
             FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
        "SELECT tablename, indexname, indexdef, NULL, NULL, NULL FROM pg_indexes WHERE schemaname = 'public'",
    )
    rows = [tuple(row) for question in questions for row in connection.execute(text(question))]
    return {row for row in rows if not row[0].endswith("_version")}


def parts_of(sql: str) -> frozenset[str]:
    """A CREATE statement as the set of its parts between the outermost commas: neither their order matters nor quotes.

    SQLite quotes the name of a table that was made anew to give it a constraint.
    """
    head, _, body = sql.partition("(")
    parts, depth = [""], 0
    for character in body.rpartition(")")[0]:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return frozenset("".join(part.split()).replace('"', "") for part in (head, *parts))
