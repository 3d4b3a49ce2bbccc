"""The table of contents: nothing but a name."""

from __future__ import annotations

from patron_core.hookspecs import Manifest, hookimpl


@hookimpl
def patron_manifest() -> Manifest:
    """Who this plugin is."""
    return Manifest(name="unmigrated", version="0.1.0", core_range=">=0.1.0.dev0,<0.2", label="Unmigrated")
