"""Bar E1: a server that is killed while it answers has shown nothing that its audit does not have."""

from __future__ import annotations

import http.client
import json
import signal
import threading
import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import select
from tests.server_process import ServerProcess, command, prepared_environment, server_process

from patron_core.address import Dialect
from patron_core.audit.models import AuditRead
from patron_core.database import open_database
from patron_core.messages import Actor
from patron_core.settings import Settings
from patron_schema.testing.databases import Databases

pytestmark = pytest.mark.security

QUERY = "{ transactions { nodes { amount { amount } } } }"
READERS = 8


class Reader:
    """A client that asks until nobody answers, and keeps the id of every answer it got whole."""

    def __init__(self, server: ServerProcess, key: str, enough: Callable[[], None]) -> None:
        self.server, self.key, self.enough = server, key, enough
        self.answered: list[str] = []

    def run(self) -> None:
        body = json.dumps({"query": QUERY})
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        try:
            while True:
                connection.request("POST", "/graphql", body, headers)
                with connection.getresponse() as answer:
                    text = answer.read()
                if answer.status == 200 and b'"data":{"transactions"' in text:
                    self.answered.append(str(answer.getheader("x-request-id")))
                    self.enough()
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()


async def kept(url: str, tenant: Actor) -> set[str]:
    database = open_database(Settings(database_url=url, pool_size=1))
    try:
        found = await database.read(
            tenant.tenant_id, lambda session: list(session.scalars(select(AuditRead.request_id)))
        )
    finally:
        await database.close()
    return {str(each) for each in found}


@pytest.mark.parametrize(
    ("rounds", "answers"), [pytest.param(2, 60, id="ci"), pytest.param(20, 500, id="real", marks=pytest.mark.soak)]
)
async def test_e1_a_server_killed_while_it_answers_has_shown_nothing_that_is_not_kept(
    databases: Databases,
    dialect: Dialect,
    rounds: int,
    answers: int,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    if dialect == "postgresql":
        databases.server = request.getfixturevalue("postgres_server")
    environment = prepared_environment(databases, dialect, rate_points="100000000", rate_points_per_second="100000000")
    command(environment, "migrate")
    url, shown = environment["PATRON_DATABASE_URL"], 0
    for turn in range(rounds):
        with server_process(environment) as server:
            key = server.new_tenant(f"Pillows {turn}")
            done, counted = threading.Event(), threading.Semaphore(0)

            def enough(done: threading.Event = done, counted: threading.Semaphore = counted) -> None:
                counted.release()
                if counted._value >= answers:
                    done.set()

            readers = [Reader(server, key, enough) for _ in range(READERS)]
            threads = [threading.Thread(target=reader.run) for reader in readers]
            for thread in threads:
                thread.start()
            assert done.wait(120)
            server.process.send_signal(signal.SIGKILL)
            for thread in threads:
                thread.join()
        tenant_hex = key.split("_")[1]
        actor = Actor(uuid.UUID(tenant_hex), "test", "system", reason="The audit is looked at.")
        ids = {each for reader in readers for each in reader.answered}
        assert ids <= await kept(url, actor)
        shown += len(ids)

    record_property("figure", f"{shown} answers before {rounds} kills, all in the audit")
    assert shown >= rounds * answers
