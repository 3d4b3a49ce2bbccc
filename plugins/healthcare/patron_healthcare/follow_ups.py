"""Which abnormal observations need a follow-up, and the rows that follow: for one observation or for thousands.

In come abnormal observations that are written already, out go follow-ups opened or moved. The rule: for a patient and a
code at most one is open, and it rests on the LATEST abnormal observation of that code. An older one never asks for
another, so a file read again and history that comes late open nothing; a later one moves the open follow-up and leaves
its day as it is. A later normal value closes nothing: only a contact with an outcome does (`service`).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from patron_core.unit_of_work import UnitOfWork
from patron_healthcare.codes import FollowUpStatus, ObservationInterpretation
from patron_healthcare.events import FollowUpOpened
from patron_healthcare.models import FollowUp, Observation, Patient
from patron_healthcare.settings import HealthcareSettings

__all__ = ["Abnormal", "Decision", "Known", "OpenedFollowUps", "decide", "hold_patients", "open_follow_ups"]

Subject = tuple[uuid.UUID, str]
_SLICE = 5_000  # ids in one statement; both databases take more than 30,000 parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Abnormal:
    """An abnormal observation, as far as a follow-up needs it."""

    observation_id: uuid.UUID
    patient_id: uuid.UUID
    customer_id: uuid.UUID
    code: str
    display: str
    interpretation: ObservationInterpretation
    effective_at: dt.datetime
    value: Decimal | None = None
    unit: str | None = None
    reference_text: str | None = None

    @property
    def reason(self) -> str:
        """Why somebody has to see to it, in words."""
        measured = "" if self.value is None else f" {_plain(self.value)}{f' {self.unit}' if self.unit else ''}"
        range_ = f" (normal: {self.reference_text})" if self.reference_text else ""
        return f"{self.display}{measured}: {self.interpretation.description.rstrip('.').lower()}{range_}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A follow-up that is there, with the time of the observation it rests on."""

    follow_up_id: uuid.UUID
    patient_id: uuid.UUID
    code: str
    effective_at: dt.datetime
    is_open: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do: follow-ups to open, and open ones to move to a later observation."""

    opened: tuple[Abnormal, ...]
    moved: tuple[tuple[uuid.UUID, Abnormal], ...]


@dataclass(frozen=True, slots=True)
class OpenedFollowUps:
    """What was done."""

    opened: int = 0
    moved: int = 0


def decide(abnormal: Iterable[Abnormal], *, known: Iterable[Known]) -> Decision:
    """Applies the rule of this room; of two observations at the same instant the one with the larger id counts."""
    latest: dict[Subject, Abnormal] = {}
    for found in abnormal:
        before = latest.get((found.patient_id, found.code))
        if before is None or _place(before) < _place(found):
            latest[found.patient_id, found.code] = found
    seen: dict[Subject, dt.datetime] = {}
    open_now: dict[Subject, Known] = {}
    for follow_up in known:
        subject = follow_up.patient_id, follow_up.code
        seen[subject] = max(seen.get(subject, follow_up.effective_at), follow_up.effective_at)
        if follow_up.is_open:
            open_now[subject] = follow_up
    fresh = {s: found for s, found in latest.items() if s not in seen or found.effective_at > seen[s]}
    return Decision(
        opened=tuple(found for subject, found in fresh.items() if subject not in open_now),
        moved=tuple((open_now[subject].follow_up_id, found) for subject, found in fresh.items() if subject in open_now),
    )


def open_follow_ups(uow: UnitOfWork, abnormal: Sequence[Abnormal]) -> OpenedFollowUps:
    """Opens and moves follow-ups; of the dead nothing is asked. The patients' rows are held, so that two at once agree."""
    ids = sorted({found.patient_id for found in abnormal})
    living: set[uuid.UUID] = set()
    known: list[Known] = []
    for start in range(0, len(ids), _SLICE):
        living |= hold_patients(uow, ids[start : start + _SLICE])
        known += _known(uow, ids[start : start + _SLICE])
    decision = decide((found for found in abnormal if found.patient_id in living), known=known)
    _move(uow, dict(decision.moved))
    _open(uow, decision.opened)
    return OpenedFollowUps(opened=len(decision.opened), moved=len(decision.moved))


def hold_patients(uow: UnitOfWork, patient_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Keeps others from opening, moving or closing follow-ups of these patients until the end of the transaction.

    Returns those who are alive. The lock is one that a row pointing to the patient, such as the observation just
    written, does not stand in the way of (FOR NO KEY UPDATE): with a stronger one two recordings would wait for each
    other.
    """
    held = select(Patient.id, Patient.deceased).where(Patient.id.in_(patient_ids)).order_by(Patient.id)
    return {row.id for row in uow.rows(held.with_for_update(key_share=True)) if not row.deceased}


def _move(uow: UnitOfWork, found: Mapping[uuid.UUID, Abnormal]) -> None:
    ids = sorted(found)
    for start in range(0, len(ids), _SLICE):
        listed = select(FollowUp).where(FollowUp.id.in_(ids[start : start + _SLICE])).order_by(FollowUp.id)
        for follow_up in uow.select(listed.execution_options(populate_existing=True)):
            follow_up.based_on_id = found[follow_up.id].observation_id
            follow_up.reason = found[follow_up.id].reason
    if ids:
        uow.flush()


def _open(uow: UnitOfWork, abnormal: Sequence[Abnormal]) -> None:
    days = dt.timedelta(days=uow.plugins.settings(HealthcareSettings).follow_up_days)
    rows: list[dict[str, Any]] = [
        {
            "patient_id": found.patient_id,
            "based_on_id": found.observation_id,
            "code": found.code,
            "reason": found.reason,
            "due_on": (found.effective_at.astimezone(dt.UTC) + days).date(),
            "status": FollowUpStatus.REQUESTED,
        }
        for found in abnormal
    ]
    if not rows:
        return
    for follow_up_id, found, row in zip(uow.add_many(FollowUp, rows), abnormal, rows, strict=True):
        uow.emit(FollowUpOpened(customer_id=found.customer_id, follow_up_id=follow_up_id, due_on=row["due_on"]))


def _known(uow: UnitOfWork, patient_ids: Sequence[uuid.UUID]) -> list[Known]:
    rows = uow.rows(
        select(FollowUp.id, FollowUp.patient_id, FollowUp.code, Observation.effective_at, FollowUp.closed_at)
        .join(Observation, FollowUp.based_on_id == Observation.id)
        .where(FollowUp.patient_id.in_(patient_ids))
    )
    return [
        Known(
            follow_up_id=row.id,
            patient_id=row.patient_id,
            code=row.code,
            effective_at=row.effective_at,
            is_open=row.closed_at is None,
        )
        for row in rows
    ]


def _place(found: Abnormal) -> tuple[dt.datetime, uuid.UUID]:
    return found.effective_at, found.observation_id


def _plain(number: Decimal) -> str:
    """Without needless digits: 172.400000 as 172.4, 150 as 150."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
