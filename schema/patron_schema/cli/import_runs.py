"""`patron import list | undo | mapping …`: what becomes of imports that were made, and what mappings there are."""

from __future__ import annotations

import json
import uuid
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from patron_core.access.service import find_tenant
from patron_core.database import Database
from patron_core.errors import InvalidInput
from patron_core.imports.mapping import bundled, load_mapping, schema
from patron_core.imports.models import ImportRun
from patron_core.imports.suggestion import columns_of, suggest
from patron_core.imports.undo import UndoReport, list_runs, undo_import
from patron_core.messages import Actor
from patron_core.plugins import load_plugins
from patron_core.values import RandomIds, SystemClock
from patron_schema.cli.console import DatabaseUrl, note, settings_of, table, with_database
from patron_schema.hookspecs import SchemaHooks

__all__ = ["add_commands"]

Tenant = Annotated[
    str, typer.Option("--tenant", metavar="TENANT", help="Whose imports: a name or an id.", show_default=False)
]


def add_commands(group: typer.Typer) -> None:
    """Adds the commands beside the formats."""
    group.command("list")(list_imports)
    group.command("undo")(undo)
    mappings = typer.Typer(
        no_args_is_help=True, help="What the columns of a file mean: mappings for the formats csv and jsonl."
    )
    mappings.command("list")(list_mappings)
    mappings.command("show")(show)
    mappings.command("schema")(print_schema)
    mappings.command("suggest")(suggest_mapping)
    group.add_typer(mappings, name="mapping")


def list_imports(tenant: Tenant, database_url: DatabaseUrl = None) -> None:
    """The last 50 imports of a tenant, newest first: id, format, file, state, rows and when."""

    async def work(database: Database) -> list[ImportRun]:
        return await list_runs(database, (await find_tenant(database, tenant)).id)

    runs = with_database(settings_of(database_url=database_url), work)
    rows = [
        (
            f"imp_{run.id}",
            run.format,
            run.file_name,
            run.status.value,
            f"{run.rows_done:,}",
            f"{run.created_at:%Y-%m-%d %H:%M}",
        )
        for run in runs
    ]
    table(("id", "format", "file", "state", "rows", "begun (UTC)"), rows)


def undo(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The import: its id, as patron import list shows it.")],
    tenant: Tenant,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything, report it, and take it back.")] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Take back what an import made.

    Rows that nobody changed and nothing else refers to are removed, rows of the ledger are taken back by reversing rows, all
    others stay and are listed. A broken-off undo goes on when it is called again. Afterwards the file can be imported anew.
    """
    run_id = _id(run)
    settings = settings_of(database_url=database_url)
    columns = (
        TextColumn("undo"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("rows"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        line = bar.add_task("undo", total=None)

        async def work(database: Database) -> UndoReport:
            found = await find_tenant(database, tenant)
            clock = SystemClock()
            return await undo_import(
                database,
                run_id,
                actor=Actor(
                    found.id, "patron import undo", "system", reason="An import is undone on the command line."
                ),
                plugins=load_plugins(settings.plugins, specs=(SchemaHooks,)).only(found.plugins),
                clock=clock,
                ids=RandomIds(clock),
                dry_run=dry_run,
                progress=lambda done, total: bar.update(line, completed=done, total=total),
            )

        report = with_database(settings, work)
    _print(report)


def list_mappings() -> None:
    """The mappings that come with Patron: name and what a row becomes."""
    table(("name", "rows become"), [(name, load_mapping(name).target) for name in bundled()])


def show(
    name: Annotated[str, typer.Argument(help="A bundled mapping, as patron import mapping list names it.")],
) -> None:
    """Print a bundled mapping, to copy and change."""
    if name not in bundled():
        raise InvalidInput(
            f"There is no such bundled mapping. The name is none of them. Choose among {', '.join(bundled())}."
        )
    typer.echo((files("patron_core.imports") / "bundled" / f"{name}.toml").read_text("utf-8"), nl=False)


def print_schema() -> None:
    """Print the JSON Schema of a mapping."""
    typer.echo(json.dumps(schema(), indent=2))


def suggest_mapping(
    file: Annotated[Path, typer.Argument(help="A table or JSON Lines.", exists=True, dir_okay=False)],
    target: Annotated[
        str | None, typer.Option("--target", metavar="TARGET", help="What rows become; by the columns when left out.")
    ] = None,
    source: Annotated[str, typer.Option("--source", metavar="NAME", help="The system the rows come from.")] = "other",
    delimiter: Annotated[str, typer.Option("--delimiter", help="What stands between fields; `tab` for TSV.")] = ",",
) -> None:
    """Propose a mapping from the names of a file's columns, as TOML to correct and keep."""
    names = columns_of(file, delimiter={"tab": "\t"}.get(delimiter, delimiter))
    typer.echo(suggest(names, source=source, target=target), nl=False)


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text.removeprefix(f"{ImportRun.id_prefix}_"))
    except ValueError:
        raise InvalidInput(
            "There is no such import. Its id was given in another form. See patron import list."
        ) from None


def _print(report: UndoReport) -> None:
    note(f"{report.file_name}: undone as far as nobody has built on it")
    for name, count in sorted(report.removed.items()):
        typer.echo(f"{'removed':<10}{count:>12,}  {name}")
    if report.reversed:
        typer.echo(f"{'reversed':<10}{report.reversed:>12,}  rows of the ledger")
    if report.gone:
        typer.echo(f"{'gone':<10}{report.gone:>12,}  rows that were not there any more")
    for (name, reason), count in sorted(report.kept_counts.items()):
        typer.echo(f"{'kept':<10}{count:>12,}  {name}: {reason}")
    for kept in report.kept[:50]:
        typer.echo(f"           {kept.table} {kept.id}")
    changed = {name: count for name, count in report.changed.items() if name != "import_run"}
    if changed:
        told = ", ".join(f"{count:,} of {name}" for name, count in sorted(changed.items()))
        note(f"Changes that the import made to rows, which stay where the row stays: {told}.")
    if report.dry_run:
        note("This was a dry run: nothing was taken back.")
