"""Runs the audits of the npm package graphql-http against a URL: its packages are installed once into a cache folder.

A URL and an API key come in, what each audit found goes out; what should be found is said by test_graphql_over_http.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tests.schema.node_packages import run_script

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Audit:
    """What one audit found: `status` is ok, notice (a MAY), warn (a SHOULD) or error (a MUST); `reason` says why."""

    id: str
    name: str
    status: str
    reason: str | None


def run_audits(url: str, *, key: str, cache_dir: Path) -> list[Audit]:
    """All audits against the GraphQL endpoint `url`, asked with `key` (empty: without). Packages go to `cache_dir`."""
    environment = {"PATRON_AUDIT_KEY": key} if key else {}
    return [
        Audit(**found)
        for found in json.loads(run_script(HERE, "audit.mjs", url, cache_dir=cache_dir, environment=environment))
    ]
