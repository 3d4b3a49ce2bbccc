"""Rows follow a new key: what older keys encrypted is encrypted anew, a few hundred rows at a time, while others work.

A tenant comes in, its rows are read in the order of their ids, opened and sealed again under locks of their own, and go
out with nothing changed but their stored form: no version, time or audit. Keys are left to `service`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Table, and_, bindparam, inspect, not_, or_, select, type_coerce, update

from patron_core.columns import Ciphertext, Words
from patron_core.database import Database, TenantSession
from patron_core.encryption.cipher import TenantKeys, Undecipherable, key_number, stored_by
from patron_core.encryption.sealing import EncryptedColumn, encrypted_columns
from patron_core.records import records, table_of

__all__ = ["ReEncrypted", "encrypted_tables", "keys_in_use", "re_encrypt"]

_BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class ReEncrypted:
    """What was done. rows: encrypted anew. unreadable: rows that did not open, and were left as they are."""

    rows: int = 0
    unreadable: int = 0

    def __add__(self, other: ReEncrypted) -> ReEncrypted:
        return ReEncrypted(self.rows + other.rows, self.unreadable + other.unreadable)


def encrypted_tables() -> tuple[Table, ...]:
    """The tables of all imported models that have encrypted columns."""
    tables = dict.fromkeys(table_of(model) for model in records())
    return tuple(table for table in tables if encrypted_columns(table))


async def re_encrypt(
    database: Database,
    tenant_id: uuid.UUID,
    *,
    report: Callable[[int], None] = lambda _: None,
    plain: bool = False,
    batch: int = _BATCH,
) -> ReEncrypted:
    """Encrypts with the tenant's newest key whatever another one encrypted. See `service.finish` for `plain`."""
    done = ReEncrypted()
    for table in encrypted_tables():
        if not await _exists(database, tenant_id, table):
            continue
        last: uuid.UUID | None = uuid.UUID(int=0)
        while last is not None:
            part, last = await database.write(tenant_id, _Step(table, last, batch, plain))
            done += part
            report(part.rows)
    return done


async def keys_in_use(database: Database, tenant_id: uuid.UUID, numbers: Iterable[int]) -> set[int]:
    """Which of these keys a row was encrypted with."""
    wanted = list(numbers)

    def look(session: TenantSession) -> set[int]:
        found: set[int] = set()
        for table in encrypted_tables():
            for number in set(wanted) - found:
                held = or_(*(_stored(table, each).startswith(stored_by(number)) for each in encrypted_columns(table)))
                rows = select(table.c.id).where(table.c.tenant_id == tenant_id, held).limit(1)
                if session.connection().execute(rows).first() is not None:
                    found.add(number)
        return found

    return await database.read(tenant_id, look) if wanted else set()


async def _exists(database: Database, tenant_id: uuid.UUID, table: Table) -> bool:
    """Whether the tenant has rows there: the plugin may be imported and its tables not migrated."""

    def look(session: TenantSession) -> bool:
        return inspect(session.connection()).has_table(table.name)

    return await database.read(tenant_id, look)


def _stored(table: Table, each: EncryptedColumn) -> Any:
    return type_coerce(table.c[each.column], Words())


@dataclass(frozen=True, slots=True)
class _Step:
    """One transaction: the next rows of a table whose stored forms are not of the newest key."""

    table: Table
    after: uuid.UUID
    batch: int
    plain: bool

    def __call__(self, session: TenantSession) -> tuple[ReEncrypted, uuid.UUID | None]:
        """Gives what was done, and the id to go on after; None at the end."""
        keys = session.sealer.writing() if self.plain else session.sealer.reread()
        if keys.number is None:
            return ReEncrypted(), None
        rows = session.connection().execute(self._old(session.tenant_id, keys.number)).mappings().all()
        changed = [new for row in rows if (new := self._anew(row, keys)) is not None]
        if changed:
            columns: dict[Any, Any] = {name: bindparam(f"new_{name}") for name in self._written}
            same = and_(self.table.c.tenant_id == session.tenant_id, self.table.c.id == bindparam("row_id"))
            session.connection().execute(update(self.table).where(same).values(columns), changed)
        done = ReEncrypted(len(changed), len(rows) - len(changed))
        return done, rows[-1]["id"] if len(rows) == self.batch else None

    def _old(self, tenant_id: uuid.UUID, number: int) -> Any:
        head = stored_by(number)
        texts = [_stored(self.table, each) for each in encrypted_columns(self.table)]
        old = [
            and_(text.is_not(None), not_(text.startswith(head)), *([] if self.plain else [text.startswith("v1.")]))
            for text in texts
        ]
        names = [self.table.c.id, *(text.label(each.column) for text, each in self._pairs(texts))]
        mine = and_(self.table.c.tenant_id == tenant_id, self.table.c.id > self.after, or_(*old))
        return select(*names).where(mine).order_by(self.table.c.id).limit(self.batch).with_for_update()

    def _pairs(self, texts: list[Any]) -> Iterable[tuple[Any, EncryptedColumn]]:
        return zip(texts, encrypted_columns(self.table), strict=True)

    @property
    def _written(self) -> list[str]:
        columns = encrypted_columns(self.table)
        return [each.column for each in columns] + [each.blind for each in columns if each.blind is not None]

    def _anew(self, row: Any, keys: TenantKeys) -> dict[str, Any] | None:
        """What to write for a row; None where it does not open."""
        out: dict[str, Any] = {"row_id": row["id"]}
        for each in encrypted_columns(self.table):
            try:
                text = self._text(row, each, keys)
            except Undecipherable:
                return None
            (stored,) = keys.encrypted(self.table.name, each.column, [row["id"]], [text])
            out[f"new_{each.column}"] = None if stored is None else Ciphertext(stored)
            if each.blind is not None:
                hashed = None if text is None else keys.blinded(self.table.name, each.column, text)
                out[f"new_{each.blind}"] = hashed
        return out

    def _text(self, row: Any, each: EncryptedColumn, keys: TenantKeys) -> str | None:
        stored: str | None = row[each.column]
        if stored is None or (self.plain and key_number(stored) is None):
            return stored
        return keys.decrypted(self.table.name, each.column, row["id"].hex, stored)
