"""`patron demo`: five tenants with data, a key for each, and GraphiQL in front of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from patron_schema.cli.console import note

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(rich_help_panel="Run")(demo)


def demo(
    port: Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65_535)] = 8000,
    data: Annotated[Path, typer.Option(help="The folder of the demo's database.", file_okay=False)] = Path(
        ".patron-demo"
    ),
    key_file: Annotated[
        Path | None, typer.Option(help="Write the keys here as JSON, for programs.", dir_okay=False)
    ] = None,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve when the data is there.")] = True,
) -> None:
    """Make a demo with data of four industries in an embedded database, print links and keys, and serve it.

    The first run fills the database; later ones find it. Delete the folder to start anew.

    [bold]Examples[/]

    patron demo

    patron demo --port 8080 --data /tmp/patron-demo --key-file keys.json --no-serve
    """
    from patron_core.values import SystemClock
    from patron_schema.demo import build_demo, demo_settings, write_private
    from patron_schema.hookspecs import load_plugins
    from patron_schema.server import serve as run

    plugins = load_plugins()
    keys = build_demo(data, plugins, clock=SystemClock(), report=note)
    if key_file is not None:
        write_private(key_file, json.dumps(dict(keys), indent=2) + "\n")
        note(f"The keys are in {key_file}.")
    typer.echo(_links(keys, port))
    if serve:
        note(f"Patron listens on http://127.0.0.1:{port}/graphql. Stop it with Ctrl+C.")
        run(demo_settings(data), host="127.0.0.1", port=port, workers=1)


def _links(keys: Mapping[str, str], port: int) -> str:
    from patron_schema.demo import TENANTS

    lines = ["", "Open one of these in a browser (the link carries its key):", ""]
    for tenant in TENANTS:
        lines.append(f"  {tenant.key:<7} {tenant.name}, {tenant.mode.name.lower()}")
        lines.append(f"          {_link(keys[tenant.key], port)}")
        for role in tenant.roles:
            lines.append(f"          as {role}: {_link(keys[f'{tenant.key}-{role}'], port)}")
    return "\n".join([*lines, ""])


def _link(key: str, port: int) -> str:
    return f"http://127.0.0.1:{port}/graphiql#key={quote(key)}"
