"""The keys of all tenants that a process has at hand: read and unwrapped when needed, kept for half a minute.

In come a tenant and a connection of its transaction, out come its `TenantKeys`. The first two keys of a tenant are made
here, in the transaction that first needs them; what is made there is kept only once somebody reads it committed.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from patron_core.encryption.cipher import TenantKeys
from patron_core.encryption.master import KEY_BYTES, MasterKeys
from patron_core.encryption.models import KeyPurpose, TenantKey
from patron_core.records import table_of
from patron_core.values import Clock, IdSource

__all__ = ["KEY_AGE_SECONDS", "Vault", "context_of"]

#: How long a process may use keys it has read before it reads them again: so long a retired key may still encrypt.
KEY_AGE_SECONDS: Final = 30.0
_MOST_TENANTS: Final = 10_000
_KEYS: Final[Table] = table_of(TenantKey)


def context_of(tenant_id: uuid.UUID, purpose: KeyPurpose, number: int) -> bytes:
    """What a wrapped key is bound to."""
    return f"patron|{tenant_id.hex}|{purpose.name}|{number}".encode()


class Vault:
    """The keys a process has at hand.

    master: what wraps. clock, ids: for keys that are made. elapsed: seconds of a clock that never goes back.
    """

    def __init__(
        self, master: MasterKeys, *, clock: Clock, ids: IdSource, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self.master = master
        self._clock = clock
        self._ids = ids
        self._elapsed = elapsed
        self._known: dict[uuid.UUID, tuple[float, TenantKeys]] = {}

    def known(self, tenant_id: uuid.UUID) -> TenantKeys | None:
        """The keys of a tenant where they were read lately."""
        found = self._known.get(tenant_id)
        return found[1] if found is not None and self._elapsed() - found[0] < KEY_AGE_SECONDS else None

    def forget(self, tenant_id: uuid.UUID) -> None:
        """Lets go of a tenant's keys: they were changed or destroyed."""
        self._known.pop(tenant_id, None)

    def read(self, connection: Connection, tenant_id: uuid.UUID, *, keep: bool) -> TenantKeys:
        """The keys as the transaction sees them. keep: for others too, which only what is committed may be.

        Raises `WrongMasterKey`, and StartupError where there are keys and no master key.
        """
        rows = connection.execute(
            select(_KEYS.c.purpose, _KEYS.c.number, _KEYS.c.wrapped, _KEYS.c.master, _KEYS.c.retired_at)
            .where(_KEYS.c.tenant_id == tenant_id)
            .order_by(_KEYS.c.number)
        ).all()
        keys = self._unwrapped(tenant_id, rows)
        if keep and keys.complete:  # a tenant's first keys are wanted as soon as they are there
            if len(self._known) >= _MOST_TENANTS:
                self._known.clear()
            self._known[tenant_id] = self._elapsed(), keys
        return keys

    def make(self, connection: Connection, tenant_id: uuid.UUID) -> tuple[TenantKeys, list[uuid.UUID]]:
        """Makes the first keys of a tenant, unless somebody else just did; returns what is there and the ids of rows made."""
        rows = [self.new_row(connection, tenant_id, purpose, 1) for purpose in KeyPurpose]
        insert: Any = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        statement = insert(_KEYS).on_conflict_do_nothing(index_elements=["tenant_id", "purpose", "number"])
        made = [connection.execute(statement.values(row).returning(_KEYS.c.id)).scalar() for row in rows]
        return self.read(connection, tenant_id, keep=False), [id_ for id_ in made if id_ is not None]

    def new_row(self, connection: Connection, tenant_id: uuid.UUID, purpose: KeyPurpose, number: int) -> dict[str, Any]:
        """The row of a new, random key. StartupError where nothing can wrap it."""
        wrapper = self.master.wrapper(first=lambda: not _any_key(connection))
        now = self._clock.now()
        return {
            "tenant_id": tenant_id,
            "id": self._ids.new(),
            "purpose": purpose,
            "number": number,
            "wrapped": wrapper.wrap(os.urandom(KEY_BYTES), context_of(tenant_id, purpose, number)),
            "master": wrapper.name,
            "version": 1,
            "created_at": now,
            "updated_at": now,
        }

    def _unwrapped(self, tenant_id: uuid.UUID, rows: Any) -> TenantKeys:
        ciphers: dict[int, AESGCM] = {}
        number, blinding = None, None
        for row in rows:
            if not row.wrapped:
                continue
            key = self.master.unwrap(row.master, row.wrapped, context_of(tenant_id, row.purpose, row.number))
            if row.purpose is KeyPurpose.BLIND:
                blinding = key
            else:
                ciphers[row.number] = AESGCM(key)
                number = row.number if row.retired_at is None else number
        return TenantKeys(tenant_id, number, ciphers, blinding, shredded=bool(rows) and not ciphers)


def _any_key(connection: Connection) -> bool:
    """Whether anything was wrapped in this database; asked on SQLite, where a transaction sees all tenants."""
    return bool(connection.execute(select(func.count()).select_from(_KEYS).where(_KEYS.c.wrapped != "")).scalar())
