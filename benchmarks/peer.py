"""A peer: how it is started, how it is asked, and how its answer is brought to the common shape, which is Patron's `data`.

`serving` starts one as a process of its own on a free loopback port and ends it. Who is measured against whom is said by the
benchmarks; what peers are there is said in benchmarks/peers/.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.data import Data
from benchmarks.machine import die_with_parent
from benchmarks.questions import Question

__all__ = ["NUMBER", "Ask", "Launch", "Peer", "Server", "as_data", "ask_once", "json_ask", "serving", "uvicorn"]

ROOT: Final = Path(__file__).resolve().parents[1]
NUMBER: Final = "NUMBER_HERE_"


@dataclass(frozen=True, slots=True)
class Launch:
    """How a peer's process is started. environment: added to ours. seconds: in which it must listen."""

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path = ROOT
    seconds: float = 120


@dataclass(frozen=True, slots=True)
class Ask:
    """What is posted: bodies that take turns, to which path, with which headers beside the content type.

    NUMBER in a body is replaced with the number of the request, in as many characters: for what may come only once.
    """

    bodies: tuple[bytes, ...]
    path: str = "/graphql"
    headers: Mapping[str, str] = field(default_factory=dict)


def as_data(question: Question, answer: Any) -> Any:
    """The default way to the common shape: `data` as it is. Raises RuntimeError where the answer has errors."""
    if answer.get("errors"):
        raise RuntimeError(f"{question.name} was answered with errors: {json.dumps(answer['errors'])[:600]}")
    return answer["data"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Somebody who is measured.

    name: in tables. launch: the process for the data and a port. ask: the request for a question, None where it does not apply.
    answer: from the parsed answer to the common shape (cursors are opaque and not compared). connections: the most it is asked
    on at once, where it is faster on few. settings: what was done for it, a sentence or two for docs/performance.md.
    """

    name: str
    launch: Callable[[Data, int], Launch]
    ask: Callable[[Question, Data], Ask | None]
    answer: Callable[[Question, Any], Any] = as_data
    connections: int | None = None
    settings: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """A peer that is up."""

    peer: Peer
    port: int
    pid: int


def json_ask(question: Question, *, document: str | None = None, path: str = "/graphql", **headers: str) -> Ask:
    """The usual GraphQL body for each set of variables. document: the peer's own, where it is not the question's."""
    text = question.document if document is None else document
    bodies = tuple(json.dumps({"query": text, "variables": dict(each)}).encode() for each in question.variables)
    return Ask(bodies, path, headers)


def uvicorn(factory: str, data: Data, port: int, **environment: str) -> Launch:
    """One worker of uvicorn with uvloop and httptools for `module:factory`; BENCHMARK_URL names the database to the factory."""
    command = [sys.executable, "-m", "uvicorn", "--factory", factory, "--port", str(port), "--loop", "uvloop"]
    command += ["--http", "httptools", "--log-level", "warning", "--no-access-log", "--no-server-header"]
    return Launch(command, {"BENCHMARK_URL": data.owner_url, **environment})


@contextmanager
def serving(peer: Peer, data: Data) -> Iterator[Server]:
    """The peer in a process of its own. Raises RuntimeError where it ends or does not listen in time."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    launch = peer.launch(data, port)
    path = os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH")) if part)
    environment = {**os.environ, "PYTHONPATH": path, **launch.environment}
    process = subprocess.Popen(
        launch.command, env=environment, cwd=launch.directory, stdout=sys.stderr, preexec_fn=die_with_parent
    )
    try:
        _wait(peer.name, process, port, launch.seconds)
        yield Server(peer, port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(name: str, process: subprocess.Popen[bytes], port: int, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{name} did not start; what it said stands above.")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{name} did not listen within {seconds:g} seconds.")


def ask_once(server: Server, ask: Ask, *, number: int = 0, seconds: float = 60) -> Any:
    """One question's parsed answer. number: which of its bodies. Raises RuntimeError where the status is not 200."""
    headers = {"content-type": "application/json", "accept": "application/json", **ask.headers}
    body = ask.bodies[number % len(ask.bodies)]
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{ask.path}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=seconds) as response:
            return json.loads(response.read())
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{server.peer.name} answered {error.code}: {error.read()[:600]!r}") from error
