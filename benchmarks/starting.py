"""Starts Patron from nothing and sees when it is ready; composes its schema in a process of its own.

In come prepared data or names of plugins, out come seconds and memory. CPU seconds are told beside those of the clock, since other
work on the machine lengthens only the latter.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.data import Data
from benchmarks.machine import cpu_seconds, memory_kib
from benchmarks.peer import ROOT
from benchmarks.peers.patron import launch

__all__ = ["Started", "composing_seconds", "started"]

_LONGEST_SECONDS: Final = 60.0
_COMPOSE: Final = (
    "import sys, time; from patron_schema.compose import build_schema; from patron_schema.hookspecs import load_plugins; "
    "plugins = load_plugins(sys.argv[1].split(',')); began = time.process_time(); build_schema(plugins); "
    "print(time.process_time() - began)"
)


@dataclass(frozen=True, slots=True)
class Started:
    """A start. seconds: until the first 200 of /readyz. cpu_seconds, memory_mib: by then; None where /proc does not tell."""

    seconds: float
    cpu_seconds: float | None
    memory_mib: float | None


def started(data: Data) -> Started:
    """Starts `patron serve` and ends it once it is ready. Raises RuntimeError where it is not within a minute."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    order = launch(data, port)
    path = os.pathsep.join((str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])))
    environment = {**os.environ, "PYTHONPATH": path, **order.environment}
    began = time.perf_counter()
    process = subprocess.Popen(order.command, env=environment, cwd=order.directory, stdout=sys.stderr)
    try:
        while not _ready(port):
            if process.poll() is not None or time.perf_counter() - began > _LONGEST_SECONDS:
                raise RuntimeError("Patron did not become ready; what it said stands above.")
            time.sleep(0.01)
        seconds = time.perf_counter() - began
        memory = memory_kib(process.pid)
        return Started(seconds, cpu_seconds(process.pid), None if memory is None else memory / 1024)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def composing_seconds(plugins: Sequence[str], python_path: str) -> float:
    """CPU seconds of composing a schema in a new process, imports not counted. python_path: where the plugins are found."""
    command = [sys.executable, "-c", _COMPOSE, ",".join(plugins)]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": python_path}
    )
    return float(done.stdout)
