"""What a reading must come back to (how often a row was seen, whose an account is), in bounded memory for a file of any size.

In come keys with values, out come values by key. A part is kept in memory; when it is full it goes to a temporary database
of SQLite's own, which no other process sees and which is gone with this object.
"""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar, cast

import pysqlite3 as _pysqlite3

__all__ = ["Remembered"]

pysqlite3: Any = _pysqlite3  # it has no types

KeyT = TypeVar("KeyT", str, bytes)
ValueT = TypeVar("ValueT", str, int)

_CACHE_KIB: Final = 16 * 1024


class Remembered(Generic[KeyT, ValueT]):
    """Values by key, each either text or a whole number of 64 bits.

    most: how many are kept in memory, about 200 bytes each. One thread at a time uses it.
    """

    def __init__(self, *, most: int = 100_000) -> None:
        self._most = most
        self._recent: dict[KeyT, ValueT] = {}
        self._rest: Any = None

    def get(self, key: KeyT) -> ValueT | None:
        """The value of a key; None where there is none."""
        value = self._recent.get(key)
        if value is not None or self._rest is None:
            return value
        row = self._rest.execute("SELECT value FROM kept WHERE key = ?", (key,)).fetchone()
        return None if row is None else cast("ValueT", row[0])

    def put(self, key: KeyT, value: ValueT) -> None:
        """Keeps a value, in the place of the one the key had."""
        self._recent[key] = value
        if len(self._recent) > self._most:
            self._put_aside()

    def _put_aside(self) -> None:
        if self._rest is None:
            self._rest = _temporary()
        # Sorted, neighbours fall on the same page.
        self._rest.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", sorted(self._recent.items()))
        self._recent.clear()


def _temporary() -> Any:
    # An empty name is a database on disk that SQLite deletes itself. A reading moves from thread to thread.
    connection = pysqlite3.connect("", isolation_level=None, check_same_thread=False)
    for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}"):
        connection.execute(f"PRAGMA {setting}")
    connection.execute("CREATE TABLE kept (key PRIMARY KEY, value) WITHOUT ROWID")
    return connection
