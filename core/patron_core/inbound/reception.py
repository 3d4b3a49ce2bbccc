"""What a source sends: known by its signature, taken in once, in one unit of work as an actor with the source's scopes.

In come an address, headers and a body, out comes a `Reception` with counts and the rows that were refused. HTTP is left to
`patron_schema.inbound`.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from patron_core.database import Database, TenantSession
from patron_core.errors import BadRequest, Conflict, IdempotencyMismatch, NotFound
from patron_core.imports.batches import apply_batch, batches_of
from patron_core.imports.grouping import records_of
from patron_core.imports.importer import BadRow, Counts
from patron_core.imports.json_lines import read_json
from patron_core.imports.mapped import JsonLines, MappedOptions
from patron_core.imports.mapping import RecordMapping, parse_mapping
from patron_core.imports.tables import Row
from patron_core.inbound.addresses import SourceAddress
from patron_core.inbound.models import InboundMessage, InboundSource, InboundStatus
from patron_core.inbound.verification import refusal, verify
from patron_core.messages import Actor
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Clock

__all__ = ["Push", "Reception", "identify", "receive"]

#: Rows of one message that are told of one by one; beyond that they are only counted.
MOST_ERRORS: Final = 100
_BODY: Final = "body"


@dataclass(frozen=True, slots=True)
class Push:
    """A message whose sender is known. actor: who acts for the source. webhook_id: the message's id."""

    source_id: uuid.UUID
    actor: Actor
    webhook_id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Reception:
    """What became of a message. again: whether it had come before, and this is the first answer."""

    message: InboundMessage
    again: bool


async def identify(database: Database, address: str, *, headers: Mapping[str, str], body: bytes, clock: Clock) -> Push:
    """Whose message it is. UNAUTHENTICATED for a source there is not and for a wrong signature alike; NOT_FOUND where the
    source, known by its signature, is disabled.
    """
    where = SourceAddress.parse(address)
    found = None if where is None else await database.read(where.tenant_id, _finder(where))
    now = clock.now()
    secrets: list[str] = []
    if found is not None:
        secrets.append(found.secret)
        if found.previous_secret is not None and found.previous_until is not None and now < found.previous_until:
            secrets.append(found.previous_secret)
    message_id = verify(secrets, headers=headers, body=body, now=now)
    if found is None or where is None:
        raise refusal()
    if found.disabled_at is not None:
        raise NotFound("The source takes nothing. It was disabled. Ask whoever set it up to enable it.")
    actor = Actor(where.tenant_id, f"{InboundSource.id_prefix}_{found.id}", "app", scopes=tuple(found.scopes.split()))
    return Push(found.id, actor, message_id, body)


def receive(push: Push, uow: UnitOfWork) -> Reception:
    """Takes a message in, once for each id. BAD_REQUEST for a body that is no JSON, IDEMPOTENCY_MISMATCH for an id that came
    with another body, FORBIDDEN where the source may not write what its mapping makes.
    """
    digest = hashlib.sha256(push.body).hexdigest()
    known = _known(push, uow)
    if known is not None:
        return Reception(_same(known, digest), again=True)
    source = uow.get(InboundSource, push.source_id)
    counts, rows = _take_in(parse_mapping(source.mapping), push.body, source.name, uow)
    made = _message(push, counts, rows=rows, digest=digest, uow=uow)
    ids = uow.add_many(InboundMessage, [made], unless_exists=("source_id", "webhook_id"))
    if not ids:
        raise Conflict(
            "The message is being taken in by another request. It has the same id. Send it again in a moment."
        )
    return Reception(uow.get(InboundMessage, ids[0]), again=False)


def _finder(where: SourceAddress) -> Callable[[TenantSession], InboundSource | None]:
    def find(session: TenantSession) -> InboundSource | None:
        found = session.scalars(select(InboundSource).where(InboundSource.id == where.source_id)).one_or_none()
        return found if found is not None and where.is_of(found.address) else None

    return find


def _known(push: Push, uow: UnitOfWork) -> InboundMessage | None:
    return uow.find(InboundMessage, source_id=push.source_id, webhook_id=push.webhook_id)


def _same(known: InboundMessage, digest: str) -> InboundMessage:
    if known.body_sha256 != digest:
        raise IdempotencyMismatch(
            "The id of the message was used before. Its body was another one then. Give each message an id of its own."
        )
    return known


def _take_in(mapping: RecordMapping, body: bytes, name: str, uow: UnitOfWork) -> tuple[Counts, int]:
    """Writes the rows of a body: an object, or a list of objects, each told of by its position from 1."""
    values = _values(body)
    importer, options = JsonLines(), MappedOptions(mapping=mapping)
    rows: list[Row | BadRow] = [
        Row(file=_BODY, line=number, values=value)
        if isinstance(value, dict)
        else BadRow(_BODY, number, "It is no object.", advice="Send objects.")
        for number, value in enumerate(values, start=1)
    ]
    counts = Counts()
    read = records_of(rows, mapping, most=importer.batch_rows)
    for batch in batches_of(read, size=importer.batch_size, most_rows=importer.batch_rows):
        counts += Counts(rejected=batch.bad_rows)
        counts += apply_batch(importer, batch.items, uow=uow, options=options)
    return counts, len(rows)


def _values(body: bytes) -> list[Any]:
    try:
        value = read_json(body.decode("utf-8"))
    except ValueError:  # a UnicodeDecodeError is one
        raise BadRequest(
            "The body is no JSON in UTF-8. It cannot be read. Send an object or a list of objects."
        ) from None
    if not isinstance(value, dict | list):
        raise BadRequest("The body is neither an object nor a list. It is a single value. Send an object.")
    return value if isinstance(value, list) else [value]


def _message(push: Push, counts: Counts, *, rows: int, digest: str, uow: UnitOfWork) -> dict[str, Any]:
    refused = sorted(counts.rejected, key=lambda row: row.line)
    status = InboundStatus.ACCEPTED if not refused else InboundStatus.PARTLY
    if refused and not counts.created and not counts.unchanged:
        status = InboundStatus.REFUSED
    return {
        "source_id": push.source_id,
        "webhook_id": push.webhook_id,
        "body_sha256": digest,
        "received_at": uow.now,
        "status": status,
        "rows": rows,
        "created": sum(counts.created.values()),
        "unchanged": sum(counts.unchanged.values()),
        "rejected": len(refused),
        "errors": json.dumps([_told(row) for row in refused[:MOST_ERRORS]]),
    }


def _told(row: BadRow) -> dict[str, Any]:
    told = {"row": row.line, "column": row.column, "holds": row.value_class, "reason": row.reason, "advice": row.advice}
    return {name: value for name, value in told.items() if value is not None}
