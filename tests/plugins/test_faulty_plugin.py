"""Row B7: a vendor's plugin that fails in every way it can, behind a real server on both databases.

The plugin is installed as a vendor's is, in a folder of its own, and fails as what its rows say. What the core is asked
beside it must be answered, always; what it fails at is null with a masked error; and the log says whose fault it is.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from tests.server_process import ServerProcess, command, prepared_environment, server_process

from patron_core.address import asyncpg_url
from patron_schema.testing.databases import Databases

pytestmark = pytest.mark.security

FAULTY = str(Path(__file__).parent / "faulty")
CANARY = "canary-4711"
CORE = "{ customers(first: 5) { nodes { id displayName } } viewer { tenantName } }"
#: So that a slow hook and a blocked loop need no seconds here.
IMPATIENT = {"slow_hook_seconds": "0.2", "blocked_seconds": "0.2"}


class Asker:
    """Asks a server as a tenant of its own, and keeps count of what the core was asked and answered."""

    def __init__(self, server: ServerProcess, *, tenant: str = "Pillows") -> None:
        self.server = server
        self.tenant = tenant
        headers = {"authorization": f"Bearer {server.new_tenant(tenant)}"}
        self.client = httpx.Client(base_url=server.url, headers=headers, timeout=60)
        self.asked = self.answered = 0
        self.first_line = len(server.log)

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        response = self.client.post("/graphql", json={"query": query, "variables": variables})
        assert response.status_code == 200, response.text
        assert CANARY not in response.text
        assert "/etc/passwd" not in response.text
        found: dict[str, Any] = response.json()
        return found

    def core(self) -> None:
        """Asks the core something that has no part of a plugin."""
        self.asked += 1
        answer = self.ask(CORE)
        self.answered += "errors" not in answer and answer["data"]["viewer"]["tenantName"] == self.tenant

    def customer(self, given_name: str) -> dict[str, Any]:
        """Makes a customer; the plugin gives it a gadget that is called as the customer is."""
        text = "mutation($p: NewPersonInput) { customerCreate(input: {person: $p}) { customer { id } userErrors { code } } }"
        return self.ask(text, p={"givenName": given_name, "familyName": "Almond"})

    def log(self, event: str, *, entries: int = 1) -> list[dict[str, Any]]:
        """The entries of the server's log that tell of an event, since this asker began; waits until there are so many."""

        def found() -> list[dict[str, Any]]:
            lines = [json.loads(line) for line in self.server.log[self.first_line :] if line.startswith("{")]
            return [line for line in lines if line.get("event") == event]

        self.server.wait_for_log(lambda: len(found()) >= entries)
        return found()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def environment(request: pytest.FixtureRequest, databases: Databases) -> dict[str, str]:
    if request.param == "postgresql":
        databases.server = request.getfixturevalue("postgres_server")
    made = prepared_environment(databases, request.param, plugins=["faulty"], paths=[FAULTY], **IMPATIENT)
    command(made, "migrate")
    return made


@pytest.fixture(scope="module")
def server(environment: dict[str, str]) -> Iterator[ServerProcess]:
    with server_process(environment) as running:
        yield running


@pytest.fixture
def asker(server: ServerProcess, request: pytest.FixtureRequest) -> Iterator[Asker]:
    """A tenant of its own, for what a plugin does wrong counts for one tenant."""
    asker = Asker(server, tenant=request.node.name[:60])
    yield asker
    asker.client.close()
    assert server.is_alive
    assert not [line for line in server.log if "Traceback" in line or CANARY in line]


@pytest.fixture
def lost_table(environment: dict[str, str]) -> Iterator[Callable[[], None]]:
    """Takes the plugin's table away until the test ends."""
    taken: list[str] = []

    def take() -> None:
        statement(environment, "ALTER TABLE faulty_gadget RENAME TO faulty_lost")
        taken.append("faulty_gadget")

    yield take
    if taken:
        statement(environment, "ALTER TABLE faulty_lost RENAME TO faulty_gadget")


def statement(environment: dict[str, str], sql: str) -> None:
    """Runs a statement as the owner of the database, behind the server's back."""
    url = environment["PATRON_MIGRATION_DATABASE_URL"]
    if url.startswith("sqlite"):
        import pysqlite3

        connection = pysqlite3.connect(url.removeprefix("sqlite:///"))
        connection.execute(sql)
        connection.close()
        return
    import asyncpg

    async def run() -> None:
        connection = await asyncpg.connect(asyncpg_url(url))
        await connection.execute(sql)
        await connection.close()

    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, run()).result()


def masked(answer: dict[str, Any], *path: str | int) -> None:
    """The one error of an answer stands at a place, without a word of what went wrong."""
    [error] = answer["errors"]
    assert error["path"] == list(path), error
    assert (error["extensions"]["code"], bool(error["extensions"]["requestId"])) == ("INTERNAL", True)


MIXED = "{ customers(first: 5) { nodes { displayName gadget { label } gadgets { nodes { size } totalCount } } } }"


def test_b7_a_plugin_that_lost_its_table_is_null_and_the_core_answers(
    asker: Asker, lost_table: Callable[[], None], record_property: Callable[[str, object], None]
) -> None:
    asker.customer("Ada")
    assert asker.ask(MIXED)["data"]["customers"]["nodes"][0]["gadget"] == {"label": "Ada"}
    lost_table()

    answer = asker.ask(MIXED)
    asker.core()

    assert answer["data"]["customers"]["nodes"] == [{"displayName": "Ada Almond", "gadget": None, "gadgets": None}]
    assert [error["path"][-1] for error in answer["errors"]] == ["gadget", "gadgets"]
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"INTERNAL"}
    beside = asker.ask("{ gadgets { totalCount } viewer { tenantName } }")
    masked(beside, "gadgets")
    assert beside["data"]["viewer"] == {"tenantName": asker.tenant}
    for query in (
        '{ customers(where: {gadget: {label: {eq: "Ada"}}}) { nodes { displayName } } }',
        "{ customers(orderBy: [{field: GADGET_LABEL}]) { nodes { displayName } } }",
        "{ customersAggregate(groupBy: [{field: GADGET_LABEL}]) { count } }",
    ):
        assert {error["extensions"]["code"] for error in asker.ask(query)["errors"]} == {"INTERNAL"}
        asker.core()
    assert asker.log("plugin_failed")[0]["plugin"] == "faulty"
    assert asker.answered == asker.asked
    record_property("figure", f"B7: {asker.answered} of {asker.asked} core queries answered beside a broken plugin")


def test_b7_a_list_that_gathers_a_broken_plugins_rows_has_the_others(
    asker: Asker, lost_table: Callable[[], None]
) -> None:
    asker.customer("Ada")
    query = "{ customers { nodes { timeline { nodes { __typename } } } } }"
    before = asker.ask(query)["data"]["customers"]["nodes"][0]["timeline"]["nodes"]
    lost_table()

    after = asker.ask(query)

    rest = [node for node in before if node["__typename"] != "Gadget"]
    assert len(rest) < len(before)
    assert after["data"]["customers"]["nodes"][0]["timeline"]["nodes"] == rest
    masked(after, "customers")


def test_b7_a_payload_and_a_row_by_its_id_show_what_is_left(asker: Asker, lost_table: Callable[[], None]) -> None:
    asker.customer("Ada")
    found = asker.ask("{ gadgets { nodes { id customer { id version } } } }")["data"]["gadgets"]["nodes"][0]
    lost_table()

    node = asker.ask("query($id: ID!) { node(id: $id) { __typename } viewer { tenantName } }", id=found["id"])
    several = asker.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[found["id"], found["customer"]["id"]])
    update = "mutation($i: CustomerUpdateInput!) { customerUpdate(input: $i) { customer { owner gadget { size } } } }"
    customer = found["customer"]
    changed = asker.ask(update, i={"id": customer["id"], "version": customer["version"], "owner": "Zoe"})

    masked(node, "node")
    assert node["data"] == {"node": None, "viewer": {"tenantName": asker.tenant}}
    masked(several, "nodes")
    assert several["data"] == {"nodes": [None, {"id": found["customer"]["id"]}]}
    masked(changed, "customerUpdate", "customer", "gadget")
    assert changed["data"]["customerUpdate"] == {"customer": {"owner": "Zoe", "gadget": None}}


def test_b7_five_failing_reads_leave_a_plugins_fields_out_and_say_so(
    asker: Asker, lost_table: Callable[[], None]
) -> None:
    asker.customer("Ada")
    lost_table()

    for _ in range(5):
        asker.ask(MIXED)
    off = asker.log("plugin_fields_off")
    assert len(asker.log("plugin_failed", entries=5)) == 5
    answer = asker.ask(MIXED)
    ready = asker.client.get("/readyz")

    assert (len(off), off[0]["plugin"]) == (1, "faulty")
    assert answer["data"]["customers"]["nodes"] == [{"displayName": "Ada Almond", "gadget": None, "gadgets": None}]
    assert len(asker.log("plugin_failed")) == 5, "it is not asked again"
    assert ready.status_code == 200


def test_b7_a_resolver_that_raises_is_null_at_its_place(asker: Asker) -> None:
    for name in ("Ada", "Raise", "Zoe"):
        asker.customer(name)

    answer = asker.ask("{ customers { nodes { displayName opinion } } }")
    verdicts = asker.ask("{ gadgets { nodes { label verdict } } }")
    asker.core()

    assert [node["opinion"] for node in answer["data"]["customers"]["nodes"]] == ["good", None, "good"]
    masked(answer, "customers", "nodes", 1, "opinion")
    assert [node["verdict"] for node in verdicts["data"]["gadgets"]["nodes"]] == ["ADA", None, "ZOE"]
    masked(verdicts, "gadgets", "nodes", 1, "verdict")
    failed = asker.log("plugin_failed", entries=2)
    assert {entry["part"] for entry in failed} == {"Customer.opinion", "Gadget.verdict"}
    assert asker.answered == asker.asked


def test_failures_15_of_200_requests_at_once_each_failure_is_masked(
    asker: Asker, record_property: Callable[[str, object], None]
) -> None:
    for name in ("Ada", "Raise"):
        asker.customer(name)
    failing = "{ customers { nodes { displayName opinion } } }"

    with ThreadPoolExecutor(max_workers=20) as threads:
        asked = [threads.submit(asker.core if number % 2 else lambda: asker.ask(failing)) for number in range(200)]
        answers = [answer for future in asked if (answer := future.result()) is not None]

    codes = {error["extensions"]["code"] for answer in answers for error in answer["errors"]}
    texts = {error["message"] for answer in answers for error in answer["errors"]}
    assert (len(answers), codes, len(texts)) == (100, {"INTERNAL"}, 1)
    assert asker.answered == asker.asked == 100
    record_property("figure", "failures 15: 100 of 200 concurrent requests fail, 0 unmasked")


def test_b7_a_resolver_that_gives_far_too_much_is_null_and_keeps_no_memory(asker: Asker) -> None:
    asker.customer("Huge")
    asker.core()
    before = asker.server.memory_bytes()

    answer = asker.ask("{ gadgets { nodes { label verdict } } }")
    asker.core()

    assert answer["data"]["gadgets"]["nodes"] == [{"label": "Huge", "verdict": None}]
    masked(answer, "gadgets", "nodes", 0, "verdict")
    assert asker.server.memory_bytes() - before < 64_000_000
    assert asker.answered == asker.asked


def test_b7_a_resolver_that_holds_the_event_loop_is_named_and_everybody_is_answered(asker: Asker) -> None:
    asker.customer("Block")

    with ThreadPoolExecutor(max_workers=4) as threads:
        blocked = threads.submit(asker.ask, "{ gadgets { nodes { verdict } } }")
        meanwhile = [threads.submit(asker.core) for _ in range(3)]
        assert blocked.result()["data"]["gadgets"]["nodes"] == [{"verdict": "BLOCK"}]
        for each in meanwhile:
            each.result()

    [first, *_] = asker.log("loop_blocked")
    assert (first["plugin"], "patron_faulty.types verdict" in first["where"]) == ("faulty", True)
    assert asker.log("loop_was_blocked")[0]["seconds"] >= 0.5
    assert asker.answered == asker.asked


def test_b7_a_reaction_that_raises_is_undone_and_five_quarantine_it(asker: Asker) -> None:
    for _ in range(6):
        made = asker.customer("Boom")
        assert made["data"]["customerCreate"]["userErrors"] == []
        asker.core()
    asker.customer("Ada")

    gadgets = asker.ask("{ customers { totalCount nodes { gadget { label } } } }")["data"]["customers"]

    assert gadgets == {"totalCount": 7, "nodes": [{"gadget": None}] * 7}
    assert len(asker.log("plugin_failed", entries=5)) == 5
    assert asker.log("plugin_quarantined")[0]["plugin"] == "faulty"
    assert asker.client.get("/readyz").status_code == 200
    assert asker.answered == asker.asked


def test_b7_a_reaction_that_takes_long_is_told_of_and_counts(asker: Asker) -> None:
    made = asker.customer("Slow")
    asker.core()

    assert made["data"]["customerCreate"]["userErrors"] == []
    [slow] = asker.log("plugin_slow")
    assert (slow["plugin"], slow["hook"], slow["seconds"] >= 0.2) == ("faulty", "patron_on_event", True)
    assert asker.log("plugin_failed")[0]["hook"] == "patron_on_event"
    assert asker.answered == asker.asked


def test_b7_a_gate_that_raises_refuses_its_command_and_no_other(asker: Asker) -> None:
    refused = asker.customer("Ungated")
    asker.core()
    made = asker.customer("Ada")

    masked(refused, "customerCreate")
    assert made["data"]["customerCreate"]["userErrors"] == []
    assert asker.answered == asker.asked


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_b7_a_plugin_that_cannot_migrate_leaves_the_others_migrated_and_the_service_ready(
    databases: Databases, dialect: str, request: pytest.FixtureRequest
) -> None:
    if dialect == "postgresql":
        databases.server = request.getfixturevalue("postgres_server")
    made = prepared_environment(databases, dialect, plugins=["faulty", "unmigrated"], paths=[FAULTY])

    told = command(made, "migrate", code=1)
    with server_process(made) as server:
        asker = Asker(server)
        asker.first_line = 0
        asker.customer("Ada")
        asker.core()
        gadgets = asker.ask("{ gadgets { totalCount } }")["data"]
        ready = asker.client.get("/readyz").status_code
        behind = asker.log("plugins_behind")[0]["distributions"]
        asker.client.close()

    assert (gadgets, ready, behind) == ({"gadgets": {"totalCount": 1}}, 200, ["unmigrated"])
    assert "'unmigrated' failed" in told
    assert "'faulty'" not in told
    assert CANARY not in told
    assert asker.answered == asker.asked == 1


def test_b7_a_plugin_that_cannot_be_imported_stops_the_start_and_is_named_or_is_left_out(
    databases: Databases,
) -> None:
    made = prepared_environment(databases, "sqlite", plugins=["faulty", "unimportable"], paths=[FAULTY])
    for arguments in (("serve", "--port", "1"), ("migrate",)):
        assert "Plugin 'unimportable' cannot be imported" in command(made, *arguments, code=1)
    command(made | {"PATRON_PLUGINS": "faulty"}, "migrate")

    with server_process(made | {"PATRON_FAULTY_PLUGINS": "leave_out"}) as server:
        key = server.new_tenant("Pillows", plugins=["faulty"])
        answer = httpx.post(
            f"{server.url}/graphql",
            json={"query": "{ viewer { tenantName } gadgets { totalCount } }"},
            headers={"authorization": f"Bearer {key}"},
        ).json()
        left_out = [json.loads(line) for line in server.log if "plugin_left_out" in line]

    assert answer["data"] == {"viewer": {"tenantName": "Pillows"}, "gadgets": {"totalCount": 0}}
    assert [entry["plugin"] for entry in left_out] == ["unimportable"]


def test_b7_the_list_of_plugins_says_what_each_declares_and_which_are_faulty(databases: Databases) -> None:
    made = prepared_environment(databases, "sqlite", paths=[FAULTY])
    del made["PATRON_PLUGINS"]

    told = command(made, "plugin", "list", "--json", code=1)
    listed = {entry["name"]: entry for entry in json.loads(told[told.index("[\n") : told.rindex("\n]") + 2])}

    assert listed["faulty"] == {
        "name": "faulty",
        "version": "0.1.0",
        "label": "Faulty gadgets",
        "state": "loaded",
        "facets": ["both"],
        "patron": ">=0.1.0.dev0,<0.2",
        "scopes": ["faulty:write"],
        "roles": {"manager": ["faulty:write"]},
        "tables": ["customer"],
        "hosts": ["gadgets.example"],
        "settings": [],
        "problems": [],
    }
    assert listed["unimportable"]["state"] == "faulty"
    assert "cannot be imported" in listed["unimportable"]["problems"][0]
    assert listed["retail"]["settings"] != []
