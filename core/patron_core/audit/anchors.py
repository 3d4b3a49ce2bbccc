"""Heads of the chains, kept where who can change the database cannot change them: lines of JSON that are only appended.

In come heads, out come lines, and lines become heads again. A chain whose tail was cut is whole in itself: only a head that
was kept elsewhere shows it. Posting heads is left to the webhooks.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from patron_core.columns import format_time
from patron_core.errors import StartupError

__all__ = ["Anchor", "append", "read_anchors"]


@dataclass(frozen=True, slots=True)
class Anchor:
    """A tenant's head at a moment. sequence: how many rows were sealed. hash: of the last of them."""

    tenant_id: uuid.UUID
    sequence: int
    hash: str
    anchored_at: dt.datetime

    def line(self) -> str:
        """As one line of JSON."""
        return json.dumps(
            {
                "tenant": str(self.tenant_id),
                "sequence": self.sequence,
                "hash": self.hash,
                "anchoredAt": format_time(self.anchored_at),
            }
        )


def append(file: Path, anchors: Sequence[Anchor]) -> None:
    """Adds lines to a file in one write, and waits until they are on the disk."""
    text = "".join(f"{anchor.line()}\n" for anchor in anchors).encode()
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, text)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_anchors(file: Path) -> dict[uuid.UUID, dict[int, str]]:
    """The heads that were kept, by tenant and sequence. Raises StartupError for a file that is none of ours."""
    try:
        lines = file.read_text().splitlines()
        return _by_tenant(json.loads(line) for line in lines if line.strip())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StartupError(
            [f"The anchors cannot be read ({type(error).__name__}). {file.name} is no file of them. Name another."]
        ) from None


def _by_tenant(kept: Iterable[dict[str, object]]) -> dict[uuid.UUID, dict[int, str]]:
    out: dict[uuid.UUID, dict[int, str]] = {}
    for each in kept:
        sequence = int(str(each["sequence"]))
        if sequence:
            out.setdefault(uuid.UUID(str(each["tenant"])), {})[sequence] = str(each["hash"])
    return out
