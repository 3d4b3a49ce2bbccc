"""A server with all bundled plugins on each database, for whoever sends it garbage: one for the whole session."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2 as httpx
import pytest
from tests.fuzz.documents import Documents
from tests.server_process import ServerProcess, command, prepared_environment, server_process

from patron_schema.compose import build_schema
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import Databases

#: So that rates refuse nobody: what they do is another row.
GENEROUS = {"rate_points": "1000000000", "rate_points_per_second": "100000000", "log_level": "info"}


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, dialect: str, databases: Databases) -> Iterator[ServerProcess]:
    if dialect == "postgresql":
        databases.server = request.getfixturevalue("postgres_server")
    names = ["banking", "healthcare", "hospitality", "retail"]
    environment = prepared_environment(databases, dialect, plugins=names, **GENEROUS)
    command(environment, "migrate")
    with server_process(environment) as running:
        yield running


@pytest.fixture(scope="session")
def key(server: ServerProcess) -> str:
    return server.new_tenant("Pillows")


@pytest.fixture(scope="session")
def documents(server: ServerProcess, key: str) -> Documents:
    """Questions about the whole schema, and about rows that are there."""
    create = 'mutation { customerCreate(input: {person: {givenName: "Ada"}}) { customer { id party { id } } } }'
    ids = []
    with httpx.Client(base_url=server.url, headers={"authorization": f"Bearer {key}"}) as client:
        for _ in range(3):
            made = client.post("/graphql", json={"query": create}).json()["data"]["customerCreate"]["customer"]
            ids += [made["id"], made["party"]["id"]]
    return Documents(build_schema(load_plugins(None)).graphql, ids)
