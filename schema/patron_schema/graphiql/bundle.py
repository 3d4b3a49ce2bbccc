"""The built page on disk: reads bundle/manifest.json once, hands out assets by name and the page's HTML template.

What is not in the manifest does not exist, so no name that comes in reaches the file system. Building is left to
`build`, HTTP to `routes`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

__all__ = ["Asset", "Bundle", "read_bundle"]

BUNDLE = Path(__file__).with_name("bundle")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of the page: where it lies, what it is, and whether a compressed twin (`.gz`) lies beside it."""

    path: Path
    content_type: str
    has_gzip: bool

    @property
    def gzip_path(self) -> Path:
        """The compressed twin."""
        return self.path.with_name(self.path.name + ".gz")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A page that can be served. The names of the assets carry a hash of their content: they never change."""

    page: Template
    script: str
    style: str
    icon: str
    assets: Mapping[str, Asset] = field(repr=False)


def read_bundle(folder: Path = BUNDLE) -> Bundle | None:
    """The bundle in `folder`; None where none was built, or what lies there is not whole."""
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        return Bundle(
            page=Template((folder / "index.html").read_text(encoding="utf-8")),
            script=manifest["script"],
            style=manifest["style"],
            icon=manifest["icon"],
            assets={name: _asset(folder, name, said) for name, said in manifest["files"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _asset(folder: Path, name: str, said: Mapping[str, Any]) -> Asset:
    return Asset(path=folder / "assets" / name, content_type=said["type"], has_gzip=said["gzip"])
