"""Indicators of what customers answer, for the catalogue of `measures`."""

from __future__ import annotations

from typing import Final

from patron_core.feedback.models import FeedbackKind
from patron_core.feedback.scores import score
from patron_core.figures import Figure
from patron_core.measures.indicator import Indicator, Span
from patron_core.profits.days import midnight
from patron_core.unit_of_work import UnitOfWork

__all__ = ["INDICATORS"]

#: Answers without which there is no figure: with fewer the interval spans most of the scale. A choice of ours.
_LEAST: Final = 30


def _recommended(uow: UnitOfWork, span: Span) -> Figure:
    return score(FeedbackKind.NPS, midnight(span.start), midnight(span.end), uow, least=_LEAST)


def _satisfied(uow: UnitOfWork, span: Span) -> Figure:
    return score(FeedbackKind.CSAT, midnight(span.start), midnight(span.end), uow, least=_LEAST)


def _rows(kind: FeedbackKind) -> str:
    return (
        "query($from: DateTime!, $to: DateTime!) { feedbacks(where: { kind: { eq: "
        f"{kind.name} }}, occurredAt: {{ gte: $from, lt: $to }} }}) {{ nodes {{ score occurredAt customer {{ id }} }} }} }}"
    )


INDICATORS: Final = (
    Indicator(
        code="NPS",
        name="Net promoter score",
        definition="How much more customers recommend us than warn of us.",
        formula="(answers of 9 and 10 - answers of 0 to 6) / answers * 100",
        unit="points",
        sources=("feedback",),
        drill_down=_rows(FeedbackKind.NPS),
        compute=_recommended,
    ),
    Indicator(
        code="CSAT",
        name="Customer satisfaction",
        definition="Share of customers who are satisfied.",
        formula="answers of 4 and 5 / answers * 100",
        unit="percent",
        sources=("feedback",),
        drill_down=_rows(FeedbackKind.CSAT),
        compute=_satisfied,
    ),
)
