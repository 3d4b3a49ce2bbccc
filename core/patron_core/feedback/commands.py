"""What may be asked about feedback: keep an answer. Its form is checked here; whom it is about by `service`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from patron_core.cases.commands import CaseId
from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.feedback.models import FeedbackKind
from patron_core.messages import Command, argument
from patron_core.touchpoints.commands import TouchpointId
from patron_core.touchpoints.models import Channel
from patron_core.transactions.commands import TransactionId
from patron_core.validation import aware, key, paragraphs, within

__all__ = ["RecordFeedback"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFeedback(Command):
    """Keeps what a customer answered; once about the same contact, case or purchase on the same scale."""

    customer_id: CustomerId = argument("Who answered.")
    kind: FeedbackKind = argument("On which scale.")
    score: int = argument("0 to 10 for NPS, 1 to 5 for CSAT and STARS.")
    comment: str | None = argument("What the customer said beside.", default=None)
    channel: Channel | None = argument("Where they answered.", default=None)
    occurred_at: dt.datetime | None = argument("When they answered, not ahead; now when left out.", default=None)
    touchpoint_id: TouchpointId | None = argument("About which contact.", default=None)
    case_id: CaseId | None = argument("About which case.", default=None)
    purchase_id: TransactionId | None = argument("About which purchase.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        paragraphs(self, "comment")
        aware(self, "occurred_at")
        key(self, "idempotency_key")
        least, most = (0, 10) if self.kind is FeedbackKind.NPS else (1, 5)
        within(self.score, least=least, most=most, path="score")
        if sum(each is not None for each in (self.touchpoint_id, self.case_id, self.purchase_id)) > 1:
            raise InvalidInput(
                "The answer is about several things. More than one was named. Keep an answer for each.",
                path=("case_id",),
            )
