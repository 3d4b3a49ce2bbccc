"""`patron`, or a program of the tests, as a process of its own that begins at once: it is forked from one that has loaded it all.

Arguments, an environment and where output goes come in; a process goes out, to be signalled, killed and waited for like any other. To load
the command line and to compose a schema takes seconds of the processor, and tests start hundreds of servers. Nothing else is shared: it has
a session, an environment and files of its own. Tests of the command line start the installed script itself.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from multiprocessing import reduction
from typing import IO, Any, Final

__all__ = ["Program"]

_FORKS: Final = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.loaded"])


class Program:
    """A program that runs.

    arguments: of `patron`, or of `module`, which is run as by `python -m`. environment: all it has. output, errors: files it writes to;
    they may be closed as soon as this returns. Waiting and signals are as in `subprocess.Popen`.
    """

    def __init__(
        self, *arguments: str, environment: Mapping[str, str], output: IO[Any], errors: IO[Any], module: str = ""
    ) -> None:
        files = _Descriptor(output.fileno()), _Descriptor(errors.fileno())
        self._process = _FORKS.Process(target=_run, args=(module, arguments, dict(environment), *files))
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


class _Descriptor:
    """An open file on its way into another process."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __reduce__(self) -> tuple[Callable[[Any], int], tuple[Any]]:
        return _taken, (reduction.DupFd(self._number),)


def _taken(sent: Any) -> int:
    return int(sent.detach())


def _run(module: str, arguments: tuple[str, ...], environment: Mapping[str, str], output: int, errors: int) -> None:
    """In the forked process: becomes the program."""
    os.setsid()
    os.dup2(output, 1)
    os.dup2(errors, 2)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.path[:0] = [folder for folder in environment.get("PYTHONPATH", "").split(os.pathsep) if folder]
    sys.argv[:] = [module or "patron", *arguments]
    if module:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    else:
        from patron_schema.cli import main

        main()
