"""Everything that is kept about a party, taken out as JSON and as text tables (GDPR art. 15 and 20).

In come a unit of work and a party, out comes an `Export` with every row about it in the core and in every plugin, events and
kept results that tell of it, who changed it and who saw it, each column with its description. Internal notes are personal
data and are in it; what is SECRET never is. Taking out is a read of all classes and is audited as one.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, cast

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, with_polymorphic

from patron_core.audit.models import AuditEntry, AuditRead
from patron_core.audit.purposes import PurposeOfUse
from patron_core.audit.reading import Disclosed, Read, read_rows
from patron_core.exports.cells import table_text
from patron_core.parties.models import Party
from patron_core.privacy.subjects import Rows, references, rows_about, unread_tables
from patron_core.privacy.traces import traces
from patron_core.records import FINANCIAL, INTERNAL, META, PHI, PII, PUBLIC, SECRET, ColumnMeta, Record, table_of
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Code

__all__ = ["Access", "Export", "ExportFile", "ExportedColumn", "ExportedKind", "export", "export_preview"]

_CLASSES: Final = " ".join(each.name for each in (PUBLIC, INTERNAL, PII, FINANCIAL, PHI))


@dataclass(frozen=True, slots=True)
class ExportedColumn:
    """A column as a person reads of it."""

    name: str
    classification: str
    description: str


@dataclass(frozen=True, slots=True)
class ExportedKind:
    """The rows of one kind. plugin: whose kind it is, `core` for the core's."""

    type: str
    table: str
    plugin: str
    description: str
    columns: tuple[ExportedColumn, ...]
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Access:
    """Somebody changed or saw something. who: a name, or only what kind of actor, where the party itself asks."""

    at: str
    who: str
    action: str
    what: str
    purpose: str | None
    fields: str


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file of the export. name: such as party.csv. text: its content."""

    name: str
    text: str


@dataclass(frozen=True)
class Export:
    """What is kept about a party. unread: tables that nobody could look into, because their plugins are not loaded."""

    party: str
    made_at: str
    kinds: tuple[ExportedKind, ...]
    accesses: tuple[Access, ...]
    unread: tuple[str, ...]

    @property
    def rows(self) -> int:
        """How many rows it has, accesses aside."""
        return sum(len(kind.rows) for kind in self.kinds)

    @cached_property
    def json(self) -> str:
        """The whole as one JSON document."""
        document = {
            "party": self.party,
            "madeAt": self.made_at,
            "kinds": [
                {
                    "type": kind.type,
                    "table": kind.table,
                    "plugin": kind.plugin,
                    "description": kind.description,
                    "columns": [
                        {"name": c.name, "classification": c.classification, "description": c.description}
                        for c in kind.columns
                    ],
                    "rows": list(kind.rows),
                }
                for kind in self.kinds
            ],
            "accesses": [
                {"at": a.at, "who": a.who, "action": a.action, "what": a.what, "purpose": a.purpose, "fields": a.fields}
                for a in self.accesses
            ],
            "notRead": list(self.unread),
        }
        return json.dumps(document, ensure_ascii=False, indent=1)

    @cached_property
    def files(self) -> tuple[ExportFile, ...]:
        """One text table for each kind, one of all columns with their descriptions, one of accesses."""
        return tuple(self._files())

    def _files(self) -> Iterator[ExportFile]:
        described = [(k.type, c.name, c.classification, c.description) for k in self.kinds for c in k.columns]
        yield ExportFile("columns.csv", table_text(("type", "column", "classification", "description"), described))
        for kind in self.kinds:
            names = [column.name for column in kind.columns]
            rows = [[_cell(row.get(name)) for name in names] for row in kind.rows]
            yield ExportFile(f"{kind.table}.csv", table_text(names, rows))
        seen = [(a.at, a.who, a.action, a.what, a.purpose, a.fields) for a in self.accesses]
        yield ExportFile("accesses.csv", table_text(("at", "who", "action", "what", "purpose", "fields"), seen))


def export(uow: UnitOfWork, party_id: uuid.UUID, *, to_the_party: bool = False) -> Export:
    """Everything about a party. to_the_party: names of those who saw it are left out. NOT_FOUND without such a party."""
    party = uow.get(Party, party_id, path=("party_id",))
    about = rows_about(uow, party_id)
    found = {**about, **traces(uow, about)}
    kinds = tuple(_kind(uow, model, ids) for model, ids in sorted(found.items(), key=lambda each: each[0].__name__))
    made = Export(
        party=_outer(Party, party.id),
        made_at=_plain(uow.now),
        kinds=kinds,
        accesses=tuple(_accesses(uow, about, party_id, named=not to_the_party)),
        unread=unread_tables(uow),
    )
    disclosed = Disclosed(_CLASSES, " ".join(kind.type for kind in kinds), "*")
    asker = uow.actor if uow.actor.purpose else replace(uow.actor, purpose=PurposeOfUse.PATRQT.name)
    read = Read(uow.ids.new(), asker, disclosed, [str(party_id)], uow.now, uow.request_id, operation="privacyExport")
    uow.session.wait(read_rows([read]))
    return made


def export_preview(uow: UnitOfWork, party_id: uuid.UUID) -> dict[str, int]:
    """How many rows of each kind an export would have. NOT_FOUND without such a party."""
    uow.get(Party, party_id, path=("party_id",))
    about = rows_about(uow, party_id)
    return {
        model.__name__: len(ids)
        for model, ids in sorted({**about, **traces(uow, about)}.items(), key=lambda e: e[0].__name__)
    }


def _kind(uow: UnitOfWork, model: type[Record], ids: set[uuid.UUID]) -> ExportedKind:
    columns = [column for column in table_of(model).columns if column.name != "tenant_id" and _shown(column.info[META])]
    targets = {reference.column.key: reference.target for reference in references(model)}
    rows = []
    for record in _records(uow, model, ids):
        row: dict[str, Any] = {"type": type(record).__name__} if type(record) is not model else {}
        for column in columns:
            value = getattr(record, column.name, None)
            if isinstance(value, uuid.UUID):
                row[column.name] = _outer(model if column.name == "id" else targets.get(column.name), value)
            elif hasattr(record, column.name):
                row[column.name] = _without_secrets(_plain(value), column.info[META])
        rows.append(row)
    return ExportedKind(
        type=model.__name__,
        table=table_of(model).name,
        plugin=_plugin(uow, model),
        description=" ".join((model.__doc__ or "").split()),
        columns=tuple(ExportedColumn(c.name, c.info[META].classification.name, c.doc or "") for c in columns),
        rows=tuple(rows),
    )


def _records(uow: UnitOfWork, model: type[Record], ids: set[uuid.UUID]) -> Sequence[Record]:
    entity: Any = with_polymorphic(model, "*") if len(list(model.__mapper__.self_and_descendants)) > 1 else model
    mine = uow.among(cast("InstrumentedAttribute[Any]", entity.id), sorted(ids))
    return uow.select(select(entity).where(mine).order_by(entity.id))


def _shown(meta: ColumnMeta) -> bool:
    return meta.classification is not SECRET


def _without_secrets(value: Any, meta: ColumnMeta) -> Any:
    if isinstance(value, dict) and meta.keys:
        return {key: each for key, each in value.items() if meta.keys.get(key, meta.classification) is not SECRET}
    return value


def _plugin(uow: UnitOfWork, model: type[Record]) -> str:
    package = model.__module__.partition(".")[0]
    known = {whose: name for name, whose in uow.plugins.packages.items()}
    return "core" if package == "patron_core" else known.get(package, package)


def _outer(model: type[Record] | None, id_: uuid.UUID) -> str:
    return str(id_) if model is None else f"{model.id_prefix}_{id_}"


def _accesses(uow: UnitOfWork, about: Rows, party_id: uuid.UUID, *, named: bool) -> Iterator[Access]:
    """Who changed one of the rows, and who was shown health or financial information of the party."""
    ids = sorted({id_ for rows in about.values() for id_ in rows})
    changes = select(AuditEntry).where(uow.among(cast("InstrumentedAttribute[Any]", AuditEntry.record_id), ids))
    for entry in uow.select(changes.order_by(AuditEntry.id)):
        who = entry.actor if named else entry.actor_kind
        yield Access(
            _plain(entry.occurred_at), who, entry.action, entry.record_type, entry.purpose, _listed(entry.columns)
        )
    reads = select(AuditRead).where(AuditRead.subjects.contains(str(party_id), autoescape=True))
    for read in uow.select(reads.order_by(AuditRead.id)):
        who = read.actor if named else read.actor_kind
        yield Access(_plain(read.occurred_at), who, "READ", read.types, read.purpose, read.fields)


def _listed(columns: Any) -> str:
    return " ".join(map(str, columns or ()))


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _plain(value: Any) -> Any:
    match value:
        case Code():
            return value.name
        case dt.datetime():
            return value.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
        case dt.date():
            return value.isoformat()
        case None | bool() | int() | dict() | list():
            return value
        case str():
            return str(value)
        case _:
            return str(value)
