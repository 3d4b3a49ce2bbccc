"""The same key twice gives the first result, once: what a key did is written in the transaction that did it.

In come a unit of work, a key and a command's content, out comes a claim: either the work is still to be done, or its
first result is there. The row is claimed before the work, so a second caller waits for the first one's commit and a
crash leaves neither. Kept are ids and the shape of the result, never values of records.
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
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Table, UniqueConstraint, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped

from patron_core.database.tenancy import AUDITED
from patron_core.errors import IdempotencyMismatch, InvalidInput
from patron_core.messages import Command
from patron_core.records import INTERNAL, PII, Record, column
from patron_core.values import Code

if TYPE_CHECKING:
    from patron_core.unit_of_work import UnitOfWork

__all__ = ["Claim", "IdempotencyRecord", "claim", "command_hash", "complete", "content_hash", "revive"]

_LONGEST_KEY = 255


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
class Claim:
    """A key that was claimed. done: whether its work was committed earlier; result: what was kept of it then."""

    id: uuid.UUID
    done: bool
    result: Any = None


def content_hash(value: Any) -> str:
    """SHA-256 of a value in canonical JSON (sorted keys, no spaces), in hex; dataclasses, money, ids and times
    included.
    """
    return hashlib.sha256(json.dumps(_plain(value), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def command_hash(command: Command) -> str:
    """The hash of a command's type and content."""
    return content_hash([type(command).__qualname__, command])


def claim(uow: UnitOfWork, *, key: str, command: str, content: str) -> Claim:
    """Claims a key for the actor, waiting for another transaction that holds it.

    Raises IDEMPOTENCY_MISMATCH where it was used for other content, INVALID_INPUT where it is empty or too long.
    """
    if not 1 <= len(key) <= _LONGEST_KEY:
        raise InvalidInput(
            f"An idempotency key has 1 to {_LONGEST_KEY} characters. This one has {len(key)}. Send a UUID.",
            path=("idempotencyKey",),
        )
    row: dict[str, Any] = {
        "tenant_id": uow.tenant_id,
        "id": uow.ids.new(),
        "version": 1,
        "created_at": uow.now,
        "updated_at": uow.now,
    }
    row |= {"actor": uow.actor.subject, "key": key, "command": command, "content_sha256": content, "result": {}}
    dialect = sqlite if uow.session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(cast("Table", IdempotencyRecord.__table__)).values(row).on_conflict_do_nothing()
    if uow.session.scalars(statement.returning(IdempotencyRecord.__table__.c.id)).one_or_none() is not None:
        return Claim(row["id"], done=False)
    return _earlier(uow, key=key, command=command, content=content)


def complete(uow: UnitOfWork, claimed: Claim, value: Any) -> None:
    """Keeps the result beside the key, in the same transaction."""
    statement = update(IdempotencyRecord).where(IdempotencyRecord.id == claimed.id).values(result=_kept(value))
    uow.session.execute(statement.execution_options(**{AUDITED: True, "synchronize_session": False}))


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


def _earlier(uow: UnitOfWork, *, key: str, command: str, content: str) -> Claim:
    record = uow.find(IdempotencyRecord, actor=uow.actor.subject, key=key)
    if record is None:  # only if it was deleted in this very moment
        raise IdempotencyMismatch("The idempotency key expired just now. Its result is gone. Repeat it.")
    if (record.command, record.content_sha256) != (command, content):
        raise IdempotencyMismatch(
            "The idempotency key was used for something else. The content of this request differs from the first one's. "
            "Send a new key for a new request."
        )
    return Claim(record.id, done=True, result=record.result)


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
