"""How often a customer will buy, and whether they still do: the BG/NBD model of Fader, Hardie and Lee.

Repeat purchases, recency and age of customers come in; the fitted model tells what to expect of each. The formulas are those of
"Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model, Marketing Science 24(2), 2005, by number.
It holds where customers buy at their own rate and drop out unseen, not under contract. What an amount is expected is left to `spend`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import lgamma
from typing import Final

from patron_core.value.simplex import minimise

__all__ = ["History", "PurchaseModel", "fit_counted", "fit_purchases"]

_START: Final = (1.0, 1.0, 1.0, 1.0)
_MOST_TERMS: Final = 100_000
_SMALL_TERM: Final = 1e-13


@dataclass(frozen=True, slots=True)
class History:
    """What a customer did, all in one unit of time.

    repeats: purchases after the first, 0 or more; those of one day are one. recency: age at the last purchase, 0 without repeats. age:
    since the first purchase.
    """

    repeats: int
    recency: float
    age: float

    def __post_init__(self) -> None:
        if self.repeats < 0 or not 0 <= self.recency <= self.age or (self.repeats == 0) != (self.recency == 0):
            raise ValueError(
                "A history contradicts itself. Repeats, recency and age were given. "
                "Recency lies between 0 and the age, and is 0 exactly where there was no repeat."
            )


@dataclass(frozen=True, slots=True)
class PurchaseModel:
    """The fitted model. r, alpha: of the rates at which customers buy. a, b: of the chance to drop out after a purchase.

    customers: how many it was fitted to. log_likelihood: of their histories. converged: whether the fit came to rest.
    """

    r: float
    alpha: float
    a: float
    b: float
    customers: int = 0
    log_likelihood: float = math.nan
    converged: bool = True

    def alive(self, history: History) -> float:
        """The chance, 0 to 1, that the customer has not dropped out; 1 for one who never came again, whom the model cannot doubt."""
        return 1.0 / (1.0 + self._odds_of_absence(history))

    def expected(self, history: History, *, during: float) -> float:
        """How many purchases to expect of the customer in the next `during` units of time (formula 10)."""
        if during <= 0:
            return 0.0
        x, age = history.repeats, history.age
        ends = self.alpha + age + during
        grown: float = ((self.alpha + age) / ends) ** (self.r + x)
        series = _hypergeometric(self.r + x, self.b + x, self.a + self.b + x - 1, during / ends)
        return (self.a + self.b + x - 1) / (self.a - 1) * (1 - grown * series) * self.alive(history)

    def expected_of_new(self, *, during: float) -> float:
        """How many repeat purchases to expect of a customer of whom nothing is known (formula 9)."""
        share = during / (self.alpha + during)
        series = _hypergeometric(self.r, self.b, self.a + self.b - 1, share)
        left: float = (self.alpha / (self.alpha + during)) ** self.r
        return (self.a + self.b - 1) / (self.a - 1) * (1 - left * series)

    def _odds_of_absence(self, history: History) -> float:
        x = history.repeats
        if x == 0:
            return 0.0
        ratio = (self.alpha + history.age) / (self.alpha + history.recency)
        return math.exp(math.log(self.a / (self.b + x - 1)) + (self.r + x) * math.log(ratio))


def fit_purchases(histories: Iterable[History], *, start: Sequence[float] = _START) -> PurchaseModel:
    """The model under which the histories are the most likely (formula 7).

    Customers with the same history are counted together, so the time goes with the number of different ones. Raises ValueError
    where nobody bought again: nothing can be learned from that.
    """
    return fit_counted(Counter(histories), start=start)


def fit_counted(counted: Mapping[History, int], *, start: Sequence[float] = _START) -> PurchaseModel:
    """As `fit_purchases`, of different histories with how many customers have each."""
    if not any(each.repeats for each in counted):
        raise ValueError(
            "Nobody bought again. The rate of buying and of dropping out cannot be told. Wait for repeats."
        )
    groups = [(each.repeats, each.recency, each.age, count) for each, count in counted.items()]
    # Times of the order of one, whatever their unit, or the first step is far from the place.
    unit = max(age for _, _, age, _ in groups) / 10 or 1.0
    scaled = [(repeats, recency / unit, age / unit, count) for repeats, recency, age, count in groups]
    found = minimise(lambda parameters: -_log_likelihood(parameters, scaled), start)
    r, alpha, a, b = found.parameters
    scale_of_time = sum(repeats * count for repeats, _, _, count in groups) * math.log(unit)
    return PurchaseModel(
        r, alpha * unit, a, b, sum(counted.values()), -found.value - scale_of_time, converged=found.converged
    )


_Group = tuple[int, float, float, int]


def _log_likelihood(parameters: Sequence[float], groups: Sequence[_Group]) -> float:
    r, alpha, a, b = parameters
    by_repeats: dict[int, tuple[float, float]] = {}
    total = 0.0
    try:
        constant = r * math.log(alpha) - lgamma(r) + lgamma(a + b) - lgamma(b)
        for x, recency, age, count in groups:
            if x not in by_repeats:
                fixed = constant + lgamma(r + x) + lgamma(b + x) - lgamma(a + b + x)
                by_repeats[x] = fixed, math.log(a) - math.log(b + x - 1) if x else -math.inf
            fixed, dropped = by_repeats[x]
            there = -(r + x) * math.log(alpha + age)
            if x:
                gone = dropped - (r + x) * math.log(alpha + recency)
                larger, smaller = max(there, gone), min(there, gone)
                there = larger + math.log1p(math.exp(smaller - larger))
            total += count * (fixed + there)
    except (OverflowError, ValueError):  # far outside of what makes sense
        return -math.inf
    return total


def _hypergeometric(a: float, b: float, c: float, z: float) -> float:
    """Gauss's series 2F1(a, b; c; z) for 0 <= z < 1 (DLMF 15.2.1)."""
    term = total = 1.0
    for n in range(_MOST_TERMS):
        term *= (a + n) * (b + n) / ((c + n) * (n + 1)) * z
        total += term
        if abs(term) <= _SMALL_TERM * abs(total):
            return total
    raise ArithmeticError("The series did not come to an end. The time to look ahead is too long for the model.")
