"""Load: some connections that ask again and again for some seconds, and what that cost everybody.

wrk generates it where it is installed; elsewhere `benchmarks.generator`, in a process of its own so that its cost can be told
apart. Both share the machine's cores with what they measure: their figures are good for ratios only.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.cluster import CACHE
from benchmarks.machine import cpu_seconds, die_with_parent
from benchmarks.peer import ROOT, Ask, Server

__all__ = ["Load", "NoAnswerError", "generator_name", "parse_wrk", "press"]

_SCRIPT: Final = """
local bodies = {%s}
local requests, at, number = {}, 0, %d
local numbered = string.find(bodies[1], "NUMBER_HERE_", 1, true)
wrk.method = "POST"
wrk.path = %s
wrk.headers["content-type"] = "application/json"
wrk.headers["accept"] = "application/json"
%s
function init(arguments)
  for i, body in ipairs(bodies) do requests[i] = wrk.format(nil, nil, nil, body) end
end
function request()
  at = at %% #requests + 1
  if not numbered then return requests[at] end
  number = number + 1
  return (string.gsub(requests[at], "NUMBER_HERE_", string.format("%%012d", number), 1))
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %%d %%d %%.6f %%.3f %%.3f\\n", summary.requests,
    e.connect + e.read + e.write + e.status + e.timeout, summary.duration / 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""


class NoAnswerError(RuntimeError):
    """Nobody answered in the time there was."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a run gave. Times in milliseconds; CPU per answer, None where /proc does not tell."""

    responses: int
    seconds: float
    p50_ms: float
    p99_ms: float
    server_cpu_ms: float | None = None
    postgres_cpu_ms: float | None = None
    generator_cpu_ms: float | None = None

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return self.responses / self.seconds

    @property
    def per_cpu_second(self) -> float | None:
        """Answers per second of CPU, of server and PostgreSQL together; None where /proc does not tell."""
        if self.server_cpu_ms is None or not (spent := self.server_cpu_ms + (self.postgres_cpu_ms or 0)):
            return None
        return 1000 / spent


@dataclass(frozen=True, slots=True)
class Counted:
    """What a generator itself reports."""

    responses: int
    errors: int
    seconds: float
    p50_ms: float
    p99_ms: float


def generator_name() -> str:
    """Which generator `press` uses here."""
    return "wrk" if shutil.which("wrk") else "asyncio"


def press(
    server: Server, ask: Ask, *, seconds: float, connections: int, postmaster: int | None = None, own: bool = False
) -> Load:
    """Asks for some seconds.

    postmaster: PostgreSQL's process, whose CPU is told too. own: the bundled generator even where wrk is there.
    Raises RuntimeError where an answer was not 200, NoAnswerError where there was none.
    """
    run = _own if own or generator_name() != "wrk" else _wrk
    with _alone():
        before = cpu_seconds(server.pid), cpu_seconds(postmaster)
        found, spent = run(server, ask, seconds, connections)
        after = cpu_seconds(server.pid), cpu_seconds(postmaster)
    if found.errors:
        raise RuntimeError(f"{server.peer.name} failed {found.errors} times and answered {found.responses} times.")
    if not found.responses:
        raise NoAnswerError(f"{server.peer.name} did not answer within {seconds:g} seconds.")

    def each(start: float | None, end: float | None) -> float | None:
        return None if start is None or end is None else 1000 * (end - start) / found.responses

    return Load(
        found.responses,
        found.seconds,
        found.p50_ms,
        found.p99_ms,
        each(before[0], after[0]),
        each(before[1], after[1]),
        each(0.0, spent),
    )


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One measurement at a time on this machine, whoever's it is: runs at the same time take turns."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "measuring.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def parse_wrk(text: str) -> Counted:
    """wrk's own report, as the script above prints it. Raises RuntimeError where it is not there."""
    found = re.search(r"^RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) ([\d.]+)$", text, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"wrk did not report: {text[-400:]}")
    responses, errors, seconds, p50, p99 = found.groups()
    return Counted(int(responses), int(errors), float(seconds), float(p50), float(p99))


def _wrk(server: Server, ask: Ask, seconds: float, connections: int) -> tuple[Counted, float | None]:
    """wrk takes whole seconds only; it is interrupted after ours, upon which it reports as at its end."""
    headers = "".join(f"wrk.headers[{_lua(name)}] = {_lua(value)}\n" for name, value in ask.headers.items())
    bodies = ", ".join(_lua(body.decode()) for body in ask.bodies)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_SCRIPT % (bodies, first_number(), _lua(ask.path), headers))
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", "-d600s", "--timeout", "60s", "-s", script.name]
        process = subprocess.Popen(
            [*command, f"http://127.0.0.1:{server.port}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=die_with_parent,
        )
        try:
            time.sleep(seconds)
            spent = cpu_seconds(process.pid)
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=30)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
    return parse_wrk(output), spent


def first_number() -> int:
    """Where the numbers of a run begin: no two runs share one, for nobody answers a million times in a second."""
    return time.time_ns() // 1_000 % 10**12


def _lua(text: str) -> str:
    """A Lua string of any text. Decimal escapes stand for every byte that could end it."""
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:03d}" for b in text.encode()) + '"'


def _own(server: Server, ask: Ask, seconds: float, connections: int) -> tuple[Counted, float | None]:
    """The bundled generator, which reports its own CPU."""
    head = {"host": "127.0.0.1", "content-type": "application/json", "accept": "application/json", **ask.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    requests = [
        f"POST {ask.path} HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n".encode() + body for body in ask.bodies
    ]
    order = {
        "port": server.port,
        "requests": [base64.b64encode(each).decode() for each in requests],
        "seconds": seconds,
        "connections": connections,
    }
    command = [sys.executable, str(Path(__file__).with_name("generator.py"))]
    run = subprocess.run(
        command, input=json.dumps(order), capture_output=True, text=True, cwd=ROOT, preexec_fn=die_with_parent
    )
    if run.returncode:
        raise RuntimeError(f"The load generator ended: {run.stderr[-600:]}")
    found = json.loads(run.stdout)
    spent = found.pop("cpu_seconds")
    return Counted(**found), spent
