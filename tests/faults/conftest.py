"""Servers to be killed: fresh databases of either kind and the environment of a server on one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.server_process import ServerProcess, command, prepared_environment

from patron_core.address import Dialect
from patron_schema.testing.databases import Databases
from patron_schema.testing.servers import PostgresProcess, PostgresServer

__all__ = ["Place"]


@dataclass(slots=True)
class Place:
    """A migrated database for servers of their own. environment: of those servers. owner_url: for looking behind them."""

    dialect: Dialect
    environment: dict[str, str]

    @property
    def owner_url(self) -> str:
        return self.environment["PATRON_MIGRATION_DATABASE_URL"]

    def new_tenant(self, name: str = "Pillows") -> str:
        """Makes a tenant with the server's plugins; an administrator's key of it."""
        return ServerProcess(0, None, self.environment).new_tenant(name)  # type: ignore[arg-type]


MakePlace = Callable[..., Place]


@pytest.fixture
def place(databases: Databases, dialect: Dialect, request: pytest.FixtureRequest) -> MakePlace:
    """Makes places on the database of this turn, with these plugins and settings."""
    if dialect == "postgresql":
        databases.server = request.getfixturevalue("postgres_server")

    return lambda **options: _made(databases, dialect, **options)


def _made(databases: Databases, dialect: Dialect, *, plugins: Sequence[str] = (), **settings: str) -> Place:
    generous = {"rate_points": "1000000000", "rate_points_per_second": "1000000000"}
    environment = prepared_environment(databases, dialect, plugins=plugins, **{**generous, **settings})
    if plugins:
        command(environment, "migrate")
    return Place(dialect, environment)


@pytest.fixture
def own_postgres() -> Iterator[PostgresProcess]:
    """A PostgreSQL that may be killed: a child of the tests, durable as in production."""
    process = PostgresProcess.create(durable=True)
    try:
        process.start()
        yield process
    finally:
        process.remove()


@pytest.fixture
def own_place(own_postgres: PostgresProcess, tmp_path: Path) -> MakePlace:
    """Makes places on that PostgreSQL."""
    databases = Databases(tmp_path)
    databases.server = PostgresServer(superuser_url=own_postgres.url)
    return lambda **options: _made(databases, "postgresql", **options)
