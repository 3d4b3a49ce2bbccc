"""Why to call a customer, and how much each reason weighs: pure functions of facts, so that the same facts give the same list.

The weights are ours and follow no study: a promise that is overdue comes before a rhythm, a rhythm before a deal, and what a
customer buys only decides between equals. A customer's score is the sum of the strongest reason of each kind.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from patron_core.privacy.models import ConsentPurpose
from patron_core.tasks.models import TaskPriority
from patron_core.values import Code

__all__ = [
    "METHOD",
    "CallEntry",
    "CallReason",
    "Reason",
    "closing",
    "complaint",
    "gap",
    "ranked",
    "renewal",
    "stuck",
    "task_due",
    "value",
]

METHOD: Final = (
    "Sum of the strongest reason of each kind: TASK_DUE 40 and 1 for each day overdue up to 20, HIGH 10 and URGENT 20 more, "
    "LOW 10 less; RENEWAL_AT_RISK 35; COMPLAINT 30; CONTACT_GAP 20 and up to 20 by how much of the rhythm it is over; "
    "RENEWAL_DUE 15 and up to 15 as it comes near; DEAL_CLOSING 25; DEAL_STUCK 15; VALUE up to 10 by the share of the "
    "largest. Ties by id. Weights are Patron's own."
)
_PRIORITY: Final = {TaskPriority.LOW: -10, TaskPriority.NORMAL: 0, TaskPriority.HIGH: 10, TaskPriority.URGENT: 20}


class CallReason(Code):
    """Why a customer is on the list of calls."""

    TASK_DUE = "task_due", "A task is due or overdue."
    CONTACT_GAP = "contact_gap", "They have not heard from us for longer than the rhythm of contact says."
    COMPLAINT = "complaint", "They complained lately."
    RENEWAL_AT_RISK = "renewal_at_risk", "Somebody doubts that they renew."
    RENEWAL_DUE = "renewal_due", "Notice of a contract is due soon."
    DEAL_CLOSING = "deal_closing", "A deal should close soon, or should have."
    DEAL_STUCK = "deal_stuck", "A deal has not moved for long."
    VALUE = "value", "What they bought in the last year, beside others on the list."


#: What selling needs agreement to; everything else is done for what was agreed with the customer.
SELLING: Final = frozenset({CallReason.DEAL_CLOSING, CallReason.DEAL_STUCK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason. evidence: outer ids of the rows it follows from."""

    code: CallReason
    points: int
    text: str
    evidence: tuple[str, ...]

    @property
    def purpose(self) -> ConsentPurpose:
        """What a call for this reason is for."""
        return ConsentPurpose.MARKETING if self.code in SELLING else ConsentPurpose.SERVICE


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEntry:
    """A customer to call."""

    customer_id: uuid.UUID
    score: int
    reasons: tuple[Reason, ...]


def task_due(id_: str, *, due_on: dt.date, priority: TaskPriority, on: dt.date) -> Reason:
    """A task that is due on a day or before."""
    days = (on - due_on).days
    text = f"A task is {_days(days)} overdue." if days > 0 else "A task is due."
    return _reason(CallReason.TASK_DUE, 40 + min(max(days, 0), 20) + _PRIORITY[priority], text, id_)


def gap(id_: str, *, due_on: dt.date, every_days: int, on: dt.date) -> Reason:
    """A contact that the rhythm says is due."""
    days = max((on - due_on).days, 0)
    text = f"Contact is due each {_days(every_days)}, and is {_days(days)} late."
    return _reason(CallReason.CONTACT_GAP, 20 + min(20 * days // every_days, 20), text, id_)


def renewal(id_: str, *, at_risk: bool, notice_by: dt.date, within_days: int, on: dt.date) -> Reason:
    """A renewal that is open."""
    days = max((notice_by - on).days, 0)
    if at_risk:
        return _reason(CallReason.RENEWAL_AT_RISK, 35, f"A renewal is at risk; notice is due in {_days(days)}.", id_)
    near = 15 - 15 * min(days, within_days) // within_days
    return _reason(CallReason.RENEWAL_DUE, 15 + near, f"Notice of a contract is due in {_days(days)}.", id_)


def complaint(id_: str, *, came_on: dt.date, on: dt.date) -> Reason:
    """A complaint that came in lately, solved or not: whoever complained is asked how it is."""
    return _reason(CallReason.COMPLAINT, 30, f"They complained {_days(max((on - came_on).days, 0))} ago.", id_)


def closing(id_: str, *, close_on: dt.date, on: dt.date) -> Reason:
    """A deal that should close soon, or should have."""
    days = (close_on - on).days
    text = f"A deal should close in {_days(days)}." if days >= 0 else f"A deal should have closed {_days(-days)} ago."
    return _reason(CallReason.DEAL_CLOSING, 25, text, id_)


def stuck(id_: str, *, entered_on: dt.date, on: dt.date) -> Reason:
    """A deal that has not moved."""
    return _reason(CallReason.DEAL_STUCK, 15, f"A deal has not moved for {_days((on - entered_on).days)}.", id_)


def value(id_: str, *, minor: int, largest: int, sales: int) -> Reason:
    """What was bought, beside the largest of the list in the same currency."""
    points = int(Decimal(10 * minor) / largest)
    return _reason(CallReason.VALUE, points, f"{sales} sales and refunds in the last year.", id_)


def ranked(reasons: dict[uuid.UUID, list[Reason]]) -> list[CallEntry]:
    """All customers with a reason, the strongest first, ties by id."""
    entries = []
    for customer_id, given in reasons.items():
        kept = _strongest(given)
        entries.append(
            CallEntry(customer_id=customer_id, score=sum(reason.points for reason in kept), reasons=tuple(kept))
        )
    return sorted(entries, key=lambda entry: (-entry.score, entry.customer_id))


def _strongest(reasons: Iterable[Reason]) -> Sequence[Reason]:
    """The strongest of each kind, with the evidence of all of that kind."""
    by_code: dict[CallReason, list[Reason]] = {}
    for reason in sorted(reasons, key=lambda each: (-each.points, each.evidence)):
        by_code.setdefault(reason.code, []).append(reason)
    out = []
    for same in by_code.values():
        best = same[0]
        evidence = tuple(dict.fromkeys(id_ for each in same for id_ in each.evidence))
        out.append(Reason(code=best.code, points=best.points, text=best.text, evidence=evidence))
    return sorted(out, key=lambda each: (-each.points, each.code.name))


def _reason(code: CallReason, points: int, text: str, id_: str) -> Reason:
    return Reason(code=code, points=points, text=text, evidence=(id_,))


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
