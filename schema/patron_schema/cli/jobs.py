"""`patron job` and `patron jobs`: work of its own, listed, run by hand, tried again, taken back, and watched."""

from __future__ import annotations

import uuid
from typing import Annotated

import typer

from patron_core.access.service import find_tenant
from patron_core.database import Database
from patron_core.errors import InvalidInput
from patron_core.jobs.commands import CancelJob, RetryJob
from patron_core.jobs.models import JobRun
from patron_core.jobs.service import jobs, run_job
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_core.unit_of_work import execute
from patron_core.values import RandomIds, SystemClock
from patron_schema.cli.console import DatabaseUrl, PluginNames, load, note, settings_of, table, with_database
from patron_schema.cli.jobs_view import watch

__all__ = ["register"]

Tenant = Annotated[str, typer.Option(help="Name or id of the tenant.")]
RunId = Annotated[str, typer.Argument(help="The run's id, as `patron jobs` shows it.")]


def register(app: typer.Typer) -> None:
    """Adds the group and the commands."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="rich",
        help="See and run the work of its own that the core and plugins do: by a schedule, or asked for.",
    )
    group.command("list")(show)
    group.command("run")(run)
    group.command("retry")(retry)
    group.command("cancel")(cancel)
    app.add_typer(group, name="job", rich_help_panel="Run")
    app.command("jobs", rich_help_panel="Run")(view)


def show() -> None:
    """List the jobs of the installed plugins with their schedules (RFC 5545).

    Who runs them is `patron serve` or `patron worker`; how they stand is shown by `patron jobs`.

    [bold]Example[/]

    patron job list
    """
    rows = [
        (job.name, plugin, job.schedule or "on request", job.description) for plugin, job in jobs(load(settings_of()))
    ]
    table(("job", "plugin", "schedule", "what it does"), rows)


def run(
    name: Annotated[str, typer.Argument(help="The job's name, as `patron job list` shows it.")],
    tenant: Tenant,
    database_url: DatabaseUrl = None,
) -> None:
    """Run a job for a tenant, here and now and to its end, as the system.

    Each step is one transaction. The schedule goes on as if nothing had been; a worker is not needed.

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


def retry(run_id: RunId, tenant: Tenant, database_url: DatabaseUrl = None) -> None:
    """Try a parked run again, from where it had come.

    A run is parked after it failed five times. Mend the cause first; a worker takes the run up at once.

    [bold]Example[/]

    patron job retry run_019cec37b6007000800000000000000a --tenant "Corner Shop"
    """
    _change(RetryJob(id=_id_of(run_id)), tenant, settings_of(database_url=database_url))
    note(f"The run {run_id} is tried again.")


def cancel(run_id: RunId, tenant: Tenant, database_url: DatabaseUrl = None) -> None:
    """Take back a run that is not done.

    What earlier steps of it have committed stays; a step that a worker is at is undone. The next time of the job's
    schedule comes all the same.

    [bold]Example[/]

    patron job cancel run_019cec37b6007000800000000000000a --tenant "Corner Shop"
    """
    _change(CancelJob(id=_id_of(run_id)), tenant, settings_of(database_url=database_url))
    note(f"The run {run_id} is cancelled.")


def view(
    tenant: Tenant,
    database_url: DatabaseUrl = None,
    plugins: PluginNames = None,
    seconds: Annotated[float, typer.Option(help="How long between two looks.", min=0.1, max=60)] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="Look once, as is done where no terminal is there.")] = False,
) -> None:
    """Watch the jobs of a tenant, with how far their runs have come, until Ctrl+C.

    Where the output is no terminal it prints one line for each job and each open or parked run, separated by tabs, and
    ends: [bold]job[/] name, plugin, next, last, status · [bold]run[/] id, name, status, due, attempts, done, total, error.

    [bold]Examples[/]

    patron jobs --tenant "Corner Shop"

    patron jobs --tenant "Corner Shop" | grep PARKED
    """
    settings = settings_of(database_url=database_url, plugins=plugins)
    loaded = load(settings)

    async def work(database: Database) -> None:
        found = await find_tenant(database, tenant)
        mine = loaded.only(tuple(found.plugins))
        await watch(
            database, mine, found.id, clock=SystemClock(), zone=settings.timezone, every=None if once else seconds
        )

    try:
        with_database(settings, work)
    except KeyboardInterrupt:
        return


def _change(command: RetryJob | CancelJob, tenant: str, settings: Settings) -> None:
    async def work(database: Database) -> None:
        clock = SystemClock()
        found = await find_tenant(database, tenant)
        actor = Actor(found.id, "system", "system", reason="An operator looks after jobs.")
        await execute(database, command, actor=actor, clock=clock, ids=RandomIds(clock), plugins=Plugins.of({}))

    with_database(settings, work)


def _id_of(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text.removeprefix(f"{JobRun.id_prefix}_"))
    except ValueError:
        raise InvalidInput("The run has no such id. It is not of the form run_…. Copy it from `patron jobs`.") from None
