"""What happens to feedback: an answer is kept once for what it is about, inside the caller's unit of work."""

from __future__ import annotations

import uuid
from typing import Final

from patron_core.cases.models import Case
from patron_core.customers.models import Customer
from patron_core.errors import Conflict, NotFound
from patron_core.feedback.commands import RecordFeedback
from patron_core.feedback.events import FeedbackRecorded, UnhappyFeedbackGiven
from patron_core.feedback.models import Feedback, FeedbackKind
from patron_core.feedback.permissions import FEEDBACK_WRITE
from patron_core.hookspecs import CommandHandler
from patron_core.records import Record
from patron_core.touchpoints.models import Touchpoint
from patron_core.transactions.models import Transaction
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import not_later

__all__ = ["HANDLERS", "is_unhappy", "record_feedback"]

_ABOUT: Final[tuple[tuple[str, type[Record]], ...]] = (
    ("touchpoint_id", Touchpoint),
    ("case_id", Case),
    ("purchase_id", Transaction),
)


def record_feedback(command: RecordFeedback, uow: UnitOfWork) -> Feedback:
    """Keeps an answer. NOT_FOUND for what is not of this customer; CONFLICT where it answered about that already."""
    customer = uow.get(Customer, command.customer_id, lock=True, path=("customer_id",))
    at = command.occurred_at or uow.now
    not_later(at, than=uow.now, path="occurred_at")
    _check_about(command, customer.id, uow)
    feedback = uow.add(
        Feedback(
            customer_id=customer.id,
            kind=command.kind,
            score=command.score,
            comment=command.comment,
            channel=command.channel,
            occurred_at=at,
            touchpoint_id=command.touchpoint_id,
            case_id=command.case_id,
            purchase_id=command.purchase_id,
        )
    )
    uow.emit(FeedbackRecorded(customer_id=customer.id, feedback_id=feedback.id, kind=feedback.kind))
    if is_unhappy(feedback.kind, feedback.score):
        uow.emit(UnhappyFeedbackGiven(customer_id=customer.id, feedback_id=feedback.id, kind=feedback.kind))
    return feedback


def is_unhappy(kind: FeedbackKind, score: int) -> bool:
    """A detractor (Reichheld 2003: 0 to 6), or 1 and 2 of 5."""
    return score <= (6 if kind is FeedbackKind.NPS else 2)


def _check_about(command: RecordFeedback, customer_id: uuid.UUID, uow: UnitOfWork) -> None:
    for name, model in _ABOUT:
        id_ = getattr(command, name)
        if id_ is None:
            continue
        found = uow.get(model, id_, path=(name,))
        if getattr(found, "customer_id", None) != customer_id:
            raise NotFound("It is not of this customer. The id names something of another. Check both.", path=(name,))
        if uow.find(Feedback, customer_id=customer_id, kind=command.kind, **{name: id_}) is not None:
            raise Conflict(
                "The customer answered already. An answer about the same thing on the same scale was given again. "
                "Nothing is to be done.",
                path=(name,),
            )


HANDLERS: Final = (CommandHandler(command=RecordFeedback, handler=record_feedback, permission=FEEDBACK_WRITE),)
