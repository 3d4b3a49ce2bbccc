"""docs/performance.md and the README's lines about speed, from the measurements that `make bench ARGS=--publish` left in docs/measured.

Each benchmark's JSON comes in, Markdown goes out. What was done against each loss is written by hand, in docs/measured/losses.md.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, Final

from benchmarks.report import number, read
from benchmarks.targets import Measured
from tests.docs.pages import ROOT

__all__ = ["performance_page", "readme_numbers"]

_MEASURED: Final = ROOT / "docs" / "measured"
_WIDTH: Final = 130
_TITLES: Final = {
    "reads": "Reads on PostgreSQL",
    "embedded": "Reads on SQLite",
    "writes": "Writes",
    "imports": "Imports",
    "subscriptions": "Subscriptions",
    "caches": "Caches",
    "growth": "Growth",
}

_HEAD: Final = """\
<!-- Made from docs/measured/ by `make docs UPDATE=1`; do not edit. To renew it, run `make bench ARGS=--publish` on a machine that
does nothing else. What stands under "Where we lose" is docs/measured/losses.md. -->

# Performance

`make bench` measures Patron beside its peers on your machine and prints a table of all targets with PASS or FAIL; `python -m
benchmarks.reads --quick` measures the first five reads in under two minutes once the data is there. Everything it needs comes with
`make install`: PostgreSQL and node are Python packages; wrk makes the load where it is installed, a generator of our own elsewhere.

## Method

- **Peers in the same run, on the same rows.** Each is a process of its own. Before anything is timed its answers are compared with
  Patron's, field by field after parsing; cursors are opaque and left out.
- **Interleaved rounds.** In each round all peers are measured one after the other, the order rotating; a ratio is taken within a round,
  between neighbours in time. Tables have the median and the quartiles of these ratios.
- **A target is missed** where the upper quartile of the ratios is below it (for "at most": the lower one above it). Less is noise.
- **Patron runs as it is served**: authentication, row-level security, limits, cost and coercion of variables on, four plugins.
- **LIMIT** is what hand-written SQL reaches behind a bare ASGI app, without GraphQL: prepared statements, one JSON text per edge, as the
  owner. **LIMIT-S** is the same as `patron_app` behind the same row-security gate: the fair limit. Both it and Patron commit a row of the
  audit before an answer with money leaves (Q3, Q8).
- **Ratios, not seconds.** Client, servers and PostgreSQL share the machine's cores. CPU per answer is the server's process and all of
  PostgreSQL's, from /proc.
"""


def performance_page() -> str:
    """docs/performance.md."""
    found = [name for name in _TITLES if (_MEASURED / f"{name}.json").exists()]
    parts = [_HEAD]
    if (_MEASURED / "ratios.svg").exists():
        parts.append("![Patron as a multiple of its peers](measured/ratios.svg)\n")
    for name in found:
        parts.append(_section(name, json.loads((_MEASURED / f"{name}.json").read_text(encoding="utf-8"))))
    losses = _MEASURED / "losses.md"
    if losses.exists():
        parts.append("## Where we lose\n\n" + losses.read_text(encoding="utf-8"))
    return "\n".join(parts)


def _section(name: str, result: dict[str, Any]) -> str:
    rows = read(_MEASURED / f"{name}.json")
    parts = [f"## {_TITLES[name]}\n", _facts(result), ""]
    if "questions" in result["figures"]:
        parts += [*_by_question(result["figures"]["questions"]), ""]
    parts += [*_table(rows, link=name == "reads"), ""]
    settings = result["figures"].get("settings", {})
    parts += [_filled(f"- **{peer}**: {text}", indent="  ") for peer, text in settings.items() if text]
    return "\n".join(parts) + ("\n" if settings else "")


def _facts(result: dict[str, Any]) -> str:
    machine, options = result["machine"], result["options"]
    asked: list[str] = []
    if "customers" in options:
        asked.append(f"{options['customers']:,} customers")
    if "connections" in options:
        asked.append(f"{options['connections']} connections")
    if "rounds" in options:
        span = f" of {options['seconds']:g} s for each peer" if options.get("seconds") else ""
        asked.append(f"{options['rounds']} rounds{span}")
    asked.append(f"{machine['cores']} cores shared by all")
    asked.append(f"load average {'/'.join(f'{each:g}' for each in machine['load_average'])} at the end")
    tools = [f"PostgreSQL {machine['postgresql']}"] if "postgresql" in machine else []
    tools += [machine["generator"]] if "generator" in machine else []
    tools += [
        f"Python {machine['python']}",
        *(f"{name} {found}" for name, found in sorted(machine["versions"].items())),
    ]
    return _filled(f"Measured on {machine['date']}: {', '.join(asked)}; {', '.join(tools)}.")


def _by_question(questions: dict[str, Any]) -> list[str]:
    """Answers per second and CPU of each peer for the questions that several answer."""
    shared = {name: peers for name, peers in questions.items() if "Patron" in peers}
    names = list(dict.fromkeys(peer for peers in shared.values() for peer in peers))
    lines = ["Answers per second, and below it CPU of server + PostgreSQL in milliseconds per answer:", ""]
    lines += ["| | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for name, peers in shared.items():
        lines.append(f"| {_linked(name)} | " + " | ".join(_figure(peers.get(peer)) for peer in names) + " |")
    return lines


def _figure(figure: dict[str, float | None] | None) -> str:
    if figure is None:
        return "–"
    cpu = [number(each) for key in ("server_cpu_ms", "postgres_cpu_ms") if (each := figure[key]) is not None]
    per_second = figure["per_second"]
    assert per_second is not None
    return number(per_second) + (f"<br>{' + '.join(cpu)}" if cpu else "")


def _table(rows: Sequence[Measured], *, link: bool) -> list[str]:
    lines = ["| | what | against | median | quartiles | target | |", "|---|---|---|---|---|---|---|"]
    for each in rows:
        row, (low, high) = each.row, each.quartiles
        target = "" if row.target is None else f"{'≥' if row.at == 'least' else '≤'} {number(row.target)}"
        name = _linked(row.name) if link else row.name
        spread = f"{number(low)} to {number(high)}"
        median = f"{number(each.median)} {row.unit}"
        lines.append(f"| {name} | {row.what} | {row.whom} | {median} | {spread} | {target} | {each.verdict} |")
    return lines


def _linked(name: str) -> str:
    file = ROOT / "benchmarks" / "queries" / f"{name}.graphql"
    return f"[{name}](../benchmarks/queries/{name}.graphql)" if file.exists() else name


def _filled(text: str, *, indent: str = "") -> str:
    return textwrap.fill(text, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def readme_numbers() -> str:
    """The README's lines about speed."""
    path = _MEASURED / "reads.json"
    result = json.loads(path.read_text(encoding="utf-8"))
    machine, options = result["machine"], result["options"]
    rows = read(path)
    told = [f"{words} {_told(rows, whom)}" for whom, words in _README.items() if any(r.row.whom == whom for r in rows)]
    text = (
        f"Requests per second on PostgreSQL, for {_joined(_whats(rows))}: {'; '.join(told)}. Medians of {options['rounds']} interleaved "
        f"rounds on {machine['cores']} shared cores, {machine['date']}. Patron runs with authentication, row-level security and limits on."
    )
    return _filled(text) + "\n"


_README: Final = {
    "LIMIT-S": "of hand-written SQL behind a bare ASGI app",
    "PostGraphile 5": "times PostGraphile 5",
    "plain Strawberry": "times plain Strawberry with DataLoaders",
}


def _whats(rows: Iterable[Measured]) -> list[str]:
    return [each.row.what for each in rows if each.row.whom == "LIMIT-S"]


def _told(rows: Iterable[Measured], whom: str) -> str:
    return _joined([number(each.median) for each in rows if each.row.whom == whom])


def _joined(parts: Sequence[str]) -> str:
    return ", ".join(parts[:-1]) + f" and {parts[-1]}" if len(parts) > 1 else "".join(parts)
