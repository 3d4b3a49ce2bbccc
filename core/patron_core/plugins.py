"""The plugins of a deployment: found, loaded, checked, and called one by one behind an exception wall.

In come names (or, in tests, modules), out comes an immutable registry; different sets in one process do not touch each
other. What plugins add to the GraphQL schema is left to `patron_schema.compose`.
"""

from __future__ import annotations

import time
import types
import typing
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Final, TypeVar

import structlog
from pluggy import HookImpl, PluginManager
from pydantic import BaseModel

from patron_core import plugin_checks
from patron_core.database.deadline import ENDS_AT
from patron_core.errors import StartupError
from patron_core.fault_log import log_fault
from patron_core.hookspecs import PROJECT, CommandHandler, CoreHooks, Manifest
from patron_core.messages import Command
from patron_core.slices import modules

if TYPE_CHECKING:
    from patron_core.predicates import Matcher

__all__ = ["ENTRY_POINTS", "Plugins", "installed_plugins", "load_plugins"]

ENTRY_POINTS: Final = "patron.plugins"
MOST_FAILURES: Final = 5
#: How long the fields of a plugin whose reads failed too often are left out before they are asked again.
READS_OFF_SECONDS: Final = 60.0
#: What a hook may take. One that takes longer cannot be stopped, only told of and counted: it runs in this process.
SLOW_HOOK_SECONDS: Final = 3.0
M = TypeVar("M", bound=BaseModel)

_log = structlog.get_logger("patron.plugins")


def installed_plugins() -> dict[str, EntryPoint]:
    """The plugins installed beside Patron, by name; two distributions with one name are a StartupError."""
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=ENTRY_POINTS):
        if point.name in found and found[point.name].value != point.value:
            raise StartupError(
                [f"Two plugins are called {point.name!r}: {found[point.name].value} and {point.value}. Remove one."]
            )
        found[point.name] = point
    return dict(sorted(found.items()))


def load_plugins(
    names: Sequence[str] | None,
    *,
    specs: Sequence[type] = (),
    environment: Mapping[str, str] | None = None,
    leave_out: bool = False,
) -> Plugins:
    """The named plugins, or all installed ones for None.

    specs: further classes of hookspecs (`SchemaHooks`). environment: where plugins' settings come from; None for the
    process's. leave_out: one with problems of its own is left out instead of stopping the start; `left_out` says why.
    Raises StartupError for a name nobody has, a plugin that cannot be imported, a manifest that is missing,
    two handlers of one command, or a setting that does not fit.
    """
    installed = installed_plugins()
    modules: dict[str, Any] = {}
    problems: list[str] = []
    left_out: dict[str, str] = {}
    for name in sorted(set(installed if names is None else names)):
        if name not in installed:
            problems.append(plugin_checks.unknown_plugin(name, installed))
            continue
        try:
            modules[name] = _imported(name, installed[name])
            if leave_out:
                Plugins.of({name: modules[name]}, specs=specs, environment=environment)
        except StartupError as error:
            if leave_out:
                modules.pop(name, None)
                left_out[name] = str(error)
            else:
                problems += error.problems
    if problems:
        raise StartupError(problems)
    loaded = Plugins.of(modules, specs=specs, environment=environment)
    return loaded.without(left_out) if left_out else loaded


def _imported(name: str, point: EntryPoint) -> Any:
    try:
        return point.load()
    except Exception as error:
        raise StartupError(
            [f"Plugin {name!r} cannot be imported: {type(error).__name__}: {error}. Mend or uninstall it."]
        ) from error


@dataclass(slots=True)
class _Quarantine:
    """How often each plugin has failed for each tenant, and for none; five failures leave it out until the next start.

    They are counted apart, so that no tenant can switch a plugin off for the others with data of its own. What it adds to
    answers is counted apart from its hooks and comes back after a minute: reading again does no harm. now: seconds of a
    clock that never jumps. matcher: lent to all registries that share this.
    """

    failures: Counter[tuple[str, uuid.UUID | None]] = field(default_factory=Counter)
    reads: Counter[tuple[str, uuid.UUID | None]] = field(default_factory=Counter)
    off_until: dict[tuple[str, uuid.UUID | None], float] = field(default_factory=dict)
    now: Callable[[], float] = time.monotonic
    slow_seconds: float = SLOW_HOOK_SECONDS
    matcher: Matcher | None = None

    def holds(self, plugin: str, *, tenant_id: uuid.UUID | None) -> bool:
        return any(self.failures[plugin, whose] >= MOST_FAILURES for whose in {None, tenant_id})

    def count(self, plugin: str, *, hook: str, tenant_id: uuid.UUID | None, error: Exception) -> None:
        self.failures[plugin, tenant_id] += 1
        whose = None if tenant_id is None else str(tenant_id)
        log_fault(
            _log, "plugin_failed", error=error, plugin=plugin, hook=hook, tenant_id=whose, reference=uuid.uuid4().hex
        )
        if self.failures[plugin, tenant_id] == MOST_FAILURES:
            _log.error("plugin_quarantined", plugin=plugin, tenant_id=whose, failures=MOST_FAILURES)

    def count_read(
        self, plugin: str, *, part: str, tenant_id: uuid.UUID | None, error: Exception, request_id: str | None
    ) -> None:
        self.reads[plugin, tenant_id] += 1
        whose = None if tenant_id is None else str(tenant_id)
        log_fault(_log, "plugin_failed", error=error, plugin=plugin, part=part, tenant_id=whose, request_id=request_id)
        if self.reads[plugin, tenant_id] >= MOST_FAILURES:
            self.off_until[plugin, tenant_id] = self.now() + READS_OFF_SECONDS
            _log.error("plugin_fields_off", plugin=plugin, tenant_id=whose, seconds=READS_OFF_SECONDS)

    def off(self, tenant_id: uuid.UUID | None) -> frozenset[str]:
        """The plugins whose fields are left out for a tenant now."""
        now = self.now()
        for key in [key for key, until in self.off_until.items() if until <= now]:
            del self.off_until[key]
            self.reads[key] = MOST_FAILURES - 1  # one more failure, and they are left out again
        return frozenset(plugin for plugin, whose in self.off_until if whose in (None, tenant_id))


_NONE: Final[frozenset[str]] = frozenset()


class Plugins:
    """A set of loaded plugins. Made by `load_plugins`, or by `Plugins.of` from modules."""

    def __init__(
        self,
        modules: Mapping[str, Any],
        *,
        specs: Sequence[type],
        environment: Mapping[str, str] | None,
        quarantine: _Quarantine,
    ) -> None:
        self._modules = dict(sorted(modules.items()))
        self._specs = tuple(specs)
        self._environment = environment
        self._quarantine = quarantine
        self._manager = PluginManager(PROJECT)
        for spec in (CoreHooks, *self._specs):
            self._manager.add_hookspecs(spec)
        self._register()
        self._subsets: dict[frozenset[str], Plugins] = {}
        self._wanted: dict[HookImpl, tuple[type, ...] | None] = {}
        self.left_out: Mapping[str, str] = {}
        self.manifests: Mapping[str, Manifest] = types.MappingProxyType(self._read_manifests())
        self.handlers: Mapping[type[Command], CommandHandler] = types.MappingProxyType(self._read_handlers())
        self._settings = self._read_settings()

    @classmethod
    def of(
        cls,
        modules: Mapping[str, Any] | Sequence[Any],
        *,
        specs: Sequence[type] = (),
        environment: Mapping[str, str] | None = None,
    ) -> Plugins:
        """A registry of modules (or other objects with hook implementations), by name or with the names of their
        manifests.
        """
        named = (
            modules if isinstance(modules, Mapping) else {module.patron_manifest().name: module for module in modules}
        )
        return cls(named, specs=specs, environment=environment, quarantine=_Quarantine())

    @property
    def names(self) -> tuple[str, ...]:
        """The plugins' names, sorted."""
        return tuple(self._modules)

    @property
    def modules(self) -> Mapping[str, Any]:
        """Each plugin's table of contents (its `plugin` module), by name."""
        return types.MappingProxyType(self._modules)

    @property
    def packages(self) -> Mapping[str, str]:
        """Each plugin's import package, by name: `patron_retail` for the module `patron_retail.plugin`."""
        return {name: _package_of(module) for name, module in self._modules.items()}

    @property
    def quarantined(self) -> tuple[str, ...]:
        """The plugins whose hooks are left out for everybody, because hooks without a tenant failed too often."""
        return self.quarantined_for(None)

    def quarantined_for(self, tenant_id: uuid.UUID | None) -> tuple[str, ...]:
        """The plugins whose hooks are left out for a tenant: those left out for all, and those that failed for it."""
        return tuple(name for name in self._modules if self._quarantine.holds(name, tenant_id=tenant_id))

    def unreadable_for(self, tenant_id: uuid.UUID | None) -> frozenset[str]:
        """The plugins whose fields are answered as null for a tenant now, because reading them failed too often."""
        return self._quarantine.off(tenant_id) if self._quarantine.off_until else _NONE

    def only(self, names: Sequence[str]) -> Plugins:
        """The registry of a tenant that has just these plugins; names that are not loaded are left out. Cached."""
        wanted = frozenset(names) & frozenset(self._modules)
        if wanted == frozenset(self._modules):
            return self
        if wanted not in self._subsets:
            modules = {name: self._modules[name] for name in wanted}
            self._subsets[wanted] = Plugins(
                modules, specs=self._specs, environment=self._environment, quarantine=self._quarantine
            )
        return self._subsets[wanted]

    def without(self, problems: Mapping[str, str]) -> Plugins:
        """The registry without some plugins, which may not be loaded; `left_out` names them with what is wrong."""
        rest = self.only([name for name in self._modules if name not in problems])
        rest.left_out = {**self.left_out, **problems}
        return rest

    def tell_slow_hooks(self, seconds: float) -> None:
        """Sets from when on a hook counts as slow, for this registry and those of its tenants."""
        self._quarantine.slow_seconds = seconds

    def lend(self, matcher: Matcher) -> None:
        """Gives this registry and those of its tenants what turns stored conditions into SQL."""
        self._quarantine.matcher = matcher

    @property
    def matcher(self) -> Matcher:
        """What turns stored conditions into SQL; raises where nobody lent one, as in a process without the API."""
        if self._quarantine.matcher is None:
            raise RuntimeError(
                "Nobody lent a matcher to these plugins. Load them with patron_schema.hookspecs.load_plugins."
            )
        return self._quarantine.matcher

    def silent(self) -> Plugins:
        """The same plugins with nothing but their manifests: for work in which no gate and no reaction takes part."""
        silent = {
            name: types.SimpleNamespace(__name__=self.packages[name], patron_manifest=lambda m=manifest: m)
            for name, manifest in self.manifests.items()
        }
        return Plugins.of(silent, environment=self._environment)

    def each(self, hook: str, **arguments: Any) -> Iterator[tuple[str, Any]]:
        """Calls the implementations of a hook one by one, in the order of plugin names, and yields (plugin, result).

        A plugin that raises is logged, counted and left out; the others are called all the same. Iterators are read to
        the end inside the wall and come as tuples.
        """
        for plugin, call in self.calls(hook, **arguments):
            try:
                result = call()
            except Exception as error:
                self.failed(plugin, hook=hook, tenant_id=_tenant_of(arguments), error=error)
            else:
                yield plugin, result

    def calls(
        self, hook: str, *, quarantined: bool = False, **arguments: Any
    ) -> Iterator[tuple[str, Callable[[], Any]]]:
        """The implementations of a hook as (plugin, function without arguments), for callers with a wall of their own.

        Implementations that annotate an argument with types which the given one is not are left out. quarantined:
        whether those of quarantined plugins are among them; a hook that takes a unit of work asks for its tenant.
        """
        tenant_id = _tenant_of(arguments)
        caller = getattr(self._manager.hook, hook)
        for implementation in reversed(caller.get_hookimpls()):
            plugin = implementation.plugin_name
            if implementation.wrapper or implementation.hookwrapper:
                continue  # reported by `check`
            held = not quarantined and self._quarantine.holds(plugin, tenant_id=tenant_id)
            if not held and self._concerns(implementation, arguments):
                values = [arguments[name] for name in implementation.argnames]
                yield plugin, partial(self._timed, hook, implementation, values, tenant_id)

    def _timed(self, hook: str, implementation: HookImpl, values: Sequence[Any], tenant_id: uuid.UUID | None) -> Any:
        """What an implementation returns, read to the end.

        One that took too long is logged and has its effect. Where a request waited for it, it counts as a failure too; jobs,
        imports and demo data take their time, and must not lose a plugin on the way.
        """
        started = self._quarantine.now()
        try:
            return _read_out(implementation.function(*values))
        finally:
            seconds = self._quarantine.now() - started
            if seconds > self._quarantine.slow_seconds:
                plugin = implementation.plugin_name
                slow = TimeoutError(f"{hook} took {seconds:.1f} s")
                waited = ENDS_AT.get() is not None
                tell = _log.error if waited else _log.info
                tell("plugin_slow", plugin=plugin, hook=hook, seconds=round(seconds, 1))
                if waited:
                    self.failed(plugin, hook=hook, tenant_id=tenant_id, error=slow)

    def failed(self, plugin: str, *, hook: str, tenant_id: uuid.UUID | None, error: Exception) -> None:
        """Logs and counts a failure of a plugin; the fifth puts it into quarantine.

        tenant_id: for whom the hook was called; None where for nobody, whose fifth counts for all.
        """
        self._quarantine.count(plugin, hook=hook, tenant_id=tenant_id, error=error)

    def read_failed(
        self, plugin: str, *, part: str, tenant_id: uuid.UUID | None, error: Exception, request_id: str | None = None
    ) -> None:
        """Logs and counts that what a plugin adds to answers could not be read; the fifth leaves it out for a minute.

        part: which part of an answer it was, such as `Customer.loyalty` or a root field; never a value.
        """
        self._quarantine.count_read(plugin, part=part, tenant_id=tenant_id, error=error, request_id=request_id)

    def settings(self, model: type[M]) -> M:
        """The settings of the plugin whose settings model is `model`."""
        return typing.cast("M", self._settings[model])

    @property
    def settings_models(self) -> tuple[type[BaseModel], ...]:
        """The settings models of the plugins."""
        return tuple(self._settings)

    def check(self) -> list[str]:
        """Everything wrong with plugins, models and events, each problem with its owner and the fix; empty when all is well."""
        found = [*plugin_checks.of_models(), *plugin_checks.of_events(self)]
        return [*found, *plugin_checks.of_plugins(self._manager, self._modules, self.manifests)]

    def _register(self) -> None:
        """Hands every module to pluggy, which calls the last registered first."""
        problems = [
            problem
            for name, module in self._modules.items()
            for problem in plugin_checks.argument_problems(self._manager, name, module)
        ]
        if problems:
            raise StartupError(problems)
        for name, module in reversed(self._modules.items()):
            self._manager.register(module, name=name)

    def _concerns(self, implementation: HookImpl, arguments: Mapping[str, Any]) -> bool:
        if implementation not in self._wanted:
            self._wanted[implementation] = plugin_checks.wanted_types(implementation)
        wanted = self._wanted[implementation]
        subject = arguments.get("event", arguments.get("command"))
        return wanted is None or isinstance(subject, wanted)

    def _read_manifests(self) -> dict[str, Manifest]:
        manifests: dict[str, Manifest] = {}
        problems: list[str] = []
        for name, module in self._modules.items():
            manifest = _manifest_of(name, module)
            if isinstance(manifest, Manifest):
                manifests[name] = manifest
            else:
                problems.append(manifest)
        if problems:
            raise StartupError(problems)
        return manifests

    def _read_handlers(self) -> dict[type[Command], CommandHandler]:
        owners = {handler.command: ("the core", handler) for handler in _core_handlers()}
        problems: list[str] = []
        for plugin, call in self.calls("patron_commands"):
            for handler in _or_refuse(plugin, "patron_commands", call):
                if handler.command in owners:
                    first = owners[handler.command][0]
                    problems.append(
                        f"Command {handler.command.__name__} has two handlers, of {first} and of plugin {plugin!r}. "
                        "Give the plugin a command of its own, or a gate."
                    )
                owners[handler.command] = (f"plugin {plugin!r}", handler)
        if problems:
            raise StartupError(problems)
        return {command: handler for command, (_, handler) in owners.items()}

    def _read_settings(self) -> dict[type[BaseModel], BaseModel]:
        models = {name: manifest.settings for name, manifest in self.manifests.items()}
        for plugin, call in self.calls("patron_settings"):
            models[plugin] = _or_refuse(plugin, "patron_settings", call) or models[plugin]
        found = {name: model for name, model in models.items() if model is not None}
        return plugin_checks.read_settings(found, environment=self._environment)


def _tenant_of(arguments: Mapping[str, Any]) -> uuid.UUID | None:
    """Whose call of a hook this is: the tenant of its unit of work."""
    uow = arguments.get("uow")
    return None if uow is None else uow.tenant_id


def _read_out(result: Any) -> Any:
    return tuple(result) if isinstance(result, Iterator) else result


def _or_refuse(plugin: str, hook: str, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:
        raise StartupError(
            [f"Plugin {plugin!r} failed in {hook}: {type(error).__name__}: {error}. Mend it there."]
        ) from error


def _manifest_of(name: str, module: Any) -> Manifest | str:
    where = _package_of(module)
    if not hasattr(module, "patron_manifest"):
        return f"Plugin {name!r} ({where}) has no manifest. Add patron_manifest with @hookimpl that returns one."
    manifest = _or_refuse(name, "patron_manifest", module.patron_manifest)
    if not isinstance(manifest, Manifest):
        return f"Plugin {name!r} ({where}): patron_manifest returned a {type(manifest).__name__}. Return a Manifest."
    if manifest.name != name:
        return f"Plugin {name!r} ({where}) calls itself {manifest.name!r} in its manifest. Use the entry point's name."
    return manifest


def _package_of(module: Any) -> str:
    name = getattr(module, "__name__", type(module).__module__)
    return str(name).removesuffix(".plugin")


def _core_handlers() -> Iterator[CommandHandler]:
    for service in modules("service"):
        yield from getattr(service, "HANDLERS", ())
