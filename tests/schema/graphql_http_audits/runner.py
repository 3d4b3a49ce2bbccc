"""Runs the audits of the npm package graphql-http against a URL: its packages are installed once into a cache folder.

A URL and an API key come in, what each audit found goes out; what should be found is said by test_graphql_over_http.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from patron_schema.graphiql.build import Node, find_node

HERE = Path(__file__).parent
FILES = ("package.json", "package-lock.json", ".npmrc", "audit.mjs")
TIMEOUT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Audit:
    """What one audit found: `status` is ok, notice (a MAY), warn (a SHOULD) or error (a MUST); `reason` says why."""

    id: str
    name: str
    status: str
    reason: str | None


def run_audits(url: str, *, key: str, cache_dir: Path) -> list[Audit]:
    """All audits against the GraphQL endpoint `url`, asked with `key` (empty: without). Packages go to `cache_dir`."""
    node = find_node()
    place = _installed(node, cache_dir)
    environment = node.environment() | ({"PATRON_AUDIT_KEY": key} if key else {})
    done = subprocess.run(
        [node.node, "audit.mjs", url],
        cwd=place,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    if done.returncode != 0:
        raise RuntimeError(f"The audits could not be run against {url}. node said: {done.stderr[-2000:]}")
    return [Audit(**found) for found in json.loads(done.stdout)]


def _installed(node: Node, cache_dir: Path) -> Path:
    """The folder with the runner and its packages, named after what is in it: installed once, then ready."""
    digest = hashlib.sha256(b"\0".join((HERE / name).read_bytes() for name in FILES)).hexdigest()[:16]
    place = cache_dir / digest
    if (place / "installed").exists():
        return place
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for name in FILES:
        shutil.copyfile(HERE / name, place / name)
    done = subprocess.run(
        [*node.npm, "ci", "--no-progress"],
        cwd=place,
        env=node.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    if done.returncode != 0:
        raise RuntimeError(f"The audits' packages were not installed. npm said: {done.stdout[-2000:]}")
    (place / "installed").touch()
    return place
