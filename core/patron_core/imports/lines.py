"""The lines of a text file, each no longer than a line may be, with the text of those taken since a row began.

In comes an open text file, out come lines. A longer one is read past in parts and comes out empty, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

__all__ = ["MOST_CHARACTERS", "BoundedLines"]

MOST_CHARACTERS: Final = 1_000_000


class _Readable(Protocol):
    def readline(self, size: int = -1, /) -> str: ...


class BoundedLines:
    """Iterates over lines with their ends. number: of the last line taken, from 1. most: characters of a line.

    too_long: whether one of the lines since `begin` was longer. taken: the text since then, without the last line's end.
    """

    __slots__ = ("_lines", "_stream", "most", "number", "too_long")

    def __init__(self, stream: _Readable, *, most: int = MOST_CHARACTERS) -> None:
        self._stream = stream
        self._lines: list[str] = []
        self.most = most
        self.number = 0
        self.too_long = False

    def begin(self) -> None:
        """Forgets what was taken: another row begins."""
        self._lines.clear()
        self.too_long = False

    @property
    def taken(self) -> str:
        """The text of the row."""
        return "".join(self._lines).rstrip("\r\n")

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._stream.readline(self.most + 1)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) > self.most and not line.endswith(("\n", "\r")):
            self._pass_over()
            return "\n"
        self._lines.append(line)
        return line

    def _pass_over(self) -> None:
        """Reads to the end of the line and keeps nothing of it."""
        self.too_long = True
        while part := self._stream.readline(self.most + 1):
            if part.endswith(("\n", "\r")):
                return
