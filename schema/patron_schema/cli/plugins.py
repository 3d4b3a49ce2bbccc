"""`patron plugin`: which plugins are installed here, and whether they fit."""

from __future__ import annotations

import typer
from rich.table import Table

from patron_core.customers.models import EngagementMode
from patron_core.errors import StartupError
from patron_core.plugins import installed_plugins, load_plugins
from patron_schema.cli.console import fail, note, out
from patron_schema.hookspecs import SchemaHooks

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the group and its commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help="See which plugins are installed.")
    group.command("list")(show)
    app.add_typer(group, name="plugin", rich_help_panel="Look")


def show() -> None:
    """List the installed plugins: name, version, label, facets and the versions of Patron they work with.

    One that cannot be loaded is reported with the reason, and makes the exit code 1. Fields that a list may be filtered or
    ordered by and that have no index are told, as a service does when it starts.

    [bold]Example[/]

    patron plugin list
    """
    rows: list[tuple[str, ...]] = []
    problems: list[str] = []
    for name in installed_plugins():
        try:
            plugins = load_plugins((name,), specs=(SchemaHooks,))
        except StartupError as error:
            problems += error.problems
            continue
        manifest = plugins.manifests[name]
        rows.append((name, manifest.version, manifest.label, " ".join(manifest.facets), manifest.core_range))
        problems += plugins.check()
    _print(rows)
    for warning in [] if problems else _unindexed():
        note(f"Warning: {warning}")
    for problem in dict.fromkeys(problems):
        fail(problem)
    if problems:
        raise typer.Exit(1)


def _unindexed() -> tuple[str, ...]:
    from patron_schema.compose import build_schema  # takes half a second to import
    from patron_schema.compose.list_indexes import list_index_warnings

    return list_index_warnings(build_schema(load_plugins(None, specs=(SchemaHooks,)), EngagementMode.HYBRID).catalog)


def _print(rows: list[tuple[str, ...]]) -> None:
    if not rows:
        note("No plugins are installed, or none can be loaded. Install one with pip, such as patron-retail.")
        return
    if not out.is_terminal:
        for row in rows:
            typer.echo("\t".join(row))
        return
    table = Table("plugin", "version", "label", "facets", "patron")
    for row in rows:
        table.add_row(*row)
    out.print(table)
