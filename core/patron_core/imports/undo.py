"""Takes back what a run of an import made, as far as nobody has built on it; a killed undo goes on, a repeated one changes
nothing.

In come a run and an actor, out comes an `UndoReport`. The ledger is taken back by reversing rows, the rest is removed in
portions, each a transaction: first rows that refer to others, parties with all that belongs to them last. How rows of a
table are judged and removed is left to `removal`, what a run made to `made`.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from sqlalchemy import select

from patron_core.access.permissions import require
from patron_core.database import Database
from patron_core.errors import NotFound
from patron_core.imports.events import ImportUndone
from patron_core.imports.made import Made
from patron_core.imports.models import ImportRun, ImportStatus
from patron_core.imports.permissions import IMPORT_RUN
from patron_core.imports.removal import Portion, order_of, undo_portion
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.unit_of_work import Broadcast, UnitOfWork, execute
from patron_core.values import Clock, IdSource

__all__ = ["Kept", "UndoReport", "list_runs", "undo_import"]

_PORTION: Final = 500
#: Rows that stay and are listed; beyond that they are only counted.
MOST_KEPT: Final = 1_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A row that stays, and why."""

    table: str
    id: uuid.UUID
    reason: str


@dataclass(slots=True)
class UndoReport:
    """What became of a run's rows.

    removed: by table. reversed: rows of the ledger. kept: the first 1,000 that stay; kept_counts: all, by table and reason.
    gone: rows that were not there any more. changed: changes of rows that were there before, which stay.
    """

    run_id: uuid.UUID
    file_name: str
    dry_run: bool
    removed: Counter[str] = field(default_factory=Counter)
    reversed: int = 0
    gone: int = 0
    kept: list[Kept] = field(default_factory=list)
    kept_counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    changed: Mapping[str, int] = field(default_factory=dict)

    def add(self, portion: Portion) -> None:
        """Adds what became of a portion."""
        self.removed += Counter({table: len(ids) for table, ids in portion.removed.items()})
        self.reversed += portion.reversed
        self.gone += portion.gone
        for table, id_, reason in portion.kept:
            self.kept_counts[table, reason] += 1
            if len(self.kept) < MOST_KEPT:
                self.kept.append(Kept(table, id_, reason))


@dataclass(frozen=True, slots=True)
class _Step:
    """A portion that was done. rows: how many. after: where the next one begins; None at the end."""

    portion: Portion
    rows: int
    after: Any


class _TakenBack(Exception):
    """Ends a dry run: what it did must not be committed."""


async def undo_import(
    database: Database,
    run_id: uuid.UUID,
    *,
    actor: Actor,
    plugins: Plugins,
    clock: Clock,
    ids: IdSource,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
    broadcast: Broadcast | None = None,
) -> UndoReport:
    """Undoes a run of the actor's tenant.

    dry_run: does everything in one transaction that is rolled back. progress: called with the rows done and all of them.
    Raises NOT_FOUND, FORBIDDEN without the scope import:run.
    """
    require(actor, IMPORT_RUN)
    context: dict[str, Any] = {"actor": actor, "plugins": plugins, "clock": clock, "ids": ids, "broadcast": broadcast}
    work = _Undoing(run_id, dry_run=dry_run, progress=progress or (lambda *_: None))
    if dry_run:
        try:
            await execute(database, work.all_at_once, **context)
        except _TakenBack:
            return work.report
        raise AssertionError("A dry run ends by rolling back.")
    await execute(database, work.begin, **context)
    for table in work.tables:
        while work.note(table, (await execute(database, partial(work.go_on, table=table), **context)).value):
            continue
    await execute(database, work.end, **context)
    return work.report


async def list_runs(database: Database, tenant_id: uuid.UUID, *, most: int = 50) -> list[ImportRun]:
    """The last runs of a tenant, newest first."""
    runs = select(ImportRun).order_by(ImportRun.created_at.desc(), ImportRun.id.desc()).limit(most)
    return await database.read(tenant_id, lambda session: list(session.scalars(runs)))


class _Undoing:
    """An undo on its way: the tables in their order, and where it stands in each."""

    def __init__(self, run_id: uuid.UUID, *, dry_run: bool, progress: Callable[[int, int], None]) -> None:
        self._run_id = run_id
        self._progress = progress
        self._at: dict[str, Any] = {}
        self._done = self._all = 0
        self._made: Made
        self.tables: list[str] = []
        self.report = UndoReport(run_id, "", dry_run)

    def begin(self, uow: UnitOfWork) -> None:
        """Looks at what there is to do, and keeps others from importing meanwhile. May run again, as each step may."""
        run = uow.find(ImportRun, id=self._run_id)
        if run is None:
            raise NotFound("There is no such import. The id names none that you may see. See patron import list.")
        run = uow.get(ImportRun, run.id, lock=True)
        self._made = Made.by(run, now=uow.now)
        self.report.file_name = run.file_name
        counts = self._made.counts(uow)
        self.report.changed = self._made.changed(uow)
        self.tables, self._all = order_of(counts), sum(counts.values())
        if run.status is not ImportStatus.UNDONE:
            run.status = ImportStatus.UNDOING

    def go_on(self, uow: UnitOfWork, *, table: str) -> _Step:
        """Does one portion of a table."""
        ids, after = self._made.portion(uow, table, before=self._at.get(table), size=_PORTION)
        return _Step(undo_portion(uow, table, ids, made=self._made), len(ids), after)

    def note(self, table: str, step: _Step) -> bool:
        """Notes what a portion did, once it is committed; whether there is another."""
        self._at[table] = step.after
        self.report.add(step.portion)
        self._done += step.rows
        self._progress(self._done, self._all)
        return step.after is not None

    def end(self, uow: UnitOfWork) -> None:
        """Closes the run and tells of it, once."""
        run = uow.get(ImportRun, self._run_id, lock=True)
        if run.status is ImportStatus.UNDONE:
            return
        run.status = ImportStatus.UNDONE
        uow.emit(
            ImportUndone(
                import_run_id=run.id,
                removed=sum(self.report.removed.values()),
                reversed=self.report.reversed,
                kept=sum(self.report.kept_counts.values()),
            )
        )

    def all_at_once(self, uow: UnitOfWork) -> None:
        """Everything in one transaction, which then is rolled back."""
        self.begin(uow)
        for table in self.tables:
            while self.note(table, self.go_on(uow, table=table)):
                uow.flush()
        raise _TakenBack
