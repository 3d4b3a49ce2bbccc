"""Indicators of leads, for the catalogue of `measures`."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sqlalchemy import func, select

from patron_core.figures import Figure, Input
from patron_core.leads.models import Lead
from patron_core.measures.indicator import Indicator, Span
from patron_core.profits.days import midnight
from patron_core.unit_of_work import UnitOfWork

__all__ = ["INDICATORS"]

_METHOD: Final = (
    "Average of the whole minutes until the first answer, of leads that came in within the days and were answered."
)


def _first_response(uow: UnitOfWork, span: Span) -> Figure:
    statement = select(
        func.count().label("leads"),
        func.count(Lead.response_minutes).label("answered"),
        func.sum(Lead.response_minutes).label("minutes"),
    ).where(
        Lead.tenant_id == uow.tenant_id,
        Lead.received_at >= midnight(span.start),
        Lead.received_at < midnight(span.end),
    )
    (found,) = uow.rows(statement)
    leads, answered = int(found.leads), int(found.answered)
    inputs = (Input(name="leads", value=leads, description="Leads that came in.", rows=leads),)
    if not answered:
        none = f"Of {leads} leads none was answered."
        return Figure.none(none, unit="minutes", method=_METHOD, as_of=uow.now, inputs=inputs)
    return Figure.of(
        (Decimal(int(found.minutes)) / answered).quantize(Decimal("0.1")),
        unit="minutes",
        reason=f"{answered} of {leads} leads were answered.",
        sample_size=answered,
        method=_METHOD,
        as_of=uow.now,
        inputs=inputs,
    )


INDICATORS: Final = (
    Indicator(
        code="FIRST_RESPONSE",
        name="First response",
        definition="How long a lead waits for its first answer.",
        formula="sum of minutes until the first answer / leads that were answered",
        unit="minutes",
        sources=("lead",),
        drill_down=(
            "query($from: DateTime!, $to: DateTime!) { leads(where: { receivedAt: { gte: $from, lt: $to } }, "
            "orderBy: [{ field: RESPONSE_MINUTES, direction: DESC }]) { nodes { id receivedAt respondedAt responseMinutes } } }"
        ),
        compute=_first_response,
    ),
)
