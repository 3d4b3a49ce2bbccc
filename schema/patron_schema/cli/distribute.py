"""`patron db`: what is done to the database itself beside its tables' history, such as spreading it over machines."""

from __future__ import annotations

from typing import Annotated

import typer

from patron_core.errors import StartupError
from patron_core.migrations import distributions
from patron_core.migrations.citus import distribute, distributed, distribution_problems, distribution_sql
from patron_schema.cli.console import DatabaseUrl, PluginNames, load, note, run, settings_of

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the group and its command."""
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode="rich", help="Spread the database over machines, with Citus."
    )
    group.command("distribute")(spread)
    app.add_typer(group, name="db", rich_help_panel="Set up")


def spread(
    print_: Annotated[bool, typer.Option("--print", help="Print the SQL instead, and connect to nothing.")] = False,
    database_url: DatabaseUrl = None,
    plugins: PluginNames = None,
) -> None:
    """Distribute every table of a tenant by its tenant over the machines of a Citus cluster, all in one transaction.

    It runs as a superuser on the coordinator: PATRON_MIGRATION_DATABASE_URL. Stop the service before. Tables that are
    made later, by a migration or a plugin, are distributed with the SQL that --print shows for them.

    [bold]Examples[/]

    patron db distribute --print | less

    patron db distribute --database-url postgresql://postgres@coordinator/patron
    """
    settings = settings_of(database_url=database_url, migration_database_url=database_url, plugins=plugins)
    wanted = distributions(load(settings))
    if print_:
        plan = distributed(wanted)
        problems = distribution_problems(plan)
        if problems:
            raise StartupError(problems)
        typer.echo(";\n".join(["BEGIN", *distribution_sql(plan), "COMMIT"]) + ";")
        return
    count = run(distribute(settings.owner_url, wanted))
    note(f"{count} tables were distributed." if count else "All tables are distributed.")
