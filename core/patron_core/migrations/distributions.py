"""Which distributions have tables, and where their revisions and their version are kept.

A distribution is Patron itself or a plugin. Each has a version table of its own, so that a plugin can be installed,
disabled and removed on its own; its revisions lie in the package `migrations` beside its models.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Table

from patron_core import catalogue as catalogue  # imported for the models of the core
from patron_core.plugins import Plugins, installed_plugins
from patron_core.records import Base

__all__ = ["CORE", "Distribution", "distribution_of", "distributions", "tables_of"]

CORE_NAME: Final = "patron"


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution with tables. name: `patron` or the plugin's. package: its import package."""

    name: str
    package: str

    @property
    def version_table(self) -> str:
        """Where alembic notes which revision the database has: `patron_version`, `patron_retail_version`."""
        return f"{CORE_NAME if self.package == 'patron_core' else self.package.replace('.', '_')}_version"

    @property
    def folder(self) -> Path:
        """The folder `migrations` of the package; it may not exist yet."""
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise ModuleNotFoundError(f"Package {self.package} is not installed.", name=self.package)
        return Path(next(iter(spec.submodule_search_locations))) / "migrations"

    @property
    def has_revisions(self) -> bool:
        """Whether there is anything to migrate."""
        return any((self.folder / "versions").glob("*.py"))


CORE: Final = Distribution(CORE_NAME, "patron_core")


def distributions(plugins: Plugins) -> tuple[Distribution, ...]:
    """The core, then the plugins that have revisions, in the order in which they are migrated up."""
    found = (Distribution(name, package) for name, package in plugins.packages.items())
    return (CORE, *(d for d in found if importlib.util.find_spec(d.package) and d.has_revisions))


def distribution_of(name: str) -> Distribution:
    """The installed distribution with this name, `patron` or a plugin's; the plugin itself is not imported."""
    if name == CORE_NAME:
        return CORE
    return Distribution(name, installed_plugins()[name].value.partition(":")[0].removesuffix(".plugin"))


def tables_of(distribution: Distribution) -> dict[str, str]:
    """The tables of a distribution's models that are imported, by name with the model's module."""
    found: dict[str, str] = {}
    for mapper in Base.registry.mappers:
        module = mapper.class_.__module__
        inside = module == distribution.package or module.startswith(f"{distribution.package}.")
        if inside and isinstance(mapper.local_table, Table):
            found.setdefault(mapper.local_table.name, module)
    return found
