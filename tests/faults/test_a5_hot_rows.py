"""Bar A5: many change the same few rows at once: each change counts once, and hardly anybody hears of it."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from tests.faults.conftest import MakePlace
from tests.faults.looking import rows
from tests.faults.loyalty import adjust, members
from tests.faults.server_tree import served
from tests.faults.writers import Story, Writers

from patron_core.database import open_database
from patron_core.errors import Conflict, Overloaded, PublicError
from patron_core.parties.commands import CreatePerson, NewPerson
from patron_core.parties.models import Party
from patron_core.plugins import Plugins
from patron_core.unit_of_work import UnitOfWork, execute
from patron_schema.hookspecs import SchemaHooks
from patron_schema.testing.databases import PreparedDatabase

pytestmark = pytest.mark.faults

CLIENTS = 64
HOT = 4
MOST_SURFACED = 0.001


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of({}, specs=(SchemaHooks,))


@pytest.mark.parametrize("each", [pytest.param(10, id="ci"), pytest.param(200, id="real", marks=pytest.mark.soak)])
async def test_a5_many_clients_on_a_few_rows_count_once_each(
    place: MakePlace, each: int, record_property: Callable[[str, object], None]
) -> None:
    here, chance = place(plugins=("retail",), running_per_actor="64"), random.Random(5)

    async with served(here.environment) as server:
        key = here.new_tenant()
        hot = await members(server.port, key, HOT)

        def story(client: int) -> Story:
            for number in range(each):
                yield adjust(chance.choice(hot), 1, f"c{client}n{number}")

        writers = Writers(server.port, key, story, clients=CLIENTS)
        writers.start()
        await writers.end()

    points = dict(await rows(here.owner_url, "SELECT id, points FROM retail_loyalty_member"))
    entries = await rows(here.owner_url, "SELECT reason FROM retail_points_entry")
    assert not writers.refused
    assert sum(points.values()) == CLIENTS * each == len(entries) == len(set(entries))
    asked = len(writers.acknowledged) + writers.codes.total()
    shed = ", ".join(f"{code} {count}" for code, count in sorted(writers.codes.items())) or "none"
    record_property(
        "figure",
        f"{here.dialect}: {CLIENTS} clients, {HOT} rows, {CLIENTS * each} changes, each once; answered with a code: {shed} of {asked}",
    )
    assert writers.codes["CONFLICT"] <= MOST_SURFACED * asked


@pytest.mark.parametrize("rounds", [pytest.param(3, id="ci"), pytest.param(100, id="real", marks=pytest.mark.soak)])
async def test_a5_deadlocks_are_run_again_and_each_change_counts_once(
    database: PreparedDatabase, rounds: int, record_property: Callable[[str, object], None]
) -> None:
    made = [(await database.do(CreatePerson(person=NewPerson(family_name="0")))).id for _ in range(HOT)]
    if database.dialect == "postgresql":
        name = database.owner_url.rpartition("/")[2]
        await rows(database.owner_url, f"ALTER DATABASE \"{name}\" SET deadlock_timeout = '20ms'")
    chance, runs, surfaced = random.Random(50), Counter[str](), Counter[str]()
    own = open_database(database.settings)

    async def change(label: str) -> None:
        first, second = chance.sample(made, 2)

        def work(uow: UnitOfWork) -> None:
            runs[label] += 1
            for row in (first, second):
                _count_up(uow, row)

        try:
            await execute(
                own, work, actor=database.actor, clock=database.clock, ids=database.ids, plugins=database.plugins
            )
        except PublicError as error:
            surfaced[error.code] += 1

    try:
        for turn in range(rounds):
            await asyncio.gather(*(change(f"{turn}.{number}") for number in range(CLIENTS)))
    finally:
        await own.close()

    total = CLIENTS * rounds
    counted = await database.do(lambda uow: sum(int(name) for name in uow.select(select(Party.display_name))))
    again = sum(count - 1 for count in runs.values())
    assert counted == 2 * (total - surfaced.total())
    assert max(runs.values()) <= 5
    assert set(surfaced) <= {Conflict.code, Overloaded.code}
    record_property(
        "figure",
        f"{database.dialect}: {total} transactions of two of {HOT} rows in any order, {again} run again after a deadlock, "
        f"each counted once; told to the caller: {dict(surfaced) or 'none'}",
    )
    assert database.dialect == "sqlite" or again, "no deadlock came about"


def _count_up(uow: UnitOfWork, row: uuid.UUID) -> Any:
    party = uow.get(Party, row, lock=True)
    party.display_name = str(int(party.display_name) + 1)
    uow.flush()
