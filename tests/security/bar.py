"""`python -m tests.security.bar`: runs the proof of every row and writes docs/security-bar.md with the figures they print.

With `--only-write FILE…` JUnit reports that are there already are read instead of running anything.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final

from tests.proofs import ROOT, Ran, line, run
from tests.security.rows import GROUPS, ROWS, proofs

__all__ = ["PAGE", "page"]

PAGE: Final = ROOT / "docs/security-bar.md"


def main() -> int:
    """Runs and writes; the exit code is pytest's."""
    tests = sorted({test for row in (*ROWS, *GROUPS) for test in proofs(row)})
    return run(__doc__, tests=tests, write=_write, report=ROOT / ".cache/security.xml")


def _write(ran: Mapping[str, Ran]) -> None:
    PAGE.write_text(page(ran), encoding="utf-8")


def page(ran: Mapping[str, Ran]) -> str:
    """The whole page. ran: what is known of tests; of a test nothing is known of it says so."""
    lines = [
        "# The security bar",
        "",
        "Which tests prove each row of the bar and each group of failures known from other systems, and the figure each",
        "printed when this page was written, on SQLite and on PostgreSQL, walks whole (CI takes a part of their documents;",
        "`make soak` runs the long tests). Written by `make security UPDATE=1`; a test holds that no row is without a test.",
        "",
    ]
    for title, rows in (("Rows of the bar", ROWS), ("Failures of others", GROUPS)):
        lines += [f"## {title}", ""]
        for row, promise in rows.items():
            lines += [f"### {_shown(row)}: {promise}", "", *(line(test, ran) for test in proofs(row)), ""]
    return "\n".join(lines)


def _shown(row: str) -> str:
    return row.removeprefix("failures_").lstrip("0") if row.startswith("failures_") else row.upper()


if __name__ == "__main__":
    sys.exit(main())
