"""`patron import FORMAT PATH…`: one sub-command for each importer of the core and of installed plugins, with its options.

What is done with runs that were (`list`, `undo`) and with mappings is left to `import_runs`.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Union, get_args, get_origin

import typer
from pydantic.fields import FieldInfo
from typer.core import TyperGroup

from patron_core.access.service import find_tenant
from patron_core.database import Database
from patron_core.errors import InvalidInput, StartupError
from patron_core.imports.error_file import ErrorFile
from patron_core.imports.importer import BadRow, Importer, ImportOptions
from patron_core.imports.mapped import CORE_IMPORTERS, TableOptions
from patron_core.imports.runner import ImportReport, collect_rarely, parse_options, run_import
from patron_core.messages import Actor
from patron_core.plugins import Plugins, installed_plugins, load_plugins
from patron_core.settings import Settings
from patron_core.values import RandomIds, SystemClock
from patron_schema.cli.console import DatabaseUrl, note, settings_of, with_database
from patron_schema.cli.import_report import ProgressLine, print_report
from patron_schema.cli.import_runs import add_commands
from patron_schema.hookspecs import SchemaHooks

__all__ = ["register"]

_OWN: Final = ("paths", "tenant", "dry_run", "errors", "database_url")
_CORE: Final = "patron"

Paths = Annotated[
    list[Path], typer.Argument(metavar="PATH…", help="Files, or folders of files.", exists=True, show_default=False)
]
TenantName = Annotated[
    str, typer.Option("--tenant", metavar="TENANT", help="Whose data it is: a name or an id.", show_default=False)
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Do everything, report it, and take it back.")]

Errors = Annotated[
    Path | None,
    typer.Option(
        "--errors",
        metavar="FILE",
        help="Where rows that cannot be taken in are written, as they stand and with the reason: .csv or .jsonl. "
        "Mend them there and import that file.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the group; its commands are found when it is called."""
    group = typer.Typer(
        cls=_Formats,
        no_args_is_help=True,
        rich_markup_mode="rich",
        help="Import files of a format that the core or an installed plugin reads.\n\n"
        "A second import of the same file changes nothing, and one that was killed goes on where it stopped. "
        "Rows that cannot be taken in are listed with line and reason, and make the exit code 1.\n\n"
        "[bold]Example[/]\n\npatron import csv sales.csv --mapping pos-sales --tenant 'Pillows Ltd' --dry-run",
    )
    add_commands(group)
    app.add_typer(group, name="import", rich_help_panel="Fill")


class _Formats(TyperGroup):
    """A group with a command for each importer."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of the formats, and the other commands."""
        return [*super().list_commands(ctx), *sorted(_importers())]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a format, None where nobody reads it."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        found = _importers().get(cmd_name)
        return None if found is None else _command(*found)


@cache
def _importers() -> Mapping[str, tuple[str, Importer[Any, Any]]]:
    """Each importer with its plugin's name, by format. Plugins that cannot be loaded are left out of the list here."""
    found: dict[str, tuple[str, Importer[Any, Any]]] = {each.name: (_CORE, each) for each in CORE_IMPORTERS}
    for plugin, group in _loadable().each("patron_importers"):
        for importer in group:
            if importer.name in found:
                raise StartupError(
                    [
                        f"Two plugins read the format {importer.name!r}: {found[importer.name][0]} and {plugin}. Remove one."
                    ]
                )
            found[importer.name] = (plugin, importer)
    return found


def _loadable() -> Plugins:
    names = []
    for name in installed_plugins():
        try:
            load_plugins((name,), specs=(SchemaHooks,))
        except StartupError:
            continue
        names.append(name)
    return load_plugins(names, specs=(SchemaHooks,))


def _command(plugin: str, importer: Importer[Any, Any]) -> Any:
    """A command whose options are the importer's: typer reads them from the signature that is made here."""

    def run(**given: Any) -> None:
        options = {name: value for name, value in given.items() if name not in _OWN and value is not None}
        _run(plugin, importer, options, **{name: given[name] for name in _OWN})

    origin = "The format comes with Patron." if plugin == _CORE else f"The format comes with the plugin {plugin}."
    run.__doc__ = f"{importer.description}\n\n{origin}"
    parameters = list(_parameters(importer))
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    app = typer.Typer(rich_markup_mode="rich", add_completion=False)
    app.command(importer.name)(run)
    return typer.main.get_command(app)


def _parameters(importer: Importer[Any, Any]) -> Iterator[inspect.Parameter]:
    yield _parameter("paths", Paths)
    yield _parameter("tenant", TenantName)
    yield _parameter("dry_run", DryRun, default=False)
    yield _parameter("errors", Errors, default=None)
    yield _parameter("database_url", DatabaseUrl, default=None)
    for name, field in importer.options.model_fields.items():
        if name in _OWN:
            raise StartupError([f"The importer {importer.name!r} has an option {name!r}, which is taken. Rename it."])
        yield _parameter(name, _option(name, field), default=None)


def _parameter(name: str, annotation: Any, **default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, **default)


def _option(name: str, field: FieldInfo) -> Any:
    """An option as typer wants it. Values stay text: the importer's own model reads and checks them."""
    flag = f"--{name.replace('_', '-')}"
    plain = _without_none(field.annotation)
    shown = "none" if field.default is None else str(getattr(field.default, "value", field.default))
    help = f"{field.description or ''} [dim]\\[default: {shown}][/]"
    if plain is bool:
        return Annotated[bool | None, typer.Option(f"{flag}/--no-{flag[2:]}", help=help, show_default=False)]
    if get_origin(plain) in (list, tuple, set, frozenset):
        return Annotated[list[str] | None, typer.Option(flag, help=f"{help} May be repeated.", show_default=False)]
    return Annotated[str | None, typer.Option(flag, metavar=name.upper(), help=help, show_default=False)]


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation
    others = [each for each in get_args(annotation) if each is not type(None)]
    return others[0] if len(others) == 1 else annotation


def _run(
    plugin: str,
    importer: Importer[Any, Any],
    options: Mapping[str, Any],
    *,
    paths: list[Path],
    tenant: str,
    dry_run: bool,
    errors: Path | None,
    database_url: str | None,
) -> None:
    settings = settings_of(database_url=database_url)
    given = parse_options(importer, options)
    collect_rarely()
    with ExitStack() as open_:
        file = None if errors is None else open_.enter_context(_error_file(errors, given, paths))
        progress = open_.enter_context(ProgressLine(importer.name))
        to = _Told(progress.tell, None if file is None else file.add)
        work = _work(plugin, importer, given, paths=paths, tenant=tenant, dry_run=dry_run, to=to)
        report = with_database(settings, work(settings))
    print_report(report)
    if file is not None and file.rows:
        note(f"The rows that could not be taken in are in {file.name}. Mend them there and import that file.")
        if any(source.resumed_rows for source in report.sources):
            note("Rows that the database refused before the run was broken off are not among them: run the same again.")
    if report.bad_row_count:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Told:
    """Who is told while an import runs."""

    progress: Callable[[Any], None]
    rejected: Callable[[BadRow], None] | None


def _error_file(path: Path, options: ImportOptions, paths: list[Path]) -> ErrorFile:
    """A file of errors in the form of the file that is imported, so that it can be imported itself."""
    if isinstance(options, TableOptions):
        header = paths[0] if paths[0].is_file() else None
        return ErrorFile(path, header=header, delimiter=options.delimiter, encoding=options.encoding)
    return ErrorFile(path)


def _work(
    plugin: str,
    importer: Importer[Any, Any],
    options: ImportOptions,
    *,
    paths: list[Path],
    tenant: str,
    dry_run: bool,
    to: _Told,
) -> Callable[[Settings], Callable[[Database], Any]]:
    def of(settings: Settings) -> Callable[[Database], Any]:
        async def work(database: Database) -> ImportReport:
            found = await find_tenant(database, tenant)
            if plugin not in (_CORE, *found.plugins):
                raise InvalidInput(
                    f"{found.name} cannot import {importer.name}. The format comes with the plugin {plugin}, which this "
                    f"tenant does not have. Make a tenant with it, or choose another format."
                )
            clock = SystemClock()
            return await run_import(
                database,
                importer,
                paths,
                actor=Actor(found.id, "patron import", "system", reason="Files are imported on the command line."),
                plugins=load_plugins(settings.plugins, specs=(SchemaHooks,)).only(found.plugins),
                clock=clock,
                ids=RandomIds(clock),
                options=options,
                dry_run=dry_run,
                progress=to.progress,
                rejected=to.rejected,
            )

        return work

    return of
