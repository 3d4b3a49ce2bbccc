"""What a benchmark leaves: a table of targets on standard output, printed last, and a JSON in benchmarks/results/."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import facts
from benchmarks.targets import Measured, Row

__all__ = ["RESULTS", "note", "number", "read", "table", "write"]

RESULTS: Final = Path(__file__).parent / "results"


def note(text: str) -> None:
    """Progress, to standard error."""
    print(text, file=sys.stderr, flush=True)


def table(measured: Sequence[Measured]) -> str:
    """The rows with median, quartiles, target and PASS or FAIL."""
    lines = [("", "what", "against", "median", "quartiles", "target", "")]
    for each in measured:
        row, (low, high) = each.row, each.quartiles
        sign = "≥" if row.at == "least" else "≤"
        target = "" if row.target is None else f"{sign} {number(row.target)}"
        spread = f"{number(low)} to {number(high)}"
        lines.append((row.name, row.what, row.whom, f"{number(each.median)} {row.unit}", spread, target, each.verdict))
    widths = [max(len(line[i]) for line in lines) for i in range(7)]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def number(value: float) -> str:
    """Three digits that count, or all of a large number."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3g}"


def write(
    name: str,
    measured: Sequence[Measured],
    *,
    options: Mapping[str, Any],
    figures: Mapping[str, Any] | None = None,
    machine: Mapping[str, Any] | None = None,
) -> Path:
    """Writes benchmarks/results/<name>.json.

    options: what the command was given. figures: whatever else was measured, by name. machine: added to its facts.
    """
    rows = [
        {
            "name": each.row.name,
            "what": each.row.what,
            "whom": each.row.whom,
            "unit": each.row.unit,
            "target": each.row.target,
            "at": each.row.at,
            "median": each.median,
            "quartiles": list(each.quartiles),
            "values": list(each.values),
            "verdict": each.verdict,
        }
        for each in measured
    ]
    result = {
        "benchmark": name,
        "machine": facts(**(machine or {})),
        "options": dict(options),
        "rows": rows,
        "figures": dict(figures or {}),
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> list[Measured]:
    """The rows that `write` left."""
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return [Measured(Row(*(each[key] for key in _ROW)), each["values"]) for each in rows]


_ROW: Final = ("name", "what", "whom", "target", "at", "unit")
