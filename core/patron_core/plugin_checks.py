"""What is asked of a plugin before it may run: each problem in one sentence, with the plugin, the place and the fix.

In come the registry's parts, out come problems or settings. Clashes of types and fields are left to
`patron_schema.compose`.
"""

from __future__ import annotations

import difflib
import inspect
import os
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version
from pluggy import HookImpl, PluginManager
from pydantic import BaseModel, ValidationError

from patron_core.errors import StartupError
from patron_core.hookspecs import Manifest

if TYPE_CHECKING:
    from patron_core.plugins import Plugins

__all__ = [
    "argument_problems",
    "of_events",
    "of_models",
    "of_plugins",
    "read_settings",
    "unknown_plugin",
    "wanted_types",
]


def of_models() -> list[str]:
    """What the models of the process fail to declare."""
    from patron_core import catalogue  # here, for the catalogue imports every slice and this room is imported by some

    return catalogue.problems()


def of_events(plugins: Plugins) -> list[str]:
    """What the events of the core and of the plugins fail to declare."""
    from patron_core.outbox.types import EventTypes  # here, for it knows the registry, which imports this room

    return EventTypes.problems(plugins)


def of_plugins(manager: PluginManager, modules: Mapping[str, Any], manifests: Mapping[str, Manifest]) -> list[str]:
    """Hooks nobody calls, arguments nobody passes, core versions that do not fit."""
    problems: list[str] = []
    for name, module in modules.items():
        problems += _hook_problems(manager, name, module)
        problems += _range_problems(manifests[name])
    return problems


def unknown_plugin(name: str, installed: Iterable[str]) -> str:
    """The problem of a plugin that was asked for and is not installed."""
    known = sorted(installed)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Install it, or choose among: {', '.join(known) or 'none'}."
    return f"Plugin {name!r} is not installed. {hint}"


def wanted_types(implementation: HookImpl) -> tuple[type, ...] | None:
    """The events or commands an implementation asks for by its annotation; None for all."""
    function: Any = implementation.function
    given = getattr(function, "__annotations__", {})
    # Only this one annotation is read: others may name what is imported for type checkers only.
    chosen = types.SimpleNamespace(__annotations__={key: given[key] for key in ("event", "command") if key in given})
    try:
        hints = typing.get_type_hints(chosen, globalns=getattr(function, "__globals__", {}))
    except (NameError, TypeError):
        return None
    hint = next(iter(hints.values()), None)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        parts = typing.get_args(hint)
        return parts if all(isinstance(part, type) for part in parts) else None
    return (hint,) if isinstance(hint, type) else None


def read_settings(
    models: Mapping[str, type[BaseModel]], *, environment: Mapping[str, str] | None
) -> dict[type[BaseModel], BaseModel]:
    """Each plugin's settings from PATRON_<NAME>_<FIELD>; raises StartupError that names every variable that does not
    fit.
    """
    variables = os.environ if environment is None else environment
    problems: list[str] = []
    settings: dict[type[BaseModel], BaseModel] = {}
    for name, model in models.items():
        prefix = f"PATRON_{name.upper()}_"
        given = {
            key: variables[prefix + key.upper()] for key in model.model_fields if prefix + key.upper() in variables
        }
        try:
            settings[model] = model.model_validate(given)
        except ValidationError as error:
            for fault in error.errors(include_input=False, include_url=False):
                variable = prefix + "_".join(str(part).upper() for part in fault["loc"])
                problems.append(f"{variable} does not fit plugin {name!r}: {fault['msg']}. Change or unset it.")
    if problems:
        raise StartupError(problems)
    return settings


def _hook_problems(manager: PluginManager, plugin: str, module: Any) -> Iterator[str]:
    known = [name for name in vars(manager.hook) if name.startswith("patron_")]
    for name, function in inspect.getmembers(module, callable):
        if not name.startswith("patron_") or inspect.isclass(function):
            continue
        at = f"Plugin {plugin!r}, {_place(function)}"
        spec = getattr(getattr(manager.hook, name, None), "spec", None)
        if spec is None:
            yield f"{at}: there is no hook {name}. {_nearest(name, [k for k in known if _has_spec(manager, k)])}"
        elif (options := manager.parse_hookimpl_opts(module, name)) is None:
            yield f"{at}: {name} is not marked, so nobody calls it. Put @hookimpl above it."
        elif options["wrapper"] or options["hookwrapper"] or inspect.iscoroutinefunction(function):
            yield f"{at}: {name} is a wrapper or a coroutine. Hooks are plain functions; write one."


def argument_problems(manager: PluginManager, plugin: str, module: Any) -> Iterator[str]:
    """Arguments that hooks do not pass; asked before the plugin is registered, which would fail for the first of them."""
    for name, function in inspect.getmembers(module, callable):
        spec = getattr(getattr(manager.hook, name, None), "spec", None) if name.startswith("patron_") else None
        if spec is None or manager.parse_hookimpl_opts(module, name) is None:
            continue
        for argument in inspect.signature(function).parameters:
            if argument not in spec.argnames:
                at = f"Plugin {plugin!r}, {_place(function)}"
                yield f"{at}: {name} has no argument {argument!r}. {_nearest(argument, spec.argnames)}"


def _has_spec(manager: PluginManager, name: str) -> bool:
    return getattr(getattr(manager.hook, name), "spec", None) is not None


def _place(function: Any) -> str:
    code = getattr(function, "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code is not None else repr(function)


def _nearest(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else f"There is: {', '.join(names) or 'none'}."


def _range_problems(manifest: Manifest) -> Iterator[str]:
    try:
        core = Version(version("patron"))
    except PackageNotFoundError:  # run from a folder, not installed: nothing to compare with
        return
    try:
        fits = SpecifierSet(manifest.core_range).contains(core, prereleases=True)
    except InvalidSpecifier:
        yield f"Plugin {manifest.name!r} has the core_range {manifest.core_range!r}, which is none. Write >=0.1,<0.2."
        return
    if not fits:
        yield (
            f"Plugin {manifest.name!r} {manifest.version} works with patron {manifest.core_range}. This is {core}. "
            "Install versions that fit each other."
        )
