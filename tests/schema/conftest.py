"""The whole of Patron behind a port, for tests that come from outside: a browser, node, another process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from patron_core.access.service import create_key, create_tenant
from patron_core.database import open_database
from patron_core.migrations import migrate
from patron_core.plugins import Plugins, load_plugins
from patron_core.settings import Settings
from patron_core.values import RandomIds, SystemClock
from patron_schema.app import create_app
from patron_schema.hookspecs import SchemaHooks

from tests.schema.loopback import AppServer, served


@pytest.fixture(scope="session")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """The application with all installed plugins on a database of its own, an administrator's key, and its port."""
    plugins = load_plugins(None, specs=(SchemaHooks,))
    settings = Settings(database_url=f"sqlite:///{tmp_path_factory.mktemp('app_server')}/patron.db")
    key = asyncio.run(_set_up(settings, plugins))
    with served(create_app(settings=settings, plugins=plugins)) as url:
        yield AppServer(url=url, key=key)


async def _set_up(settings: Settings, plugins: Plugins) -> str:
    clock = SystemClock()
    ids = RandomIds(clock)
    await migrate(settings.owner_url, plugins)
    database = open_database(settings)
    try:
        tenant = await create_tenant(database, name="Pillows", plugins=plugins.names, clock=clock, ids=ids)
        _, text = await create_key(database, tenant_id=tenant.id, name="tests", clock=clock, ids=ids)
    finally:
        await database.close()
    return text
