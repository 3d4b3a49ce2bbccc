"""A file that is there whole or not at all: it is written beside its place, and moved there when it is complete.

In comes a path, out comes `<path>.part` to write to, and `<path>.state` that says how far it is and of what, so that a run
which broke off can be gone on with. Only their owner may read them: they hold personal data.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO

import orjson

from patron_core.errors import InvalidInput

__all__ = ["PartFile", "Progress"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an export is. of: a digest of what is exported. rows, size: written so far. cursors: of the last page, in order."""

    of: str
    rows: int = 0
    size: int = 0
    cursors: tuple[str, ...] = ()


class PartFile:
    """A file on its way to its place.

    resume: whether to go on with one that broke off. replace_it: whether a file that is there may go. INVALID_INPUT where
    there is a file already, or none to go on with, or one of something else.
    """

    def __init__(self, place: Path, *, of: str, resume: bool, replace_it: bool) -> None:
        self.place = place
        self._part = place.with_name(f"{place.name}.part")
        self._state = place.with_name(f"{place.name}.state")
        if place.exists() and not replace_it:
            raise InvalidInput(
                f"{place.name} is there already. Nothing was written. Choose another name, or pass --replace."
            )
        self.progress = self._found(of) if resume else Progress(of)
        self.file: BinaryIO = self._opened()

    @property
    def is_fresh(self) -> bool:
        """Whether nothing is in it yet."""
        return self.progress.size == 0

    def note(self, rows: int, cursors: Sequence[str]) -> None:
        """What was written so far is complete up to here. rows: how many more."""
        self.file.flush()
        self.progress = Progress(self.progress.of, self.progress.rows + rows, self.file.tell(), tuple(cursors))
        new = self._state.with_name(f"{self._state.name}.new")
        with _private(new, os.O_TRUNC) as file:
            file.write(orjson.dumps(asdict(self.progress)))
        new.replace(self._state)

    def count(self, rows: int) -> None:
        """So many more rows were handed to a writer that cannot be gone on with."""
        self.progress = replace(self.progress, rows=self.progress.rows + rows)

    def complete(self) -> None:
        """Moves the file to its place."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        self._part.replace(self.place)
        self._state.unlink(missing_ok=True)

    def close(self) -> None:
        """Lets go of a file that was not completed; it stays as `.part`."""
        self.file.close()

    def _found(self, of: str) -> Progress:
        try:
            kept = orjson.loads(self._state.read_bytes())
            found = Progress(kept["of"], kept["rows"], kept["size"], tuple(kept["cursors"]))
            size = self._part.stat().st_size
        except (OSError, ValueError, KeyError, TypeError):
            raise InvalidInput(
                f"There is nothing to go on with. {self._part.name} and {self._state.name} are not both there and readable. "
                "Start again without --resume."
            ) from None
        if found.of != of or size < found.size:
            raise InvalidInput(
                f"{self._part.name} is of something else, or shorter than was noted. Document, variables, tenant, "
                "rights and format must be those it was begun with. Start again without --resume."
            )
        return found

    def _opened(self) -> BinaryIO:
        file = _private(self._part, 0 if self.progress.size else os.O_TRUNC)
        file.truncate(self.progress.size)  # rows of a page that was not noted are written again
        file.seek(self.progress.size)
        return file


def _private(path: Path, flags: int) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o600), "r+b")
