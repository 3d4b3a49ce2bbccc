"""`patron backup` and `patron restore`: an embedded database copied while it is used, and put back with what that asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from patron_core.address import dialect_of, sqlite_path
from patron_core.backups.aftercare import Restored, care_for, erasures_of
from patron_core.backups.files import Manifest, back_up, manifest_of, put_back, verified
from patron_core.database import Database
from patron_core.errors import InvalidInput
from patron_core.privacy.replay import Erased, read_list
from patron_core.settings import Settings
from patron_core.values import RandomIds, SystemClock
from patron_schema.cli.console import DatabaseUrl, fail, load, note, settings_of, with_database
from patron_schema.cli.tenants import all_tenants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["register"]

_POSTGRESQL = """pg_dump --format=custom --no-owner --file={out} --dbname=<PATRON_MIGRATION_DATABASE_URL>
# or, for large databases and for any moment in time: pg_basebackup --wal-method=stream, and an archive of the log
# back: createdb patron; patron migrate --print-roles | psql; pg_restore --no-owner --role=patron_owner --dbname=patron {out}
# then, before anybody is served: patron restore --after --erasures erasures.jsonl"""


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(rich_help_panel="Look after")(backup)
    app.command(rich_help_panel="Look after")(restore)


def backup(
    file: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the copy goes.", show_default=False)],
    database_url: DatabaseUrl = None,
) -> None:
    """Copy an embedded database as of one moment, while it is used, and check the copy.

    Beside FILE comes FILE.manifest.json, with its SHA-256, the versions, and the heads of the audit: keep both, the master
    key apart from them, and the list of `patron privacy erasures` outside of the database. For PostgreSQL it prints the
    commands of PostgreSQL's own tools and ends with 1.

    [bold]Example[/]

    patron backup --out /mnt/backups/patron-2026-03-14.db
    """
    settings = settings_of(database_url=database_url)
    if dialect_of(settings.database_url) == "postgresql":
        typer.echo(_POSTGRESQL.format(out=file))
        fail("Nothing was backed up. PostgreSQL has tools of its own. Run the commands above.")
        raise typer.Exit(1)
    with _bar("pages") as told:
        manifest = back_up(sqlite_path(settings.database_url), file, now=SystemClock().now(), progress=told)
    note(
        f"{manifest.size:,} bytes are in {file}, SHA-256 {manifest.sha256}, and what it is in {manifest_of(file).name}."
    )
    note("The master key is not in it: without that key encrypted columns stay closed.")


def restore(
    file: Annotated[
        Path | None, typer.Argument(help="What `patron backup` wrote.", exists=True, dir_okay=False, show_default=False)
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the database that is there.")] = False,
    after: Annotated[
        bool, typer.Option("--after", help="The database was restored by other tools: only do what comes after.")
    ] = False,
    erasures: Annotated[
        list[Path] | None,
        typer.Option(
            help="A list of `patron privacy erasures`, younger than the backup; may be repeated.",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Put a backup back, erase again whoever was erased since, and verify the audit; exit code 1 where that is wrong.

    Erasures are read from the database that is replaced, and from --erasures. Stop the service before. On PostgreSQL restore
    with pg_restore first, then run it with --after as a superuser or the owner.

    [bold]Examples[/]

    patron restore /mnt/backups/patron-2026-03-14.db --replace

    patron restore --after --erasures erasures.jsonl --database-url postgresql://postgres@localhost/patron
    """
    settings = settings_of(database_url=database_url)
    if after == (file is not None):
        raise typer.BadParameter("Name a file, or pass --after where it was restored by other tools.")
    listed = [each for path in erasures or () for each in read_list(path.read_text(encoding="utf-8").splitlines())]
    heads: Mapping[str, tuple[int, str]] = {}
    if file is not None:
        listed += _read_before(settings, file, replace=replace)
        manifest = _put_back(settings, file, replace=replace)
        heads = manifest.heads
    elif database_url is None:
        settings = settings.model_copy(update={"database_url": settings.owner_url})
    done = _cared_for(settings, listed, heads)
    for each in done:
        typer.echo(f"{each.tenant}: {each.erased} erased again, {each.verdict.sealed} rows of the audit sealed")
        if each.verdict.fault is not None:
            fail(f"The audit of {each.tenant} is not whole: {each.verdict.fault.what}.")
    if any(each.verdict.fault for each in done):
        raise typer.Exit(1)
    note("Run `patron migrate` where the backup is older than this version, then start the service.")


def _read_before(settings: Settings, file: Path, *, replace: bool) -> list[Erased]:
    """Who was erased, from the database that goes; nobody where there is none, or it cannot be read any more."""
    verified(file)
    place = sqlite_path(settings.database_url)
    if not replace or not place.exists() or not place.stat().st_size:
        return []
    clock = SystemClock()

    async def work(database: Database) -> list[Erased]:
        tenants = await all_tenants(database)
        return await erasures_of(database, tenants, clock=clock, ids=RandomIds(clock), plugins=load(settings).silent())

    try:
        return with_database(settings, work)
    except Exception as error:
        note(f"Who was erased could not be read from the database that goes ({type(error).__name__}): pass --erasures.")
        return []


def _put_back(settings: Settings, file: Path, *, replace: bool) -> Manifest:
    if dialect_of(settings.database_url) == "postgresql":
        raise InvalidInput(
            "A file goes back into an embedded database. This one is PostgreSQL. Use pg_restore, then --after."
        )
    manifest = put_back(file, sqlite_path(settings.database_url), replace=replace)
    note(f"The database is as it was at {manifest.made_at}.")
    return manifest


def _cared_for(
    settings: Settings, listed: Sequence[Erased], heads: Mapping[str, tuple[int, str]]
) -> Sequence[Restored]:
    clock = SystemClock()

    async def work(database: Database) -> Sequence[Restored]:
        tenants = await all_tenants(database)
        with _bar("tenants") as told:
            done = 0

            def one() -> None:
                nonlocal done
                done += 1
                told(done, len(tenants))

            return await care_for(
                database,
                tenants,
                listed=listed,
                heads=heads,
                clock=clock,
                ids=RandomIds(clock),
                plugins=load(settings),
                progress=one,
            )

    return with_database(settings, work)


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.completed:,.0f} of {task.total:,.0f} " + what), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=1)
        yield lambda done, total: progress.update(task, completed=done, total=total)
