"""Source keys for formats that have none: a hash of the row plus its ordinal among equal rows of the file.

Rows repeat truly (the same purchase twice on a day), so the content alone would lose some; with the ordinal the same
file read twice gives the same keys. Equal rows of two different files get the same key: prefer a natural key where
there is one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import ClassVar

from patron_core.imports.remembered import Remembered

__all__ = ["RowKeys", "hash_key"]


def hash_key(values: Iterable[str]) -> str:
    """A key of 32 hex digits (128 bits of SHA-256) over texts in order; ("ab", "c") and ("a", "bc") differ."""
    return _digest(values).hex()


class RowKeys:
    """Keys for the rows of one file, asked for in the order of the file.

    Keeps a count for each distinct row, those of a large file on disk: make a new one for every reading of a file.
    """

    most_in_memory: ClassVar[int] = 100_000

    def __init__(self) -> None:
        self._seen = Remembered[bytes, int](most=self.most_in_memory)

    def key(self, values: Iterable[str]) -> str:
        """`<hash>-<ordinal>`, the ordinal counting equal rows from 1."""
        digest = _digest(values)
        ordinal = (self._seen.get(digest) or 0) + 1
        self._seen.put(digest, ordinal)
        return f"{digest.hex()}-{ordinal}"


def _digest(values: Iterable[str]) -> bytes:
    parts: list[bytes] = []
    for value in values:
        data = value.encode("utf-8", "surrogateescape")
        parts += (len(data).to_bytes(8, "big"), data)
    return hashlib.sha256(b"".join(parts)).digest()[:16]
