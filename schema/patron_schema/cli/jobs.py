"""`patron job`: the recurring work of plugins, listed, and run once by hand."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from patron_core.access.service import find_tenant
from patron_core.database import Database
from patron_core.jobs.service import jobs, run_job
from patron_core.values import RandomIds, SystemClock
from patron_schema.cli.console import DatabaseUrl, load, note, out, settings_of, with_database

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the group and its commands."""
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode="rich", help="See and run the recurring work of plugins."
    )
    group.command("list")(show)
    group.command("run")(run)
    app.add_typer(group, name="job", rich_help_panel="Run")


def show() -> None:
    """List the jobs of the installed plugins with their schedules (RFC 5545).

    [bold]Example[/]

    patron job list
    """
    found = list(jobs(load(settings_of())))
    if not out.is_terminal:
        for plugin, job in found:
            typer.echo(f"{job.name}\t{plugin}\t{job.schedule}\t{job.description}")
        return
    table = Table("job", "plugin", "schedule", "what it does")
    for plugin, job in found:
        table.add_row(job.name, plugin, job.schedule, job.description)
    out.print(table)


def run(
    name: Annotated[str, typer.Argument(help="The job's name, as `patron job list` shows it.")],
    tenant: Annotated[str, typer.Option(help="Name or id of the tenant.")],
    database_url: DatabaseUrl = None,
) -> None:
    """Run a job once for a tenant, in one transaction, as the system.

    [bold]Example[/]

    patron job run retail.tiers --tenant "Corner Shop"
    """
    settings = settings_of(database_url=database_url)
    plugins = load(settings)

    async def work(database: Database) -> None:
        clock = SystemClock()
        found = await find_tenant(database, tenant)
        mine = plugins.only(tuple(found.plugins))
        await run_job(database, mine, name, tenant_id=found.id, clock=clock, ids=RandomIds(clock))

    with_database(settings, work)
    note(f"The job {name} has run for {tenant}.")
