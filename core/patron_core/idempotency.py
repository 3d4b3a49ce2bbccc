"""The same key twice gives the first result, once: what a key did is written in the transaction that did it.

In come a unit of work, a key and a command's content; out come the row that keeps the result, written with everything
else at the end of the transaction, or the first result. The unique key makes a second caller wait for the first one's
commit and then fail; whoever fails looks whether the key is there. Kept are ids and the shape of the result, never
values of records.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import UniqueConstraint, delete
from sqlalchemy.orm import Mapped

from patron_core.database.rows import NewRows
from patron_core.database.tenancy import AUDITED
from patron_core.errors import IdempotencyMismatch, InvalidInput
from patron_core.hookspecs import Job
from patron_core.messages import Command
from patron_core.records import INTERNAL, PII, Record, column, table_of
from patron_core.values import Code, uuid7

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = [
    "JOBS",
    "KEPT_FOR",
    "Earlier",
    "IdempotencyRecord",
    "check_key",
    "command_hash",
    "content_hash",
    "earlier",
    "kept_row",
    "revive",
]

_LONGEST_KEY = 255
#: How long a repeat gives the first result at least.
KEPT_FOR: Final = dt.timedelta(hours=48)


class IdempotencyRecord(Record):
    """What an idempotency key did."""

    __tablename__ = "idempotency_record"
    id_prefix = "idk"
    not_about_a_party = "Holds the ids a command returned, never its values."
    __table_args__ = (UniqueConstraint("tenant_id", "actor", "key"),)

    actor: Mapped[str] = column(INTERNAL, doc="Whose key it is.")
    key: Mapped[str] = column(INTERNAL, doc="The key, as the caller chose it.")
    command: Mapped[str] = column(INTERNAL, doc="Name of the command.")
    content_sha256: Mapped[str] = column(INTERNAL, doc="Hash of the command's content.")
    result: Mapped[Any] = column(PII, doc="The ids it returned, as JSON.", keys={})


@dataclass(frozen=True, slots=True)
class Earlier:
    """The first result of a key. result: as the command returned it, its records as they are now."""

    result: Any


def forget(uow: UnitOfWork) -> None:
    """Deletes the keys nobody will repeat any more. Nothing is lost that the audit would have to know: they hold ids alone."""
    oldest = uuid7(now=uow.now - KEPT_FOR, random_bits=0)  # ids begin with their time, and the primary key finds them
    statement = delete(IdempotencyRecord).where(IdempotencyRecord.id < oldest)
    uow.session.execute(statement.execution_options(**{AUDITED: True, "synchronize_session": False}))


JOBS: Final = (
    Job(
        name="core.forget_idempotency_keys",
        description="Forgets the results of idempotency keys that are older than two days.",
        schedule="FREQ=HOURLY",
        run=forget,
    ),
)


def content_hash(value: Any) -> str:
    """SHA-256 of a value in canonical JSON (sorted keys, no spaces), in hex; dataclasses, money, ids and times
    included.
    """
    return hashlib.sha256(json.dumps(_plain(value), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def command_hash(command: Command) -> str:
    """The hash of a command's type and content."""
    return content_hash([type(command).__qualname__, command])


def check_key(key: str) -> None:
    """Raises INVALID_INPUT where a key is empty or too long."""
    if not 1 <= len(key) <= _LONGEST_KEY:
        raise InvalidInput(
            f"An idempotency key has 1 to {_LONGEST_KEY} characters. This one has {len(key)}. Send a UUID.",
            path=("idempotencyKey",),
        )


def kept_row(uow: UnitOfWork, *, key: str, command: Command, result: Any) -> NewRows:
    """The row that keeps what a command returned under the actor's key."""
    shared: dict[str, Any] = {
        "tenant_id": uow.tenant_id,
        "version": 1,
        "created_at": uow.now,
        "updated_at": uow.now,
        "actor": uow.actor.subject,
        "key": key,
        "command": type(command).__name__,
        "content_sha256": command_hash(command),
        "result": _kept(result),
    }
    return NewRows(table_of(IdempotencyRecord), shared, {"id": [uow.ids.new()]})


def earlier(uow: UnitOfWork, *, key: str, command: Command) -> Earlier | None:
    """What the key did before, None where nothing. IDEMPOTENCY_MISMATCH where it was used for other content."""
    record = uow.find(IdempotencyRecord, actor=uow.actor.subject, key=key)
    if record is None:
        return None
    if (record.command, record.content_sha256) != (type(command).__name__, command_hash(command)):
        raise IdempotencyMismatch(
            "The idempotency key was used for something else. The content of this request differs from the first one's. "
            "Send a new key for a new request."
        )
    return Earlier(revive(uow, record.result))


def revive(uow: UnitOfWork, kept: Any) -> Any:
    """The first result again: records are read by id as they are now, the rest is as it was."""
    match kept:
        case {"record": str(name), "id": str(id_)}:
            return uow.get(_class_of(name), uuid.UUID(id_))
        case {"dataclass": str(name), "fields": dict(values)}:
            return _class_of(name)(**{key: revive(uow, value) for key, value in values.items()})
        case {"uuid": str(text)}:
            return uuid.UUID(text)
        case {"code": str(name), "name": str(member)}:
            return _class_of(name)[member]
        case {"decimal": str(text)}:
            return Decimal(text)
        case {"time": str(text)}:
            return dt.datetime.fromisoformat(text)
        case {"list": list(items)}:
            return tuple(revive(uow, item) for item in items)
        case _:
            return kept


def _kept(value: Any) -> Any:
    match value:
        case None | bool() | int():
            return value
        case Record():
            return {"record": _name_of(type(value)), "id": str(value.id)}
        case uuid.UUID():
            return {"uuid": str(value)}
        case Code():
            return {"code": _name_of(type(value)), "name": value.name}
        case str():
            return value
        case Decimal():
            return {"decimal": str(value)}
        case dt.datetime():
            return {"time": value.isoformat()}
        case list() | tuple():
            return {"list": [_kept(item) for item in value]}
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {
                "dataclass": _name_of(type(value)),
                "fields": {f.name: _kept(getattr(value, f.name)) for f in dataclasses.fields(value) if f.init},
            }
        case _:
            raise TypeError(
                f"A handler returned a {type(value).__name__}, which an idempotency key cannot keep. "
                "Return a record, an id, or a frozen dataclass of these."
            )


def _name_of(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _class_of(name: str) -> Any:
    """A class that is already imported; the name was written by `_name_of`, and nothing is imported for it."""
    module, _, qualname = name.partition(":")
    found: Any = sys.modules[module]
    for part in qualname.split("."):
        found = getattr(found, part)
    return found


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case Code():
            return value.name
        case str():
            return value
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case set() | frozenset():
            return sorted(json.dumps(_plain(item), sort_keys=True) for item in value)
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return [
                type(value).__qualname__,
                {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)},
            ]
        case _:
            return [type(value).__name__, str(value)]
