"""PostGraphile 5 over the same tables, as two peers: with row-level policies, which its documentation recommends, and without.

Its packages are pinned by postgraphile_server/package-lock.json and installed once into .cache/benchmarks/postgraphile. Questions 1
to 5 come in, its answers go out in Patron's shape; `create_ask` is its bare create mutation, for benchmarks/writes.py.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.cluster import CACHE
from benchmarks.data import Data
from benchmarks.dataset import TENANT
from benchmarks.peer import Ask, Launch, Peer, as_data
from benchmarks.peers.rows import money, row
from benchmarks.questions import Question
from patron_schema.graphiql.build import NODE_PACKAGE, Node, _node_of_package

__all__ = ["CONDITIONS", "POLICIES", "create_ask"]

_HERE: Final = Path(__file__).with_name("postgraphile_server")
_PACKAGES: Final = ("package.json", "package-lock.json", ".npmrc")
_PROGRAM: Final = ("server.mjs", "setup.sql")
_INSTALL_SECONDS: Final = 300
_HANDLED: Final = frozenset({"q1", "q2", "q3", "q4", "q5"})


def create_ask(customer: str, *, minor_units: int = 1999) -> Ask:
    """The create mutation for one row of ledger_transaction, without audit, outbox and idempotency key.

    customer: the outer id, `cus_…`. minor_units: the amount, in cents of EUR.
    """
    transaction = {
        "tenantId": str(TENANT),
        "customerId": customer.removeprefix("cus_"),
        "kind": "SALE",
        "amountMinor": str(minor_units),
        "amountCurrency": "EUR",
        "occurredAt": "2026-01-02T00:00:00Z",
        "channel": "WEB",
    }
    return Ask((_body(_document("create"), {"transaction": transaction}),))


def _document(name: str) -> str:
    return (_HERE / "queries" / f"{name}.graphql").read_text(encoding="utf-8")


def _body(document: str, variables: Mapping[str, Any]) -> bytes:
    return json.dumps({"query": document, "variables": variables}).encode()


def _launch(data: Data, port: int, *, policies: bool) -> Launch:
    node = _node()
    place = _installed(node, CACHE / "postgraphile")
    environment = {
        "NODE_ENV": "production",
        "GRAPHILE_ENV": "production",
        "BENCHMARK_URL": data.app_url if policies else data.owner_url,
        "BENCHMARK_OWNER_URL": data.owner_url,
        "BENCHMARK_TENANT": str(TENANT) if policies else "",
        "BENCHMARK_PORT": str(port),
    }
    return Launch([node.node, "server.mjs"], environment, place)


def _node() -> Node:
    """Node 24 of the Python package: PostGraphile 5 does not run on node 20, which may be first on PATH."""
    found = _node_of_package()
    if found is None:
        raise RuntimeError(
            f"PostGraphile cannot run: the Python package {NODE_PACKAGE} is not here. Run `make install`."
        )
    return found


def _installed(node: Node, cache: Path) -> Path:
    """The folder with the server and its packages, named after the latter: installed once, then ready."""
    digest = hashlib.sha256(b"\0".join((_HERE / name).read_bytes() for name in _PACKAGES)).hexdigest()[:16]
    place = cache / digest
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "installed").exists():
            _install(node, place)
        for name in _PROGRAM:
            shutil.copyfile(_HERE / name, place / name)
    return place


def _install(node: Node, place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for name in _PACKAGES:
        shutil.copyfile(_HERE / name, place / name)
    done = subprocess.run(
        [*node.npm, "ci", "--no-progress"],
        cwd=place,
        env=node.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_INSTALL_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(
            f"PostGraphile's packages were not installed. npm said: {done.stdout[-2000:]} "
            "Run again where a package registry can be reached."
        )
    (place / "installed").touch()


def _asker(*, policies: bool) -> Callable[[Question, Data], Ask | None]:
    def ask(question: Question, data: Data) -> Ask | None:
        if question.name not in _HANDLED:
            return None
        document = _document(question.name)
        return Ask(tuple(_body(document, _variables(each, policies=policies)) for each in question.variables))

    return ask


def _variables(ours: Mapping[str, Any], *, policies: bool) -> dict[str, Any]:
    """The look-up by id is by the whole primary key; lists are conditioned where no policy restricts them."""
    if "id" in ours:
        return {"tenant": str(TENANT), "id": ours["id"].removeprefix("cus_")}
    condition = {"lifecycleStage": ours["stage"]} | ({} if policies else {"tenantId": str(TENANT)})
    return {"condition": condition, "first": ours["first"]}


def _answer(question: Question, answer: Any) -> Any:
    data = as_data(question, answer)
    if question.name == "q1":
        return {"customer": _customer(data["customerByTenantIdAndRowId"])}
    found = data["allCustomers"]
    edges = [{**edge, "node": _customer(edge["node"])} for edge in found["edges"]]
    return {"customers": {**found, "edges": edges}}


def _customer(found: dict[str, Any]) -> dict[str, Any]:
    made = row(found, prefix="cus", id_name="rowId")
    party = made.pop("partyByTenantIdAndPartyId")
    made["displayName"] = party["displayName"]
    if "relationshipsByTenantIdAndSourceId" in party:
        nodes = party["relationshipsByTenantIdAndSourceId"]["nodes"]
        made["party"] = {"outgoingRelationships": {"nodes": [_relationship(each) for each in nodes]}}
    if "ledgerTransactionsByTenantIdAndCustomerId" in made:
        nodes = made.pop("ledgerTransactionsByTenantIdAndCustomerId")["nodes"]
        made["transactions"] = {"nodes": [money(row(each, prefix="txn", id_name="rowId")) for each in nodes]}
    if "retailLoyaltyMemberByTenantIdAndCustomerId" in made:
        member = made.pop("retailLoyaltyMemberByTenantIdAndCustomerId")
        made["loyalty"] = None if member is None else row(member, prefix="loy", id_name="rowId")
    return made


def _relationship(found: dict[str, Any]) -> dict[str, Any]:
    made = row(found, prefix="rel", id_name="rowId")
    made["target"] = row(made.pop("partyByTenantIdAndTargetId"), prefix="pty", id_name="rowId")
    return made


_SETTINGS: Final = (
    "Amber preset, NODE_ENV and GRAPHILE_ENV production, a pool of 8, prepared statements (its default), no GraphiQL, explain, watch, "
    "WebSockets or LISTEN; the sum of q4 is a computed column that PostgreSQL inlines. "
)
POLICIES: Final = Peer(
    name="PostGraphile 5 with policies",
    launch=lambda data, port: _launch(data, port, policies=True),
    ask=_asker(policies=True),
    answer=_answer,
    settings=_SETTINGS
    + "Patron's row-level policies restrict every level, the tenant handed over by pgSettings: what its documentation recommends. "
    "It costs a transaction around each request.",
)
CONDITIONS: Final = Peer(
    name="PostGraphile 5",
    launch=lambda data, port: _launch(data, port, policies=False),
    ask=_asker(policies=False),
    answer=_answer,
    settings=_SETTINGS
    + "Connected as the owner, whom no policy binds: a condition restricts the root and the composite foreign keys the levels below. "
    "Nothing would stop a question without that condition; it is its fastest way.",
)
