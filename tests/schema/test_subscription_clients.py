"""Others' clients follow a server that ends every connection after a moment: they come back, miss nothing, hear nothing twice."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from tests.schema.loopback import served
from tests.schema.node_packages import run_script

from patron_core.plugins import Plugins
from patron_schema.app import create_app
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import PreparedDatabase

HERE = Path(__file__).parent / "subscription_clients"


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


@pytest.fixture(scope="module")
def cache_dir(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.cache.mkdir("subscription-clients")


@pytest.mark.parametrize("client", ["graphql-sse", "graphql-ws"])
async def test_a_client_that_has_to_come_back_is_told_everything_once_and_in_order(
    database: PreparedDatabase, cache_dir: Path, client: str, record_property: pytest.RecordProperty
) -> None:
    key = await database.key()
    settings = database.settings.model_copy(update={"ws_life_seconds": 0.6})

    def follow() -> str:
        with served(create_app(settings=settings, plugins=database.plugins)) as url:
            given = {"PATRON_CLIENT_KEY": key}
            return run_script(HERE, "follow.mjs", f"{url}/graphql", client, cache_dir=cache_dir, environment=given)

    found = json.loads(await asyncio.to_thread(follow))

    made = [str(number) for number in range(1, 13)]
    assert found["live"] == made
    assert found["late"] == [*made[5:], "one more"]
    assert found["reconnected"] >= 3
    assert (found["invalid"], found["expired"]) == ("GRAPHQL_VALIDATION_FAILED", "INVALID_INPUT")
    record_property("figure", f"{client}: 12 of 12 events once and in order over {found['reconnected']} connections")
