"""Packages of npm for tests that let others' clients talk to a server: installed once into a cache folder.

A folder with package.json, a lock file, .npmrc and scripts comes in; a folder where node finds all of it goes out.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from patron_schema.graphiql.build import Node, find_node

__all__ = ["run_script"]

TIMEOUT_SECONDS = 120


def run_script(folder: Path, script: str, *arguments: str, cache_dir: Path, environment: Mapping[str, str]) -> str:
    """What a script of the folder writes to standard output. Raises RuntimeError with its last words where it fails."""
    node = find_node()
    done = subprocess.run(
        [node.node, script, *arguments],
        cwd=_installed(folder, script, node, cache_dir),
        env={**node.environment(), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{script} could not be run with {arguments}. node said: {done.stderr[-2000:]}")
    return done.stdout


def _installed(folder: Path, script: str, node: Node, cache_dir: Path) -> Path:
    """The folder with the script and its packages, named after what is in it: installed once, then ready."""
    files = ("package.json", "package-lock.json", ".npmrc", script)
    digest = hashlib.sha256(b"\0".join((folder / name).read_bytes() for name in files)).hexdigest()[:16]
    place = cache_dir / digest
    if (place / "installed").exists():
        return place
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for name in files:
        shutil.copyfile(folder / name, place / name)
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
        raise RuntimeError(f"The packages of {script} were not installed. npm said: {done.stdout[-2000:]}")
    (place / "installed").touch()
    return place
