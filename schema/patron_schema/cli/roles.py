"""`patron role`: the roles of a tenant, bundled and its own; its own are written in a file and saved as a whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import select

from patron_core.access.models import AccessRole
from patron_core.access.role_commands import CreateRole, DeleteRole, RoleGrant, UpdateRole
from patron_core.access.roles import BUNDLED
from patron_core.access.service import find_tenant
from patron_core.database import Database
from patron_core.errors import InvalidInput, NotFound
from patron_core.messages import Actor, Command
from patron_core.unit_of_work import UnitOfWork, execute
from patron_core.values import RandomIds, SystemClock
from patron_schema.cli.console import DatabaseUrl, load, note, settings_of, table, with_database
from patron_schema.cli.keys import TenantName

__all__ = ["register"]

_FIELDS = frozenset({"name", "description", "scopes", "grants", "rows"})
_FIELDS_OF_GRANTS = frozenset({"type", "classes", "fields", "uses"})


def register(app: typer.Typer) -> None:
    """Adds the group and its commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help="List roles, and make a tenant's own.")
    group.command("list")(show)
    group.command("save")(save)
    group.command("delete")(delete)
    app.add_typer(group, name="role", rich_help_panel="Set up")


def show(tenant: TenantName, database_url: DatabaseUrl = None) -> None:
    """List the roles there are: name, whether it is bundled, whose rows, scopes, what it is for.

    [bold]Example[/]

    patron role list --tenant "Pillows Ltd"
    """

    async def read(database: Database) -> list[AccessRole]:
        found = await find_tenant(database, tenant)
        return await database.read(
            found.id, lambda session: list(session.scalars(select(AccessRole).order_by(AccessRole.name)))
        )

    own = with_database(settings_of(database_url=database_url), read)
    rows = [
        (role.name, "bundled", (role.rows or "all").upper(), " ".join(sorted(role.scopes)), role.description)
        for role in BUNDLED.values()
    ]
    rows += [(role.name, "own", role.rows or "ALL", role.scopes, role.description) for role in own]
    table(("name", "whose", "rows", "scopes", "what it is for"), rows)


def save(
    file: Annotated[
        Path,
        typer.Argument(
            help="JSON: name, description, scopes, grants (type, classes, fields, uses), rows.",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ],
    tenant: TenantName,
    database_url: DatabaseUrl = None,
) -> None:
    """Make a role of a tenant's own, or change the one with that name. It counts from the next request on.

    [bold]Example[/]

    patron role save claims_clerk.json --tenant "Pillows Ltd"
    """
    wanted = _read(file)

    def work(uow: UnitOfWork) -> Any:
        row = uow.find(AccessRole, name=wanted.name)
        if row is None:
            return uow.handle(wanted)
        return uow.handle(
            UpdateRole(
                id=row.id,
                version=row.version,
                description=wanted.description,
                scopes=wanted.scopes,
                grants=wanted.grants,
                rows=wanted.rows,
            )
        )

    _do(work, tenant=tenant, database_url=database_url)
    note(f"The role {wanted.name} is saved.")


def delete(
    name: Annotated[str, typer.Argument(help="The role's name.", show_default=False)],
    tenant: TenantName,
    database_url: DatabaseUrl = None,
) -> None:
    """Delete a role of a tenant's own that no key has.

    [bold]Example[/]

    patron role delete claims_clerk --tenant "Pillows Ltd"
    """

    def work(uow: UnitOfWork) -> Any:
        row = uow.find(AccessRole, name=name)
        if row is None:
            raise NotFound("There is no such role of the tenant's own. The name names none. See `patron role list`.")
        command: Command = DeleteRole(id=row.id, version=row.version)
        return uow.handle(command)

    _do(work, tenant=tenant, database_url=database_url)
    note(f"The role {name} is deleted.")


def _do(work: Any, *, tenant: str, database_url: str | None) -> None:
    settings = settings_of(database_url=database_url)
    plugins = load(settings).silent()
    clock = SystemClock()

    async def run(database: Database) -> None:
        found = await find_tenant(database, tenant)
        actor = Actor(found.id, "patron role", "system", reason="A role is set up on the command line.")
        await execute(database, work, actor=actor, clock=clock, ids=RandomIds(clock), plugins=plugins)

    with_database(settings, run)


def _read(file: Path) -> CreateRole:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        raise InvalidInput("The file holds no role. It is no JSON. See `patron role save --help`.") from None
    if not isinstance(value, dict) or not value.keys() <= _FIELDS or not {"name", "description"} <= value.keys():
        raise InvalidInput(
            f"The file holds no role. It has other fields than {', '.join(sorted(_FIELDS))}, or lacks a name or a "
            "description. Correct it."
        )
    grants = value.get("grants") or []
    if not all(isinstance(grant, dict) and grant.keys() <= _FIELDS_OF_GRANTS for grant in grants):
        raise InvalidInput(
            f"A grant in the file is none. It has other fields than {', '.join(sorted(_FIELDS_OF_GRANTS))}. Correct it."
        )
    return CreateRole(
        name=str(value["name"]),
        description=str(value["description"]),
        scopes=_words(value.get("scopes")),
        grants=tuple(_grant(grant) for grant in grants),
        rows=value.get("rows"),
    )


def _grant(value: dict[str, Any]) -> RoleGrant:
    given: dict[str, Any] = {
        name: part if name == "type" and isinstance(part, str) else _words(part) for name, part in value.items()
    }
    return RoleGrant(**given)


def _words(value: Any) -> tuple[str, ...]:
    if value is not None and not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
        raise InvalidInput("A list in the file is none of words. It holds something else than texts. Correct it.")
    return tuple(value or ())
