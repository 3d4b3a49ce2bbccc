"""`patron`, or a program of the tests, as a process of its own that begins at once: it is forked from one that has loaded it all.

Arguments, an environment and where output goes come in; a process goes out, to be signalled, killed and waited for like any other. To load
the command line and to compose a schema takes seconds of the processor, and tests start hundreds of servers. Nothing else is shared: it has
a session, an environment and files of its own. Tests of the command line start the installed script itself.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import runpy
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing import reduction
from pathlib import Path
from typing import IO, Any, Final

__all__ = ["Program", "run_module"]

_FORKS: Final = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.loaded"])


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
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Waits until it has ended and returns its exit code; raises `subprocess.TimeoutExpired` after so many seconds."""
        self._process.join(timeout)
        code = self._process.exitcode
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


async def run_module(name: str, *arguments: str, seconds: float = 120) -> int:
    """Runs a program of the tests in this process's environment and returns its exit code; what it prints is what tests print."""
    with os.fdopen(os.dup(1), "wb") as output, os.fdopen(os.dup(2), "wb") as errors:
        program = Program(*arguments, environment=os.environ, output=output, errors=errors, module=name)
        return await asyncio.to_thread(program.wait, seconds)


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
