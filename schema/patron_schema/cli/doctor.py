"""`patron doctor`: everything looked at that can be wrong with an installation, each with what to do."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import asdict
from typing import Annotated, Final

import typer
from rich.markup import escape

from patron_core.values import SystemClock
from patron_schema.cli.console import DatabaseUrl, PluginNames, out, settings_of

__all__ = ["register"]

_COLOURS: Final = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(rich_help_panel="Look after")(doctor)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON, for scripts.")] = False,
    database_url: DatabaseUrl = None,
    plugins: PluginNames = None,
) -> None:
    """Look at settings, versions, database, migrations, roles, indexes, clock, disk, keys, plugins and work.

    Each line is ok, warn or fail, with what to do. Nothing is changed. The exit code is 1 where something fails.

    [bold]Example[/]

    patron doctor
    """
    settings = settings_of(database_url=database_url, plugins=plugins)

    async def work() -> list[dict[str, str]]:
        from patron_schema.doctor import examined  # the other commands start without the schema

        found = []
        async for finding in examined(settings, os.environ, clock=SystemClock()):
            found.append(asdict(finding))
            if not as_json:
                _tell(finding.level, finding.check, finding.text, finding.advice)
        return found

    findings = asyncio.run(work())
    if as_json:
        typer.echo(json.dumps(findings, indent=2))
    if any(each["level"] == "fail" for each in findings):
        raise typer.Exit(1)


def _tell(level: str, check: str, text: str, advice: str) -> None:
    shown = f"[{_COLOURS[level]}]{level:<4}[/]" if out.is_terminal else f"{level:<4}"
    out.print(f"{shown}  {escape(f'{check}: {text}')}", soft_wrap=True)
    if advice:
        out.print(f"      {escape(advice)}", soft_wrap=True)
