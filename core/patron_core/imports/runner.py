"""Runs an importer over files: checks all first, writes batch by batch, resumes what was killed, reports bad rows.

In come a database, an importer and paths, out comes an `ImportReport`. Each batch is one transaction together with
the run's position, so that after a kill the next run of the same file goes on behind the last committed batch. A file
that was imported is read again in full and changes nothing, for every item has a source key.
"""

from __future__ import annotations

import asyncio
import gc
import uuid
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import select

from patron_core.access.permissions import require
from patron_core.card_numbers import check_text
from patron_core.database import Database
from patron_core.errors import Conflict, InvalidInput
from patron_core.imports.batches import Batch, apply_batch, batches_of
from patron_core.imports.importer import BadRow, Counts, Importer, ImportOptions, Source
from patron_core.imports.models import ImportRun, ImportStatus
from patron_core.imports.permissions import IMPORT_RUN
from patron_core.imports.sources import content_sha256, options_sha256, sources_of
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.unit_of_work import Broadcast, UnitOfWork, execute
from patron_core.values import Clock, IdSource

__all__ = ["ImportReport", "Progress", "SourceReport", "collect_rarely", "parse_options", "run_import"]

#: Bad rows that a report lists; beyond that they are only counted.
MOST_BAD_ROWS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an import stands, told after each batch. rows: of the current source, read so far; bad_rows among them."""

    source: str
    rows: int
    bad_rows: int


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What became of one source.

    rows: that items stood for, in this run. resumed_rows: left out because an earlier run had committed them. again:
    whether the whole source had been imported before. bad_rows: the first 1,000; bad_row_count: all of them.
    """

    source: str
    rows: int
    resumed_rows: int
    again: bool
    counts: Counts
    bad_rows: tuple[BadRow, ...]
    bad_row_count: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, source by source; in a dry run, what it would do."""

    format: str
    dry_run: bool
    sources: tuple[SourceReport, ...]

    @property
    def counts(self) -> Counts:
        """The counts of all sources together."""
        return sum((source.counts for source in self.sources), Counts())

    @property
    def rows(self) -> int:
        """The rows of all sources together."""
        return sum(source.rows for source in self.sources)

    @property
    def bad_rows(self) -> tuple[BadRow, ...]:
        """The bad rows listed by all sources."""
        return tuple(row for source in self.sources for row in source.bad_rows)

    @property
    def bad_row_count(self) -> int:
        """How many rows could not be taken in."""
        return sum(source.bad_row_count for source in self.sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What stays the same over an import."""

    database: Database
    importer: Importer[Any, Any]
    options: ImportOptions
    actor: Actor
    plugins: Plugins
    clock: Clock
    ids: IdSource
    broadcast: Broadcast | None
    progress: Callable[[Progress], None]
    rejected: Callable[[BadRow], None]

    async def execute(self, work: Callable[[UnitOfWork], Any], *, run: uuid.UUID | None = None) -> Any:
        """One transaction. run: whose batch it is; the audit then says of each row which run made it."""
        context: dict[str, Any] = {"actor": self.actor, "clock": self.clock, "ids": self.ids, "plugins": self.plugins}
        named = None if run is None else str(run)
        return (await execute(self.database, work, broadcast=self.broadcast, request_id=named, **context)).value


async def run_import(
    database: Database,
    importer: Importer[Any, Any],
    paths: Sequence[Path],
    *,
    actor: Actor,
    plugins: Plugins,
    clock: Clock,
    ids: IdSource,
    options: ImportOptions | Mapping[str, Any] | None = None,
    dry_run: bool = False,
    progress: Callable[[Progress], None] | None = None,
    broadcast: Broadcast | None = None,
    rejected: Callable[[BadRow], None] | None = None,
) -> ImportReport:
    """Imports files or folders for the actor's tenant.

    options: the importer's, as its model or as values by name (`parse_options`). dry_run: does everything in one
    transaction that is rolled back. progress: called after each batch. broadcast: as in `execute`. rejected: called with
    each bad row, also beyond those that the report lists.

    Raises `WrongFormat` (INVALID_INPUT) before anything is written where one of the files is not of this format,
    FORBIDDEN without the scope import:run, CONFLICT where another process imports the same file at the same time.
    """
    require(actor, IMPORT_RUN)
    task = _Task(
        database=database,
        importer=importer,
        options=parse_options(importer, options),
        actor=actor,
        plugins=plugins,
        clock=clock,
        ids=ids,
        broadcast=broadcast,
        progress=progress or (lambda _: None),
        rejected=rejected or (lambda _: None),
    )
    sources = sources_of(importer, paths)
    for source in sources:
        check_text(source.name, path=("file",))
        importer.check(source, options=task.options)
    if dry_run:
        return ImportReport(importer.name, True, await _dry_run(task, sources))
    return ImportReport(importer.name, False, tuple([await _import(task, source) for source in sources]))


def collect_rarely() -> None:
    """For a process that imports and then ends: a batch is many thousands of objects, all gone with it and hardly one in
    a cycle, and to look for cycles among each few hundred takes a sixth of the time.
    """
    gc.freeze()
    gc.set_threshold(50_000, 5, 2)


def parse_options(importer: Importer[Any, Any], options: ImportOptions | Mapping[str, Any] | None) -> ImportOptions:
    """The importer's options from values by name; what is left out has its default. INVALID_INPUT names a wrong one."""
    if isinstance(options, ImportOptions):
        return options
    try:
        parsed: ImportOptions = importer.options.model_validate(dict(options or {}))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"]) or "options"
        raise InvalidInput(
            f"The option {name} of {importer.name} is wrong. {first['msg']}. See patron import {importer.name} --help.",
            path=tuple(first["loc"]),
        ) from None
    return parsed


async def _import(task: _Task, source: Source) -> SourceReport:
    run: _Run = await task.execute(partial(_begin, identity=_identity(task, source), name=source.name))
    tally = _Tally(source, run)
    try:
        async with aclosing(_read_ahead(_after(run.rows_done, _batches(task, source), tally))) as batches:
            async for batch in batches:
                write = partial(_write, task=task, batch=batch, run=run, rows_before=tally.rows)
                tally.add(batch, await task.execute(write, run=run.id) if batch.items else Counts(), task)
    except BaseException:
        # A kill comes not by here and leaves RUNNING; either way the next run goes on where this one stopped.
        with suppress(Exception):
            await task.execute(partial(_end, run=run, status=ImportStatus.FAILED, unread=0))
        raise
    await task.execute(partial(_end, run=run, status=ImportStatus.FINISHED, unread=tally.unread))
    return tally.report()


async def _dry_run(task: _Task, sources: Sequence[Source]) -> tuple[SourceReport, ...]:
    def work(uow: UnitOfWork) -> None:
        reports = []
        for source in sources:
            tally = _Tally(source, None)
            for batch in _batches(task, source):
                tally.add(batch, apply_batch(task.importer, batch.items, uow=uow, options=task.options), task)
            reports.append(tally.report())
        raise _RolledBack(tuple(reports))

    try:
        await task.execute(work)
    except _RolledBack as done:
        return done.reports
    raise AssertionError("A dry run ends by rolling back.")


class _RolledBack(Exception):
    """Carries the report of a dry run out of the transaction that must not commit."""

    def __init__(self, reports: tuple[SourceReport, ...]) -> None:
        super().__init__("dry run")
        self.reports = reports


@dataclass(frozen=True, slots=True)
class _Run:
    """The stored run of a source. rows_done: behind which it goes on. again: the source had been imported in full."""

    id: uuid.UUID
    rows_done: int
    again: bool


class _Tally:
    """Counts of a source while it is read. rows: what this run's items stand for; unread: what could not be read."""

    def __init__(self, source: Source, run: _Run | None) -> None:
        self._source = source
        self._run = run
        self.resumed = 0
        self.rows = 0
        self.unread = 0
        self._rejected = 0
        self._counts = Counts()
        self._bad_rows: list[BadRow] = []

    def add(self, batch: Batch, counts: Counts, task: _Task) -> None:
        """Adds what became of a batch, and tells how far the source is."""
        bad = sorted((*batch.bad_rows, *counts.rejected), key=lambda row: row.line)
        for row in bad:
            task.rejected(row)
        self._bad_rows += bad[: MOST_BAD_ROWS - len(self._bad_rows)]
        self.rows += batch.rows
        self.unread += len(batch.bad_rows)
        self._rejected += len(counts.rejected)
        self._counts += counts.without_rejected()
        task.progress(Progress(self._source.name, self.resumed + self.rows + self.unread, self.unread + self._rejected))

    def report(self) -> SourceReport:
        """What became of the source."""
        return SourceReport(
            source=self._source.name,
            rows=self.rows,
            resumed_rows=self.resumed,
            again=self._run is not None and self._run.again,
            counts=self._counts,
            bad_rows=tuple(self._bad_rows),
            bad_row_count=self.unread + self._rejected,
        )


def _batches(task: _Task, source: Source) -> Iterator[Batch]:
    importer = task.importer
    read = importer.read(source, options=task.options)
    return batches_of(read, size=importer.batch_size, most_rows=importer.batch_rows)


async def _read_ahead(batches: Iterator[Batch]) -> AsyncGenerator[Batch, None]:
    """The batches, each read in a thread while the one before it is written: two are in memory, for a moment three."""
    upcoming = asyncio.create_task(asyncio.to_thread(next, batches, None))
    try:
        while (batch := await upcoming) is not None:
            upcoming = asyncio.create_task(asyncio.to_thread(next, batches, None))
            yield batch
    finally:
        await asyncio.wait({upcoming})  # a generator that runs cannot be closed


def _after(rows_done: int, batches: Iterator[Batch], tally: _Tally) -> Iterator[Batch]:
    """Leaves out what an earlier run committed. Its bad rows are told again, for that run's report is lost."""
    for batch in batches:
        if tally.resumed >= rows_done:
            yield batch
            continue
        rest = list(batch.items)
        while rest and tally.resumed < rows_done:
            tally.resumed += rest.pop(0).rows
        yield Batch(tuple(rest), batch.bad_rows)


def _identity(task: _Task, source: Source) -> dict[str, str]:
    content, options = content_sha256(source), options_sha256(task.options)
    return {"format": task.importer.name, "content_sha256": content, "options_sha256": options}


def _begin(uow: UnitOfWork, *, identity: Mapping[str, str], name: str) -> _Run:
    same = select(ImportRun).filter_by(**identity).order_by(ImportRun.attempt.desc()).limit(1)
    run = next(iter(uow.select(same)), None)
    if run is not None and run.status is ImportStatus.FINISHED:
        return _Run(run.id, rows_done=0, again=True)
    if run is not None and run.status is ImportStatus.UNDOING:
        raise Conflict(
            "The file cannot be imported now. What an import of it made is being taken back. "
            f"End that first: patron import undo imp_{run.id}."
        )
    if run is None or run.status is ImportStatus.UNDONE:
        attempt = 1 if run is None else run.attempt + 1
        new = {"file_name": name, "status": ImportStatus.RUNNING, "rows_done": 0, "counts": {}, "attempt": attempt}
        run = uow.add(ImportRun(**identity, **new))
    run.status = ImportStatus.RUNNING
    return _Run(run.id, rows_done=run.rows_done, again=False)


def _write(uow: UnitOfWork, *, task: _Task, batch: Batch, run: _Run, rows_before: int) -> Counts:
    """Applies a batch and moves the run's position behind it, in one transaction."""
    stored = None if run.again else uow.get(ImportRun, run.id, lock=True)
    if stored is not None and stored.status not in (ImportStatus.RUNNING, ImportStatus.FAILED):
        raise Conflict("The import cannot go on. It is being undone. Import the file again afterwards.")
    if stored is not None and stored.rows_done != run.rows_done + rows_before:
        raise Conflict(
            "The file is being imported by another process. It went on while this one read. Wait until it is done."
        )
    counts = apply_batch(task.importer, batch.items, uow=uow, options=task.options)
    if stored is not None:
        stored.rows_done += batch.rows
        stored.counts = _joined(stored.counts, counts.as_json())
    return counts


def _end(uow: UnitOfWork, *, run: _Run, status: ImportStatus, unread: int) -> None:
    """Closes the run. A resumed run reads all bad rows again, so they are counted when it is finished."""
    if run.again:
        return
    stored = uow.get(ImportRun, run.id, lock=True)
    stored.status = status
    if status is ImportStatus.FINISHED:
        stored.counts = _joined(stored.counts, {"rejected": unread})
        stored.finished_at = uow.now


def _joined(kept: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Two sets of counts as `Counts.as_json` gives them, summed."""
    out = dict(kept)
    for name, value in more.items():
        out[name] = _joined(out.get(name, {}), value) if isinstance(value, dict) else out.get(name, 0) + value
    return out
