"""Hospitality for Patron: the table of contents of the plugin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from patron_core.hookspecs import Manifest
from patron_core.imports.importer import Importer
from patron_hospitality import permissions, types
from patron_hospitality.importers import HotelBookings
from patron_schema.plugin import BOTH, Contribution, hookimpl

__all__ = ["patron_importers", "patron_manifest", "patron_types"]


@hookimpl
def patron_manifest() -> Manifest:
    """Who this plugin is."""
    return Manifest(
        name="hospitality",
        version="0.1.0",
        core_range=">=0.1.0.dev0,<0.2",
        label="Hospitality",
        facets=("both",),
        scopes=tuple(permissions.PERMISSIONS.items()),
    )


@hookimpl
def patron_importers() -> Iterable[Importer[Any, Any]]:
    """The hotel booking demand table."""
    yield HotelBookings()


@hookimpl
def patron_types() -> Iterable[Contribution]:
    """Guests, reservations, stays and preferences."""
    yield Contribution(types=types.TYPES, extensions=types.EXTENSIONS, facet=BOTH)
