"""`patron serve`: the API, its WebSocket and GraphiQL."""

from __future__ import annotations

from typing import Annotated

import typer

from patron_schema.cli.console import DatabaseUrl, PluginNames, settings_of

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(rich_help_panel="Run")(serve)


def serve(
    database_url: DatabaseUrl = None,
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65_535)] = 8000,
    workers: Annotated[int, typer.Option(help="How many processes serve.", min=1, max=64)] = 1,
    plugins: PluginNames = None,
) -> None:
    """Serve the API at /graphql and GraphiQL at /graphiql, until Ctrl+C.

    On PostgreSQL connect as patron_app: a role that row-level security does not bind is refused.

    [bold]Examples[/]

    patron serve

    patron serve --database-url postgresql://patron_app@localhost/patron --port 8080 --workers 4
    """
    from patron_schema.server import serve as run  # the other commands start without the server and the schema

    settings = settings_of(database_url=database_url, plugins=plugins)
    run(settings, host=host, port=port, workers=workers)
