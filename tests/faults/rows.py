"""The rows of the bar about what dies, fills up, jumps or is asked too much, and which tests prove each: by their names, or by a list."""

from __future__ import annotations

from typing import Final

from tests.proofs import proofs as proofs_named

__all__ = ["OTHER_PROOFS", "ROWS", "proofs"]

ROWS: Final = {
    "a1": "an acknowledged write survives the death of the process",
    "a2": "it survives a power cut",
    "a3": "a disk that is full or fails is not success",
    "a4": "PostgreSQL restarts under load",
    "a5": "deadlocks are run again, safely",
    "a6": "SQLite that is busy is nobody's error",
    "a7": "a server that is told to stop finishes what it took",
    "a8": "overload is shed and nothing collapses",
    "a9": "slow and hostile sockets are bounded",
    "a10": "whoever goes away leaves nothing open",
    "a11": "jumps of the clock do no harm",
    "a12": "hours of load change nothing",
    "d1": "the same idempotency key gives the first result, once",
    "d2": "every committed event is delivered, and none of what was undone",
    "d3": "signatures verify with others' libraries",
    "d4": "webhooks reach no address that is not public",
    "d5": "ledgers conserve",
    "d6": "nothing is booked twice",
    "d7": "an import that dies goes on and doubles nothing",
    "d8": "jobs have their effect once",
    "f1": "upgrades and ways back are safe",
    "f2": "a backup restores",
}

#: Tests that prove a row under a name of their own, as `file::test`.
OTHER_PROOFS: Final[dict[str, tuple[str, ...]]] = {
    "a6": ("tests/schema/test_sqlite_contention.py::test_readers_and_writers_at_once_never_meet_a_locked_database",),
}


def proofs(row: str) -> list[str]:
    """The tests that prove a row."""
    return proofs_named(row, OTHER_PROOFS.get(row, ()))
