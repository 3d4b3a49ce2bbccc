"""`patron migrate`: the tables of the core and of every plugin, brought up to date or taken away."""

from __future__ import annotations

from typing import Annotated

import typer

from patron_core.database import dialect_of
from patron_core.database.roles import role_statements, schema_statements
from patron_core.errors import StartupError
from patron_core.migrations import Pending, distributions, downgrade, migrate
from patron_core.migrations import pending as ask_pending
from patron_schema.cli.console import DatabaseUrl, PluginNames, load, note, run, settings_of

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command and its sub-command."""
    group = typer.Typer(invoke_without_command=True, rich_markup_mode="rich")
    group.callback()(up)
    group.command("down")(down)
    app.add_typer(group, name="migrate", rich_help_panel="Set up")


def up(
    context: typer.Context,
    database_url: DatabaseUrl = None,
    plugins: PluginNames = None,
    status: Annotated[
        bool, typer.Option("--status", help="Only say what is pending; exit code 1 where something is.")
    ] = False,
    print_roles: Annotated[
        bool,
        typer.Option("--print-roles", help="Print the SQL that makes PostgreSQL's roles, for an administrator to run."),
    ] = False,
) -> None:
    """Bring the tables of the core and of the installed plugins up to date, all in one transaction.

    On PostgreSQL it runs as the owner: PATRON_MIGRATION_DATABASE_URL, or a user who may become patron_owner. Missing
    roles are made where the user may make them.

    [bold]Examples[/]

    patron migrate

    patron migrate --database-url postgresql://postgres@localhost/patron --plugins retail,banking

    patron migrate --print-roles | psql
    """
    if context.invoked_subcommand is not None:
        return
    if print_roles:
        typer.echo(";\n".join([*role_statements(), *schema_statements()]) + ";")
        return
    settings = settings_of(database_url=database_url, migration_database_url=database_url, plugins=plugins)
    loaded = load(settings)
    if status:
        _tell(run(ask_pending(settings.owner_url, loaded)), done=False)
        return
    _tell(run(migrate(settings.owner_url, loaded)), done=True)
    if dialect_of(settings.owner_url) == "postgresql":
        note("Requests are served as patron_app: let that role log in, and name it in PATRON_DATABASE_URL.")


def down(
    distribution: Annotated[
        str | None,
        typer.Argument(
            help="The distribution whose tables go, such as patron_retail; all where none is named.", show_default=False
        ),
    ] = None,
    to: Annotated[str, typer.Option(help="The revision to go back to; `base` takes all tables away.")] = "base",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    database_url: DatabaseUrl = None,
    plugins: PluginNames = None,
) -> None:
    """Take tables away again, with their rows.

    [bold]Examples[/]

    patron migrate down patron_retail

    patron migrate down --yes
    """
    settings = settings_of(database_url=database_url, migration_database_url=database_url, plugins=plugins)
    loaded = load(settings)
    known = [each.name for each in distributions(loaded)]
    if distribution is not None and distribution not in known:
        raise StartupError(
            [f"No distribution is called {distribution!r}. There are {', '.join(known)}. Name one of them."]
        )
    what = f"the tables of {distribution}" if distribution else "all tables"
    if not yes:
        typer.confirm(f"Take away {what}, with every row in them?", abort=True, err=True)
    run(downgrade(settings.owner_url, loaded, distribution=distribution, to=to))
    note(f"Went back to {to}: {distribution or ', '.join(reversed(known))}.")


def _tell(behind: list[Pending], *, done: bool) -> None:
    if not behind:
        note("The tables are up to date.")
        return
    for each in behind:
        typer.echo(f"{each.distribution}: {each.current or 'nothing'} -> {each.head}")
    if not done:
        note("Run `patron migrate`.")
        raise typer.Exit(1)
