"""What an import looks like on a terminal: a line that moves while it runs, and its report when it has ended."""

from __future__ import annotations

from types import TracebackType
from typing import Final

import typer
from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from patron_core.imports.importer import Counts
from patron_core.imports.runner import ImportReport, Progress
from patron_schema.cli.console import note, out

__all__ = ["ProgressLine", "print_report"]

_SHOWN_BAD_ROWS: Final = 50


class ProgressLine:
    """A line on standard error with the source, its rows so far and the bad ones among them."""

    def __init__(self, format: str) -> None:
        self._bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TextColumn("{task.completed:,.0f} rows"),
            TextColumn("[red]{task.fields[bad]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task(format, total=None, bad="")

    def __enter__(self) -> ProgressLine:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def tell(self, progress: Progress) -> None:
        """Moves the line; called after each batch."""
        bad = f"{progress.bad_rows:,} bad" if progress.bad_rows else ""
        self._bar.update(self._task, description=progress.source, completed=progress.rows, bad=bad)


def print_report(report: ImportReport) -> None:
    """Prints what came of each source, the counts of all, and the rows that could not be taken in."""
    for source in report.sources:
        told = f"{source.source}: {source.rows:,} rows"
        if source.resumed_rows:
            told += f", {source.resumed_rows:,} before them were there from a run that did not end"
        if source.again:
            told += "; this file was imported before"
        note(told)
    _print_counts(report.counts)
    _print_bad_rows(report)
    if report.dry_run:
        note("This was a dry run: nothing was kept.")


def _print_counts(counts: Counts) -> None:
    for label, part in (
        ("created", counts.created),
        ("changed", counts.changed),
        ("unchanged", counts.unchanged),
        ("left out", counts.skipped),
        ("noted", counts.noted),
    ):
        for name, count in part.items():
            typer.echo(f"{label:<10}{count:>12,}  {name}")


def _print_bad_rows(report: ImportReport) -> None:
    if not report.bad_row_count:
        return
    rows = "row" if report.bad_row_count == 1 else "rows"
    table = Table(
        "file", "line", "column", "holds", "reason", title=f"{report.bad_row_count:,} {rows} could not be taken in"
    )
    for row in report.bad_rows[:_SHOWN_BAD_ROWS]:
        reason = row.reason if row.advice is None else f"{row.reason} {row.advice}"
        table.add_row(Text(row.file), str(row.line), Text(row.column or ""), row.value_class or "", Text(reason))
    out.print(table)
    rest = report.bad_row_count - min(len(report.bad_rows), _SHOWN_BAD_ROWS)
    if rest:
        typer.echo(f"and {rest:,} more")
