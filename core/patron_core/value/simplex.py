"""The lowest point of a function of a few positive parameters, by the simplex method of Nelder and Mead (1965).

In come a function and where to begin, out come the parameters. Logarithms of them are what the simplex walks on, so that they
stay positive and a step is a ratio.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["Minimum", "minimise"]

_REFLECT: Final = 1.0
_EXPAND: Final = 2.0
_CONTRACT: Final = 0.5
_SHRINK: Final = 0.5
_FIRST_STEP: Final = 0.4  # of a logarithm: half as much again
_MOST_LOGARITHM: Final = 700.0  # of the largest float

Point = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Minimum:
    """parameters: where the function is lowest. value: of the function there. converged: whether the walk came to rest."""

    parameters: tuple[float, ...]
    value: float
    converged: bool


def minimise(
    function: Callable[[Sequence[float]], float],
    start: Sequence[float],
    *,
    tolerance: float = 1e-9,
    most_steps: int = 2_000,
) -> Minimum:
    """Finds positive parameters with a low value of `function`, which may be infinite where it does not apply.

    tolerance: how little corners may differ at rest, relative to the value. most_steps: after which it gives up.
    """

    def at(point: Point) -> float:
        if max(point) > _MOST_LOGARITHM:
            return math.inf
        return function([math.exp(each) for each in point])

    corners = _first_corners([math.log(each) for each in start])
    simplex = sorted((at(corner), corner) for corner in corners)
    for _ in range(most_steps):
        if _at_rest(simplex, tolerance):
            break
        simplex = _step(simplex, at)
    value, lowest = simplex[0]
    return Minimum(tuple(math.exp(each) for each in lowest), value, _at_rest(simplex, tolerance))


def _first_corners(start: Sequence[float]) -> list[Point]:
    moved = [
        tuple(each + (_FIRST_STEP if place == axis else 0.0) for place, each in enumerate(start))
        for axis in range(len(start))
    ]
    return [tuple(start), *moved]


def _at_rest(simplex: list[tuple[float, Point]], tolerance: float) -> bool:
    (low, lowest), (high, _) = simplex[0], simplex[-1]
    spread = max(abs(a - b) for _, corner in simplex[1:] for a, b in zip(corner, lowest, strict=True))
    return high - low <= tolerance * (abs(low) + tolerance) and spread <= 1e-6


def _step(simplex: list[tuple[float, Point]], at: Callable[[Point], float]) -> list[tuple[float, Point]]:
    """The simplex with its highest corner moved, or drawn together around the lowest."""
    high, highest = simplex[-1]
    others = [corner for _, corner in simplex[:-1]]
    middle = tuple(sum(axis) / len(others) for axis in zip(*others, strict=True))

    def beyond(ratio: float) -> tuple[float, Point]:
        point = tuple(m + ratio * (m - h) for m, h in zip(middle, highest, strict=True))
        return at(point), point

    reflected = beyond(_REFLECT)
    if reflected[0] < simplex[0][0]:
        return sorted([*simplex[:-1], min(reflected, beyond(_EXPAND))])
    if reflected[0] < simplex[-2][0]:
        return sorted([*simplex[:-1], reflected])
    drawn = beyond(_CONTRACT if reflected[0] < high else -_CONTRACT)
    if drawn[0] < min(reflected[0], high):
        return sorted([*simplex[:-1], drawn])
    _, lowest = simplex[0]
    shrunk = [tuple(low + _SHRINK * (each - low) for each, low in zip(c, lowest, strict=True)) for _, c in simplex[1:]]
    return sorted([simplex[0], *((at(corner), corner) for corner in shrunk)])
