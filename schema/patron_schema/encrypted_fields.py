"""Encrypted columns on their way through an operation: texts asked for become hashes, stored forms in answers become texts.

The planner leaves a marked object with place and row where an encrypted text will stand; here it is opened with the
tenant's keys and put into place. What cannot be opened fails for its field alone, on the general path. Keys and ciphers
are left to `patron_core.encryption`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from typing import Any, Final

import orjson
import structlog

from patron_core.database import Database
from patron_core.encryption.cipher import TenantKeys, Undecipherable
from patron_core.encryption.master import WrongMasterKey
from patron_core.errors import StartupError
from patron_core.fault_log import log_fault

from .planner.parameters import Unblinded

__all__ = ["UNREADABLE", "hashed", "opened", "tenant_keys", "unknown_keys"]

#: What stands in a planned row where a text cannot be opened; its resolver raises.
UNREADABLE: Final = "\x05"
_UNREADABLE: Final = orjson.dumps({UNREADABLE: 0})
_SEALED: Final = re.compile(
    rb'\{"\\u0004":"([^".]+)\.([^"]+)","id":"([^"]+)","v":("[^"\\]*(?:\\.[^"\\]*)*")\}', re.DOTALL
)
_KEY: Final = re.compile(rb'\{"\\u0004":"[^"]+","id":"[^"]+","v":"v1\.(\d{1,9})\.')
_log = structlog.stdlib.get_logger("patron.encryption")


async def tenant_keys(database: Database, tenant_id: uuid.UUID, *, again: bool = False) -> TenantKeys:
    """A tenant's keys. again: read now, whatever is at hand. None of them where no master key opens them, which is logged."""
    vault = database.vault
    if vault is None:
        return TenantKeys(tenant_id)
    known = None if again else vault.known(tenant_id)
    if known is not None:
        return known
    vault.forget(tenant_id)
    try:
        return await database.read(tenant_id, lambda session: session.sealer.keys)
    except (WrongMasterKey, StartupError) as error:
        log_fault(_log, "keys_do_not_open", error=error, tenant_id=str(tenant_id))
        return TenantKeys(tenant_id)


def hashed(arguments: Sequence[Any], keys: TenantKeys) -> list[Any]:
    """A statement's arguments with hashes in place of texts that are compared with encrypted columns."""
    return [_hashed(argument, keys) for argument in arguments]


def _hashed(argument: Any, keys: TenantKeys) -> Any:
    match argument:
        case Unblinded(place=place, text=text):
            table, _, column = place.partition(".")
            return keys.blinded(table, column, text)
        case list():
            return [_hashed(item, keys) for item in argument]
        case _:
            return argument


def unknown_keys(text: bytes, keys: TenantKeys) -> bool:
    """Whether an answer holds what was encrypted with a key that is not at hand: one may have been made just now."""
    return any(int(number) not in keys.ciphers for number in set(_KEY.findall(text)))


def opened(text: bytes, keys: TenantKeys, *, strict: bool, request_id: str) -> bytes:
    """An answer's JSON with texts in their places.

    strict: raises `Undecipherable` where one cannot be opened; otherwise `UNREADABLE` stands there, and it is logged.
    """

    def put(match: re.Match[bytes]) -> bytes:
        table, column, row = match[1].decode(), match[2].decode(), match[3].decode()
        try:
            return orjson.dumps(keys.decrypted(table, column, row, orjson.loads(match[4])))
        except Undecipherable as error:
            if strict:
                raise
            _log.error("undecipherable", reason=str(error), row=row, request_id=request_id)
            return _UNREADABLE

    return _SEALED.sub(put, text)
