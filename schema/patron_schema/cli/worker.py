"""`patron worker`: what comes after changes, done in a process of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from patron_schema.cli.console import DatabaseUrl, PluginNames, settings_of

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(rich_help_panel="Run")(worker)


def worker(
    database_url: DatabaseUrl = None,
    plugins: PluginNames = None,
    stop_seconds: Annotated[
        float, typer.Option(help="How long to wait for running work when told to stop.", min=0, max=3_600)
    ] = 8.0,
) -> None:
    """Hand on events, send webhooks and run jobs, until Ctrl+C or SIGTERM.

    [bold]patron serve[/] does the same beside requests unless PATRON_WORKER is false. Any number of workers may run at
    once, on any number of machines: each piece of work is claimed by one of them for a minute at most, and taken over by
    another where that one died. Told to stop, a worker takes nothing new and ends what it is at.

    On PostgreSQL it finds the work of all tenants as the role patron_relay: set PATRON_RELAY_DATABASE_URL.

    [bold]Examples[/]

    patron worker

    PATRON_RELAY_DATABASE_URL=postgresql://patron_relay@localhost/patron patron worker --database-url postgresql://patron_app@localhost/patron
    """
    from patron_schema.server import work  # the other commands start without the schema

    work(settings_of(database_url=database_url, plugins=plugins), stop_seconds=stop_seconds)
