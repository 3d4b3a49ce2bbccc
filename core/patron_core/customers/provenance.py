"""Where each value of a customer came from: the last change of each field, as the audit tells it.

Nothing is written for it: the audit says of each row who wrote it, with which command and in which import, and of each change
which columns it was. So it holds for everything since the first day, and cannot say otherwise than what was done. In comes a
customer, out comes a source for each field that holds something, with three statements and one for imports and merges each.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import inspect as inspect_mapper
from sqlalchemy import select

from patron_core.access.grants import reads
from patron_core.audit.models import AuditEntry
from patron_core.customers.models import Customer
from patron_core.imports.models import ImportRun
from patron_core.parties.models import ContactMedium, ExternalIdentifier, Party
from patron_core.records import META, ColumnMeta, Record
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Code

__all__ = ["FieldSource", "SourceKind", "sources_of"]

#: Entries of the audit that are looked at, the newest ones: older changes are of fields that changed again since.
MOST_ENTRIES: Final = 2_000
_MOST_ROWS: Final = 200
_STANDARD: Final = frozenset({"tenant_id", "id", "version", "created_at", "updated_at", "party_id"})


class SourceKind(Code):
    """What brought a value."""

    PERSON = "person", "Somebody typed it."
    SYSTEM = "system", "Another system sent it with a key of its own."
    IMPORT = "import", "An import read it from a file."
    MERGE = "merge", "It came from a customer that turned out to be the same, or was chosen then."
    PATRON = "patron", "Patron itself made it: a job, a plugin or the demo."
    UNKNOWN = "unknown", "The audit does not reach back so far."


@dataclass(frozen=True, slots=True)
class FieldSource:
    """Where the value of one field came from. name: who typed or sent it, or the importer. run_id: of an import."""

    record: Record
    field: str
    kind: SourceKind
    name: str | None
    operation: str | None
    recorded_at: dt.datetime | None
    run_id: uuid.UUID | None = None
    file_name: str | None = None


def sources_of(customer_id: uuid.UUID, uow: UnitOfWork) -> list[FieldSource]:
    """The source of each value of a customer, its party, their contact media and identifiers. NOT_FOUND where there is none.

    Fields that the actor may not read are left out.
    """
    customer = uow.get(Customer, customer_id, path=("customerId",))
    party = uow.get(Party, customer.party_id)
    rows: list[Record] = [customer, party, *_of(ContactMedium, party, uow), *_of(ExternalIdentifier, party, uow)]
    entries = _entries([row.id for row in rows], uow)
    runs = _runs([entry for listed in entries.values() for entry in listed], uow)
    return [_source(row, field, entries.get(row.id, ()), runs) for row in rows for field in _fields(row, uow)]


def _of(model: Any, party: Party, uow: UnitOfWork) -> list[Record]:
    statement = select(model).where(model.party_id == party.id).order_by(model.id).limit(_MOST_ROWS)
    return list(uow.select(statement))


def _entries(ids: Sequence[uuid.UUID], uow: UnitOfWork) -> dict[uuid.UUID, list[AuditEntry]]:
    """What the audit says of the rows, the newest first."""
    statement = select(AuditEntry).where(uow.among(AuditEntry.record_id, sorted(ids)))
    found: dict[uuid.UUID, list[AuditEntry]] = {}
    for entry in uow.select(statement.order_by(AuditEntry.id.desc()).limit(MOST_ENTRIES)):
        found.setdefault(entry.record_id, []).append(entry)
    return found


def _runs(entries: Sequence[AuditEntry], uow: UnitOfWork) -> dict[str, ImportRun]:
    """The imports among the requests that the entries came with."""
    wanted = {named for entry in entries if (named := _uuid(entry.request_id)) is not None}
    if not wanted:
        return {}
    runs = uow.select(select(ImportRun).where(uow.among(ImportRun.id, sorted(wanted))))
    return {str(run.id): run for run in runs}


def _fields(row: Record, uow: UnitOfWork) -> Iterator[str]:
    """The columns that hold something and that the actor may read, by name."""
    for name, column in inspect_mapper(type(row)).columns.items():
        meta: ColumnMeta | None = column.info.get(META)
        if name in _STANDARD or meta is None or getattr(row, name) is None:
            continue
        if reads(uow.actor.opened, meta.classification):
            yield name


def _source(row: Record, field: str, entries: Sequence[AuditEntry], runs: Mapping[str, ImportRun]) -> FieldSource:
    column = inspect_mapper(type(row)).columns[field].name
    wrote = next((e for e in entries if e.action == "CREATE" or column in (e.columns or ())), None)
    if wrote is None:
        return FieldSource(row, field, SourceKind.UNKNOWN, None, None, None)
    run = runs.get(str(_uuid(wrote.request_id)))
    if run is not None:
        return FieldSource(
            row, field, SourceKind.IMPORT, run.format, wrote.operation, wrote.occurred_at, run.id, run.file_name
        )
    return FieldSource(row, field, _kind(wrote), wrote.actor, wrote.operation, wrote.occurred_at)


def _kind(entry: AuditEntry) -> SourceKind:
    if entry.operation == "MergeCustomers":
        return SourceKind.MERGE
    if entry.actor_kind == "app":
        return SourceKind.SYSTEM
    return SourceKind.PERSON if entry.actor_kind == "user" else SourceKind.PATRON


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return None if text is None else uuid.UUID(text)
    except ValueError:
        return None
