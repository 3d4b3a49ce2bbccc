"""`patron tenant`: whose data there is, kept apart from all others'."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Annotated, Final

import typer
from rich.table import Table
from sqlalchemy import column, func, not_, or_, select, table

from patron_core.access.models import Tenant
from patron_core.access.service import create_tenant
from patron_core.customers.models import EngagementMode
from patron_core.database import Database, TenantSession
from patron_core.errors import StartupError
from patron_core.plugin_checks import unknown_plugin
from patron_core.plugins import installed_plugins
from patron_core.settings import Settings
from patron_core.values import RandomIds, SystemClock
from patron_schema.cli.console import DatabaseUrl, mode_of, note, out, settings_of, with_database

__all__ = ["all_tenants", "register"]

_NOBODY: Final = uuid.UUID(int=0)
_ROLES: Final = table("pg_roles", column("rolname"), column("rolsuper"), column("rolbypassrls"))
_BINDS_ME: Final = select(not_(or_(_ROLES.c.rolsuper, _ROLES.c.rolbypassrls))).where(
    _ROLES.c.rolname == func.current_user()
)


def register(app: typer.Typer) -> None:
    """Adds the group and its commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help="Make and list tenants.")
    group.command("create")(create)
    group.command("list")(show)
    app.add_typer(group, name="tenant", rich_help_panel="Set up")


def create(
    name: Annotated[str, typer.Argument(help="The name to show, unique in the installation.", show_default=False)],
    mode: Annotated[
        str, typer.Option(help="How it engages its customers: relationship, transaction or hybrid.")
    ] = EngagementMode.HYBRID.name.lower(),
    plugins: Annotated[
        str | None,
        typer.Option(
            help="Its plugins, separated by commas; without it all that are installed. '' for none.", show_default=False
        ),
    ] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Make a tenant and print its id.

    [bold]Examples[/]

    patron tenant create "Pillows Ltd"

    patron tenant create "First Bank" --mode relationship --plugins banking
    """
    settings = settings_of(database_url=database_url)
    chosen, names = mode_of(mode), _plugins(plugins, settings)
    clock = SystemClock()

    async def make(database: Database) -> Tenant:
        return await create_tenant(
            database,
            name=name,
            mode=chosen,
            plugins=names,
            clock=clock,
            ids=RandomIds(clock),
            reason="A tenant is made on the command line.",
        )

    tenant = with_database(settings, make)
    typer.echo(tenant.id)
    note(f"Next: patron key create --tenant {json.dumps(name, ensure_ascii=False)}")


def show(database_url: DatabaseUrl = None) -> None:
    """List all tenants: id, name, mode and plugins, separated by tabs where it is not a terminal.

    On PostgreSQL row-level security shows a tenant to itself only; to see all connect as a superuser, with
    --database-url or PATRON_MIGRATION_DATABASE_URL.

    [bold]Example[/]

    patron tenant list
    """
    settings = settings_of(database_url=database_url, migration_database_url=database_url)
    tenants = with_database(settings.model_copy(update={"database_url": settings.owner_url}), all_tenants)
    rows = [(str(each.id), each.name, each.mode.name.lower(), " ".join(each.plugins)) for each in tenants]
    if not out.is_terminal:
        for row in rows:
            typer.echo("\t".join(row))
        return
    shown = Table("id", "name", "mode", "plugins")
    for row in rows:
        shown.add_row(*row)
    out.print(shown)


async def all_tenants(database: Database) -> Sequence[Tenant]:
    """Every tenant by name. StartupError for a role that row-level security binds."""

    def read(session: TenantSession) -> Sequence[Tenant]:
        if database.dialect == "postgresql" and session.execute(_BINDS_ME).scalar_one():
            raise StartupError(
                [
                    (
                        "Row-level security hides the tenants from this role. It sees none but its own. "
                        "Connect as a superuser with --database-url."
                    )
                ]
            )
        return session.scalars(select(Tenant).order_by(Tenant.name)).all()

    return await database.read(_NOBODY, read)


def _plugins(text: str | None, settings: Settings) -> tuple[str, ...]:
    installed = installed_plugins()
    if text is None:
        return settings.plugins if settings.plugins is not None else tuple(installed)
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    problems = [unknown_plugin(name, installed) for name in names if name not in installed]
    if problems:
        raise StartupError(problems)
    return names
