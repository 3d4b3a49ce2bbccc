"""`patron encryption`: keys of tenants rotated, wrapped anew and destroyed, while the service runs."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import select

from patron_core.access.models import Tenant
from patron_core.access.service import find_tenant
from patron_core.database import Database
from patron_core.encryption import service
from patron_core.encryption.master import new_master_key
from patron_core.encryption.models import KeyPurpose, TenantKey
from patron_core.errors import Conflict
from patron_core.values import RandomIds, SystemClock
from patron_schema.cli.console import DatabaseUrl, load, note, out, settings_of, with_database
from patron_schema.cli.tenants import all_tenants

__all__ = ["register"]

TenantName = Annotated[
    str | None,
    typer.Option("--tenant", help="Name or id of the tenant; without it all that can be seen.", show_default=False),
]
Each = Callable[[Database, Tenant, Callable[[int], None]], Awaitable[str]]


def register(app: typer.Typer) -> None:
    """Adds the group and its commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help="Rotate, rewrap and destroy keys.")
    group.command("new-master-key")(new_key)
    group.command("status")(status)
    group.command("rotate")(rotate)
    group.command("finish")(finish)
    group.command("rewrap")(rewrap)
    group.command("shred")(shred)
    app.add_typer(group, name="encryption", rich_help_panel="Set up")


def new_key() -> None:
    """Print a new master key, for PATRON_MASTER_KEY or a file.

    [bold]Example[/]

    (umask 077; patron encryption new-master-key > master.key)
    """
    typer.echo(new_master_key())


def status(tenant: TenantName = None, database_url: DatabaseUrl = None) -> None:
    """List keys: tenant, purpose, number, master key, and whether it encrypts or hashes, is retired or destroyed.

    [bold]Example[/]

    patron encryption status --tenant "Riverside Clinic"
    """
    settings = settings_of(database_url=database_url)

    async def read(database: Database) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = []
        for each in await _tenants(database, tenant):
            keys = await database.read(
                each.id,
                lambda session: session.scalars(select(TenantKey).order_by(TenantKey.purpose, TenantKey.number)).all(),
            )
            rows += [(each.name, key.purpose.name, str(key.number), key.master, _state(key)) for key in keys]
        return rows

    rows = with_database(settings, read)
    if not out.is_terminal:
        for row in rows:
            typer.echo("\t".join(row))
        return
    table = Table("tenant", "purpose", "number", "master key", "state")
    for row in rows:
        table.add_row(*row)
    out.print(table)


def rotate(tenant: TenantName = None, database_url: DatabaseUrl = None) -> None:
    """Give tenants a new key and encrypt their rows anew, while the service runs. What is broken off, `finish` ends.

    [bold]Examples[/]

    patron encryption rotate --tenant "Riverside Clinic"

    patron encryption rotate --database-url postgresql://postgres@localhost/patron
    """

    async def work(database: Database, each: Tenant, report: Callable[[int], None]) -> str:
        done = await service.rotate(database, each.id, clock=_CLOCK, ids=RandomIds(_CLOCK), report=report)
        return f"{done.rows} rows encrypted anew, {done.unreadable} do not open"

    _for_each(tenant, database_url, work)
    note("In a day run `patron encryption finish`: it destroys the keys before, once nothing needs them.")


def finish(
    tenant: TenantName = None,
    plain: Annotated[
        bool,
        typer.Option("--plain", help="Also encrypt what was stored before its column was declared encrypted."),
    ] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Encrypt what older keys still hold, and destroy keys that were retired a day ago and hold nothing.

    [bold]Example[/]

    patron encryption finish
    """

    async def work(database: Database, each: Tenant, report: Callable[[int], None]) -> str:
        done, destroyed = await service.finish(
            database, each.id, clock=_CLOCK, ids=RandomIds(_CLOCK), report=report, plain=plain
        )
        return f"{done.rows} rows encrypted anew, {done.unreadable} do not open, {destroyed} keys destroyed"

    _for_each(tenant, database_url, work)


def rewrap(tenant: TenantName = None, database_url: DatabaseUrl = None) -> None:
    """Wrap keys with the master key that is set now. Set the one before as PATRON_PREVIOUS_MASTER_KEY meanwhile.

    [bold]Example[/]

    PATRON_PREVIOUS_MASTER_KEY=$OLD PATRON_MASTER_KEY=$NEW patron encryption rewrap
    """

    async def work(database: Database, each: Tenant, _report: Callable[[int], None]) -> str:
        return f"{await service.rewrap(database, each.id, clock=_CLOCK, ids=RandomIds(_CLOCK))} keys wrapped anew"

    _for_each(tenant, database_url, work)


def shred(
    tenant: Annotated[str, typer.Argument(help="Name or id of the tenant.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Destroy all keys of a tenant: nothing that was encrypted for it is ever read again.

    [bold]Example[/]

    patron encryption shred "Riverside Clinic"
    """
    if not yes:
        typer.confirm(f"Destroy all keys of {tenant}, with every text they encrypt?", abort=True, err=True)

    async def work(database: Database, each: Tenant, _report: Callable[[int], None]) -> str:
        reason = "Keys are shredded on the command line."
        return f"{await service.shred(database, each.id, clock=_CLOCK, ids=RandomIds(_CLOCK), reason=reason)} keys destroyed"

    _for_each(tenant, database_url, work)


_CLOCK = SystemClock()
_NOBODY = uuid.UUID(int=0)


def _for_each(tenant: str | None, database_url: str | None, work: Each) -> None:
    settings = settings_of(database_url=database_url)
    load(settings)  # what is encrypted stands in the models of plugins

    async def run(database: Database) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed} rows"))
        with Progress(*columns, TimeElapsedColumn(), transient=True) as progress:
            for each in await _tenants(database, tenant):
                task = progress.add_task(each.name, total=None)
                try:
                    said = await work(database, each, lambda rows, task=task: progress.advance(task, rows))  # type: ignore[misc]
                except Conflict:
                    said = "no keys"
                typer.echo(f"{each.name}\t{said}")

    with_database(settings, run)


async def _tenants(database: Database, tenant: str | None) -> Sequence[Tenant]:
    return await all_tenants(database) if tenant is None else [await find_tenant(database, tenant)]


def _state(key: TenantKey) -> str:
    if key.destroyed_at is not None:
        return "destroyed"
    if key.retired_at is not None:
        return "retired"
    return "encrypts" if key.purpose is KeyPurpose.ENCRYPT else "hashes"
