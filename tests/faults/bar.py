"""`python -m tests.faults.bar`: runs the proof of every row and writes their figures into the table of docs/reliability.md.

With `--only-write FILE…` JUnit reports that are there already are read instead of running anything.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final

from tests.faults.rows import ROWS, proofs
from tests.proofs import ROOT, Ran, run

__all__ = ["PAGE", "page", "table"]

PAGE: Final = ROOT / "docs/reliability.md"
_BEGIN: Final = "<!-- figures: written by `make reliability UPDATE=1` -->"
_END: Final = "<!-- end of the figures -->"
_MOST: Final = 6


def main() -> int:
    """Runs and writes; the exit code is pytest's."""
    tests = sorted({test for row in ROWS for test in proofs(row)})
    return run(__doc__, tests=tests, write=_write, report=ROOT / ".cache/faults.xml")


def _write(ran: Mapping[str, Ran]) -> None:
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), ran), encoding="utf-8")


def page(before: str, ran: Mapping[str, Ran]) -> str:
    """The page with another table of figures. ran: what is known of tests."""
    start, rest = before.split(_BEGIN)
    _, end = rest.split(_END)
    return f"{start}{_BEGIN}\n\n{table(ran)}\n\n{_END}{end}"


def table(ran: Mapping[str, Ran]) -> str:
    """A line for each row: what is promised, by which files it is shown, and the figures of the last run."""
    lines = ["| Row | Promise | Shown by | Figures of the last run |", "| --- | --- | --- | --- |"]
    for row, promise in ROWS.items():
        tests = proofs(row)
        files = "<br>".join(dict.fromkeys(f"`{test.partition('::')[0]}`" for test in tests))
        lines.append(f"| {row.upper()} | {promise} | {files} | {'<br>'.join(_figures(tests, ran))} |")
    return "\n".join(lines)


def _figures(tests: list[str], ran: Mapping[str, Ran]) -> list[str]:
    known = [(test, ran[test]) for test in tests if test in ran]
    failed = [f"**{test.partition('::')[2]} failed**" for test, each in known if each.failed]
    figures = list(dict.fromkeys(figure.replace("|", "/") for _, each in known for figure in each.figures))
    more = [f"and {len(figures) - _MOST} more alike"] if len(figures) > _MOST else []
    return [*failed, *figures[:_MOST], *more] or ["not run for this page"]


if __name__ == "__main__":
    sys.exit(main())
