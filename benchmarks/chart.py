"""A chart of ratios as SVG: a panel for whom Patron is compared with, a bar for each row, its quartiles, its target.

Rows come in, text goes out. Each panel has a scale of its own from zero, for a share of hand-written SQL and a multiple of another
server do not belong on one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Final

from benchmarks.report import number
from benchmarks.targets import Measured

__all__ = ["chart"]

_WIDTH: Final = 860
_LEFT: Final = 330
_RIGHT: Final = 90
_BAR: Final = 16
_STEP: Final = 26
_HEAD: Final = 52
_STYLE: Final = """
  .chart { font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
  .paper { fill: #ffffff; } .ink { fill: #1f2328; } .soft { fill: #59636e; } .bar { fill: #4078c0; } .missed { fill: #c9510c; }
  .whisker { stroke: #1f2328; stroke-width: 1.3; } .target { stroke: #1a7f37; stroke-width: 2.5; } .grid { stroke: #d1d9e0; }
  .title { font-weight: 600; font-size: 14px; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; } .ink { fill: #f0f6fc; } .soft { fill: #9198a1; } .bar { fill: #58a6ff; } .missed { fill: #f0883e; }
    .whisker { stroke: #f0f6fc; } .target { stroke: #3fb950; } .grid { stroke: #3d444d; }
  }
"""


def chart(measured: Sequence[Measured], *, title: str = "Patron as a multiple of its peers") -> str:
    """The drawing. Rows that are no ratios (`×`) are left out."""
    panels: dict[str, list[Measured]] = {}
    for each in measured:
        if each.row.unit == "×" and each.row.at == "least":
            panels.setdefault(each.row.whom, []).append(each)
    parts: list[str] = []
    y = 44
    for whom, rows in panels.items():
        parts += _panel(whom, rows, y)
        y += _HEAD + _STEP * len(rows)
    legend = "Bars are medians, lines the quartiles, the green mark is the target; orange misses it."
    parts += [_text(20, 28, title, "ink title"), _text(20, y + 14, legend, "soft")]
    size = f'viewBox="0 0 {_WIDTH} {y + 30}" width="{_WIDTH}" height="{y + 30}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-label="{escape(title)}" {size}>\n'
        f'<style>{_STYLE}</style>\n<rect class="paper" width="100%" height="100%"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _panel(whom: str, rows: Sequence[Measured], top: int) -> list[str]:
    most = max(max(each.quartiles[1], each.row.target or 0, 1.0) for each in rows) * 1.05
    span = _WIDTH - _LEFT - _RIGHT

    def x(value: float) -> float:
        return round(_LEFT + span * value / most, 1)

    bottom = top + _HEAD - 12 + _STEP * len(rows)
    parts = [_text(20, top + 22, f"{whom} = 1", "ink title")]
    parts += [_line(x(1), top + 30, x(1), bottom, "grid"), _text(x(1), top + 26, "1", "soft", "middle")]
    for index, each in enumerate(rows):
        parts += _bar(each, top + 36 + index * _STEP, x)
    return parts


def _bar(each: Measured, y: int, x: Callable[[float], float]) -> list[str]:
    middle, (low, high) = y + _BAR / 2, each.quartiles
    kind = "missed" if each.verdict == "FAIL" else "bar"
    parts = [
        _text(_LEFT - 10, y + 12, f"{each.row.name}: {each.row.what}", "ink", "end"),
        f'<rect class="{kind}" x="{_LEFT}" y="{y}" width="{max(x(each.median) - _LEFT, 1):.1f}" height="{_BAR}" rx="2"/>',
        _line(x(low), middle, x(high), middle, "whisker"),
        *(_line(x(end), middle - 4, x(end), middle + 4, "whisker") for end in (low, high)),
    ]
    if each.row.target is not None:
        parts.append(_line(x(each.row.target), y - 3, x(each.row.target), y + _BAR + 3, "target"))
    return [*parts, _text(x(max(high, each.row.target or 0)) + 8, y + 12, number(each.median), "ink")]


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" class="{kind}"/>'
