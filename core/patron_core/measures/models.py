"""What the business aims at and what that costs: entered costs of winning customers, scorecards with their objectives, programmes."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..records import FINANCIAL, INTERNAL, PUBLIC, Record, column, money, reference
from ..values import Code, Money

__all__ = ["AcquisitionCost", "Objective", "Perspective", "Programme", "Scorecard", "TargetDirection"]

_OURS = "How the business does as a whole."


class Perspective(Code):
    """From where a business is looked at (Kaplan and Norton, The Balanced Scorecard, Harvard Business Review 1/1992)."""

    FINANCIAL = "financial", "How do we look to those who own us?"
    CUSTOMER = "customer", "How do customers see us?"
    PROCESS = "process", "What must we be good at?"
    LEARNING = "learning", "How do we go on to improve?"


class TargetDirection(Code):
    """Where a figure should go."""

    UP = "up", "More is better."
    DOWN = "down", "Less is better."


class AcquisitionCost(Record):
    """What was spent on winning customers, on a day."""

    __tablename__ = "acquisition_cost"
    id_prefix = "acq"
    not_about_a_party = "What we spend, on nobody in particular."
    without_index = (("source amount_minor amount_currency", "Asked within days."),)

    spent_on: Mapped[dt.date] = column(INTERNAL, doc="When.", filterable=True, orderable=True, index=True)
    amount: Mapped[Money] = money(FINANCIAL, doc="How much.", filterable=True, orderable=True, ours=True)
    source: Mapped[str] = column(INTERNAL, doc="What for, such as a fair or a campaign's code.", filterable=True)


class Scorecard(Record):
    """Objectives from four perspectives, looked at together."""

    __tablename__ = "scorecard"
    id_prefix = "scd"
    not_about_a_party = _OURS
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    code: Mapped[str] = column(PUBLIC, doc="Stable code in capitals, such as COMPANY.", filterable=True, orderable=True)
    name: Mapped[str] = column(PUBLIC, doc="Name to show.")


class Objective(Record):
    """Something a scorecard aims at: an indicator of the catalogue, or a figure that somebody enters, and its target."""

    __tablename__ = "scorecard_objective"
    id_prefix = "obj"
    not_about_a_party = _OURS
    without_index = (("perspective indicator", "A scorecard has few objectives."),)

    scorecard: Mapped[Scorecard] = reference(Scorecard, doc="Whose.")
    perspective: Mapped[Perspective] = column(INTERNAL, doc="From where.", filterable=True)
    name: Mapped[str] = column(INTERNAL, doc="What is aimed at.")
    indicator: Mapped[str | None] = column(
        INTERNAL, doc="Code of the indicator that tells; null where somebody enters it.", filterable=True
    )
    target: Mapped[Decimal] = column(INTERNAL, doc="What it should be, in the indicator's unit.", scale=4)
    direction: Mapped[TargetDirection] = column(INTERNAL, doc="Whether more or less of it is better.")
    entered: Mapped[Decimal | None] = column(INTERNAL, doc="What it is, where no indicator tells.", scale=4)
    entered_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When that was entered.")

    if TYPE_CHECKING:  # the columns that references and composites make
        scorecard_id: Mapped[uuid.UUID]


class Programme(Record):
    """Something done to better an indicator, with what it costs and what the indicator was before."""

    __tablename__ = "programme"
    id_prefix = "pgm"
    not_about_a_party = _OURS
    without_index = (("name started_on indicator", "A tenant has few programmes."),)
    __table_args__ = (CheckConstraint("baseline_to > baseline_from", name="baseline"),)

    name: Mapped[str] = column(INTERNAL, doc="What it is.", filterable=True, orderable=True)
    indicator: Mapped[str] = column(INTERNAL, doc="Code of the indicator it is to better.", filterable=True)
    direction: Mapped[TargetDirection] = column(INTERNAL, doc="Whether more or less of it is better.")
    baseline_from: Mapped[dt.date] = column(INTERNAL, doc="First day of the time it is compared with.")
    baseline_to: Mapped[dt.date] = column(INTERNAL, doc="First day after that time.")
    started_on: Mapped[dt.date] = column(INTERNAL, doc="First day of its effect.", filterable=True, orderable=True)
    cost: Mapped[Money] = money(FINANCIAL, doc="What it costs once.", ours=True)
    monthly_cost: Mapped[Money | None] = money(FINANCIAL, doc="What it costs in each month.", optional=True, ours=True)
    value_of_one: Mapped[Money | None] = money(
        FINANCIAL,
        doc="What one unit of the indicator is worth in a month; null where it is money itself.",
        optional=True,
    )
