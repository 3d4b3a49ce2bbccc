"""The one byte form of an audit row, and the hash that links it to the row before.

In come a row as it is stored and the previous hash, out comes the next one. Every value is preceded by its length, so that
no two rows have the same bytes; times are texts in UTC with microseconds, which both databases keep.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Column

from patron_core.audit.models import AuditEntry, AuditRead, SealedKind
from patron_core.columns import format_time
from patron_core.records import Record, table_of

__all__ = ["FIRST", "SEALED", "canonical", "columns_of", "link"]

#: What stands for the hash before the first row of a tenant.
FIRST: Final = "0" * 64
#: The table of each kind.
SEALED: Final[dict[SealedKind, type[Record]]] = {SealedKind.CHANGE: AuditEntry, SealedKind.READ: AuditRead}
_FORM: Final = b"patron-audit-1"


def columns_of(kind: SealedKind) -> list[Column[Any]]:
    """The columns whose values are hashed, by name: all, so that none can be changed unseen."""
    return sorted(table_of(SEALED[kind]).columns, key=lambda column: column.name)


def canonical(kind: SealedKind, sequence: int, sealed_at: dt.datetime, values: Sequence[Any]) -> bytes:
    """A row and its seal as bytes. values: in the order of `columns_of`, as SQLAlchemy gives them."""
    parts = [_FORM, kind.name.encode(), b"%d" % sequence, _bytes(sealed_at), *(_bytes(value) for value in values)]
    return b"".join(b"-;" if part is None else b"%d:%b;" % (len(part), part) for part in parts)


def link(row: bytes, previous: str) -> str:
    """The hash of a row in canonical form and of the hash before it, in hex."""
    return hashlib.sha256(row + bytes.fromhex(previous)).hexdigest()


def _bytes(value: Any) -> bytes | None:
    match value:
        case None:
            return None
        case str():
            return value.encode()
        case uuid.UUID() | int():
            return str(value).encode()
        case dt.datetime():
            return format_time(value).encode()
        case _:
            return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
