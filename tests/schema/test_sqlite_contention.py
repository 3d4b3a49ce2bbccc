"""SQLite has one writer at a time: who asks over HTTP must never notice."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, Literal

import httpx2 as httpx
import pytest
from tests.schema.loopback import served

from patron_core.database.sqlite import sqlite_engine
from patron_core.plugins import Plugins
from patron_schema.app import create_app
from patron_schema.hookspecs import SchemaHooks
from patron_schema.testing.databases import PreparedDatabase

READ = "{ customers(first: 5) { totalCount nodes { id displayName party { id } } } }"
WRITE = """
mutation Create($input: CustomerCreateInput!) {
  customerCreate(input: $input) { customer { id } userErrors { code message } }
}
"""
READERS, READS, WRITERS, WRITES, COMMITS = 24, 8, 8, 5, 40


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of({}, specs=(SchemaHooks,))


@pytest.fixture
def dialect() -> Literal["sqlite"]:
    return "sqlite"


async def test_readers_and_writers_at_once_never_meet_a_locked_database(
    database: PreparedDatabase, loaded_plugins: Plugins
) -> None:
    key = await database.key()
    headers = {"authorization": f"Bearer {key}"}
    limits = httpx.Limits(max_connections=READERS + WRITERS)

    with served(create_app(settings=database.settings, plugins=loaded_plugins)) as url:
        async with httpx.AsyncClient(base_url=url, headers=headers, limits=limits, timeout=60) as client:
            readers = [_read(client) for _ in range(READERS)]
            writers = [_write(client, number) for number in range(WRITERS)]
            stranger = asyncio.to_thread(_commit, database.settings.database_url)
            *answers, _ = await asyncio.gather(*readers, *writers, stranger)
            total = (await _ask(client, READ, None)).json()["data"]["customers"]["totalCount"]

    told = Counter(outcome for each in answers for outcome in each)
    assert told == {"read": READERS * READS, "written": WRITERS * WRITES}
    assert total == WRITERS * WRITES


async def _read(client: httpx.AsyncClient) -> list[str]:
    return [_outcome(await _ask(client, READ, None), "read") for _ in range(READS)]


async def _write(client: httpx.AsyncClient, number: int) -> list[str]:
    outcomes = []
    for turn in range(WRITES):
        person = {"givenName": f"Ada {number}", "familyName": f"Lovelace {turn}"}
        answer = await _ask(client, WRITE, {"input": {"person": person, "kind": "B2C"}})
        outcomes.append(_outcome(answer, "written"))
    return outcomes


async def _ask(client: httpx.AsyncClient, query: str, variables: Any) -> httpx.Response:
    return await client.post("/graphql", json={"query": query, "variables": variables})


def _outcome(answer: httpx.Response, good: str) -> str:
    """What was hoped for, or everything that was answered instead."""
    text = answer.text
    bad = answer.status_code != 200 or '"errors"' in text or "locked" in text or '"userErrors":[{' in text
    return f"{answer.status_code}: {text}" if bad else good


def _commit(url: str) -> None:
    """Another program that writes to the same file, many rows in each of its transactions."""
    engine = sqlite_engine(url, busy_timeout_seconds=60)
    try:
        for number in range(COMMITS):
            with engine.begin() as connection:
                for row in range(100):
                    connection.exec_driver_sql("UPDATE tenant SET name = ?", (f"Tenant {number}.{row}",))
    finally:
        engine.dispose()
