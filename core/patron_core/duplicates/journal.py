"""How rows were before a merge, and putting them back: the journal that a move tells of each row before it changes.

In come rows by kind and id, out go `MergedRow` rows; values before are kept encrypted, whatever they are. Taken back is in
the reverse order, so that what is referred to is there again before what refers to it.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Column, Table, select
from sqlalchemy import inspect as inspect_mapper

from patron_core.columns import Ciphertext
from patron_core.database.rows import NewRows
from patron_core.duplicates.models import Merge, MergedRow, RowChange
from patron_core.privacy.row_changes import change_rows
from patron_core.privacy.subjects import base_of, kinds_here
from patron_core.records import META, Record, table_of
from patron_core.unit_of_work import UnitOfWork

__all__ = ["MergeJournal", "changed_since", "put_back"]

_STANDARD: Final = frozenset({"version", "updated_at"})


@dataclass(slots=True)
class MergeJournal:
    """What one merge does with rows, in its order."""

    uow: UnitOfWork
    entries: list[dict[str, Any]] = field(default_factory=list)

    def moves(self, kind: type[Record], ids: Collection[uuid.UUID], column: str, previous: uuid.UUID) -> None:
        """See `privacy.moving.Journal`."""
        for id_, version in sorted(_versions(self.uow, kind, ids).items()):
            self._note(kind, id_, RowChange.MOVED, version, column_name=column, previous_id=previous)

    def drops(self, kind: type[Record], ids: Collection[uuid.UUID]) -> None:
        """See `privacy.moving.Journal`."""
        for id_, values in _snapshot(self.uow, kind, ids).items():
            self._note(kind, id_, RowChange.DROPPED, values["version"], before=json.dumps(values))

    @contextmanager
    def changes(self, kind: type[Record], ids: Collection[uuid.UUID]) -> Iterator[None]:
        """See `privacy.moving.Journal`."""
        self.uow.flush()
        before = _snapshot(self.uow, kind, ids)
        yield
        self.uow.flush()
        after = _snapshot(self.uow, kind, ids)
        for id_, values in before.items():
            differs = {n: v for n, v in values.items() if n not in _STANDARD and v != after[id_][n]}
            if differs:
                self._note(kind, id_, RowChange.CHANGED, values["version"], before=json.dumps(differs))

    def write(self, merge: Merge) -> None:
        """Keeps the entries, with the versions that the rows have by now."""
        tables: dict[str, set[uuid.UUID]] = {}
        for entry in self.entries:
            tables.setdefault(entry["table_name"], set()).add(entry["record_id"])
        now = {name: _versions(self.uow, self._model(name), ids) for name, ids in tables.items()}
        rows = [
            {
                **entry,
                "merge_id": merge.id,
                "party_id": merge.survivor_id,
                "position": position,
                "version_after": now[entry["table_name"]].get(entry["record_id"]),
            }
            for position, entry in enumerate(self.entries, 1)
        ]
        self.uow.add_many(MergedRow, rows)

    def _note(self, kind: type[Record], id_: uuid.UUID, change: RowChange, version: int, **more: Any) -> None:
        row = {"table_name": table_of(kind).name, "record_id": id_, "change": change, "version_before": version}
        self.entries.append({**row, "column_name": None, "previous_id": None, "before": None, **more})

    def _model(self, table: str) -> type[Record]:
        return _models(self.uow)[table]


def changed_since(uow: UnitOfWork, entries: Sequence[MergedRow]) -> list[tuple[str, type[Record] | None, uuid.UUID]]:
    """Rows that are not as the merge left them: table, model (None where its plugin is not loaded) and id."""
    models, found = _models(uow), []
    for name, listed in _by_table(entries).items():
        model = models.get(name)
        now = {} if model is None else _versions(uow, model, {entry.record_id for entry in listed})
        gone = {entry.record_id for entry in listed if entry.change is RowChange.DROPPED}
        expected = {entry.record_id: None if entry.record_id in gone else entry.version_after for entry in listed}
        found += [(name, model, id_) for id_, version in expected.items() if model is None or now.get(id_) != version]
    return found


def put_back(uow: UnitOfWork, entries: Sequence[MergedRow]) -> None:
    """Makes rows what they were, the last change first. Call it where append-only rows may be changed (`opened`).

    Their versions go up; journals of earlier merges are told the new ones, so that these can be taken back next.
    """
    models = _models(uow)
    backwards = sorted(entries, key=lambda entry: entry.position, reverse=True)
    for (change, table, column, previous), group in groupby(backwards, key=_alike):
        model, rows = models[table], list(group)
        match change:
            case RowChange.MOVED:
                assert column is not None
                change_rows(uow, model, [row.record_id for row in rows], {column: previous})
            case RowChange.DROPPED:
                _insert(uow, model, [_decoded(table_of(model), row) for row in rows])
            case RowChange.CHANGED:
                for row in rows:
                    _restore(uow, model, row)
    _tell_earlier(uow, entries, models)


def _tell_earlier(uow: UnitOfWork, entries: Sequence[MergedRow], models: Mapping[str, type[Record]]) -> None:
    ours = {entry.merge_id for entry in entries}
    for name, listed in _by_table(entries).items():
        before: dict[uuid.UUID, int | None] = {}
        for entry in sorted(listed, key=lambda entry: entry.position):
            before.setdefault(entry.record_id, entry.version_before)
        now = _versions(uow, models[name], before.keys())
        earlier = select(MergedRow).where(
            MergedRow.table_name == name,
            MergedRow.merge_id.not_in(ours),
            uow.among(MergedRow.record_id, sorted(before)),
            MergedRow.party_id.in_(
                select(Merge.loser_id)
                .where(Merge.id.in_(ours))
                .union_all(select(Merge.survivor_id).where(Merge.id.in_(ours)))
            ),
        )
        for entry in uow.select(earlier):
            if entry.version_after == before[entry.record_id]:
                entry.version_after = now.get(entry.record_id)


def _alike(entry: MergedRow) -> tuple[RowChange, str, str | None, uuid.UUID | None]:
    return entry.change, entry.table_name, entry.column_name, entry.previous_id


def _insert(uow: UnitOfWork, model: type[Record], rows: Sequence[Mapping[str, Any]]) -> None:
    table = table_of(model)
    names = [name for name in rows[0] if not _is_blind(table, name)]
    uow.session.wait(NewRows(table, {}, {name: [row[name] for row in rows] for name in names}))
    uow.flush()
    uow.changes.note("CREATE", table.name, [row["id"] for row in rows])


def _restore(uow: UnitOfWork, model: type[Record], entry: MergedRow) -> None:
    row: Any = uow.session.get(model, (uow.tenant_id, entry.record_id), populate_existing=True)
    mapper = inspect_mapper(type(row))
    table = table_of(model)
    for name, value in _decoded(table, entry).items():
        if not _is_blind(table, name):
            setattr(row, mapper.get_property_by_column(table.c[name]).key, value)
    uow.flush()


def _models(uow: UnitOfWork) -> dict[str, type[Record]]:
    return {table_of(model).name: base_of(model) for model in kinds_here(uow)}


def _by_table(entries: Sequence[MergedRow]) -> dict[str, list[MergedRow]]:
    out: dict[str, list[MergedRow]] = {}
    for entry in entries:
        out.setdefault(entry.table_name, []).append(entry)
    return out


def _versions(uow: UnitOfWork, model: type[Record], ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    rows = uow.rows(select(model.id, model.version).where(uow.among(model.id, sorted(ids))))
    return {row.id: row.version for row in rows}


def _snapshot(uow: UnitOfWork, kind: type[Record], ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """All values of rows as JSON, texts that are stored encrypted as texts."""
    table = table_of(kind)
    key: Any = table.c.id
    rows = uow.rows(select(table).where(table.c.tenant_id == uow.tenant_id, uow.among(key, sorted(ids))))
    return {row.id: {n: _encoded(uow, table, n, row.id, v) for n, v in row._mapping.items()} for row in rows}


def _encoded(uow: UnitOfWork, table: Table, name: str, id_: uuid.UUID, value: Any) -> Any:
    match value:
        case Ciphertext():
            return uow.session.sealer.text_at(table, name, id_, value)
        case Enum():
            return {"code": value.name}
        case uuid.UUID():
            return {"id": value.hex}
        case dt.datetime():
            return {"time": value.isoformat()}
        case dt.date():
            return {"day": value.isoformat()}
        case Decimal():
            return {"decimal": str(value)}
        case dict() | list() | tuple():
            return {"json": value}
        case _:
            return value


def _decoded(table: Table, entry: MergedRow) -> dict[str, Any]:
    return {name: _value(table.c[name], value) for name, value in json.loads(entry.before or "{}").items()}


def _value(column: Column[Any], value: Any) -> Any:
    match value:
        case {"code": name}:
            kind: Any = column.type
            return kind.code[name]
        case {"id": text}:
            return uuid.UUID(text)
        case {"time": text}:
            return dt.datetime.fromisoformat(text)
        case {"day": text}:
            return dt.date.fromisoformat(text)
        case {"decimal": text}:
            return Decimal(text)
        case {"json": inner}:
            return inner
        case _:
            return value


def _is_blind(table: Table, name: str) -> bool:
    """Whether a column holds hashes beside an encrypted one, which are made anew."""
    return any(column.info[META].blind == name for column in table.columns if META in column.info)
