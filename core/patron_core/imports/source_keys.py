"""Source keys for formats that have none: a hash of the row plus its ordinal among equal rows of the file.

Rows repeat truly (the same purchase twice on a day), so the content alone would lose some; with the ordinal the same
file read twice gives the same keys. Equal rows of two different files get the same key: prefer a natural key where
there is one.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

__all__ = ["RowKeys", "hash_key"]


def hash_key(values: Iterable[str]) -> str:
    """A key of 32 hex digits (128 bits of SHA-256) over texts in order; ("ab", "c") and ("a", "bc") differ."""
    digest = hashlib.sha256()
    for value in values:
        data = value.encode("utf-8", "surrogateescape")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()[:32]


class RowKeys:
    """Keys for the rows of one file, asked for in the order of the file.

    Keeps a count for each distinct row, about 100 bytes each: make a new one for every reading of a file.
    """

    def __init__(self) -> None:
        self._seen: Counter[bytes] = Counter()

    def key(self, values: Iterable[str]) -> str:
        """`<hash>-<ordinal>`, the ordinal counting equal rows from 1."""
        text = hash_key(values)
        digest = bytes.fromhex(text)
        self._seen[digest] += 1
        return f"{text}-{self._seen[digest]}"
