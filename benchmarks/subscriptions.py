"""Fan-out side by side: Patron and stock Strawberry, each with 1,000 subscribers of graphql-transport-ws on one process.

`python -m benchmarks.subscriptions [--subscribers N] [--rounds N] [--events N] [--quick]`. Both serve the same tables on SQLite, the same
fields of the same row; the subscribers live in one other process and name their operations as graphql-ws does, by a UUID each. An event
is a mutation over HTTP that both write, Patron with audit and outbox. The servers take turns; CPU is the server's, of all its threads,
from the request to the last frame. Memory is the process's own, from no subscriber to all of them after the first events.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.data import PLUGINS, Data
from benchmarks.dataset import TENANT
from benchmarks.machine import memory_kib
from benchmarks.peer import Launch, Peer, Server, serving
from benchmarks.peers import patron as patron_peer
from benchmarks.peers.broadcast import BROADCAST
from benchmarks.report import note, table, write
from benchmarks.targets import Measured, Row
from patron_core.access.models import Tenant
from patron_core.access.permissions import ADMINISTRATOR
from patron_core.access.service import create_key
from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import EngagementMode
from patron_core.database import open_database
from patron_core.messages import Actor
from patron_core.migrations import migrate
from patron_core.parties.commands import NewPerson
from patron_core.settings import Settings
from patron_core.unit_of_work import execute
from patron_core.values import RandomIds, SystemClock
from patron_schema.hookspecs import load_plugins

__all__ = ["main"]

SELECTION: Final = (
    "id displayName kind engagementMode lifecycleStage owner version createdAt updatedAt party { id displayName }"
)
SUBSCRIPTION: Final = f"subscription Follow {{ customerChanged {{ {SELECTION} }} }}"
UPDATE: Final = "mutation Update($i: CustomerUpdateInput!) { customerUpdate(input: $i) { customer { version } } }"
KEYS: Final = 100  # different credentials; Strawberry has none


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Gives 1 where the servers tell their subscribers different things."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.subscriptions", description=__doc__)
    parser.add_argument("--subscribers", type=int, default=1000, help="of each server (default 1000)")
    parser.add_argument("--rounds", type=int, default=9, help="rounds of both (default 9)")
    parser.add_argument("--events", type=int, default=4, help="events of each in a round (default 4)")
    parser.add_argument("--quick", action="store_true", help="7 rounds of 2 events")
    options = parser.parse_args(arguments)
    if options.quick:
        options.rounds, options.events = 7, 2
    with tempfile.TemporaryDirectory(prefix="patron-benchmark-") as folder:
        return _run(Path(folder), options)


# -- the data


def _patron_launch(data: Data, port: int) -> Launch:
    return patron_peer.launch(data, port, url=data.app_url)


PATRON: Final = Peer(
    name="Patron",
    launch=_patron_launch,
    ask=lambda _question, _data: None,
    settings=f"`patron serve`, one worker, four plugins, everything on; the subscribers have {KEYS} API keys between them.",
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A database file for each server, alike, and who may ask Patron. customer: the outer id of the row that changes."""

    urls: tuple[str, str]
    keys: tuple[str, ...]
    customer: str


async def _prepare(folder: Path) -> Prepared:
    path = folder / "patron.db"
    url = f"sqlite:///{path}"
    plugins = load_plugins(PLUGINS)
    await migrate(url, plugins)
    database, clock = open_database(Settings(database_url=url)), SystemClock()
    ids = RandomIds(clock)
    tenant = Tenant(
        id=TENANT, name="Benchmark", mode=EngagementMode.HYBRID, plugins=sorted(PLUGINS), created_at=clock.now()
    )
    actor = Actor(tenant_id=TENANT, subject="benchmark", kind="system", roles=(ADMINISTRATOR,), reason="benchmark")
    try:
        await database.write(TENANT, lambda session: session.add(tenant))
        keys = []
        for number in range(KEYS):
            made = await create_key(
                database, tenant_id=TENANT, name=f"subscriber {number}", roles=(ADMINISTRATOR,), clock=clock, ids=ids
            )
            keys.append(made[1])
        command = CreateCustomer(person=NewPerson(given_name="Ada", family_name='Lovelace "é"'))
        outcome = await execute(database, command, actor=actor, clock=clock, ids=ids, plugins=plugins)
    finally:
        await database.close()
    shutil.copy(path, folder / "stock.db")
    return Prepared((url, f"sqlite:///{folder / 'stock.db'}"), tuple(keys), f"cus_{outcome.value.id}")


# -- the subscribers


class Subscribers:
    """The process that holds the sockets; see `sockets`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def order(self, **order: Any) -> Any:
        """One order and its answer. Raises RuntimeError where the process has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("The process of the subscribers has ended; what it said stands above.")
        return json.loads(line)


@contextmanager
def _subscribers() -> Iterator[Subscribers]:
    command = [sys.executable, "-m", "benchmarks.sockets"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Subscribers(process)
    finally:
        process.terminate()
        process.wait(10)


# -- the measurement


@dataclass(slots=True)
class Side:
    """A server with its subscribers, and what was seen of it."""

    server: Server
    headers: list[dict[str, str]]
    customer: str
    version: int = 1
    memory_kib: float = 0.0
    cpu_ms: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    max_ms: list[float] = field(default_factory=list)
    sample: Any = None

    def event(self, subscribers: Subscribers, number: int) -> None:
        """Changes the customer's owner and notes how everybody was told."""
        given = {"id": self.customer, "version": self.version, "owner": f"owner {number}"}
        body = json.dumps({"query": UPDATE, "variables": {"i": given}})
        port, headers = self.server.port, self.headers[0]
        seen = subscribers.order(event={"port": port, "path": "/graphql", "headers": headers, "body": body})
        if seen["lost"] or seen["answer"].get("errors"):
            raise RuntimeError(f"{self.server.peer.name}: {seen['lost']} sockets lost, {seen['answer']}")
        self.version = seen["answer"]["data"]["customerUpdate"]["customer"]["version"]
        self.sample = seen["sample"]
        self.p50_ms.append(statistics.median(seen["milliseconds"]))
        self.max_ms.append(max(seen["milliseconds"]))

    def forget(self) -> None:
        """Lets go of what was seen while warming up."""
        for seen in (self.cpu_ms, self.p50_ms, self.max_ms):
            seen.clear()


def _run(folder: Path, options: argparse.Namespace) -> int:
    made = asyncio.run(_prepare(folder))
    data = [Data(1, url, url, made.keys[0], "SQLite", None) for url in made.urls]
    credentials = [{"Authorization": f"Bearer {key}"} for key in made.keys]
    with serving(PATRON, data[0]) as patron, serving(BROADCAST, data[1]) as stock, _subscribers() as subscribers:
        ours, theirs = Side(patron, credentials, made.customer), Side(stock, [{}], made.customer)
        for side in (ours, theirs):
            _fill(side, subscribers, options.subscribers)
        if not _alike(ours.sample, theirs.sample):
            note(f"The subscribers were told different things.\n{ours.sample}\n{theirs.sample}")
            return 1
        for number in range(options.rounds):
            for side in (ours, theirs) if number % 2 == 0 else (theirs, ours):
                _round(side, subscribers, number, options.events)
    _report(ours, theirs, options)
    return 0


def _fill(side: Side, subscribers: Subscribers, count: int) -> None:
    """Connects one and then the others; the memory of the first, and of plans and caches, is not counted."""
    order = {"port": side.server.port, "query": SUBSCRIPTION, "headers": side.headers}
    subscribers.order(open={**order, "count": 1})
    for number in range(20):
        side.event(subscribers, number)
    before = memory_kib(side.server.pid) or 0
    subscribers.order(open={**order, "count": count - 1})
    for number in range(3):
        side.event(subscribers, number)
    side.memory_kib = ((memory_kib(side.server.pid) or 0) - before) / (count - 1)
    side.forget()
    note(f"{side.server.peer.name} has {count} subscribers.")


def _round(side: Side, subscribers: Subscribers, number: int, events: int) -> None:
    before = _cpu_ms(side.server.pid)
    for event in range(events):
        side.event(subscribers, 1000 * number + event)
    side.cpu_ms.append((_cpu_ms(side.server.pid) - before) / events)


def _cpu_ms(pid: int) -> float:
    """CPU time of a process's threads in nanosecond steps; the clock ticks of `cpu_seconds` are as long as an event."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6
    except OSError as error:
        raise RuntimeError("This system does not tell the CPU time of a process. Run it on Linux.") from error


def _alike(ours: Any, theirs: Any) -> bool:
    """Whether the same fields have the same values; each server has its own time of the change."""
    pair = []
    for sample in (ours, theirs):
        row = dict(sample["data"]["customerChanged"])
        row.pop("updatedAt")
        pair.append(row)
    return bool(pair[0] == pair[1])


def _report(ours: Side, theirs: Side, options: argparse.Namespace) -> None:
    count = options.subscribers
    times = [left / right for left, right in zip(ours.cpu_ms, theirs.cpu_ms, strict=True)]
    rows = [
        Measured(
            Row("memory", f"each of {count} subscribers", "", target=40, at="most", unit="KiB"), [ours.memory_kib]
        ),
        Measured(Row("cpu", "CPU of one event", theirs.server.peer.name, target=1 / 8, at="most"), times),
        *(
            Measured(Row(name, what, side.server.peer.name, unit="ms"), values)
            for name, what, side, values in _times(ours, theirs)
        ),
        Measured(
            Row("memory", f"each of {count} subscribers", theirs.server.peer.name, unit="KiB"), [theirs.memory_kib]
        ),
    ]
    figures = {
        side.server.peer.name: {
            "kib_per_subscriber": side.memory_kib,
            "cpu_ms_per_event": statistics.median(side.cpu_ms),
            "p50_ms": statistics.median(side.p50_ms),
            "max_ms": statistics.median(side.max_ms),
            "settings": side.server.peer.settings,
        }
        for side in (ours, theirs)
    }
    write("subscriptions", rows, options=vars(options), figures=figures)
    print(table(rows))


def _times(ours: Side, theirs: Side) -> Iterator[tuple[str, str, Side, list[float]]]:
    for side in (ours, theirs):
        yield "cpu", "CPU of one event", side, side.cpu_ms
        yield "latency", "request to the middle subscriber's frame", side, side.p50_ms
        yield "latency", "request to the last subscriber's frame", side, side.max_ms


if __name__ == "__main__":
    raise SystemExit(main())
