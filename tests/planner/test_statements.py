"""Prepared statements: each connection keeps a bounded number, the server none beyond it, and those in use stay."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from patron_core.cache import CacheFigures
from patron_schema.planner.execution import PostgresqlReader
from patron_schema.testing.servers import PostgresServer

KEPT = "SELECT string_agg(statement, chr(10) ORDER BY prepare_time, name) FROM pg_prepared_statements"


@pytest.fixture
def url(postgres_server: PostgresServer) -> Iterator[str]:
    made = postgres_server.create_database()
    yield made
    postgres_server.drop_database(made)


@pytest_asyncio.fixture
async def reader(url: str) -> AsyncIterator[PostgresqlReader]:
    """A reader with one connection that keeps five statements, or 1,000 characters."""
    made = PostgresqlReader(url, size=1)
    made.statements = CacheFigures("statements", most_entries=5, most_weight=1_000)
    yield made
    await made.close()


async def text(reader: PostgresqlReader, sql: str) -> str:
    found = await reader.value(sql, [])
    assert isinstance(found, bytes)
    return found.decode()


async def test_a_statement_is_prepared_once_and_stays(reader: PostgresqlReader) -> None:
    for _ in range(3):
        assert await reader.value("SELECT $1::int::text", [7]) == b"7"

    assert await reader.value(KEPT, []) == f"SELECT $1::int::text\n{KEPT}".encode()
    assert (reader.statements.hits, reader.statements.misses, reader.statements.entries) == (2, 2, 2)


async def test_a_statement_that_leaves_is_closed_on_the_server(reader: PostgresqlReader) -> None:
    hot = "SELECT 'hot'"
    for number in range(50):
        await reader.value(hot, [])
        await reader.value(f"SELECT '{number}'", [])

    kept = await text(reader, KEPT)

    assert reader.statements.entries == 5
    assert len(kept.splitlines()) <= 6  # the one that has just left is closed with the next that is prepared
    assert hot in kept.splitlines()
    assert "SELECT '3'" not in kept.splitlines()


async def test_long_statements_are_bounded_by_their_characters(reader: PostgresqlReader) -> None:
    for number in range(20):
        await reader.value(f"SELECT '{number}' /* {'x' * 380} */", [])

    kept = await text(reader, "SELECT sum(length(statement))::text FROM pg_prepared_statements")

    assert int(kept) <= 1_000 + 400
    assert reader.statements.weight <= 1_000


async def test_a_statement_too_long_to_keep_is_answered_and_closed(reader: PostgresqlReader) -> None:
    assert await reader.value(f"SELECT 'once' /* {'x' * 2_000} */", []) == b"once"
    assert await reader.value("SELECT '1'", []) == b"1"

    assert await reader.value("SELECT count(*)::text FROM pg_prepared_statements", []) == b"2"


async def test_a_connection_that_ends_takes_its_statements_with_it(reader: PostgresqlReader) -> None:
    await reader.value("SELECT '1'", [])

    with pytest.raises(Exception, match="division by zero"):
        await reader.value("SELECT (1 / $1::int)::text", [0])

    assert (reader.statements.entries, reader.statements.weight) == (0, 0)
    assert await reader.value("SELECT '2'", []) == b"2"
