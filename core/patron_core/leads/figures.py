"""Figures of leads: how soon they are answered, and where one stands among the others.

Percentiles are by the nearest rank: the smallest time that at least that share of answers did not exceed (Hyndman and Fan,
Sample Quantiles in Statistical Packages, 1996, definition 1). So they are times that somebody waited.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, case, func, select

from patron_core.figures import Figure, Input
from patron_core.leads.models import OPEN, Lead
from patron_core.unit_of_work import UnitOfWork

__all__ = ["ResponseFigures", "rank_of", "response_figures"]

_RANK: Final = "Nearest-rank percentile of whole minutes until the first answer (Hyndman and Fan 1996, definition 1)."
_SHARE: Final = "Leads answered in time, over those that were answered or are late."


@dataclass(frozen=True, slots=True)
class ResponseFigures:
    """How soon leads of a time were answered."""

    median_minutes: Figure
    p90_minutes: Figure
    share_in_time: Figure


def response_figures(uow: UnitOfWork, *, begins: dt.datetime, ends: dt.datetime, owner: str | None) -> ResponseFigures:
    """The figures of leads that came in from `begins` until before `ends`; three statements whatever there is."""
    among = [Lead.received_at >= begins, Lead.received_at < ends]
    if owner is not None:
        among.append(Lead.owner == owner)
    in_time = case((Lead.responded_at <= Lead.first_response_due_at, 1), else_=0)
    late = Lead.responded_at.is_(None) & (Lead.first_response_due_at < uow.now) & Lead.state.in_(OPEN)
    statement = select(
        func.count(), func.count(Lead.response_minutes), func.sum(in_time), func.sum(case((late, 1), else_=0))
    ).where(*among)
    received, answered, kept, waiting = (int(value or 0) for value in uow.rows(statement)[0])
    inputs = (
        Input(name="received", value=received, description="Leads that came in.", rows=received),
        Input(name="answered", value=answered, description="Of them answered.", rows=answered),
        Input(name="inTime", value=kept, description="Of them answered in time.", rows=kept),
        Input(name="late", value=waiting, description="Open, not answered, and late.", rows=waiting),
    )
    return ResponseFigures(
        _percentile(50, answered, among, inputs, uow),
        _percentile(90, answered, among, inputs, uow),
        _share(kept, answered + waiting, inputs, uow),
    )


def rank_of(lead_id: uuid.UUID, uow: UnitOfWork) -> Figure:
    """A lead's place among the open ones by score, from 1; equal scores share a place. NOT_FOUND for none."""
    lead = uow.get(Lead, lead_id, path=("leadId",))
    method = "One more than the open leads with a higher score (standard competition ranking)."
    statement = select(func.count(), func.sum(case((Lead.score > lead.score, 1), else_=0))).where(Lead.state.in_(OPEN))
    among, better = (int(value or 0) for value in uow.rows(statement)[0])
    inputs = (
        Input(name="score", value=lead.score, description="Its score.", ids=(f"{Lead.id_prefix}_{lead.id}",)),
        Input(name="open", value=among, description="Open leads.", rows=among),
    )
    if lead.state not in OPEN:
        return Figure.none(
            f"The lead is {lead.state.name.lower()}.", unit="rank", method=method, as_of=uow.now, inputs=inputs
        )
    return Figure.of(
        better + 1,
        unit="rank",
        reason=f"{better} of {among} open leads have a higher score.",
        sample_size=among,
        method=method,
        as_of=uow.now,
        inputs=inputs,
    )


def _percentile(
    percent: int, answered: int, among: list[ColumnElement[bool]], inputs: tuple[Input, ...], uow: UnitOfWork
) -> Figure:
    if answered == 0:
        return Figure.none("No lead was answered.", unit="minutes", method=_RANK, as_of=uow.now, inputs=inputs)
    place = -(-percent * answered // 100)  # the ceiling
    statement = (
        select(Lead.id, Lead.response_minutes)
        .where(*among, Lead.response_minutes.is_not(None))
        .order_by(Lead.response_minutes, Lead.id)
        .offset(place - 1)
        .limit(1)
    )
    id_, minutes = tuple(uow.rows(statement)[0])
    at = Input(name="at", value=minutes, description="The lead at that rank.", ids=(f"{Lead.id_prefix}_{id_}",))
    return Figure.of(
        minutes,
        unit="minutes",
        reason=f"{percent}% of the answered leads were answered within these minutes.",
        sample_size=answered,
        method=_RANK,
        as_of=uow.now,
        inputs=(*inputs, at),
    )


def _share(kept: int, judged: int, inputs: tuple[Input, ...], uow: UnitOfWork) -> Figure:
    return Figure.share(
        kept,
        judged,
        reason=f"{kept} of {judged} leads were answered in time.",
        none="No lead was answered, and none is late.",
        method=_SHARE,
        as_of=uow.now,
        inputs=inputs,
    )
