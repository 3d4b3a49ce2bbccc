"""What was foreseen at a time: kept, so that it can be compared with what came."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from ..records import FINANCIAL, INTERNAL, Record, column, money
from ..values import Code, Money

__all__ = ["ForecastSnapshot", "SnapshotCause"]


class SnapshotCause(Code):
    """Why a forecast was kept."""

    JOB = "job", "It was time."
    REQUEST = "request", "Somebody asked for it."


class ForecastSnapshot(Record):
    """A forecast as it was at a time."""

    __tablename__ = "forecast_snapshot"
    id_prefix = "fcs"
    append_only = True
    not_about_a_party = "Sums over many customers."
    without_index = (
        ("cause currency_code owner period_from", "Asked within a period, whose end has an index."),
        (
            "expected_minor expected_currency pessimistic_minor pessimistic_currency optimistic_minor optimistic_currency",
            "Asked within a period.",
        ),
    )
    __table_args__ = (
        Index(None, "tenant_id", "period_to", "id"),
        Index(None, "tenant_id", "taken_at", "id"),
        CheckConstraint("period_to > period_from", name="period"),
    )

    taken_at: Mapped[dt.datetime] = column(INTERNAL, doc="When.", filterable=True, orderable=True)
    cause: Mapped[SnapshotCause] = column(INTERNAL, doc="Why it was kept.", filterable=True)
    period_from: Mapped[dt.date] = column(INTERNAL, doc="First day foreseen.", filterable=True, orderable=True)
    period_to: Mapped[dt.date] = column(INTERNAL, doc="First day after.", filterable=True, orderable=True)
    currency_code: Mapped[str] = column(INTERNAL, doc="The currency it is told in.", filterable=True)
    owner: Mapped[str | None] = column(INTERNAL, doc="Whose deals; null for all.", filterable=True)
    expected: Mapped[Money | None] = money(
        FINANCIAL, doc="What was expected; null where it did not apply.", optional=True, filterable=True, orderable=True
    )
    pessimistic: Mapped[Money | None] = money(
        FINANCIAL, doc="What was seen as sure; null where it did not apply.", optional=True, filterable=True
    )
    optimistic: Mapped[Money | None] = money(
        FINANCIAL, doc="What was seen as possible; null where it did not apply.", optional=True, filterable=True
    )
    booked: Mapped[Money | None] = money(FINANCIAL, doc="Of it in the ledger already.", optional=True)
    run_rate: Mapped[Money | None] = money(FINANCIAL, doc="Of it by history.", optional=True)
    closed: Mapped[Money | None] = money(FINANCIAL, doc="Of it won already.", optional=True)
    commit: Mapped[Money | None] = money(FINANCIAL, doc="Of it weighted deals of COMMIT.", optional=True)
    best_case: Mapped[Money | None] = money(FINANCIAL, doc="Of it weighted deals of BEST_CASE.", optional=True)
    pipeline: Mapped[Money | None] = money(FINANCIAL, doc="Of it weighted deals of PIPELINE.", optional=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        expected_minor: Mapped[int | None]
