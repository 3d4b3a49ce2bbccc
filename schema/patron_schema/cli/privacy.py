"""`patron privacy`: take out and erase what is kept about a party, and erase again after a restore from a backup."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.table import Table
from sqlalchemy import select

from patron_core.access.permissions import ADMINISTRATOR
from patron_core.access.service import find_tenant
from patron_core.database import Database
from patron_core.messages import Actor
from patron_core.parties.models import Party
from patron_core.privacy.commands import EraseParty, ExportParty
from patron_core.privacy.decisions import Line, decide
from patron_core.privacy.export import Export
from patron_core.privacy.models import Erasure, ErasureEntry
from patron_core.privacy.replay import Erased, erase_again, erased, read_list
from patron_core.unit_of_work import UnitOfWork, execute
from patron_core.values import RandomIds, SystemClock
from patron_schema.cli.console import DatabaseUrl, load, note, out, settings_of, with_database
from patron_schema.compose.commands import decode_id

__all__ = ["register"]

T = TypeVar("T")
PartyId = Annotated[str, typer.Argument(metavar="PARTY", help="Id of the party, pty_….", show_default=False)]
TenantName = Annotated[str, typer.Option(help="Name or id of the tenant.", show_default=False)]


class Form(str, Enum):  # noqa: UP042 - typer shows the values of a plain enum of texts
    """How an export is written."""

    JSON = "json"
    CSV = "csv"


def register(app: typer.Typer) -> None:
    """Adds the group and its commands."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="rich",
        help="Take out and erase personal data. Patron aids compliance; it does not make an installation compliant.",
    )
    for command in (export, preview, erase, erasures, replay):
        group.command()(command)
    app.add_typer(group, name="privacy", rich_help_panel="Run")


def export(
    party: PartyId,
    tenant: TenantName,
    folder: Annotated[Path, typer.Option("--out", help="Folder for the files; made where it is not there.")],
    form: Annotated[
        Form, typer.Option("--format", help="One JSON document, or a table for each kind of rows.")
    ] = Form.JSON,
    database_url: DatabaseUrl = None,
) -> None:
    """Take out everything that is kept about a party (GDPR art. 15 and 20).

    The files hold personal data: only their owner may read them, and nobody deletes them for you.

    [bold]Example[/]

    patron privacy export pty_019c… --tenant "First Bank" --format csv --out ./request-12
    """
    wanted = ExportParty(party_id=_party(party))
    made: Export = _in_tenant(tenant, database_url, lambda uow: uow.handle(wanted), why="A party is taken out.")
    files = [(f"{party}.json", made.json)] if form is Form.JSON else [(file.name, file.text) for file in made.files]
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files:
        file = folder / name
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8", newline="")
    note(f"{made.rows} rows are in {len(files)} file(s) in {folder}.")
    for table in made.unread:
        note(f"The table {table} was not looked into: its plugin is not loaded.")


def preview(party: PartyId, tenant: TenantName, database_url: DatabaseUrl = None) -> None:
    """Show what an erasure of a party would do today; nothing is changed."""
    wanted = _party(party)
    decision = _in_tenant(tenant, database_url, lambda uow: decide(uow, wanted), why="An erasure is looked at.")
    if decision.holds:
        note("A legal hold stands: nothing would be erased.")
    _show(decision.lines())


def erase(
    party: PartyId,
    tenant: TenantName,
    reason: Annotated[str, typer.Option(help="Why: a code or a file number, never a name; it is kept for good.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Erase a party, as far as law and legal holds allow (GDPR art. 17), and print the receipt.

    What is gone does not come back. `patron privacy preview` shows beforehand what would go.

    [bold]Example[/]

    patron privacy erase pty_019c… --tenant "First Bank" --reason "request 12/2026"
    """
    command = EraseParty(party_id=_party(party), reason=reason)
    if not yes:
        typer.confirm(f"Erase {party} for good?", abort=True, err=True)

    def work(uow: UnitOfWork) -> tuple[Erasure, list[ErasureEntry]]:
        receipt: Erasure = uow.handle(command)
        uow.flush()
        return receipt, uow.select(select(ErasureEntry).where(ErasureEntry.erasure_id == receipt.id))

    receipt, entries = _in_tenant(tenant, database_url, work, why="A party is erased.")
    _show(
        Line(e.record_type, e.deleted, e.emptied, e.kept, e.kept_reason, e.kept_until)
        for e in sorted(entries, key=lambda entry: entry.record_type)
    )
    note(f"The outcome is {receipt.outcome.name}; the receipt is {receipt.id_prefix}_{receipt.id}.")


def erasures(tenant: TenantName, database_url: DatabaseUrl = None) -> None:
    """Print who was erased, as JSON lines without personal data: keep them beside the backups, outside of the database.

    [bold]Example[/]

    patron privacy erasures --tenant "First Bank" > erasures.jsonl
    """
    for each in _in_tenant(tenant, database_url, erased, why="The list of erasures is read."):
        typer.echo(each.line)


def replay(
    tenant: TenantName,
    file: Annotated[
        Path | None,
        typer.Argument(
            help="What `patron privacy erasures` printed, - for standard input; without it the table.",
            show_default=False,
        ),
    ] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Erase again everybody who was erased: the first thing to do after a restore from a backup.

    [bold]Example[/]

    patron privacy replay erasures.jsonl --tenant "First Bank"
    """
    listed = None if file is None else _read(file)
    done = _in_tenant(
        tenant,
        database_url,
        lambda uow: erase_again(uow, erased(uow) if listed is None else listed),
        why="Erasures are done again after a restore.",
    )
    note(f"{len(done)} parties were erased again.")


def _read(file: Path) -> list[Erased]:
    text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    return list(read_list(text.splitlines()))


def _party(text: str) -> uuid.UUID:
    return decode_id(text, Party.id_prefix)


def _show(lines: Iterable[Line]) -> None:
    if not out.is_terminal:
        for line in lines:
            cells = (line.record_type, line.deleted, line.emptied, line.kept, line.until or "", line.reason or "")
            typer.echo("\t".join(map(str, cells)))
        return
    table = Table("rows", "deleted", "emptied", "kept", "until", "why")
    for line in lines:
        numbers = (str(count or "") for count in (line.deleted, line.emptied, line.kept))
        table.add_row(line.record_type, *numbers, str(line.until or ""), line.reason or "")
    out.print(table)


def _in_tenant(tenant: str, database_url: str | None, work: Callable[[UnitOfWork], T], *, why: str) -> T:
    """Runs `work` in one transaction of a tenant, as the system and with the reason `why`."""
    settings = settings_of(database_url=database_url)
    plugins = load(settings)

    async def run(database: Database) -> T:
        found = await find_tenant(database, tenant)
        clock = SystemClock()
        actor = Actor(
            found.id, "patron privacy", "system", roles=(ADMINISTRATOR,), reason=f"{why} On the command line."
        )
        mine = plugins.only(tuple(found.plugins))
        outcome = await execute(database, work, actor=actor, clock=clock, ids=RandomIds(clock), plugins=mine)
        return outcome.value

    return with_database(settings, run)
