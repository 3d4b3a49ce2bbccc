"""`patron key`: the API keys of a tenant, shown once, listed, given new secrets and taken back at once."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any

import typer
from sqlalchemy import select

from patron_core.access.commands import RevokeKey, RotateApiKey
from patron_core.access.key_service import IssuedKey
from patron_core.access.keys import KeyText
from patron_core.access.models import ApiKey
from patron_core.access.service import create_key, find_tenant
from patron_core.database import Database
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.unit_of_work import execute
from patron_core.values import RandomIds, SystemClock
from patron_schema.cli.console import DatabaseUrl, load, note, settings_of, table, with_database

__all__ = ["TenantName", "register"]

TenantName = Annotated[
    str, typer.Option("--tenant", metavar="TENANT", help="The tenant's name or id.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Adds the group and its commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help="Issue API keys and take them back.")
    group.command("create")(create)
    group.command("list")(show)
    group.command("rotate")(rotate)
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
        typer.Option(help="A role it has, bundled or the tenant's own; may be repeated.", show_default=False),
    ] = None,
    days: Annotated[
        int | None, typer.Option(help="After how many days it expires; never without it.", min=1, show_default=False)
    ] = None,
    purpose: Annotated[
        list[str] | None,
        typer.Option(
            help="A purpose of use for health information, such as TREAT; may be repeated, the first is the default.",
            show_default=False,
        ),
    ] = None,
    network: Annotated[
        list[str] | None,
        typer.Option(
            help="A network it may be used from, such as 203.0.113.0/24; may be repeated.", show_default=False
        ),
    ] = None,
    party: Annotated[
        str | None,
        typer.Option(help="The id (pty_…) of the party it is, for a portal or a partner.", show_default=False),
    ] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Issue an API key and print it. It is shown this once: only its hash is kept.

    Without --scope and --role it is an administrator's.

    [bold]Examples[/]

    patron key create --tenant "Pillows Ltd"

    patron key create --tenant "Pillows Ltd" --name shop --scope transaction:write --scope customer:read --days 90

    patron key create --tenant "Riverside Clinic" --name ward --role clinician --purpose TREAT --network 10.1.0.0/16
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
            purpose=purpose[0] if purpose else None,
            purposes=purpose or (),
            networks=network or (),
            party_id=None if party is None else _id(party, prefix="pty", hint="--party"),
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


def show(tenant: TenantName, database_url: DatabaseUrl = None) -> None:
    """List the API keys of a tenant: id, name, last four characters, what they open, last use, state; no secret.

    [bold]Example[/]

    patron key list --tenant "Pillows Ltd"
    """
    now = SystemClock().now()

    async def read(database: Database) -> list[ApiKey]:
        found = await find_tenant(database, tenant)
        return await database.read(found.id, lambda session: list(session.scalars(select(ApiKey).order_by(ApiKey.id))))

    keys = with_database(settings_of(database_url=database_url), read)
    rows = [
        (
            f"{key.id_prefix}_{key.id}",
            key.name,
            f"…{key.last_four}",
            " ".join([*key.roles.split(), *key.scopes.split()]),
            _time(key.last_used_at),
            _state(key, now),
        )
        for key in keys
    ]
    table(("id", "name", "ends in", "opens", "last used", "state"), rows)


def rotate(
    key: Annotated[str, typer.Argument(help="The key's id (key_…).", show_default=False)],
    tenant: TenantName,
    overlap_hours: Annotated[int, typer.Option(help="How many hours the old secret still works.", min=0, max=24)] = 0,
    database_url: DatabaseUrl = None,
) -> None:
    """Give a key a new secret and print it. It is shown this once.

    [bold]Example[/]

    patron key rotate key_0192f0c1-5b1e-7c3a-8a61-3f1f7a0a9d10 --tenant "Pillows Ltd" --overlap-hours 24
    """
    command = RotateApiKey(id=_id(key, prefix="key", hint="KEY"), overlap_hours=overlap_hours)
    clock = SystemClock()

    async def renew(database: Database) -> IssuedKey:
        found = await find_tenant(database, tenant)
        actor = Actor(found.id, "patron key", "system", reason="A key is given a new secret on the command line.")
        outcome = await execute(
            database, command, actor=actor, clock=clock, ids=RandomIds(clock), plugins=Plugins.of({})
        )
        issued: IssuedKey = outcome.value
        return issued

    issued = with_database(settings_of(database_url=database_url), renew)
    typer.echo(issued.text)
    until = _time(issued.api_key.previous_until)
    note(f"The old secret works {f'until {until}' if until else 'no more'}. The new one is not shown again.")


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
    key_id = whole.key_id if whole is not None else _id(key, prefix="key", hint="KEY")
    clock = SystemClock()

    async def take_back(database: Database) -> Any:
        tenant_id = whole.tenant_id if whole is not None else (await find_tenant(database, str(tenant))).id
        actor = Actor(tenant_id, "patron key", "system", reason="A key is taken back on the command line.")
        return await execute(
            database, RevokeKey(id=key_id), actor=actor, clock=clock, ids=RandomIds(clock), plugins=Plugins.of({})
        )

    with_database(settings_of(database_url=database_url), take_back)
    note(f"Key key_{key_id} is taken back.")


def _time(moment: dt.datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}Z"


def _state(key: ApiKey, now: dt.datetime) -> str:
    if key.revoked_at is not None:
        return f"taken back {_time(key.revoked_at)}"
    if key.expires_at is None:
        return "works"
    return f"{'works until' if key.expires_at > now else 'expired'} {_time(key.expires_at)}"


def _id(text: str, *, prefix: str, hint: str) -> uuid.UUID:
    try:
        return uuid.UUID(text.removeprefix(f"{prefix}_"))
    except ValueError:
        what = "neither a key's id (key_…) nor a key" if prefix == "key" else f"no id ({prefix}_…)"
        raise typer.BadParameter(f"It is {what}.", param_hint=hint) from None
