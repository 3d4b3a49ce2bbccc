"""The PostgreSQL of the benchmarks: one cluster, kept under .cache/benchmarks and shared by runs at the same time.

Whoever comes first starts it, whoever leaves last stops it; a run that was killed leaves it to the next. It is as durable as in
production. PATRON_TEST_POSTGRES_URL names another server, whose CPU is then not told.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from patron_schema.testing.servers import (
    URL_VARIABLE,
    ServerError,
    _answers,
    _free_port,
    _runnable_programs,
    _server_user,
)

__all__ = ["CACHE", "Cluster", "cluster"]

CACHE: Final = Path(__file__).resolve().parents[1] / ".cache" / "benchmarks"
_SETTINGS: Final = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "shared_buffers=1GB",
    "max_wal_size=4GB",
    "jit=off",  # for all alike: statements of milliseconds gain nothing from it
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server. url: the superuser's, of the database `postgres`. postmaster: its process, None where not on this machine."""

    url: str
    postmaster: int | None


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """The server. Raises ServerError where none can be had."""
    named = os.environ.get(URL_VARIABLE)
    if named:
        yield Cluster(named.replace("postgresql+asyncpg:", "postgresql:", 1), None)
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    home = _home()
    with (CACHE / "turn.lock").open("w") as turn, (CACHE / "users.lock").open("w") as users:
        with _locked(turn):
            fcntl.flock(users, fcntl.LOCK_SH)
            found = _running(home) or _start(home)
        try:
            yield found
        finally:
            with _locked(turn):
                fcntl.flock(users, fcntl.LOCK_UN)
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _stop(home)


def _home() -> Path:
    """Where the cluster is kept: beside the other data, or where the server's user can go when the project lies in root's home."""
    home = CACHE / "postgresql"
    closed = os.geteuid() == 0 and any(not folder.stat().st_mode & 0o001 for folder in CACHE.parents)
    if not closed:
        return home
    name = hashlib.sha256(str(CACHE).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"patron-benchmarks-{name}"


@contextlib.contextmanager
def _locked(file: IO[str]) -> Iterator[None]:
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _running(home: Path) -> Cluster | None:
    """The server of this folder, where one answers."""
    lines = _pid_lines(home)
    if lines is None or len(lines) < 4:
        return None
    found = Cluster(f"postgresql://postgres@127.0.0.1:{int(lines[3])}/postgres", int(lines[0]))
    return found if _answers(found.url) else None


def _pid_lines(home: Path) -> list[str] | None:
    try:
        return (home / "data" / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None


def _start(home: Path) -> Cluster:
    programs = _programs(home)
    if not (home / "data" / "PG_VERSION").exists():
        _create(home, programs)
    port = _free_port()
    settings = [part for each in (*_SETTINGS, f"port={port}") for part in ("-c", each)]
    with (home / "log").open("ab") as log:
        process = _spawn(home, [str(programs / "postgres"), "-D", str(home / "data"), *settings], log)
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    end = time.monotonic() + 60
    while not _answers(url):
        if process.poll() is not None or time.monotonic() > end:
            raise ServerError(f"PostgreSQL did not start. {home / 'log'} says why; removing {home} makes a new one.")
        time.sleep(0.05)
    return Cluster(url, process.pid)


def _programs(home: Path) -> Path:
    """PostgreSQL's programs, where the server's user can run them; a copy that was made once is kept."""
    user = _server_user()
    home.mkdir(exist_ok=True)
    (home / "data").mkdir(mode=0o700, exist_ok=True)
    for path in (home, home / "data"):
        os.chown(path, user.uid, user.gid)
    copied = next((home / "programs").glob("*/pginstall18/bin"), None)
    return copied or _runnable_programs(home)


def _create(home: Path, programs: Path) -> None:
    options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]
    process = _spawn(home, [str(programs / "initdb"), *options, "--pgdata", str(home / "data")], subprocess.PIPE)
    output, _ = process.communicate(timeout=120)
    if process.returncode:
        raise ServerError(f"A PostgreSQL cluster cannot be made in {home}.\n{output.decode(errors='replace')[-800:]}")


def _spawn(home: Path, command: list[str], output: IO[bytes] | int) -> subprocess.Popen[bytes]:
    user = _server_user()
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=home,
        start_new_session=True,
        user=user.uid,
        group=user.gid,
        extra_groups=user.groups,
    )


def _stop(home: Path) -> None:
    """Ends the server, whoever started it."""
    lines = _pid_lines(home)
    if lines is None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(lines[0]), signal.SIGINT)
    end = time.monotonic() + 60
    while (home / "data" / "postmaster.pid").exists() and time.monotonic() < end:
        time.sleep(0.05)
