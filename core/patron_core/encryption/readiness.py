"""Whether a deployment can open what is encrypted, asked when it starts: a key that is missing is told of before a request is."""

from __future__ import annotations

import uuid
from typing import Final

from sqlalchemy import inspect, select

from patron_core.database import Database, TenantSession
from patron_core.encryption.master import MISSING
from patron_core.encryption.models import TenantKey
from patron_core.encryption.rotation import encrypted_tables
from patron_core.errors import StartupError
from patron_core.records import table_of

__all__ = ["master_key_problems"]

_NOBODY: Final = uuid.UUID(int=0)


async def master_key_problems(database: Database) -> list[str]:
    """Every reason why encrypted columns cannot be written or read, each with the fix.

    On SQLite a missing key is no problem as long as nothing is encrypted: one is made then. On PostgreSQL, where no
    process sees all tenants, it is asked for whenever a model has encrypted columns, and whether it fits shows in use.
    """
    vault = database.vault
    if not encrypted_tables():
        return []
    if vault is None:
        return [MISSING]
    wrapped_by = await database.read(_NOBODY, _masters) if database.dialect == "sqlite" else set()
    try:
        if wrapped_by or vault.master.made_in is None or vault.master.made_in.exists():
            vault.master.wrapper(first=lambda: False)
    except StartupError as error:
        return error.problems
    known = {each.name for each in (vault.master.current, vault.master.previous) if each is not None}
    return [_strange(name) for name in sorted(wrapped_by - known)]


def _masters(session: TenantSession) -> set[str]:
    table = table_of(TenantKey)
    if not inspect(session.connection()).has_table(table.name):  # not migrated yet
        return set()
    return set(session.connection().execute(select(table.c.master).where(table.c.wrapped != "").distinct()).scalars())


def _strange(name: str) -> str:
    return (
        f"Keys of tenants were wrapped by the master key {name}. It is not the one that is set. "
        "Set that one, or as PATRON_PREVIOUS_MASTER_KEY while `patron encryption rewrap` runs."
    )
