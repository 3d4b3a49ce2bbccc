"""`patron plugin`: which plugins are installed here, what they say they use, and whether they fit."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from patron_core.customers.models import EngagementMode
from patron_core.errors import StartupError
from patron_core.plugins import MOST_FAILURES, READS_OFF_SECONDS, Plugins, installed_plugins, load_plugins
from patron_schema.cli.console import fail, note, out
from patron_schema.hookspecs import SchemaHooks

__all__ = ["register"]

_COLUMNS: Final = ("name", "version", "label", "facets", "patron", "state")
_DETAILS: Final = ("scopes", "roles", "tables", "hosts", "settings")


def register(app: typer.Typer) -> None:
    """Adds the group and its commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help="See which plugins are installed.")
    group.command("list")(show)
    app.add_typer(group, name="plugin", rich_help_panel="Look")


def show(
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON, for scripts.")] = False,
) -> None:
    """List the installed plugins: name, version, label, facets, the versions of Patron they work with, and state.

    Below each stands what its manifest declares: scopes, the bundled roles that get some of them, tables of others it
    writes, hosts it calls, and the names of its settings. Tables and hosts are what the vendor says and are not enforced:
    a plugin's Python may do whatever the server's process may.

    One that cannot be loaded is faulty: it is reported with the reason, and makes the exit code 1. A running server takes
    a plugin out by itself when it fails too often, and says so in its log (plugin_quarantined, plugin_fields_off). Fields
    that a list may be filtered or ordered by and that have no index are told, as a service does when it starts.

    [bold]Example[/]

    patron plugin list
    """
    entries = [_entry(name) for name in installed_plugins()]
    problems = [problem for entry in entries for problem in entry["problems"]]
    if as_json:
        typer.echo(json.dumps(entries, indent=2))
    else:
        _print(entries)
        for warning in [] if problems else _unindexed():
            note(f"Warning: {warning}")
    for problem in dict.fromkeys(problems):
        fail(problem)
    if problems:
        raise typer.Exit(1)


def _entry(name: str) -> dict[str, Any]:
    """All there is to say about an installed plugin."""
    try:
        plugins = load_plugins((name,), specs=(SchemaHooks,))
    except StartupError as error:
        return {"name": name, "state": "faulty", "problems": error.problems}
    manifest, problems = plugins.manifests[name], plugins.check()
    return {
        "name": name,
        "version": manifest.version,
        "label": manifest.label,
        "state": "faulty" if problems else "loaded",
        "facets": list(manifest.facets),
        "patron": manifest.core_range,
        "scopes": [scope for scope, _ in manifest.scopes],
        "roles": {role: list(scopes) for role, scopes in manifest.roles.items()},
        "tables": list(manifest.tables),
        "hosts": list(manifest.hosts),
        "settings": _settings(plugins, name),
        "problems": problems,
    }


def _settings(plugins: Plugins, name: str) -> list[str]:
    """The variables that set a plugin's settings; never their values."""
    prefix = f"PATRON_{name.upper()}_"
    return sorted(f"{prefix}{field.upper()}" for model in plugins.settings_models for field in model.model_fields)


def _unindexed() -> tuple[str, ...]:
    from patron_schema.compose import build_schema  # takes half a second to import
    from patron_schema.compose.list_indexes import list_index_warnings

    return list_index_warnings(build_schema(load_plugins(None, specs=(SchemaHooks,)), EngagementMode.HYBRID).catalog)


def _print(entries: list[dict[str, Any]]) -> None:
    if not entries:
        note("No plugins are installed. Install one with pip, such as patron-retail.")
        return
    rows = [tuple(_text(entry.get(column)) for column in _COLUMNS) for entry in entries]
    if not out.is_terminal:
        for row in rows:
            typer.echo("\t".join(row))
    else:
        table = Table(*_COLUMNS)
        for row in rows:
            table.add_row(*row)
        out.print(table)
    for entry in entries:
        for detail in _DETAILS:
            if entry.get(detail):
                note(f"{entry['name']} {detail}: {_text(entry[detail])}")
    note(f"Quarantine: {MOST_FAILURES} failures; fields come back after {READS_OFF_SECONDS:g} s, hooks with a restart.")


def _text(value: Any) -> str:
    match value:
        case dict():
            return ", ".join(f"{key} ({' '.join(inner)})" for key, inner in value.items())
        case list():
            return " ".join(value)
        case _:
            return str(value or "-")
