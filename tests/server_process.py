"""`patron serve` in a process of its own on a database of either kind, for tests that judge a server from outside.

A database comes in, an origin, keys and the server's log go out. The process is a child of the test and ends with it.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from tests.program import Program, ended

from patron_core.access.service import create_key, create_tenant
from patron_core.customers.models import EngagementMode
from patron_core.database import open_database
from patron_core.database.roles import RELAY
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_core.values import RandomIds, SystemClock
from patron_schema.testing.databases import Databases, as_role

__all__ = ["ServerProcess", "command", "prepared_environment", "server_process"]

_UP = "Uvicorn running on"
START_SECONDS = 60.0


@dataclass(slots=True)
class ServerProcess:
    """A server that is up. log: its lines so far, each one line of JSON."""

    port: int
    process: Program
    environment: Mapping[str, str]
    log: list[str] = field(default_factory=list)
    logged: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        """Its origin."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_up(self) -> bool:
        """Whether it said that it serves."""
        return any(_UP in line for line in self.log)

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    def wait_for_log(self, is_there: Callable[[], bool]) -> None:
        """Waits until the log has what it should have, ten seconds at most: it comes through a pipe."""
        with self.logged:
            self.logged.wait_for(is_there, timeout=10)

    def memory_bytes(self) -> int:
        """What it has resident."""
        with open(f"/proc/{self.process.pid}/status") as status:
            found = re.search(r"VmRSS:\s+(\d+) kB", status.read())
        return int(found[1]) * 1024 if found else 0

    def new_tenant(self, name: str, *, plugins: Sequence[str] | None = None) -> str:
        """Makes a tenant with the server's plugins, or those named, and returns an administrator's key."""
        named = self.environment["PATRON_PLUGINS"].split(",") if plugins is None else plugins
        with ThreadPoolExecutor(max_workers=1) as thread:
            work = _new_tenant(self.environment["PATRON_DATABASE_URL"], name, [each for each in named if each])
            return thread.submit(asyncio.run, work).result()


async def _new_tenant(url: str, name: str, plugins: Sequence[str]) -> str:
    clock = SystemClock()
    database, ids = open_database(Settings(database_url=url, pool_size=1)), RandomIds(clock)
    try:
        mode = EngagementMode.HYBRID
        tenant = await create_tenant(database, name=name, mode=mode, plugins=plugins, clock=clock, ids=ids)
        none = Plugins.of({})
        _, text = await create_key(database, tenant_id=tenant.id, name="test", plugins=none, clock=clock, ids=ids)
    finally:
        await database.close()
    return text


def command(environment: Mapping[str, str], *arguments: str, code: int = 0) -> str:
    """What a command of `patron` prints on standard output; its exit code must be `code`, or what it says is raised."""
    done = ended(*arguments, environment=environment)
    assert done.code == code, done.output + done.errors
    return done.output if code == 0 else done.output + done.errors


def prepared_environment(
    databases: Databases, dialect: str, *, plugins: Sequence[str] = (), paths: Sequence[str] = (), **settings: str
) -> dict[str, str]:
    """The environment of a server on a fresh database with the core's tables and nothing in them.

    plugins: names that PATRON_PLUGINS has. paths: folders where more of them are installed. The tables of plugins are
    left to the caller, who runs `migrate`.
    """
    owner = databases.create(dialect, Plugins.of({}))  # type: ignore[arg-type]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PATRON_")}
    environment |= {
        "PATRON_DATABASE_URL": databases.application_url(owner),
        "PATRON_MIGRATION_DATABASE_URL": owner,
        "PATRON_PLUGINS": ",".join(plugins),
        "PYTHONPATH": os.pathsep.join([*paths, *filter(None, [os.environ.get("PYTHONPATH")])]),
        "COLUMNS": "300",
    }
    if dialect == "postgresql":  # so that what a process left when it was killed is found by others
        environment["PATRON_RELAY_DATABASE_URL"] = as_role(owner, RELAY)
    if "PATRON_MASTER_KEY" in os.environ:
        environment["PATRON_MASTER_KEY"] = os.environ["PATRON_MASTER_KEY"]
    return environment | {f"PATRON_{name.upper()}": value for name, value in settings.items()}


@contextmanager
def server_process(environment: Mapping[str, str]) -> Iterator[ServerProcess]:
    """A server on a free port until the block ends; its log is read to the end then."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    reader, writer = os.pipe()
    with open(writer, "wb") as errors, open(os.devnull, "wb") as output:
        process = Program("serve", "--port", str(port), environment=environment, output=output, errors=errors)
    server = ServerProcess(port, process, environment)
    reading = threading.Thread(target=_read, args=(server, reader), name="server-log")
    reading.start()
    try:
        with server.logged:
            server.logged.wait_for(lambda: server.is_up or not server.is_alive, timeout=START_SECONDS)
        assert server.is_up, "".join(server.log)
        yield server
    finally:
        _stop(process)
        reading.join()


def _stop(process: Program) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _read(server: ServerProcess, errors: int) -> None:
    with open(errors, encoding="utf-8") as lines:
        for line in lines:
            with server.logged:
                server.log.append(line)
                server.logged.notify_all()
    server.process.wait()
    with server.logged:
        server.logged.notify_all()
