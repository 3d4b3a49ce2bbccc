"""The PostgreSQL that tests run on: fresh databases, copies of templates, and a life that survives a crash."""

from __future__ import annotations

import asyncpg
import pytest

from patron_schema.testing.servers import PostgresProcess, PostgresServer


async def test_a_database_is_fresh_and_a_copy_holds_what_its_template_holds(postgres_server: PostgresServer) -> None:
    template = postgres_server.create_database()
    connection = await asyncpg.connect(template)
    await connection.execute("CREATE TABLE pillow (feather int)")
    await connection.close()

    copy = await asyncpg.connect(postgres_server.create_database(template=template))
    fresh = await asyncpg.connect(postgres_server.create_database())

    assert await copy.fetchval("SELECT count(*) FROM pillow") == 0
    assert await fresh.fetchval("SELECT to_regclass('pillow')") is None
    await copy.close()
    await fresh.close()


async def test_a_dropped_database_ends_its_connections_and_is_gone(postgres_server: PostgresServer) -> None:
    url = postgres_server.create_database()
    connection = await asyncpg.connect(url)

    postgres_server.drop_database(url)

    with pytest.raises(asyncpg.PostgresError):
        await connection.execute("SELECT 1")
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(url)


async def test_a_server_keeps_its_port_and_its_data_over_stop_and_kill() -> None:
    process = PostgresProcess.create()
    try:
        process.start()
        url = process.url
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE TABLE pillow AS SELECT 7 AS feather; CHECKPOINT")
        await connection.close()

        for end in (process.stop, process.kill):
            end()
            process.start()
            connection = await asyncpg.connect(url)
            assert await connection.fetchval("SELECT feather FROM pillow") == 7
            await connection.close()
    finally:
        process.remove()

    assert not process.directory.exists()


async def test_the_url_is_a_superusers_so_that_migrations_can_make_roles(postgres_server: PostgresServer) -> None:
    connection = await asyncpg.connect(postgres_server.superuser_url)

    assert await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    await connection.close()
