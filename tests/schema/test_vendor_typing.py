"""What a vendor writes is typed: the right thing passes mypy --strict, each wrong thing is refused at its line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SNIPPETS = Path(__file__).parent / "typing"
ROOT = Path(__file__).parents[2]


def refused(snippet: str) -> set[int]:
    """The lines mypy complains about."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(SNIPPETS / snippet)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return {
        int(line.split(":")[1]) for line in done.stdout.splitlines() if f"{snippet}:" in line and ": error:" in line
    }


def test_a_right_plugin_type_checks() -> None:
    assert refused("fits.py") == set()


def test_a_wrong_plugin_is_refused_line_by_line() -> None:
    lines = (SNIPPETS / "does_not_fit.py").read_text().splitlines()
    marked = {number for number, line in enumerate(lines, 1) if line.endswith("# refused")}

    assert refused("does_not_fit.py") == marked
