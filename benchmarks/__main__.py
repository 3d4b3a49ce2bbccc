"""The driver: every benchmark that is there, one after the other, then one table with all targets and a chart.

`python -m benchmarks [--only reads,writes] [--quick] [--publish]`; what else is given goes to each benchmark. A benchmark that breaks is
named and does not stop the others. `--publish` copies the results to docs/measured, from where `make docs UPDATE=1` makes the page.
The command gives 1 where a benchmark broke; a missed target is said in the table and changes nothing.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import shutil
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.chart import chart
from benchmarks.report import RESULTS, note, read, table

BENCHMARKS: Final = ("reads", "embedded", "writes", "imports", "subscriptions", "caches", "growth")
MEASURED: Final = Path(__file__).resolve().parents[1] / "docs" / "measured"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default="", help="benchmarks, such as reads,writes")
    parser.add_argument("--publish", action="store_true", help="copy the results to docs/measured")
    options, passed = parser.parse_known_args(arguments)
    wanted = [name for name in options.only.split(",") if name] or list(BENCHMARKS)
    broken = [name for name in wanted if not _run(name, passed)]
    found = {name: read(path) for name in wanted if (path := RESULTS / f"{name}.json").exists() and name not in broken}
    drawing = RESULTS / "ratios.svg"
    drawing.write_text(chart([each for rows in found.values() for each in rows]), encoding="utf-8")
    if options.publish:
        _publish(list(found), drawing)
    for name in broken:
        note(f"{name} broke; what it said stands above.")
    print(table([each for rows in found.values() for each in rows]))
    return 1 if broken else 0


def _run(name: str, passed: Sequence[str]) -> bool:
    """Whether the benchmark ran. Its own table goes to standard error: the one of all comes last."""
    if importlib.util.find_spec(f"benchmarks.{name}") is None:
        note(f"{name}: not there.")
        return False
    note(f"== {name}")
    shown, sys.stdout = sys.stdout, sys.stderr
    try:
        code: int = importlib.import_module(f"benchmarks.{name}").main(list(passed))
    except SystemExit as stop:
        note(f"{name}: {stop.code}")
        return False
    except Exception:
        traceback.print_exc()
        return False
    finally:
        sys.stdout = shown
    return code != 1


def _publish(names: Sequence[str], drawing: Path) -> None:
    for name in names:
        shutil.copyfile(RESULTS / f"{name}.json", MEASURED / f"{name}.json")
    shutil.copyfile(drawing, MEASURED / drawing.name)


if __name__ == "__main__":
    raise SystemExit(main())
