"""The table of contents of the banking plugin: what it is, what it adds, where to read on."""

from __future__ import annotations

from collections.abc import Iterable

from patron_banking import types
from patron_banking.permissions import PERMISSIONS
from patron_core.hookspecs import Manifest
from patron_schema.plugin import BOTH, Contribution, hookimpl

__all__ = ["patron_manifest", "patron_types"]


@hookimpl
def patron_manifest() -> Manifest:
    """Who the plugin is."""
    return Manifest(
        name="banking",
        version="0.1.0.dev0",
        core_range=">=0.1.0.dev0,<0.2",
        label="Banking",
        scopes=tuple(PERMISSIONS.items()),
    )


@hookimpl
def patron_types() -> Iterable[Contribution]:
    """What may be asked; accounts are there in every mode."""
    yield Contribution(types=types.TYPES, extensions=types.EXTENSIONS, facet=BOTH)
