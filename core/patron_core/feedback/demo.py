"""Demo rows: what customers answered on the two scales that have scores."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from patron_core.customers.models import Customer
from patron_core.feedback.commands import RecordFeedback
from patron_core.feedback.models import FeedbackKind
from patron_core.hookspecs import DemoContext

__all__ = ["fill"]


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Two answers of each customer."""
    for customer in [*people, *companies]:
        at = demo.uow.now - dt.timedelta(days=demo.random.randrange(1, 200))
        for kind, scores in ((FeedbackKind.NPS, (3, 7, 8, 9, 9, 10)), (FeedbackKind.CSAT, (2, 3, 4, 4, 5))):
            demo.uow.handle(
                RecordFeedback(customer_id=customer.id, kind=kind, score=demo.random.choice(scores), occurred_at=at)
            )
