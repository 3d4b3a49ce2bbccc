"""The page that is a whole answer: the database gives its rows one by one, and here they become the connection.

A plan's page comes in when its statement is written, and an `OwnPage` goes out, which is kept beside the statement and puts
each request's rows together. Aggregating a thousand rows to one text, numbering them to leave the row too many out, and
copying the text takes a quarter of the database's time; a list of texts takes nothing of that. Pages inside of rows are
written whole by the database (`sql.pages`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from .parameters import CURSOR_SEPARATOR
from .plan import Edges, Info, Nodes, Page, PageEntry, Total, Typename

__all__ = ["BETWEEN", "KEY", "OwnPage", "own_page", "shows_ends"]

#: How many characters of a row's text name the row, where the ends of the page are asked for: an id.
KEY: Final = 36
#: Stands between the texts of a row that is shown in several lists; no JSON text of ours has it as it is.
BETWEEN: Final = b"\t"

Slot = Literal["total", "more", "startCursor", "endCursor"]


@dataclass(frozen=True, slots=True)
class OwnPage:
    """How rows become the page.

    size: number of the parameter with the page's size. backward: `last` was asked, and a row too many is the first one shown.
    lists: how many show the rows. total, ends: whether the number of all rows comes first, and a key before each row.
    cursor: what stands around a key. parts: the page's text; numbers stand for lists.
    """

    size: int
    backward: bool
    lists: int
    total: bool
    ends: bool
    cursor: tuple[bytes, bytes]
    parts: tuple[bytes | int | Slot, ...]

    def of(self, rows: Sequence[bytes], size: int) -> tuple[bytes, int]:
        """The connection, and what it takes without what is inside of its rows: itself and each row shown."""
        found = list(rows)
        total = found.pop(0) if self.total else b""
        more = len(found) > size
        if more:
            del found[0 if self.backward else size]
        keys = (found[0][:KEY], found[-1][:KEY]) if self.ends and found else None
        if self.ends:
            found = [row[KEY:] for row in found]
        lists = [found] if self.lists < 2 else list(zip(*(row.split(BETWEEN) for row in found), strict=True))
        text = b"".join(self._part(part, lists if found else (), total, more, keys) for part in self.parts)
        return text, 1 + self.lists * len(found)

    def _part(
        self,
        part: bytes | int | Slot,
        lists: Sequence[Sequence[bytes]],
        total: bytes,
        more: bool,
        keys: tuple[bytes, bytes] | None,
    ) -> bytes:
        match part:
            case bytes():
                return part
            case int():
                return b",".join(lists[part]) if lists else b""
            case "total":
                return total
            case "more":
                return b"true" if more else b"false"
            case _ if keys is None:
                return b"null"
            case _:
                return keys[part == "endCursor"].join(self.cursor)


def own_page(page: Page) -> OwnPage:
    """How the rows of a plan's page become the page."""
    parts: list[bytes | int | Slot] = []
    lists = 0
    for index, (key, entry) in enumerate(page.entries):
        parts.append(f'{"," if index else "{"}"{key}":'.encode())
        if isinstance(entry, Edges | Nodes):
            parts += [b"[", lists, b"]"]
            lists += 1
        else:
            parts += _shown(page, entry)
    parts.append(b"}")
    return OwnPage(
        page.size.index,
        page.backward,
        lists,
        any(isinstance(entry, Total) for _, entry in page.entries),
        shows_ends(page),
        (f'"{page.target.id_prefix}_'.encode(), f'{CURSOR_SEPARATOR}{page.fingerprint}"'.encode()),
        tuple(parts),
    )


def shows_ends(page: Page) -> bool:
    """Whether the cursor of its first or last row is asked for."""
    infos = [entry for _, entry in page.entries if isinstance(entry, Info)]
    return any(what in ("startCursor", "endCursor") for info in infos for _, what in info.entries)


def _shown(page: Page, entry: PageEntry) -> list[bytes | int | Slot]:
    match entry:
        case Total():
            return ["total"]
        case Typename():
            return [f'"{entry.name}"'.encode()]
        case Info():
            parts: list[bytes | int | Slot] = []
            for index, (key, what) in enumerate(entry.entries):
                parts += [f'{"," if index else "{"}"{key}":'.encode(), _told(page, what)]
            return [*parts, b"}"] if parts else [b"{}"]
        case _:
            raise AssertionError(entry)


def _told(page: Page, what: str | Typename) -> bytes | Slot:
    """What a page knows of itself; rows on the side it was entered from are there where a cursor was given."""
    match what:
        case Typename():
            return f'"{what.name}"'.encode()
        case "startCursor":
            return "startCursor"
        case "endCursor":
            return "endCursor"
        case _ if (what == "hasNextPage") == page.backward:
            return b"true" if (page.before if page.backward else page.after) else b"false"
        case _:
            return "more"
