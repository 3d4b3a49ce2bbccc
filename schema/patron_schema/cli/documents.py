"""`patron documents`: the documents a tenant's clients may name, registered from their files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sqlalchemy import select

from patron_core.access.service import find_tenant
from patron_core.database import Database
from patron_core.documents.commands import NewDocument, RegisterDocuments, RemoveDocuments
from patron_core.documents.models import TrustedDocument
from patron_core.documents.service import Registered
from patron_core.messages import Actor, Command
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_core.unit_of_work import execute
from patron_core.values import RandomIds, SystemClock
from patron_schema.cli.console import DatabaseUrl, fail, load, note, out, settings_of, with_database

__all__ = ["register"]

TenantName = Annotated[
    str, typer.Option("--tenant", metavar="TENANT", help="The tenant's name or id.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Adds the group and its commands."""
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode="rich", help="Register documents that clients may run by name."
    )
    group.command("register")(register_folder)
    group.command("list")(show)
    group.command("remove")(remove)
    app.add_typer(group, name="documents", rich_help_panel="Set up")


def register_folder(
    folder: Annotated[
        Path, typer.Argument(help="A folder, or one file.", exists=True, readable=True, show_default=False)
    ],
    tenant: TenantName,
    by_name: Annotated[
        bool, typer.Option("--by-name", help="Name .graphql files by their path, such as orders.open, not by hash.")
    ] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Register what is right although something else is not.")
    ] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Register the documents of a folder: *.graphql, *.gql, and JSON of GraphQL Code Generator, Relay or Apollo.

    Each is checked against the tenant's schema and the limits of requests. Where one is refused nothing is registered,
    all problems are listed and the exit code is 1. A second time changes nothing. The ids are printed.

    [bold]Examples[/]

    patron documents register src/queries --tenant "Pillows Ltd"

    patron documents register persisted-documents.json --tenant "Pillows Ltd"
    """
    settings = settings_of(database_url=database_url)

    async def work(database: Database) -> tuple[list[NewDocument], bool, Registered | None]:
        found = await find_tenant(database, tenant)
        good, bad = await _read(folder, database, settings, found.id, by_name=by_name)
        if bad and not keep_going:
            return good, bad, None
        return good, bad, await _carry_out(database, RegisterDocuments(documents=tuple(good)), found.id)

    documents, bad, registered = with_database(settings, work)
    if registered is None:
        note("Nothing was registered.")
        raise typer.Exit(1)
    for document in documents:
        typer.echo("\t".join([document.document_id, " ".join(document.operations), document.source]))
    note(f"{registered.added} registered, {registered.known} were already.")
    if bad:
        raise typer.Exit(1)


def show(tenant: TenantName, database_url: DatabaseUrl = None) -> None:
    """List a tenant's documents: id, operations, file and date, separated by tabs where it is not a terminal.

    [bold]Example[/]

    patron documents list --tenant "Pillows Ltd"
    """

    async def work(database: Database) -> Sequence[TrustedDocument]:
        found = await find_tenant(database, tenant)
        statement = select(TrustedDocument).order_by(TrustedDocument.source, TrustedDocument.document_id)
        return await database.read(found.id, lambda session: session.scalars(statement).all())

    documents = with_database(settings_of(database_url=database_url), work)
    rows = [(each.document_id, each.operations, each.source, f"{each.created_at:%Y-%m-%d}") for each in documents]
    if not out.is_terminal:
        for row in rows:
            typer.echo("\t".join(row))
        return
    shown = Table("id", "operations", "file", "registered")
    for row in rows:
        shown.add_row(*row)
    out.print(shown)


def remove(
    document_ids: Annotated[
        list[str], typer.Argument(metavar="ID…", help="What `patron documents list` shows.", show_default=False)
    ],
    tenant: TenantName,
    database_url: DatabaseUrl = None,
) -> None:
    """Remove documents; requests that name them are refused five seconds later at the latest.

    [bold]Example[/]

    patron documents remove orders.open --tenant "Pillows Ltd"
    """

    async def work(database: Database) -> int:
        found = await find_tenant(database, tenant)
        count: int = await _carry_out(database, RemoveDocuments(document_ids=tuple(document_ids)), found.id)
        return count

    note(f"{with_database(settings_of(database_url=database_url), work)} removed.")


async def _read(
    folder: Path, database: Database, settings: Settings, tenant_id: Any, *, by_name: bool
) -> tuple[list[NewDocument], bool]:
    """The documents of the files that fit the tenant's schema, and whether something does not, which is printed."""
    # the other commands start without composing a schema
    from patron_schema.document_files import checked, read_documents
    from patron_schema.documents import Documents
    from patron_schema.schemas import Schemas

    reading = read_documents(folder, by_name=by_name)
    schemas = Schemas(
        plugins=load(settings),
        mode=settings.mode,
        database=database,
        clock=SystemClock(),
        page_default=settings.page_default,
    )
    composed = (await schemas.of(tenant_id)).composed
    documents = Documents(settings)
    good: list[NewDocument] = []
    problems = list(reading.problems)
    console = Console(stderr=True)
    for found in track(reading.documents, "Checking", console=console, transient=True, disable=not console.is_terminal):
        made = checked(found, documents=documents, composed=composed)
        if isinstance(made, NewDocument):
            good.append(made)
        else:
            problems += made
    for passed in reading.passed:
        note(f"Passed over: {passed}.")
    for problem in problems:
        fail(str(problem))
    return good, bool(problems)


async def _carry_out(database: Database, command: Command, tenant_id: Any) -> Any:
    clock = SystemClock()
    actor = Actor(
        tenant_id, "patron documents", "system", reason="Trusted documents are looked after on the command line."
    )
    outcome = await execute(database, command, actor=actor, clock=clock, ids=RandomIds(clock), plugins=Plugins.of({}))
    return outcome.value
