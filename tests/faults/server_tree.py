"""A `patron` program with all it starts, as a process group that can be killed at any instant and started again.

An environment and arguments come in; a port, the seconds a start took and the log go out. Whoever starts one stops it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import resource
import signal
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Final

from tests.faults.connection import Connection, Lost
from tests.program import Program

__all__ = ["ServerTree", "WorkerTree", "free_port", "served"]

_LOOK_SECONDS: Final = 0.02
START_SECONDS: Final = 60.0


class WorkerTree:
    """A program that serves nobody; it is up when its log says so.

    environment: all it gets of ours. arguments: of `patron`, or of Python where `module` names another program of the tests.
    """

    def __init__(self, environment: Mapping[str, str], *arguments: str, up: str, module: str = "") -> None:
        self.environment = dict(environment)
        self._arguments, self._module = arguments, module
        self._up = up
        self._process: Program | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="patron-faults-")
        self._log = Path(self._folder.name) / "log"
        self._told = 0
        self.first_start_seconds = 0.0  # as long as a start takes on this machine when nothing was killed

    @property
    def pid(self) -> int:
        """The first process of the group."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the first process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """Everything it said, over all its starts."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    async def start(self) -> float:
        """Starts it and returns when it is up; after how many seconds."""
        began = time.monotonic()
        self._told = len(self.log)
        self._launch()
        while not await self._is_up():
            assert self.is_alive, self.log[-4_000:]
            assert time.monotonic() - began < START_SECONDS, self.log[-4_000:]
            await asyncio.sleep(_LOOK_SECONDS)
        took = time.monotonic() - began
        self.first_start_seconds = self.first_start_seconds or took
        return took

    def _launch(self) -> None:
        with self._log.open("ab") as log:
            self._process = Program(
                *self._arguments, environment=self.environment, output=log, errors=log, module=self._module
            )

    async def _is_up(self) -> bool:
        return self._up in self.log[self._told :]

    async def kill(self) -> None:
        """SIGKILL to the whole group, as when the machine takes it away."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM, and the time it takes to end in order."""
        await self._end(signal.SIGTERM)

    async def close(self) -> None:
        """Ends it, whatever state it is in, and forgets its log."""
        if self.is_alive:
            await self.kill()
        self._folder.cleanup()

    async def _end(self, sign: signal.Signals) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, sign)
        await asyncio.to_thread(self._process.wait, 30)

    def limit_files(self, most_bytes: int | None) -> None:
        """No file of it may grow beyond this size from now on, as on a full disk; None lifts that."""
        most = resource.RLIM_INFINITY if most_bytes is None else most_bytes
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    def memory_bytes(self) -> int:
        """What it has resident."""
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        return int(found[1]) * 1024 if found else 0

    def open_files(self) -> int:
        """How many files and sockets it holds."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))


class ServerTree(WorkerTree):
    """`patron serve` on a port that stays the same over restarts; it is up when it says that it is ready."""

    def __init__(self, environment: Mapping[str, str], *arguments: str, port: int | None = None) -> None:
        self.port = port or free_port()
        super().__init__(environment, "serve", "--port", str(self.port), *arguments, up="")

    async def _is_up(self) -> bool:
        connection = Connection(self.port)
        try:
            return (await connection.get("/readyz")).status == 200
        except Lost:
            return False
        finally:
            connection.close()


@asynccontextmanager
async def served(environment: Mapping[str, str], *arguments: str) -> AsyncIterator[ServerTree]:
    """A server that is up, and ended with the block."""
    tree = ServerTree(environment, *arguments)
    try:
        await tree.start()
        yield tree
    finally:
        await tree.close()


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port: int = listener.getsockname()[1]
    return port
