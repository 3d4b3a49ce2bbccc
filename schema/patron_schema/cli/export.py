"""`patron export FILE.graphql`: all rows of a connection in a file, as somebody who may see them."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from patron_core.errors import InvalidInput, PublicError
from patron_core.exports.columns import Column
from patron_core.exports.files import PartFile
from patron_core.exports.writers import CsvWriter, JsonLinesWriter, ParquetWriter, Writer
from patron_schema.cli.console import DatabaseUrl, note, settings_of

__all__ = ["register"]

KEY_VARIABLE = "PATRON_EXPORT_KEY"


class Form(str, Enum):  # noqa: UP042 - typer shows the values of a plain enum of texts
    """How rows are written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(rich_help_panel="Run")(export)


def export(
    file: Annotated[
        Path,
        typer.Argument(help="A file with a query of one connection.", exists=True, dir_okay=False, show_default=False),
    ],
    tenant: Annotated[
        str, typer.Option("--tenant", metavar="TENANT", help="Whose data: a name or an id.", show_default=False)
    ],
    place: Annotated[Path, typer.Option("--out", metavar="PATH", help="The file to write.", show_default=False)],
    form: Annotated[Form, typer.Option("--format", help="How rows are written.")] = Form.CSV,
    role: Annotated[
        list[str] | None,
        typer.Option(
            help=f"As somebody with this role; may be repeated. Without it as the key in {KEY_VARIABLE}.",
            metavar="ROLE",
            show_default=False,
        ),
    ] = None,
    purpose: Annotated[
        str | None,
        typer.Option(
            help="With --role: the purpose of use for health information, such as HOPERAT.", show_default=False
        ),
    ] = None,
    variables: Annotated[
        str | None,
        typer.Option(help="The variables as JSON, or @ and the name of a file with them.", show_default=False),
    ] = None,
    operation: Annotated[
        str | None,
        typer.Option(help="Which operation, where the document has several.", metavar="NAME", show_default=False),
    ] = None,
    lists: Annotated[
        bool,
        typer.Option("--lists", help="csv, parquet: write lists inside of a row as JSON. Without it they are refused."),
    ] = False,
    plain: Annotated[
        bool,
        typer.Option(
            "--plain", help="csv: texts as they are, for programs. A spreadsheet would calculate some of them."
        ),
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="csv, jsonl: go on with a file that broke off.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the file where it is there.")] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Write all rows of a connection into a file, page by page, as somebody who may see them.

    The document is a query of one connection; its pages are walked by id, so that a row that stays is there once. Rows that
    change meanwhile are as they were when their page was read. Objects become columns such as amount.currencyCode.
    The file has its name only when it is complete; until then it is PATH.part.

    [bold]Examples[/]

    patron export customers.graphql --tenant "Pillows Ltd" --role analyst --out customers.csv

    patron export orders.graphql --tenant "Pillows Ltd" --role manager --format parquet --lists --out orders.parquet
    """
    given = _variables(variables)
    if resume and form is Form.PARQUET:
        raise typer.BadParameter("A Parquet file cannot be gone on with. Start it again.", param_hint="--resume")
    text = file.read_text(encoding="utf-8")

    async def work() -> int:
        from patron_core.access.service import find_tenant
        from patron_schema.app import deploy  # the other commands start without the schema
        from patron_schema.export_actors import actor_of_key, actor_of_roles
        from patron_schema.exports import begin_export

        deployment = deploy(settings=settings_of(database_url=database_url))
        try:
            found = await find_tenant(deployment.database, tenant)
            actor = (
                await actor_of_roles(deployment, role, tenant=found, purpose=purpose)
                if role
                else await actor_of_key(deployment, _key(), tenant=found)
            )
            begun = await begin_export(deployment.gateway, text, actor=actor, variables=given, operation_name=operation)
            writer = _writer(form, begun.columns, lists=begun.lists, as_json=lists, plain=plain)
            target = PartFile(place, of=f"{form.value} {plain} {begun.of}", resume=resume, replace_it=replace)
            return await _written(begun, writer, target)
        finally:
            await deployment.close()

    rows = asyncio.run(work())
    note(f"{rows:,} rows are in {place}.")


async def _written(begun: Any, writer: Writer, target: PartFile) -> int:
    try:
        writer.begin(target.file, fresh=target.is_fresh)
        with RowsBar(target.place.name) as bar:
            bar.begin(await begun.count() if bar.is_seen else None, done=target.progress.rows)
            async for page in begun.pages(after=target.progress.cursors):
                writer.write(page.rows)
                if writer.resumable:
                    target.note(len(page.rows), page.cursors)
                else:
                    target.count(len(page.rows))
                bar.tell(target.progress.rows)
        writer.end()
        target.complete()
    except PublicError:
        if writer.resumable and target.progress.rows:
            note(f"{target.progress.rows:,} rows are in {target.place.name}.part; go on with --resume.")
        raise
    finally:
        target.close()
    return target.progress.rows


def _writer(form: Form, columns: Sequence[Column], *, lists: Sequence[str], as_json: bool, plain: bool) -> Writer:
    if form is Form.JSONL:
        return JsonLinesWriter()
    if lists and not as_json:
        raise InvalidInput(
            f"A table has no place for lists. {', '.join(lists)} {'is one' if len(lists) == 1 else 'are some'}. "
            "Pass --lists to write them as JSON, leave them out, or choose jsonl."
        )
    return CsvWriter(columns, plain=plain) if form is Form.CSV else ParquetWriter(columns)


def _key() -> str:
    text = os.environ.get(KEY_VARIABLE, "").strip()
    if not text:
        raise InvalidInput(
            f"Nobody says as whom to export. Neither --role nor {KEY_VARIABLE} is set. Pass --role, or put an API key there."
        )
    return text


def _variables(text: str | None) -> Mapping[str, Any]:
    if text is None:
        return {}
    try:
        given = json.loads(Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text)
    except (OSError, ValueError):
        raise typer.BadParameter("This is no JSON, and no file of JSON.", param_hint="--variables") from None
    if not isinstance(given, dict):
        raise typer.BadParameter("This is no object. Write {} with the variables.", param_hint="--variables")
    return given


class RowsBar:
    """A bar on standard error with the rows written and those there are; nothing where no person looks."""

    def __init__(self, name: str) -> None:
        console = Console(stderr=True)
        self.is_seen = console.is_terminal
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("rows"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not self.is_seen,
        )
        self._task = self._bar.add_task(name, total=None)

    def __enter__(self) -> RowsBar:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def begin(self, total: int | None, *, done: int) -> None:
        """Says how many rows there are and how many are written already."""
        self._bar.update(self._task, total=total, completed=done)

    def tell(self, rows: int) -> None:
        """Moves the bar to so many rows."""
        self._bar.update(self._task, completed=rows)
