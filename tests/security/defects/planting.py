"""`python -m tests.security.defects.planting`: plants each defect alone in a copy of the tree and runs the tests that must notice.

Out comes a line for each, caught or survived, and the figure in docs/security-bar.md. One at a time: it takes most of an hour.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.security.defects.definitions import DEFECTS, Defect

ROOT: Final = Path(__file__).resolve().parents[3]
RESULTS: Final = ROOT / "tests/security/defects/results.txt"
_SOURCES: Final = ("core", "schema", "plugins/banking", "plugins/healthcare", "plugins/retail", "plugins/hospitality")
_SECONDS: Final = 400
_PASSED: Final = "passed"
_FAILED: Final = "failed"
_LEFT_OUT: Final = (".git", ".venv", ".cache", "__pycache__", ".hypothesis", "node_modules", "bundle", ".pytest_cache")


def main() -> int:
    """Plants what is asked for; the exit code is the number of survivors beyond two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these defects")
    wanted = parser.parse_args().names
    chosen = [defect for defect in DEFECTS if not wanted or defect.name in wanted]
    with tempfile.TemporaryDirectory(prefix="patron-defects-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*_LEFT_OUT))
        clean = {tests: _outcome(tests, tree) for tests in dict.fromkeys(defect.tests for defect in chosen)}
        outcomes = [_planted(defect, tree, clean[defect.tests]) for defect in chosen]
    survivors = [line for line in outcomes if line.startswith("survived")]
    print(f"{len(outcomes) - len(survivors)} of {len(outcomes)} caught")
    if not wanted:
        RESULTS.write_text("\n".join(outcomes) + "\n", encoding="utf-8")
    return max(0, len(survivors) - 2)


def _planted(defect: Defect, tree: Path, clean: str) -> str:
    """A line about one defect. clean: what its tests say without it; tests that fail anyway notice nothing."""
    if clean != _PASSED:
        return f"survived, for its tests fail without it ({clean}): {defect.name}"
    path = tree / defect.file
    text = path.read_text(encoding="utf-8")
    assert text.count(defect.old) == 1, f"{defect.name}: its place is there {text.count(defect.old)} times"
    path.write_text(text.replace(defect.old, defect.new), encoding="utf-8")
    started = time.monotonic()
    try:
        said = _outcome(defect.tests, tree)
    finally:
        path.write_text(text, encoding="utf-8")
    state = {_FAILED: "caught  ", _PASSED: "survived"}.get(said, f"survived, for pytest says {said}:")
    line = f"{state} {defect.name} ({time.monotonic() - started:.0f} s)"
    print(line, flush=True)
    return line


def _outcome(tests: str, tree: Path) -> str:
    """What pytest says of tests in the copy: passed, failed, or why it could not say."""
    paths = os.pathsep.join(str(tree / source) for source in _SOURCES)
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--show-capture=no", *shlex.split(tests)]
    try:
        done = subprocess.run(
            command, cwd=tree, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        return "too slow"
    return {0: _PASSED, 1: _FAILED}.get(done.returncode, f"exit {done.returncode}")


if __name__ == "__main__":
    sys.exit(main())
