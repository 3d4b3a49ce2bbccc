"""What happens to a tenant's keys: a new one takes over, old ones are destroyed, all are wrapped anew or shredded.

`rotate`, `finish`, `rewrap` and `shred` are what the command line and whoever removes a tenant call: they act as the
system, with a reason. That rows follow a new key is left to `rotation`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Final

from sqlalchemy import select

from patron_core.database import Database
from patron_core.encryption.commands import DestroyRetiredKeys, RetireEncryptionKey, RewrapKeys, ShredKeys
from patron_core.encryption.events import EncryptionKeyMade, EncryptionKeysDestroyed, EncryptionKeysRewrapped
from patron_core.encryption.keys import Vault, context_of
from patron_core.encryption.models import KeyPurpose, TenantKey
from patron_core.encryption.permissions import ENCRYPTION_ADMINISTER
from patron_core.encryption.rotation import ReEncrypted, keys_in_use, re_encrypt
from patron_core.errors import Conflict
from patron_core.hookspecs import CommandHandler
from patron_core.messages import Actor, Command
from patron_core.plugins import Plugins
from patron_core.unit_of_work import UnitOfWork, execute
from patron_core.values import Clock, IdSource

__all__ = ["HANDLERS", "KEPT", "finish", "rewrap", "rotate", "shred"]

#: How long a retired key is kept at least: no transaction that may have encrypted with it takes so long.
KEPT: Final = dt.timedelta(hours=24)
Report = Callable[[int], None]


def retire_key(command: RetireEncryptionKey, uow: UnitOfWork) -> int:
    """Makes the next key and returns its number. CONFLICT where the tenant has no key, or was shredded."""
    keys = _keys(uow, KeyPurpose.ENCRYPT)
    living = [key for key in keys if key.destroyed_at is None]
    if not living:
        raise Conflict(
            "The tenant has no keys. Nothing was encrypted for it, or its keys were destroyed. Nothing to do."
        )
    number = keys[-1].number + 1
    row = _vault(uow).new_row(uow.session.connection(), uow.tenant_id, KeyPurpose.ENCRYPT, number)
    uow.add(TenantKey(**row))
    for key in living:
        key.retired_at = key.retired_at or uow.now
    uow.flush()
    uow.emit(EncryptionKeyMade(number=number))
    return number


def destroy_keys(command: DestroyRetiredKeys, uow: UnitOfWork) -> int:
    """Empties retired keys; returns how many."""
    wanted = [key for key in _keys(uow, KeyPurpose.ENCRYPT) if key.number in command.numbers]
    return _destroy(uow, [key for key in wanted if key.retired_at is not None], shredded=False)


def shred_keys(command: ShredKeys, uow: UnitOfWork) -> int:
    """Empties all keys; returns how many."""
    return _destroy(uow, [*_keys(uow, KeyPurpose.ENCRYPT), *_keys(uow, KeyPurpose.BLIND)], shredded=True)


def rewrap_keys(command: RewrapKeys, uow: UnitOfWork) -> int:
    """Wraps keys that another master key wrapped; returns how many."""
    master = _vault(uow).master
    wrapper = master.wrapper(first=lambda: False)
    keys = [key for purpose in KeyPurpose for key in _keys(uow, purpose) if key.wrapped and key.master != wrapper.name]
    for key in keys:
        context = context_of(uow.tenant_id, key.purpose, key.number)
        key.wrapped = wrapper.wrap(master.unwrap(key.master, key.wrapped, context), context)
        key.master = wrapper.name
    if keys:
        uow.flush()
        uow.emit(EncryptionKeysRewrapped(count=len(keys)))
    return len(keys)


HANDLERS: Final = (
    CommandHandler(command=RetireEncryptionKey, handler=retire_key, permission=ENCRYPTION_ADMINISTER),
    CommandHandler(command=DestroyRetiredKeys, handler=destroy_keys, permission=ENCRYPTION_ADMINISTER),
    CommandHandler(command=ShredKeys, handler=shred_keys, permission=ENCRYPTION_ADMINISTER),
    CommandHandler(command=RewrapKeys, handler=rewrap_keys, permission=ENCRYPTION_ADMINISTER),
)


async def rotate(
    database: Database,
    tenant_id: uuid.UUID,
    *,
    clock: Clock,
    ids: IdSource,
    report: Report = lambda _: None,
    reason: str = "Keys are rotated.",
) -> ReEncrypted:
    """Gives a tenant a new key and encrypts all its rows anew, in small transactions beside everybody's work.

    report: told how many rows were done, again and again. If it is broken off, `finish` goes on. CONFLICT for a tenant
    without keys.
    """
    await _do(database, tenant_id, RetireEncryptionKey(), clock=clock, ids=ids, reason=reason)
    return await re_encrypt(database, tenant_id, report=report)


async def finish(
    database: Database,
    tenant_id: uuid.UUID,
    *,
    clock: Clock,
    ids: IdSource,
    report: Report = lambda _: None,
    plain: bool = False,
    reason: str = "The rotation of keys is ended.",
) -> tuple[ReEncrypted, int]:
    """Encrypts what an older key still holds, and destroys keys that were retired a day ago and hold nothing.

    plain: also encrypts what was stored in the clear before its column was declared encrypted; whoever can write to the
    database by hand could have put that there, so it is asked for. Returns what was encrypted and how many keys were
    destroyed.
    """
    done = await re_encrypt(database, tenant_id, report=report, plain=plain)
    before = clock.now() - KEPT
    aged = await database.read(
        tenant_id,
        lambda session: session.scalars(
            select(TenantKey.number).where(
                TenantKey.purpose == KeyPurpose.ENCRYPT,
                TenantKey.retired_at <= before,
                TenantKey.destroyed_at.is_(None),
            )
        ).all(),
    )
    unused = tuple(sorted(set(aged) - await keys_in_use(database, tenant_id, aged)))
    if unused:
        await _do(database, tenant_id, DestroyRetiredKeys(numbers=unused), clock=clock, ids=ids, reason=reason)
    return done, len(unused)


async def shred(database: Database, tenant_id: uuid.UUID, *, clock: Clock, ids: IdSource, reason: str) -> int:
    """Destroys all keys of a tenant, for good; returns how many. Other processes forget theirs within half a minute."""
    return await _do(database, tenant_id, ShredKeys(), clock=clock, ids=ids, reason=reason)


async def rewrap(
    database: Database, tenant_id: uuid.UUID, *, clock: Clock, ids: IdSource, reason: str = "The master key changes."
) -> int:
    """Wraps a tenant's keys with the master key that is set, from the one before; returns how many. Rows stay as they are."""
    return await _do(database, tenant_id, RewrapKeys(), clock=clock, ids=ids, reason=reason)


async def _do(
    database: Database, tenant_id: uuid.UUID, command: Command, *, clock: Clock, ids: IdSource, reason: str
) -> int:
    actor = Actor(tenant_id, "system", "system", reason=reason)
    outcome = await execute(database, command, actor=actor, clock=clock, ids=ids, plugins=Plugins.of({}))
    if database.vault is not None:
        database.vault.forget(tenant_id)
    value: int = outcome.value
    return value


def _keys(uow: UnitOfWork, purpose: KeyPurpose) -> list[TenantKey]:
    """The tenant's keys of a purpose by number, held until the transaction ends."""
    wanted = select(TenantKey).where(TenantKey.purpose == purpose).order_by(TenantKey.number)
    return uow.select(wanted.with_for_update())


def _destroy(uow: UnitOfWork, keys: list[TenantKey], *, shredded: bool) -> int:
    living = [key for key in keys if key.destroyed_at is None]
    for key in living:
        key.wrapped, key.retired_at, key.destroyed_at = "", key.retired_at or uow.now, uow.now
    if living:
        uow.flush()
        uow.emit(EncryptionKeysDestroyed(count=len(living), shredded=shredded))
    return len(living)


def _vault(uow: UnitOfWork) -> Vault:
    return uow.session.sealer.vault
