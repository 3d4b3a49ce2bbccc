"""Bar F1: a migration that dies leaves nothing half done and goes through again; who serves meanwhile answers what it can."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.faults.conftest import MakePlace
from tests.faults.connection import Connection
from tests.faults.looking import rows
from tests.faults.server_tree import served
from tests.faults.stories import business
from tests.faults.writers import Writers
from tests.program import run_module
from tests.server_process import ServerProcess, command

from patron_core.address import Dialect
from patron_core.migrations import migrate, pending
from patron_core.plugins import Plugins
from patron_schema.testing.databases import Databases

pytestmark = pytest.mark.faults

READ = "{ customers(first: 5) { totalCount nodes { id party { displayName } } } }"
MEMBERS = "{ loyaltyMembers(first: 5) { totalCount } }"
TABLES = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'alembic%'",
    "postgresql": "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'alembic%'",
}


@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param((2, 40, 90), id="ci"),
        pytest.param(range(1, 100, 4), id="real", marks=pytest.mark.soak),
    ],
)
async def test_f1_a_migration_killed_midway_leaves_nothing_and_goes_through_again(
    databases: Databases,
    dialect: Dialect,
    numbers: Sequence[int],
    tmp_path: Path,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    none, left = Plugins.of({}), 0
    if dialect == "postgresql":
        databases.server = request.getfixturevalue("postgres_server")
    for number in numbers:
        url = f"sqlite:///{tmp_path}/{number}.db"
        if databases.server is not None and dialect == "postgresql":
            url = databases.server.create_database()
        assert (await run_module("tests.faults.killed_migration", url, str(number))).code == -signal.SIGKILL
        left += (await rows(url, TABLES[dialect]))[0][0]

        await migrate(url, none)
        assert await pending(url, none) == []
        assert (await rows(url, TABLES[dialect]))[0][0] > 0

    assert left == 0
    record_property(
        "figure", f"{dialect}: {len(numbers)} migrations killed midway: 0 tables left behind, all gone through again"
    )


async def test_f1_a_service_whose_tables_are_behind_is_not_ready_and_answers_what_it_can(
    place: MakePlace, record_property: Callable[[str, object], None]
) -> None:
    here = place()
    both = {**here.environment, "PATRON_PLUGINS": "retail"}
    async with served(here.environment) as older, served(both) as newer:  # tables of the newer one are missing
        key = ServerProcess(0, None, both).new_tenant("Pillows")  # type: ignore[arg-type]
        writers = Writers(older.port, key, business, clients=8)
        client = Connection(newer.port, key=key)
        writers.start()
        await writers.more(8)
        core, member = await client.ask(READ), await client.ask(MEMBERS)
        await asyncio.to_thread(command, both, "migrate")
        await writers.more(16)
        core_after, member_after = await client.ask(READ), await client.ask(MEMBERS)
        await writers.finish()
        client.close()

    assert (core.codes, core_after.codes, member_after.codes) == ([], [], [])
    assert member.codes in (["UNAVAILABLE"], ["INTERNAL"])  # a plugin that fails, masked; the core answers on
    assert not writers.refused
    assert not writers.lost
    found = {name for (name,) in await rows(here.owner_url, "SELECT display_name FROM party")}
    assert found == {each.operation.label for each in writers.acknowledged if each.operation.kind == "customer"}
    record_property(
        "figure",
        f"{here.dialect}: an older and a newer server on one database, {len(writers.acknowledged)} writes while it was migrated, 0 "
        f"failed, told to come again: {dict(writers.codes) or 'none'}; what has no tables yet is {member.codes[0]} until it has",
    )
