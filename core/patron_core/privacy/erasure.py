"""Forgetting a party: what `decide` decided is done, traces are removed, and a receipt is written.

In come a unit of work, a party and a reason, out comes the receipt. What is kept by law or by a hold is done later by the
job `privacy.due_erasures`, or again after a restore from a backup (`patron privacy replay`).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from patron_core.customers.models import Customer
from patron_core.hookspecs import Job
from patron_core.parties.models import Party
from patron_core.privacy.decisions import Decision, Line, decide
from patron_core.privacy.emptying import emptied_columns, erased_text, sealed_columns
from patron_core.privacy.events import PartyErased
from patron_core.privacy.models import Erasure, ErasureEntry, ErasureOutcome
from patron_core.privacy.row_changes import change_rows, delete_rows, opened
from patron_core.privacy.subjects import Rows, references
from patron_core.privacy.traces import traces
from patron_core.records import Record
from patron_core.unit_of_work import UnitOfWork

__all__ = ["JOBS", "erase", "erase_due"]


def erase(uow: UnitOfWork, party_id: uuid.UUID, *, reason: str, requested_at: dt.datetime | None = None) -> Erasure:
    """Erases a party and returns the receipt. Doing it again finishes what was kept; nothing is counted as new.

    reason: why, without a name. requested_at: when it was asked for first; now by default. NOT_FOUND where there is no
    such party. Under a legal hold nothing goes, and the receipt says so.
    """
    asked = requested_at or uow.now
    # What is added at the same time comes before the erasure, or finds that it cannot be added any more.
    uow.get(Party, party_id, lock=True, path=("party_id",))
    uow.select(select(Customer).where(Customer.party_id == party_id).with_for_update())
    decision = decide(uow, party_id, requested_on=asked.date())
    lines = list(decision.lines())
    if not decision.holds:
        with opened(uow):
            found = traces(uow, decision.about)
            _carry_out(uow, decision)
            for model, ids in found.items():
                delete_rows(uow, model, ids)
        lines += [Line(model.__name__, deleted=len(ids)) for model, ids in found.items()]
        uow.session.cleanse = True
    return _receipt(uow, decision, lines, reason=reason, requested_at=asked)


def _carry_out(uow: UnitOfWork, decision: Decision) -> None:
    for model, ids in decision.emptied.items():
        change_rows(uow, model, ids, emptied_columns(model))
        _seal_emptied(uow, model, ids)
    for model in _children_first(decision.deleted):
        delete_rows(uow, model, decision.deleted[model])


def _seal_emptied(uow: UnitOfWork, model: type[Record], ids: set[uuid.UUID]) -> None:
    names = sealed_columns(model)
    if not names or not ids:
        return
    uow.session.expire_all()
    mine = uow.among(cast("InstrumentedAttribute[Any]", model.id), sorted(ids))
    for record in uow.select(select(model).where(mine)):
        for name in names:
            setattr(record, name, erased_text(model, name, record.id))
    uow.flush()


def _children_first(rows: Rows) -> Iterator[type[Record]]:
    """The kinds in an order in which nothing that is still there refers to what goes.

    There always is one: a reference names a class that is there already, so that two kinds never refer to each other.
    """
    left = [model for model, ids in rows.items() if ids]
    while left:
        free = [model for model in left if not _referred_to(model, by=left)]
        yield from free
        left = [model for model in left if model not in free]


def _referred_to(model: type[Record], *, by: Iterable[type[Record]]) -> bool:
    return any(r.target is model for other in by if other is not model for r in references(other))


def _receipt(
    uow: UnitOfWork, decision: Decision, lines: list[Line], *, reason: str, requested_at: dt.datetime
) -> Erasure:
    kept = any(line.kept or line.reason for line in lines)
    outcome = ErasureOutcome.HELD if decision.holds else ErasureOutcome.PARTIAL if kept else ErasureOutcome.COMPLETE
    erasure = uow.add(
        Erasure(
            party_id=decision.party_id,
            outcome=outcome,
            reason=reason,
            requested_at=requested_at,
            carried_out_at=uow.now,
            actor=uow.actor.subject,
            due_on=decision.due_on,
        )
    )
    for line in lines:
        uow.add(ErasureEntry(erasure_id=erasure.id, **_entry(line)))
    uow.emit(PartyErased(party_id=decision.party_id, outcome=outcome))
    return erasure


def _entry(line: Line) -> dict[str, Any]:
    return {
        "record_type": line.record_type,
        "deleted": line.deleted,
        "emptied": line.emptied,
        "kept": line.kept,
        "kept_reason": line.reason,
        "kept_until": line.until,
    }


def erase_due(uow: UnitOfWork) -> None:
    """Goes on with every erasure whose rows may go by now: the day of the law has come, or the hold was released."""
    newest: dict[uuid.UUID, Erasure] = {}
    for receipt in uow.select(select(Erasure).order_by(Erasure.id)):
        newest[receipt.party_id] = receipt
    for receipt in newest.values():
        if _is_due(uow, receipt):
            erase(uow, receipt.party_id, reason=receipt.reason, requested_at=receipt.requested_at)


def _is_due(uow: UnitOfWork, receipt: Erasure) -> bool:
    """Whether less would be kept now than was. A day is missing where a hold or an unknown table stood in the way."""
    today = uow.now.date()
    if receipt.outcome is ErasureOutcome.COMPLETE or (receipt.due_on is not None and receipt.due_on > today):
        return False
    of_receipt = ErasureEntry.erasure_id == receipt.id
    entries = uow.select(select(ErasureEntry).where(of_receipt, ErasureEntry.kept_reason.is_not(None)))
    lines = decide(uow, receipt.party_id, requested_on=receipt.requested_at.date()).lines()
    return sum(line.kept for line in lines) + sum(1 for line in lines if line.reason) < sum(
        entry.kept for entry in entries
    ) + len(entries)


JOBS = (
    Job(
        name="privacy.due_erasures",
        description="Erases what had to be kept when a party asked to be forgotten, as soon as it may go.",
        schedule="FREQ=DAILY;BYHOUR=3",
        run=erase_due,
    ),
)
