"""`patron`, or a program of the tests, as a process of its own that begins at once: it is forked from one that has loaded it all.

Arguments, an environment and where output goes come in; a process goes out, to be signalled, killed and waited for like any other. To load
the command line and to compose a schema takes seconds of the processor, and tests start hundreds of servers. Nothing else is shared: it has
a session, an environment and files of its own. Tests of the command line start an interpreter of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import reduction
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from typing import IO, Any, Final

__all__ = ["Ended", "Program", "ended", "run_module"]

_FORKS: Final = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.loaded"])
_ONE: Final = threading.Lock()  # how a process ended can be read once, and starting another one reads it too
_WAITING: Final = ThreadPoolExecutor(32, thread_name_prefix="programs")


class Program:
    """A program that runs.

    arguments: of `patron`, or of `module`, which is run as by `python -m`. environment: all it has. output, errors: files it writes to;
    they may be closed as soon as this returns. folder: where it works. Waiting and signals are as in `subprocess.Popen`.
    """

    def __init__(
        self,
        *arguments: str,
        environment: Mapping[str, str],
        output: IO[Any],
        errors: IO[Any],
        module: str = "",
        folder: Path | None = None,
    ) -> None:
        start = _Start(
            module,
            arguments,
            dict(environment),
            Path.cwd() if folder is None else folder,
            _Descriptor(output.fileno()),
            _Descriptor(errors.fileno()),
        )
        self._process = _FORKS.Process(target=start)
        with _ONE:
            self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""
        with _ONE:
            return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Waits until it has ended and returns its exit code; raises `subprocess.TimeoutExpired` after so many seconds."""
        wait_for([self._process.sentinel], timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired("patron", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Sends it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Ends it at once."""
        self._process.kill()


@dataclass(frozen=True, slots=True)
class Ended:
    """What a program ended with: its exit code, negative where a signal ended it, and what it wrote."""

    code: int
    output: str
    errors: str


def ended(
    *arguments: str, environment: Mapping[str, str], module: str = "", folder: Path | None = None, seconds: float = 120
) -> Ended:
    """Runs a program to its end, and ends what it left running. Arguments are those of `Program`."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        program = Program(
            *arguments, environment=environment, output=output, errors=errors, module=module, folder=folder
        )
        try:
            code = program.wait(seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
        output.seek(0)
        errors.seek(0)
        return Ended(code, output.read(), errors.read())


async def run_module(name: str, *arguments: str, seconds: float = 120) -> Ended:
    """Runs a program of the tests to its end in this process's environment, while others go on."""
    run = partial(ended, *arguments, environment=os.environ, module=name, seconds=seconds)
    return await asyncio.get_running_loop().run_in_executor(_WAITING, run)


class _Descriptor:
    """An open file; in the other process, what it is there."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce__(self) -> tuple[Callable[[Any], _Descriptor], tuple[Any]]:
        return _arrived, (reduction.DupFd(self.number),)


def _arrived(sent: Any) -> _Descriptor:
    return _Descriptor(sent.detach())


@dataclass(frozen=True, slots=True)
class _Start:
    """What a program is started with; called in the forked process, which becomes the program."""

    module: str
    arguments: tuple[str, ...]
    environment: dict[str, str]
    folder: Path
    output: _Descriptor
    errors: _Descriptor

    def __call__(self) -> None:
        os.setsid()
        os.chdir(self.folder)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 - it stays open; multiprocessing gave it another file
        os.dup2(self.output.number, 1)
        os.dup2(self.errors.number, 2)
        os.environ.clear()
        os.environ.update(self.environment)
        time.tzset()
        sys.path[:0] = [folder for folder in self.environment.get("PYTHONPATH", "").split(os.pathsep) if folder]
        sys.argv[:] = [self.module or "patron", *self.arguments]
        if self.module:
            runpy.run_module(self.module, run_name="__main__", alter_sys=True)
        else:
            from patron_schema.cli import main

            main()
