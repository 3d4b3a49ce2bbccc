"""Rows of a table: what is measured against whom, the target, and whether it is kept.

In come paired values, one per round; out come their median, quartiles and PASS or FAIL. Noise does not fail a row: only a target
that three quarters of the rounds miss does.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Measured", "Row"]


@dataclass(frozen=True, slots=True)
class Row:
    """A row. whom: the peer, or what the value is compared with. target: None where only the figure is wanted. unit: behind it."""

    name: str
    what: str
    whom: str
    target: float | None = None
    at: Literal["least", "most"] = "least"
    unit: str = "×"


@dataclass(frozen=True, slots=True)
class Measured:
    """A row with its values, one per round."""

    row: Row
    values: Sequence[float]

    @property
    def median(self) -> float:
        """The middle value."""
        return statistics.median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The lower and the upper one; the value itself where there is but one."""
        if len(self.values) < 2:
            return self.values[0], self.values[0]
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return low, high

    @property
    def verdict(self) -> Literal["PASS", "FAIL", ""]:
        """FAIL where the upper quartile is below "at least", or the lower one above "at most"; empty without a target."""
        target = self.row.target
        if target is None:
            return ""
        low, high = self.quartiles
        missed = high < target if self.row.at == "least" else low > target
        return "FAIL" if missed else "PASS"
