"""What a customer spends on a purchase: the gamma-gamma model of Fader and Hardie.

Averages and numbers of purchases come in; the fitted model draws a customer's own average towards everybody's, the more the fewer
purchases there are. Formulas: Fader and Hardie, The Gamma-Gamma Model of Monetary Value (2013), by number. It holds where what
is spent does not depend on how often: `correlation` says how far that is so.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import lgamma
from typing import Final

from patron_core.value.simplex import minimise

__all__ = ["SpendModel", "Spending", "correlation", "fit_counted", "fit_spend"]

_START: Final = (1.0, 2.0, 1.0)


@dataclass(frozen=True, slots=True)
class Spending:
    """What a customer spent. purchases: how many, 1 or more. average: of their amounts, above 0, in one currency."""

    purchases: int
    average: float

    def __post_init__(self) -> None:
        if self.purchases < 1 or self.average <= 0:
            raise ValueError(
                "What was spent cannot be averaged. It needs one purchase and an amount above zero. Leave others out."
            )


@dataclass(frozen=True, slots=True)
class SpendModel:
    """The fitted model. p: shape of one customer's amounts. q, gamma: of how customers differ.

    customers: how many it was fitted to. converged: whether the fit came to rest.
    """

    p: float
    q: float
    gamma: float
    customers: int = 0
    converged: bool = True

    @property
    def average(self) -> float:
        """The average over all customers, of whom nothing else is known; infinite where q is not above 1."""
        return self.p * self.gamma / (self.q - 1) if self.q > 1 else math.inf

    def expected(self, spending: Spending) -> float:
        """The amount to expect of the customer's purchases (formula 5)."""
        x = spending.purchases
        return self.p * (self.gamma + x * spending.average) / (self.p * x + self.q - 1)


def fit_spend(spendings: Iterable[Spending]) -> SpendModel:
    """The model under which the averages are the most likely (formula 1a). ValueError where there are fewer than three."""
    return fit_counted(Counter(spendings))


def fit_counted(counted: Mapping[Spending, int]) -> SpendModel:
    """As `fit_spend`, of different spendings with how many customers have each."""
    if len(counted) < 3:
        raise ValueError("There is too little to learn from. Fewer than three customers differ. Wait for more.")
    groups = [(each.purchases, each.average, count) for each, count in counted.items()]
    unit = sum(average * count for _, average, count in groups) / sum(counted.values())
    scaled = [(purchases, average / unit, count) for purchases, average, count in groups]
    found = minimise(lambda parameters: -_log_likelihood(parameters, scaled), _START)
    p, q, gamma = found.parameters
    return SpendModel(p, q, gamma * unit, sum(counted.values()), converged=found.converged)


def correlation(spendings: Sequence[Spending]) -> float:
    """Pearson's correlation of how often and how much, -1 to 1; the model wants it near 0. 0 where one of them never differs."""
    n = len(spendings)
    if n < 2:
        return 0.0
    often = math.fsum(each.purchases for each in spendings) / n
    much = math.fsum(each.average for each in spendings) / n
    both = math.fsum((each.purchases - often) * (each.average - much) for each in spendings)
    spread = math.fsum((each.purchases - often) ** 2 for each in spendings) * math.fsum(
        (each.average - much) ** 2 for each in spendings
    )
    return both / math.sqrt(spread) if spread > 0 else 0.0


def _log_likelihood(parameters: Sequence[float], groups: Sequence[tuple[int, float, int]]) -> float:
    p, q, gamma = parameters
    total = 0.0
    try:
        constant = q * math.log(gamma) - lgamma(q)
        for x, average, count in groups:
            shape = p * x
            each = constant + lgamma(shape + q) - lgamma(shape) + (shape - 1) * math.log(average)
            total += count * (each + shape * math.log(x) - (shape + q) * math.log(gamma + x * average))
    except (OverflowError, ValueError):  # far outside of what makes sense
        return -math.inf
    return total
