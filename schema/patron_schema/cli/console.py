"""What all commands share: where they print, how an error becomes one clear message, and the settings options give."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from typer.core import TyperGroup

from patron_core.customers.models import EngagementMode
from patron_core.database import Database, open_database
from patron_core.errors import PublicError, StartupError
from patron_core.plugins import Plugins, load_plugins
from patron_core.settings import Settings
from patron_schema.hookspecs import SchemaHooks

__all__ = [
    "ClearErrors",
    "DatabaseUrl",
    "PluginNames",
    "fail",
    "load",
    "mode_of",
    "note",
    "out",
    "run",
    "settings_of",
    "table",
    "with_database",
]

T = TypeVar("T")
_ORDER = (
    "demo",
    "migrate",
    "db",
    "tenant",
    "key",
    "role",
    "encryption",
    "documents",
    "import",
    "export",
    "serve",
    "worker",
    "jobs",
    "job",
    "doctor",
    "audit",
    "backup",
    "restore",
    "privacy",
    "plugin",
    "explain",
    "export-schema",
)

out = Console(highlight=False)
_notes = Console(stderr=True, highlight=False)

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        metavar="URL",
        help="Where the data is: sqlite:///path or postgresql://user@host/database. Without it PATRON_DATABASE_URL.",
        show_default=False,
    ),
]
PluginNames = Annotated[
    str | None,
    typer.Option("--plugins", metavar="NAMES", help="Names of plugins, separated by commas.", show_default=False),
]


class ClearErrors(TyperGroup):
    """The group of all commands: whatever goes wrong ends in one message and an exit code, never in a traceback."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The commands in the order in which a newcomer needs them."""
        places = {name: place for place, name in enumerate(_ORDER)}
        return sorted(super().list_commands(ctx), key=lambda name: (places.get(name, len(places)), name))

    def invoke(self, ctx: Any) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort):
            raise
        except StartupError as error:
            for problem in error.problems:
                fail(problem)
        except PublicError as error:
            fail(error.message)
        except ValidationError as error:
            for problem in _wrong_settings(error):
                fail(problem)
        except Exception as error:
            if type(error).__module__.startswith("typer"):  # a wrong option: typer says so itself
                raise
            _fault(error)
        raise typer.Exit(1)


def fail(message: str) -> None:
    """Prints what went wrong, on standard error."""
    _notes.print(f"[bold red]Error[/] {escape(message)}", soft_wrap=True)


def note(message: str) -> None:
    """Prints something a person wants to know and a script does not, on standard error."""
    _notes.print(escape(message), soft_wrap=True)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints rows: a table for a person, texts separated by tabs where it is not a terminal."""
    if not out.is_terminal:
        for row in rows:
            typer.echo("\t".join(row))
        return
    shown = Table(*head)
    for row in rows:
        shown.add_row(*(escape(text) for text in row))
    out.print(shown)


def settings_of(**given: Any) -> Settings:
    """The settings of the environment, with options of the command line in place of theirs where they were given."""
    return Settings(**{name: value for name, value in given.items() if value is not None})


def load(settings: Settings) -> Plugins:
    """The plugins the settings name."""
    from patron_schema.matching import lend

    return lend(load_plugins(settings.plugins, specs=(SchemaHooks,)))


def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """Runs `work` on the database of the settings and closes it."""

    async def run() -> T:
        database = open_database(settings)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def mode_of(text: str) -> EngagementMode:
    """The engagement mode that an option names."""
    try:
        return EngagementMode[text.upper()]
    except KeyError:
        modes = ", ".join(mode.name.lower() for mode in EngagementMode)
        raise typer.BadParameter(f"{text!r} is not a mode. Choose {modes}.", param_hint="--mode") from None


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs something asynchronous to its end."""
    return asyncio.run(work)


def _wrong_settings(error: ValidationError) -> list[str]:
    """What a wrong setting is, without its value: a database's URL may hold a password."""
    problems = []
    for each in error.errors(include_input=False, include_url=False):
        name = "_".join(str(part) for part in each["loc"]) or "settings"
        problems.append(f"PATRON_{name.upper()} is wrong. {each['msg'].removeprefix('Value error, ')}")
    return problems


def _fault(error: Exception) -> None:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    fail(
        f"This should not have happened: {type(error).__name__}: {error}. It was raised in "
        f"{Path(frame.filename).name}, line {frame.lineno}. Please report it."
    )
