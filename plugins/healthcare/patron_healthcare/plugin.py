"""The healthcare plugin's table of contents: what it adds to Patron, hook by hook."""

from __future__ import annotations

from collections.abc import Iterable

from patron_core.hookspecs import Manifest
from patron_healthcare import types
from patron_schema.plugin import RELATIONSHIP, Contribution, hookimpl


@hookimpl
def patron_manifest() -> Manifest:
    """Who the plugin is."""
    return Manifest(
        name="healthcare",
        version="0.1.0.dev0",
        core_range=">=0.1.0.dev0,<0.2",
        label="Healthcare",
        facets=("relationship",),
    )


@hookimpl
def patron_types() -> Iterable[Contribution]:
    """What it adds to the API."""
    yield Contribution(types=types.TYPES, extensions=types.EXTENSIONS, facet=RELATIONSHIP)
