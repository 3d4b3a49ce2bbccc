"""The machine a figure belongs to, and the CPU time of processes where /proc tells it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import signal
from collections import defaultdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from patron_core.columns import format_time
from patron_core.values import SystemClock

__all__ = ["Postmaster", "cpu_seconds", "die_with_parent", "facts", "memory_kib"]

_PACKAGES: Final = (
    "patron",
    "strawberry-graphql",
    "graphql-core",
    "sqlalchemy",
    "asyncpg",
    "uvicorn",
    "uvloop",
    "pysqlite3",
)


def facts(**more: Any) -> dict[str, Any]:
    """Date, cores, Python, versions and load average; more: what a benchmark adds, such as PostgreSQL's version."""
    return {
        "date": format_time(SystemClock().now())[:10],
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "load_average": [round(each, 2) for each in os.getloadavg()],
        "versions": {name: found for name in _PACKAGES if (found := _version(name))},
        **more,
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


class Postmaster(int):
    """PostgreSQL's process, of whose backends only those of one database count: others may be at work on the same server."""

    database: str

    @classmethod
    def of(cls, pid: int, database: str) -> Postmaster:
        """The process with this id, seen from this database."""
        made = cls(pid)
        made.database = database
        return made


def _counts(pid: int, root: int) -> bool:
    """A backend's title names its role and its database: `postgres: patron_app patron_10000 127.0.0.1(…) SELECT`."""
    if not isinstance(root, Postmaster):
        return True
    try:
        return f" {root.database} " in Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return False


def cpu_seconds(pid: int | None) -> float | None:
    """CPU time of a process, of those it started and of those that have ended; None where /proc does not tell."""
    if pid is None or not Path("/proc/self/stat").exists():
        return None
    children: dict[int, list[int]] = defaultdict(list)
    ticks: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children[int(fields[1])].append(int(folder.name))
            ticks[int(folder.name)] = sum(int(each) for each in fields[11:15])
    total, left = 0, [pid]
    while left:
        each = left.pop()
        total += ticks.get(each, 0) if _counts(each, pid) else 0
        left += children[each]
    return total / os.sysconf("SC_CLK_TCK")


def memory_kib(pid: int) -> int | None:
    """Resident memory of one process in KiB; None where /proc does not tell."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS:")), None)


def die_with_parent() -> None:
    """For `preexec_fn`: the kernel ends the process with the one that started it, however that ends (Linux; elsewhere nothing)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
