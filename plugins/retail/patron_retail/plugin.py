"""The table of contents: what this plugin adds to Patron, hook by hook."""

from __future__ import annotations

from collections.abc import Iterable

from patron_core.hookspecs import Manifest, hookimpl
from patron_retail import types
from patron_retail.permissions import SCOPES
from patron_retail.settings import RetailSettings
from patron_schema.plugin import TRANSACTION, Contribution


@hookimpl
def patron_manifest() -> Manifest:
    """Who this plugin is."""
    return Manifest(
        name="retail",
        version="0.1.0.dev0",
        core_range=">=0.1.0.dev0,<0.2",
        label="Retail",
        facets=("transaction",),
        scopes=SCOPES,
        settings=RetailSettings,
    )


@hookimpl
def patron_types() -> Iterable[Contribution]:
    """What may be asked."""
    yield Contribution(types=types.TYPES, extensions=types.EXTENSIONS, facet=TRANSACTION)
