"""Bars: lists of promises, the tests that prove each, found by their names, and a page with the figures those tests print.

In come rows and the places of older tests with names of their own; out comes a page. `tests.security.bar` and `tests.faults.bar`
each are one.
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["ROOT", "Ran", "all_tests", "line", "proofs", "run"]

ROOT: Final = Path(__file__).resolve().parents[1]


@dataclass(slots=True)
class Ran:
    """What became of one test. figures: as it printed them, one for each set of its parameters."""

    passed: int = 0
    failed: int = 0
    figures: list[str] = field(default_factory=list)


@cache
def all_tests() -> tuple[str, ...]:
    """Every test function of the workspace as `file::test`."""
    files = [*sorted((ROOT / "tests").rglob("test_*.py")), *sorted((ROOT / "plugins").glob("*/tests/test_*.py"))]
    found = []
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                found.append(f"{file.relative_to(ROOT)}::{node.name}")
    return tuple(found)


def proofs(row: str, others: Iterable[str] = ()) -> list[str]:
    """The tests that prove a row: those with its name, and others."""
    named = [test for test in all_tests() if test.partition("::")[2].startswith(f"test_{row}_")]
    return list(dict.fromkeys([*named, *others]))


def run(
    description: str | None, *, tests: Sequence[str], write: Callable[[Mapping[str, Ran]], None], report: Path
) -> int:
    """The program of a bar: runs the tests, or reads JUnit reports that are there (`--only-write FILE…`), and writes its page.

    The exit code is pytest's.
    """
    parser = argparse.ArgumentParser(description=description)
    told = "read these JUnit reports and run nothing"
    parser.add_argument("--only-write", type=Path, nargs="+", default=[], metavar="FILE", help=told)
    reports: list[Path] = parser.parse_args().only_write
    code = 0
    if not reports:
        report.parent.mkdir(exist_ok=True)
        words = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--whole",
            "-o",
            "junit_family=xunit1",
            f"--junitxml={report}",
            *tests,
        ]
        code = subprocess.run(words, cwd=ROOT).returncode
        reports = [report]
    ran: dict[str, Ran] = {}
    for each in reports:
        ran |= _read(each)
    write(ran)
    return code


def _read(report: Path) -> dict[str, Ran]:
    """The tests of a report, by file and name."""
    found: dict[str, Ran] = {}
    for case in ET.parse(report).iter("testcase"):
        name = case.get("name", "").partition("[")[0]
        ran = found.setdefault(f"{case.get('file')}::{name}", Ran())
        if case.find("failure") is not None or case.find("error") is not None:
            ran.failed += 1
        elif case.find("skipped") is None:
            ran.passed += 1
        ran.figures += [p.get("value", "") for p in case.iter("property") if p.get("name") == "figure"]
    return found


def line(test: str, ran: Mapping[str, Ran]) -> str:
    """A test in a page's list, with its figures; of a test nothing is known of it says so."""
    file, _, name = test.partition("::")
    known = ran.get(test)
    if known is None:
        return f"- `{name}` in {file}: not run for this page"
    state = f"{known.failed} failed" if known.failed else "passed"
    shown = list(dict.fromkeys(known.figures))
    figures = "".join(f"\n  - {figure}" for figure in shown[:8])
    more = f"\n  - and {len(shown) - 8} more alike" if len(shown) > 8 else ""
    return f"- `{name}` in {file}: {state}{figures}{more}"
