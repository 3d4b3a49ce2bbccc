"""What care knows of a customer's health as a relationship: whether follow-ups are seen to in time, and which are late.

Both only read, and say from which facts they follow. They name no clinical fact.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import select

from patron_core.hookspecs import Factor, Recommendation
from patron_core.records import PHI
from patron_core.unit_of_work import UnitOfWork
from patron_healthcare.models import FollowUp, Patient

__all__ = ["punctuality", "recommend"]


def punctuality(customer_id: uuid.UUID, uow: UnitOfWork) -> Factor:
    """The share of follow-ups seen to by their day, among those closed or late; not applicable where there are none."""
    today = uow.now.astimezone(dt.UTC).date()
    counted = [f for f in _follow_ups(customer_id, uow) if f.closed_at is not None or f.due_on < today]
    if not counted:
        return Factor(value=None, reason="No follow-up is closed or late.", sample_size=0, as_of=uow.now)
    in_time = sum(1 for f in counted if f.closed_at is not None and f.closed_at.astimezone(dt.UTC).date() <= f.due_on)
    return Factor(
        value=round(Decimal(in_time) / len(counted), 3),
        reason=f"{in_time} of {len(counted)} follow-ups were seen to by their day.",
        sample_size=len(counted),
        as_of=uow.now,
    )


def recommend(customer_id: uuid.UUID, uow: UnitOfWork) -> Iterable[Recommendation]:
    """Late follow-ups want an appointment."""
    today = uow.now.astimezone(dt.UTC).date()
    late = [f for f in _follow_ups(customer_id, uow) if f.closed_at is None and f.due_on < today]
    if late:
        number = "A follow-up is" if len(late) == 1 else f"{len(late)} follow-ups are"
        yield Recommendation(
            code="HEALTHCARE_BOOK_FOLLOW_UP",
            classification=PHI,
            title="Offer the patient an appointment",
            reason=f"{number} past the day by which somebody had to see to it; the earliest was due on {late[0].due_on}.",
            facts=tuple(follow_up.id for follow_up in late),
        )


def _follow_ups(customer_id: uuid.UUID, uow: UnitOfWork) -> list[FollowUp]:
    patient = uow.find(Patient, customer_id=customer_id)
    if patient is None:
        return []
    mine = select(FollowUp).where(FollowUp.patient_id == patient.id)
    return uow.select(mine.order_by(FollowUp.due_on, FollowUp.id))
