"""Bar A5: a plugin whose hook meets a row that others hold is not blamed, and what it would have done is not left out."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final

import asyncpg
import pytest
from sqlalchemy import select

from patron_core.address import asyncpg_url
from patron_core.database import open_database
from patron_core.errors import Overloaded
from patron_core.hookspecs import Manifest, hookimpl
from patron_core.parties.commands import CreatePerson, NewPerson
from patron_core.parties.events import PersonCreated
from patron_core.parties.models import Party
from patron_core.plugins import Plugins
from patron_core.unit_of_work import UnitOfWork, execute
from patron_schema.hookspecs import SchemaHooks
from patron_schema.testing.databases import PreparedDatabase

pytestmark = pytest.mark.faults

TRIES: Final = 6  # one more than what puts a plugin into quarantine
HELD: Final[ContextVar[uuid.UUID]] = ContextVar("HELD")


def _touch(uow: UnitOfWork) -> None:
    party = uow.get(Party, HELD.get(), lock=True)
    party.display_name = f"{party.display_name}+"


class Judging:
    @staticmethod
    @hookimpl
    def patron_manifest() -> Manifest:
        return Manifest(name="judging", version="1", core_range=">=0", label="Judging")

    @staticmethod
    @hookimpl
    def patron_gate(command: CreatePerson, uow: UnitOfWork) -> None:
        _touch(uow)


class Reacting:
    @staticmethod
    @hookimpl
    def patron_manifest() -> Manifest:
        return Manifest(name="reacting", version="1", core_range=">=0", label="Reacting")

    @staticmethod
    @hookimpl
    def patron_on_event(event: PersonCreated, uow: UnitOfWork) -> None:
        _touch(uow)


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of({}, specs=(SchemaHooks,))


@pytest.mark.parametrize("dialect", ["postgresql"])
@pytest.mark.parametrize("plugin", [Judging, Reacting])
async def test_a5_a_plugin_is_not_blamed_for_a_row_that_others_hold(
    database: PreparedDatabase, dialect: str, plugin: Any, record_property: Callable[[str, object], None]
) -> None:
    held = (await database.do(CreatePerson(person=NewPerson(family_name="Held")))).id
    plugins = Plugins.of([plugin])
    own = open_database(database.settings.model_copy(update={"lock_timeout_seconds": 0.1, "pool_size": 1}))
    HELD.set(held)

    async def create() -> None:
        command = CreatePerson(person=NewPerson(family_name="New"))
        await execute(own, command, actor=database.actor, clock=database.clock, ids=database.ids, plugins=plugins)

    holder = await asyncpg.connect(asyncpg_url(database.owner_url))
    try:
        async with holder.transaction():
            await holder.execute("SELECT 1 FROM party WHERE id = $1 FOR UPDATE", held)
            for _ in range(TRIES):
                with pytest.raises(Overloaded):
                    await create()
        await create()
    finally:
        await holder.close()
        await own.close()

    names = sorted(await database.do(lambda uow: uow.select(select(Party.display_name))))
    assert names == ["Held+", "New"]
    assert plugins.quarantined_for(database.tenant_id) == ()
    record_property(
        "figure", f"{plugin.__name__.lower()}: {TRIES} times OVERLOADED, 0 counted against the plugin, then done"
    )
