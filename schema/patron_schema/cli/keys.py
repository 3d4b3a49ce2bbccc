"""`patron key`: the API keys of a tenant, shown once and taken back at once."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any

import typer

from patron_core.access.commands import RevokeKey
from patron_core.access.keys import KeyText
from patron_core.access.models import ApiKey
from patron_core.access.service import create_key, find_tenant
from patron_core.database import Database
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.unit_of_work import execute
from patron_core.values import RandomIds, SystemClock
from patron_schema.cli.console import DatabaseUrl, load, note, settings_of, with_database

__all__ = ["register"]

TenantName = Annotated[
    str, typer.Option("--tenant", metavar="TENANT", help="The tenant's name or id.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Adds the group and its commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help="Issue API keys and take them back.")
    group.command("create")(create)
    group.command("revoke")(revoke)
    app.add_typer(group, name="key", rich_help_panel="Set up")


def create(
    tenant: TenantName,
    name: Annotated[str, typer.Option(help="What the key is for.")] = "command line",
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What it may, such as party:read or retail:*; may be repeated.", show_default=False),
    ] = None,
    role: Annotated[
        list[str] | None,
        typer.Option(help="A role it has, such as administrator; may be repeated.", show_default=False),
    ] = None,
    days: Annotated[
        int | None, typer.Option(help="After how many days it expires; never without it.", min=1, show_default=False)
    ] = None,
    purpose: Annotated[
        str | None, typer.Option(help="Its purpose of use for health information.", show_default=False)
    ] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Issue an API key and print it. It is shown this once: only its hash is kept.

    Without --scope and --role it is an administrator's.

    [bold]Examples[/]

    patron key create --tenant "Pillows Ltd"

    patron key create --tenant "Pillows Ltd" --name shop --scope transaction:write --scope customer:read --days 90
    """
    clock = SystemClock()
    expires_at = None if days is None else clock.now() + dt.timedelta(days=days)

    settings = settings_of(database_url=database_url)

    async def issue(database: Database) -> tuple[ApiKey, str]:
        found = await find_tenant(database, tenant)
        return await create_key(
            database,
            tenant_id=found.id,
            name=name,
            roles=role or (),
            scopes=scope or (),
            purpose=purpose,
            expires_at=expires_at,
            plugins=load(settings) if scope else None,  # an import that fails must not keep administrators out
            clock=clock,
            ids=RandomIds(clock),
            reason="A key is issued on the command line.",
        )

    key, text = with_database(settings, issue)
    typer.echo(text)
    may = " ".join([*key.roles.split(), *key.scopes.split()])
    note(f"Key {key.id_prefix}_{key.id} ({may}). Send it as `Authorization: Bearer …`; it is not shown again.")


def revoke(
    key: Annotated[str, typer.Argument(help="The key's id (key_…), or its whole text.", show_default=False)],
    tenant: Annotated[
        str | None,
        typer.Option(help="The tenant's name or id; not needed with the key's whole text.", show_default=False),
    ] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Take a key back, at once and for good. Open sockets close within five seconds.

    [bold]Example[/]

    patron key revoke key_0192f0c1-5b1e-7c3a-8a61-3f1f7a0a9d10 --tenant "Pillows Ltd"
    """
    whole = KeyText.parse(key)
    if whole is None and tenant is None:
        raise typer.BadParameter("It is needed where only the key's id is given.", param_hint="--tenant")
    key_id = whole.key_id if whole is not None else _key_id(key)
    clock = SystemClock()

    async def take_back(database: Database) -> Any:
        tenant_id = whole.tenant_id if whole is not None else (await find_tenant(database, str(tenant))).id
        actor = Actor(tenant_id, "patron key", "system", reason="A key is taken back on the command line.")
        return await execute(
            database, RevokeKey(id=key_id), actor=actor, clock=clock, ids=RandomIds(clock), plugins=Plugins.of({})
        )

    with_database(settings_of(database_url=database_url), take_back)
    note(f"Key key_{key_id} is taken back.")


def _key_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text.removeprefix("key_"))
    except ValueError:
        raise typer.BadParameter("It is neither a key's id (key_…) nor a key.", param_hint="KEY") from None
