"""What an erasure would do with each row about a party: delete it, empty it, or keep it for now. Nothing is changed here.

In come a unit of work and a party, out comes a `Decision`. Rules, in this order: under a legal hold nothing goes; what
the law keeps stays as it is, with what it takes to tell whose it is; rows of ledgers, and rows that something which stays
refers to, are emptied; the party's own row always stays, empty, so that references stand; all else is deleted.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from patron_core.parties.models import Party
from patron_core.privacy.models import LegalHold
from patron_core.privacy.subjects import Rows, kinds_here, references, rows_about, steps, unread_tables
from patron_core.records import Record
from patron_core.retention import Retention
from patron_core.unit_of_work import UnitOfWork

__all__ = ["Decision", "Kept", "Line", "decide"]

_Row: TypeAlias = tuple[type[Record], uuid.UUID]
_NOT_READ: Final = "The plugin of this table is not loaded, so nobody looked into it. Load it and erase again."
_HELD: Final = "A legal hold stands."
_HELD_OTHER: Final = "A legal hold on another party stands, whom these rows are about too."


@dataclass(frozen=True, slots=True)
class Kept:
    """Why rows stay as they are. until: the first day on which they may go; None while a hold stands."""

    reason: str
    until: dt.date | None

    def or_longer(self, other: Kept | None) -> Kept:
        """The one that keeps longer."""
        if other is None or self.until is None:
            return self
        return other if other.until is None or other.until > self.until else self


@dataclass(frozen=True, slots=True)
class Line:
    """What becomes of rows of one kind."""

    record_type: str
    deleted: int = 0
    emptied: int = 0
    kept: int = 0
    reason: str | None = None
    until: dt.date | None = None


@dataclass(slots=True)
class Decision:
    """What becomes of a party's rows. about: all of them. holds: the legal holds on the party; with one, all are kept."""

    party_id: uuid.UUID
    about: Rows
    holds: tuple[LegalHold, ...] = ()
    deleted: Rows = field(default_factory=lambda: defaultdict(set))
    emptied: Rows = field(default_factory=lambda: defaultdict(set))
    kept: dict[type[Record], dict[uuid.UUID, Kept]] = field(default_factory=lambda: defaultdict(dict))
    unread: tuple[str, ...] = ()
    edges: list[tuple[_Row, str, _Row]] = field(default_factory=list)

    @property
    def due_on(self) -> dt.date | None:
        """The first day on which more of it may go; None where nothing is kept, or nobody can say."""
        days = [kept.until for rows in self.kept.values() for kept in rows.values() if kept.until is not None]
        return min(days, default=None)

    def lines(self) -> tuple[Line, ...]:
        """By kind: one line of what goes and what is emptied, and one for each reason and day for which rows are kept."""
        return tuple(sorted(self._lines(), key=lambda line: (line.record_type, str(line.until), line.reason or "")))

    def _lines(self) -> Iterator[Line]:
        for model in self.about:
            gone, emptied = len(self.deleted.get(model, ())), len(self.emptied.get(model, ()))
            if gone or emptied:
                yield Line(model.__name__, gone, emptied)
            counts: dict[Kept, int] = defaultdict(int)
            for kept in self.kept.get(model, {}).values():
                counts[kept] += 1
            for kept, count in counts.items():
                yield Line(model.__name__, kept=count, reason=kept.reason, until=kept.until)
        for table in self.unread:
            yield Line(table, reason=_NOT_READ)


def decide(uow: UnitOfWork, party_id: uuid.UUID, *, requested_on: dt.date | None = None) -> Decision:
    """What an erasure would do with everything about a party today. NOT_FOUND where there is no such party.

    requested_on: when the erasure was first asked for, today by default; years of retention count from it where a row has
    no date of its own to count from.
    """
    uow.get(Party, party_id, path=("party_id",))
    decision = Decision(party_id, rows_about(uow, party_id), unread=unread_tables(uow))
    decision.holds = tuple(_holds(uow, party_id))
    if decision.holds:
        for model, ids in decision.about.items():
            decision.kept[model] = dict.fromkeys(ids, Kept(_HELD, None))
        return decision
    decision.edges = list(_edges(uow, decision.about))
    _keep_for_others(uow, decision)
    _keep_by_law(uow, decision, requested_on or uow.now.date())
    _keep_paths(decision)
    _settle(decision)
    return decision


def _holds(uow: UnitOfWork, party_id: uuid.UUID) -> list[LegalHold]:
    return uow.select(select(LegalHold).where(LegalHold.party_id == party_id, LegalHold.released_at.is_(None)))


def _edges(uow: UnitOfWork, about: Rows) -> Iterator[tuple[_Row, str, _Row]]:
    """Every reference of any row to a row about the party, the party itself left out: it stays whatever refers to it."""
    for model in kinds_here(uow):
        for reference in references(model):
            targets = about.get(reference.target)
            if not targets or reference.target is Party:
                continue
            column = reference.column
            statement = select(reference.owner.id, column).where(uow.among(column, sorted(targets)))
            for id_, target in map(tuple, uow.rows(statement)):
                yield (model, id_), reference.name, (reference.target, target)


def _keep_for_others(uow: UnitOfWork, decision: Decision) -> None:
    """What is also about a party under a legal hold stays."""
    statement = select(LegalHold.party_id).where(
        LegalHold.released_at.is_(None), LegalHold.party_id != decision.party_id
    )
    for other in set(uow.select(statement)):
        for model, ids in rows_about(uow, other).items():
            for id_ in ids & decision.about.get(model, set()):
                decision.kept[model][id_] = Kept(_HELD_OTHER, None)


def _keep_by_law(uow: UnitOfWork, decision: Decision, requested_on: dt.date) -> None:
    for model, ids in decision.about.items():
        years = model.retention.years_for(uow.plugins) if model.retention is not None else 0
        if model.retention is None or years <= 0:
            continue
        reason = f"{model.retention.reason} ({model.retention.source})"
        for id_, since in _since(uow, model, model.retention, ids):
            until = _years_after(since or requested_on, years)
            if until > uow.now.date():
                decision.kept[model][id_] = Kept(reason, until).or_longer(decision.kept[model].get(id_))


def _since(
    uow: UnitOfWork, model: type[Record], retention: Retention, ids: set[uuid.UUID]
) -> Iterator[tuple[uuid.UUID, dt.date | None]]:
    if retention.since is None:
        yield from ((id_, None) for id_ in ids)
        return
    column = getattr(model, retention.since)
    mine = uow.among(cast("InstrumentedAttribute[Any]", model.id), sorted(ids))
    for id_, since in map(tuple, uow.rows(select(model.id, column).where(mine))):
        yield id_, since.date() if isinstance(since, dt.datetime) else since


def _years_after(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return dt.date(day.year + years, 3, 1)


def _keep_paths(decision: Decision) -> None:
    """A row that is kept keeps the rows on its path to the party, and these for as long as the longest of them."""
    on_path = {(model, step.name) for model in decision.about for step in steps(model)}
    paths: dict[_Row, list[_Row]] = defaultdict(list)
    for source, name, target in decision.edges:
        if (source[0], name) in on_path:
            paths[source].append(target)
    waiting = [(model, id_) for model, rows in decision.kept.items() for id_ in rows]
    whose: _Row = (Party, decision.party_id)
    while waiting:
        source = waiting.pop()
        kept = decision.kept[source[0]][source[1]]
        direct = any(step.target is Party for step in steps(source[0]))
        for model, id_ in (*paths[source], *([whose] if direct else [])):
            before = decision.kept[model].get(id_)
            longer = kept.or_longer(before)
            if longer != before:
                decision.kept[model][id_] = longer
                waiting.append((model, id_))


def _settle(decision: Decision) -> None:
    """Of what is not kept: emptied where it must stay, deleted else."""
    goes: set[_Row] = set()
    for model, ids in decision.about.items():
        for id_ in ids - decision.kept.get(model, {}).keys():
            if model.append_only or model is Party:
                decision.emptied[model].add(id_)
            else:
                goes.add((model, id_))
    pinned = _pinned(decision.edges, goes)
    for model, id_ in goes:
        (decision.emptied if (model, id_) in pinned else decision.deleted)[model].add(id_)


def _pinned(edges: list[tuple[_Row, str, _Row]], goes: set[_Row]) -> set[_Row]:
    """The rows that were to go and cannot, because something that stays refers to them, directly or through others."""
    refers: Mapping[_Row, list[_Row]] = defaultdict(list)
    for source, _, target in edges:
        refers[source].append(target)
    pinned: set[_Row] = set()
    waiting = [target for source, _, target in edges if source not in goes and target in goes]
    while waiting:
        row = waiting.pop()
        if row not in pinned:
            pinned.add(row)
            waiting += [target for target in refers[row] if target in goes]
    return pinned
