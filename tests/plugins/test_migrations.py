"""The bundled plugins' migrations: up gives what their models say, and each is removed without the others."""

from __future__ import annotations

from typing import Any

import pytest
from tests.core.described import look, schema_of

from patron_core.address import Dialect
from patron_core.migrations import downgrade, pending
from patron_core.migrations.distributions import distribution_of, tables_of
from patron_core.plugins import Plugins, installed_plugins
from patron_core.records import Base
from patron_schema.testing.databases import Databases, PreparedDatabase


@pytest.mark.parametrize("name", installed_plugins())
def test_a_plugins_tables_carry_its_name(name: str, loaded_plugins: Plugins) -> None:
    tables = tables_of(distribution_of(name))

    assert tables
    assert [table for table in tables if not table.startswith(f"{name}_")] == []


async def test_migrating_up_gives_what_the_models_of_all_plugins_say(
    database: PreparedDatabase, databases: Databases, tmp_path: Any, request: pytest.FixtureRequest
) -> None:
    other = f"sqlite:///{tmp_path}/models.db"
    if database.dialect == "postgresql":
        other = request.getfixturevalue("postgres_server").create_database()
    await look(other, lambda connection: Base.metadata.create_all(connection))

    migrated, modelled = await look(database.owner_url, schema_of), await look(other, schema_of)

    assert migrated - modelled == set()
    assert modelled - migrated == set()


@pytest.mark.parametrize("name", installed_plugins())
async def test_a_plugin_is_removed_without_the_others(database: PreparedDatabase, name: str) -> None:
    before = await look(database.owner_url, schema_of)

    await downgrade(database.owner_url, database.plugins, distribution=name)

    assert [behind.distribution for behind in await pending(database.owner_url, database.plugins)] == [name]
    gone = before - await look(database.owner_url, schema_of)
    table_of = {"sqlite": 2, "postgresql": 0}
    assert {row[table_of[database.dialect]] for row in gone} == set(tables_of(distribution_of(name)))


async def test_all_plugins_come_and_go(dialect: Dialect, database: PreparedDatabase) -> None:
    await downgrade(database.owner_url, database.plugins)

    assert await look(database.owner_url, schema_of) == set()
