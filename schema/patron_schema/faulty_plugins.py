"""Which plugins a deployment starts with, where some of them are faulty.

Settings come in, a registry goes out. By default any problem stops the start with all problems in one error. Told to
leave faulty ones out, a deployment starts without them, logs each with the reason, and `Plugins.left_out` keeps it.
"""

from __future__ import annotations

from typing import Final

import structlog

from patron_core.customers.models import EngagementMode
from patron_core.errors import StartupError
from patron_core.plugins import Plugins, load_plugins
from patron_core.settings import Settings

from .compose import build_schema
from .hookspecs import SPECS

__all__ = ["plugins_of"]

_log: Final = structlog.stdlib.get_logger("patron.plugins")


def plugins_of(settings: Settings) -> Plugins:
    """The plugins that settings name. Raises StartupError where one is faulty and none may be left out."""
    if settings.faulty_plugins == "stop":
        return load_plugins(settings.plugins, specs=SPECS)
    plugins = _that_compose(load_plugins(settings.plugins, specs=SPECS, leave_out=True), settings.mode)
    for name, problem in plugins.left_out.items():
        _log.error("plugin_left_out", plugin=name, problem=problem)
    return plugins


def _that_compose(plugins: Plugins, mode: EngagementMode) -> Plugins:
    """Those whose types fit the core's; what two plugins do to each other still stops the start, for who is to say."""
    try:
        build_schema(plugins, mode)
    except StartupError:
        faulty: dict[str, str] = {}
        for name in plugins.names:
            try:
                build_schema(plugins.only((name,)), mode)
            except StartupError as error:
                faulty[name] = str(error)
        return plugins.without(faulty)
    return plugins
