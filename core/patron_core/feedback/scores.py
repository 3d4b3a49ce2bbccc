"""The net promoter score and the share of satisfied customers, each with an interval and a guard against small samples.

Answers of a period come in, a figure comes out, in one statement. The counts may be asked for by anybody who sees all customers.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt
from typing import Any, Final

from sqlalchemy import case, func, literal, select

from patron_core.access.overview import require_overview
from patron_core.feedback.models import Feedback, FeedbackKind
from patron_core.figures import Figure, Input
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import in_order, within

__all__ = ["Counts", "customer_satisfaction", "net_promoter_score", "score"]

#: Of the normal distribution: 95 % lie within so many standard deviations.
_Z: Final = 1.96
_NPS: Final = (
    "Share of 9 and 10 less share of 0 to 6, times 100 (Reichheld, The One Number You Need to Grow, HBR 2003); interval of 95 %: "
    "adjusted Wald with three answers added, a quarter of them each promoter and detractor (Rocks, Interval Estimation for the "
    "Net Promoter Score, The American Statistician 70(4), 2016)."
)
_CSAT: Final = "Share of 4 and 5 of 5; interval of 95 % by Wilson's score (Wilson, JASA 22, 1927)."


@dataclass(frozen=True, slots=True)
class Counts:
    """How many answered well, in between and badly."""

    well: int
    between: int
    badly: int

    @property
    def answers(self) -> int:
        """All of them."""
        return self.well + self.between + self.badly


def score(kind: FeedbackKind, since: dt.datetime, until: dt.datetime, uow: UnitOfWork, *, least: int) -> Figure:
    """The score of a scale over [since, until). least: answers without which there is no figure, 1 to 1000."""
    require_overview(uow.actor)
    within(least, most=1_000, path="minimumSample")
    in_order(since, until, path="until")
    nps = kind is FeedbackKind.NPS
    well, badly = (Feedback.score >= 9, Feedback.score <= 6) if nps else (Feedback.score >= 4, Feedback.score <= 2)
    one, none = literal(1), literal(0)
    statement = select(
        func.count(), func.sum(case((well, one), else_=none)), func.sum(case((badly, one), else_=none))
    ).where(Feedback.kind == kind, Feedback.occurred_at >= since, Feedback.occurred_at < until)
    rows: list[Any] = uow.rows(statement)
    ((answers, good, bad),) = rows
    counts = Counts(int(good or 0), answers - int(good or 0) - int(bad or 0), int(bad or 0))
    make = net_promoter_score if nps else customer_satisfaction
    return make(counts, as_of=uow.now, least=least)


def net_promoter_score(counts: Counts, *, as_of: dt.datetime, least: int) -> Figure:
    """-100 to 100. A decision on values."""
    if counts.answers < least:
        return _too_few(counts, least, unit="points", method=_NPS, as_of=as_of)
    value = Decimal(100 * (counts.well - counts.badly)) / counts.answers
    whole = counts.answers + 3
    up, down = (counts.well + 0.75) / whole, (counts.badly + 0.75) / whole
    middle = up - down
    margin = _Z * sqrt((up + down - middle**2) / whole)
    low, high = (_hundredfold(max(-1.0, min(1.0, each))) for each in (middle - margin, middle + margin))
    return _figure(counts, round(value, 1), low, high, unit="points", method=_NPS, as_of=as_of)


def customer_satisfaction(counts: Counts, *, as_of: dt.datetime, least: int) -> Figure:
    """0 to 100 percent. A decision on values."""
    if counts.answers < least:
        return _too_few(counts, least, unit="percent", method=_CSAT, as_of=as_of)
    n, share = counts.answers, counts.well / counts.answers
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    margin = _Z / (1 + _Z**2 / n) * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    value = round(Decimal(100 * counts.well) / n, 1)
    low, high = _hundredfold(max(0.0, middle - margin)), _hundredfold(min(1.0, middle + margin))
    return _figure(counts, value, low, high, unit="percent", method=_CSAT, as_of=as_of)


def _hundredfold(share: float) -> Decimal:
    return round(Decimal(share) * 100, 1)


def _too_few(counts: Counts, least: int, *, unit: str, method: str, as_of: dt.datetime) -> Figure:
    return Figure.none(
        f"{counts.answers} answered, {least} are needed.",
        unit=unit,
        sample_size=counts.answers,
        method=method,
        as_of=as_of,
        inputs=_inputs(counts),
    )


def _figure(
    counts: Counts, value: Decimal, low: Decimal, high: Decimal, *, unit: str, method: str, as_of: dt.datetime
) -> Figure:
    return Figure.of(
        value,
        unit=unit,
        reason=f"{counts.answers} answered; with 95 % confidence it lies between {low} and {high}.",
        sample_size=counts.answers,
        method=method,
        as_of=as_of,
        inputs=[
            *_inputs(counts),
            Input(name="lower", value=low, description="Lower end of the interval of 95 %."),
            Input(name="upper", value=high, description="Upper end of the interval of 95 %."),
        ],
    )


def _inputs(counts: Counts) -> tuple[Input, ...]:
    return (
        Input(name="well", value=counts.well, description="Promoters, or 4 and 5 of 5.", rows=counts.well),
        Input(name="between", value=counts.between, description="Passives, or 3 of 5.", rows=counts.between),
        Input(name="badly", value=counts.badly, description="Detractors, or 1 and 2 of 5.", rows=counts.badly),
    )
