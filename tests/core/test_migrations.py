"""Migrations: up gives exactly what the models say, down leaves nothing, each distribution keeps its own version."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Table, text
from sqlalchemy.engine import Connection
from tests.core.described import look, schema_of

from patron_core.errors import StartupError
from patron_core.migrations import downgrade, migrate, pending
from patron_core.migrations.distributions import CORE, tables_of
from patron_core.plugins import Plugins
from patron_core.records import Base
from patron_schema.testing.databases import PreparedDatabase


def core_tables() -> list[Table]:
    return [Base.metadata.tables[name] for name in tables_of(CORE)]


def create_all(connection: Connection) -> None:
    Base.metadata.create_all(connection, tables=core_tables())


async def test_migrating_up_gives_what_the_models_say(database: PreparedDatabase, tmp_path: Any, request: Any) -> None:
    if database.dialect == "sqlite":
        other = f"sqlite:///{tmp_path}/models.db"
    else:
        other = request.getfixturevalue("postgres_server").create_database()
    await look(other, create_all)

    migrated, modelled = await look(database.owner_url, schema_of), await look(other, schema_of)

    assert migrated - modelled == set()
    assert modelled - migrated == set()


async def test_alembic_finds_no_difference_between_tables_and_models(database: PreparedDatabase) -> None:
    names = set(tables_of(CORE))

    def difference(connection: Connection) -> list[Any]:
        def include(item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
            return (name if kind == "table" else item.table.name) in names

        options = {"include_object": include, "compare_type": True, "compare_server_default": True}
        return compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)

    assert await look(database.owner_url, difference) == []


async def test_migrating_twice_changes_nothing(database: PreparedDatabase) -> None:
    before = await look(database.owner_url, schema_of)

    assert await pending(database.url, database.plugins) == []
    assert await migrate(database.owner_url, database.plugins) == []
    assert await look(database.owner_url, schema_of) == before


async def test_migrating_down_leaves_nothing_and_up_again_works(database: PreparedDatabase) -> None:
    await downgrade(database.owner_url, database.plugins)

    def left(connection: Connection) -> list[str]:
        if connection.dialect.name == "sqlite":
            return [row[0] for row in connection.execute(text("SELECT name FROM sqlite_master"))]
        relations = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        return [row[0] for row in connection.execute(text(relations))]

    assert await look(database.owner_url, left) == []
    assert [behind.distribution for behind in await pending(database.owner_url, database.plugins)] == ["patron"]

    await migrate(database.owner_url, database.plugins)

    assert await pending(database.owner_url, database.plugins) == []


async def test_an_empty_database_says_what_is_pending(tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path}/empty.db"

    behind = await pending(url, Plugins.of({}))

    assert [(each.distribution, each.current) for each in behind] == [("patron", None)]


@pytest.mark.security
async def test_every_table_of_a_tenant_is_protected_and_owned_by_the_owner(database: PreparedDatabase) -> None:
    if database.dialect == "sqlite":
        return
    sql = (
        "SELECT relname, relrowsecurity, relforcerowsecurity, relowner::regrole::text FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname NOT LIKE '%_version'"
    )

    rows = await look(database.owner_url, lambda connection: connection.execute(text(sql)).all())

    assert {row[0] for row in rows} == set(tables_of(CORE))
    assert {tuple(row[1:]) for row in rows} == {(True, True, "patron_owner")}


async def test_the_applications_role_is_told_that_it_may_not_migrate(database: PreparedDatabase) -> None:
    if database.dialect == "postgresql":
        with pytest.raises(StartupError, match=r"not a member of that role.*PATRON_MIGRATION_DATABASE_URL"):
            await migrate(database.url, database.plugins)


async def test_two_migrations_at_once_wait_for_each_other(dialect: str, tmp_path: Any, request: Any) -> None:
    url = f"sqlite:///{tmp_path}/twice.db"
    if dialect == "postgresql":
        url = request.getfixturevalue("postgres_server").create_database()

    behind = await asyncio.gather(*(migrate(url, Plugins.of({})) for _ in range(3)))

    assert sorted(len(each) for each in behind) == [0, 0, 1]
