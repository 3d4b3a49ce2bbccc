"""Interleaved rounds: in each all are measured one after the other, the order rotating, so that noise meets all alike.

In come servers with what they are asked, out come rounds; `ratios` pairs two of them within each round, as neighbours in time.
"""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields

from benchmarks.load import Load, NoAnswerError, press
from benchmarks.peer import Ask, Server

__all__ = ["Round", "measure", "medians", "ratios"]

#: What each peer gave, by its name.
Round = Mapping[str, Load]
_ANSWERS = 20
_LONGEST = 8


def measure(
    asked: Mapping[str, tuple[Server, Ask]],
    *,
    rounds: int,
    seconds: float,
    connections: int,
    postmaster: int | None = None,
    own: bool = False,
) -> list[Round]:
    """Measures all, `rounds` times. Who answers rarely is measured longer, up to 8 times `seconds`."""
    spans: dict[str, float] = {}

    def run(name: str, span: float) -> Load:
        server, ask = asked[name]
        most = min(connections, server.peer.connections or connections)
        return press(server, ask, seconds=span, connections=most, postmaster=postmaster, own=own)

    for name in asked:
        warm = _patiently(run, name, max(0.3, seconds / 2))
        spans[name] = min(max(seconds, _ANSWERS / warm.per_second), _LONGEST * seconds)
    found: list[Round] = []
    for index in range(rounds):
        found.append({name: _patiently(run, name, spans[name]) for name in _order(list(asked), index)})
    return found


def _patiently(run: Callable[[str, float], Load], name: str, seconds: float) -> Load:
    """Until there are answers: who answers rarely is given four times as long, twice."""
    for span in (seconds, 4 * seconds):
        with contextlib.suppress(NoAnswerError):
            return run(name, span)
    return run(name, 60.0)


def _order(names: list[str], index: int) -> list[str]:
    """Rotated by one each round, and backwards in every other one: each is first, last and everybody's neighbour."""
    at = index % len(names)
    turned = names[at:] + names[:at]
    return turned if index % 2 == 0 else turned[::-1]


def ratios(
    rounds: Sequence[Round],
    ours: str,
    theirs: str,
    *,
    of: Callable[[Load], float | None] = lambda load: load.per_second,
) -> list[float]:
    """Ours divided by theirs in each round; empty where one was not measured."""
    pairs = [(of(each[ours]), of(each[theirs])) for each in rounds if ours in each and theirs in each]
    return [left / right for left, right in pairs if left is not None and right]


def medians(rounds: Sequence[Round]) -> dict[str, dict[str, float | None]]:
    """Of each peer the median of every figure."""
    out: dict[str, dict[str, float | None]] = {}
    for name in rounds[0]:
        loads = [each[name] for each in rounds]
        found: dict[str, float | None] = {"per_second": statistics.median(load.per_second for load in loads)}
        for field in fields(Load):
            values = [value for load in loads if (value := getattr(load, field.name)) is not None]
            found[field.name] = statistics.median(values) if values else None
        out[name] = found
    return out
