"""`patron export-schema`: the SDL as text, and the files of it that are committed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from patron_core.customers.models import EngagementMode
from patron_core.plugins import Plugins, installed_plugins, load_plugins
from patron_schema.cli.console import PluginNames, fail, mode_of, note, settings_of
from patron_schema.hookspecs import SchemaHooks

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("export-schema", rich_help_panel="Look")(export)


def export(
    plugins: PluginNames = None,
    mode: Annotated[
        str | None,
        typer.Option(help="The schema of this mode: relationship, transaction or hybrid.", show_default=False),
    ] = None,
    added: Annotated[bool, typer.Option("--added", help="Only what the plugins add to the core's schema.")] = False,
    file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write to a file.", show_default=False, dir_okay=False)
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 1 where a file is not fresh.")
    ] = False,
) -> None:
    """Write the schema in GraphQL's own language.

    In a checkout of Patron and without options it writes schema/schema.graphql (the core's) and the schema.graphql of
    each plugin (what it adds). Elsewhere, or with options, it prints one schema or writes it to --out.

    [bold]Examples[/]

    patron export-schema --check

    patron export-schema --plugins retail,banking --mode transaction --out shop.graphql

    patron export-schema --plugins acme --added --out schema.graphql
    """
    root = None if plugins is not None or mode or added or file else _checkout()
    if root is not None:
        files: Mapping[Path, str] = _committed(root)
    else:
        text = _one(plugins, mode_of(mode) if mode else settings_of().mode, added=added)
        if file is None:
            typer.echo(text, nl=False)
            return
        files = {file: text}
    stale = {path: text for path, text in files.items() if _read(path) != text}
    if check:
        _report(stale, files)
        return
    for path, text in stale.items():
        path.write_text(text, encoding="utf-8")
    note(f"Written: {', '.join(str(path) for path in stale)}." if stale else "Everything was fresh already.")


def _one(plugins: str | None, mode: EngagementMode, *, added: bool) -> str:
    names = settings_of(plugins=plugins).plugins
    loaded = load_plugins(names, specs=(SchemaHooks,))
    whole = _sdl(loaded, mode)
    if not added:
        return whole
    from patron_schema.schema_export import added_sdl

    return added_sdl(_sdl(loaded.only(()), mode), whole)


def _sdl(plugins: Plugins, mode: EngagementMode = EngagementMode.HYBRID) -> str:
    from patron_schema.compose import build_schema  # takes half a second to import, which other commands need not

    return build_schema(plugins, mode).sdl


def _committed(root: Path) -> dict[Path, str]:
    """The text of every committed file: of the core alone, and of each plugin what it adds."""
    from patron_schema.schema_export import added_sdl

    names = [name for name in installed_plugins() if (root / "plugins" / name / "pyproject.toml").is_file()]
    loaded = load_plugins(names, specs=(SchemaHooks,))
    core = _sdl(loaded.only(()))
    files = {root / "schema" / "schema.graphql": core}
    for name in names:
        files[root / "plugins" / name / "schema.graphql"] = added_sdl(core, _sdl(loaded.only((name,))))
    return files


def _checkout() -> Path | None:
    """The root of the checkout of Patron that this is called in."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "schema" / "patron_schema").is_dir() and (folder / "plugins").is_dir():
            return folder
    return None


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _report(stale: Mapping[Path, str], files: Mapping[Path, str]) -> None:
    if not stale:
        note(f"Fresh: {', '.join(str(path) for path in files)}.")
        return
    for path, text in stale.items():
        before = (_read(path) or "").splitlines()
        changes = [
            line
            for line in difflib.unified_diff(before, text.splitlines(), lineterm="", n=0)
            if line.startswith(("+", "-")) and not line.startswith(("+++", "---"))
        ]
        for line in changes[:20]:
            typer.echo(f"  {line}")
        fail(f"{path} is not fresh: {len(changes)} lines differ. Run `patron export-schema` and review the diff.")
    raise typer.Exit(1)
