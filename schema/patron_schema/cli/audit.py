"""`patron audit`: seal what waits, see whether anything was tampered with, keep the heads of the chains elsewhere."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn

from patron_core.access.service import find_tenant
from patron_core.audit.anchors import append, read_anchors
from patron_core.audit.sealing import anchor_of, seal_all
from patron_core.audit.verification import Verdict, verify
from patron_core.database import Database
from patron_core.settings import Settings
from patron_core.values import SystemClock
from patron_schema.cli.console import DatabaseUrl, fail, note, settings_of, with_database
from patron_schema.cli.tenants import all_tenants

__all__ = ["register"]

T = TypeVar("T")
TenantName = Annotated[
    str | None,
    typer.Option(
        "--tenant",
        metavar="TENANT",
        help="The tenant's name or id. Without it all tenants, for which PostgreSQL wants a superuser.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the group and its commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help="Verify, anchor and seal the audit.")
    group.command("verify")(check)
    group.command("anchor")(anchor)
    group.command("seal")(close)
    app.add_typer(group, name="audit", rich_help_panel="Look after")


def check(
    tenant: TenantName = None,
    anchors: Annotated[
        Path | None,
        typer.Option(help="A file of heads that were kept elsewhere: without one a tail that was cut is not found."),
    ] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Follow every seal and hash every row of the audit again; exit code 1 and the first bad row where one is wrong.

    Without --anchors the file of PATRON_AUDIT_ANCHOR_FILE is used, where it is set.

    [bold]Examples[/]

    patron audit verify --tenant "Pillows Ltd"

    patron audit verify --anchors /mnt/write-once/patron-heads.jsonl
    """
    settings = settings_of(database_url=database_url)
    file = anchors or (Path(settings.audit_anchor_file) if settings.audit_anchor_file else None)
    kept = {} if file is None else read_anchors(file)
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), transient=True) as progress:
        followed = progress.add_task("0 seals followed")

        def told(count: int) -> None:
            progress.advance(followed, count)
            progress.update(followed, description=f"{progress.tasks[0].completed:.0f} seals followed")

        async def one(database: Database, tenant_id: uuid.UUID) -> Verdict:
            return await verify(database, tenant_id, anchors=kept.get(tenant_id), progress=told)

        verdicts = _each(settings, tenant, one, database_url)
    for verdict in verdicts:
        _tell(verdict)
    if file is None:
        note("No heads were kept elsewhere: whether a tail was cut off cannot be told. See `patron audit anchor`.")
    if any(verdict.fault for verdict in verdicts):
        raise typer.Exit(1)


def anchor(
    file: Annotated[Path, typer.Argument(help="Gets a line for each tenant; it is only appended to.")],
    tenant: TenantName = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Keep the heads of the chains in a file, best on a disk that the database's administrators cannot write.

    [bold]Example[/]

    patron audit anchor /mnt/write-once/patron-heads.jsonl
    """
    settings, clock = settings_of(database_url=database_url), SystemClock()
    found = _each(settings, tenant, lambda database, id_: anchor_of(database, id_, clock=clock), database_url)
    append(file, found)
    note(f"{len(found)} head{'s' if len(found) != 1 else ''} kept in {file.name}.")


def close(tenant: TenantName = None, database_url: DatabaseUrl = None) -> None:
    """Seal what waits for its seal. A running service does so by itself, within a second.

    [bold]Example[/]

    patron audit seal --tenant "Pillows Ltd"
    """
    settings, clock = settings_of(database_url=database_url), SystemClock()
    done = _each(settings, tenant, lambda database, id_: seal_all(database, id_, clock=clock), database_url)
    note(f"{sum(done)} rows sealed.")


def _each(
    settings: Settings,
    tenant: str | None,
    work: Callable[[Database, uuid.UUID], Awaitable[T]],
    database_url: str | None,
) -> Sequence[T]:
    """The same for one tenant, as the application, or for all, as the superuser who sees them."""

    async def run(database: Database) -> list[T]:
        found = [await find_tenant(database, tenant)] if tenant is not None else await all_tenants(database)
        return [await work(database, each.id) for each in found]

    if tenant is None and database_url is None:
        settings = settings.model_copy(update={"database_url": settings.owner_url})
    return with_database(settings, run)


def _tell(verdict: Verdict) -> None:
    late = f", {verdict.late} of them late" if verdict.late else ""
    line = f"{verdict.tenant_id}: {verdict.sealed} sealed{late}, {verdict.unsealed} unsealed, head {verdict.head}"
    typer.echo(line)
    fault = verdict.fault
    if fault is not None:
        place = f" at seal {fault.sequence}" if fault.sequence is not None else ""
        row = f" ({fault.row})" if fault.row is not None else ""
        fail(f"Tampered{place}{row}: {fault.what}.")
