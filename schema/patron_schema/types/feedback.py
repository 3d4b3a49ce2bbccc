"""What customers think, as the API shows it: the answers, and the scores of a period."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import strawberry

from patron_core import figures
from patron_core.feedback import models, scores
from patron_core.feedback.permissions import FEEDBACK_READ
from patron_core.touchpoints.models import Channel

from ..declare import Connection, Query, expression, extends, planned, related, resolver, root
from .cases import Case
from .customers import Customer
from .figures import Figure, shown
from .timeline import TimelineEntry
from .touchpoints import Touchpoint
from .transactions import Transaction

__all__ = ["EXTENSIONS", "TYPES", "Feedback"]


@planned(models.Feedback)
class Feedback(TimelineEntry):
    """What a customer answered."""

    customer: Customer
    kind: models.FeedbackKind
    score: int
    comment: str | None
    channel: Channel | None
    occurred_at: dt.datetime
    summary: str = expression(
        models.Feedback.kind, description="On which scale they answered.", filterable=False, orderable=False
    )
    touchpoint: Touchpoint | None
    case: Case | None
    purchase: Transaction | None


@extends(Customer)
class CustomerFeedback:
    feedback: Connection[Feedback] = related(models.Feedback.customer, description="What the customer answered.")


@extends(Case)
class CaseFeedback:
    feedback: Connection[Feedback] = related(models.Feedback.case, description="What the customer said of it.")


@extends(Touchpoint)
class TouchpointFeedback:
    feedback: Connection[Feedback] = related(models.Feedback.touchpoint, description="What the customer said of it.")


Since = Annotated[dt.datetime, strawberry.argument(description="First instant that counts.")]
Until = Annotated[dt.datetime | None, strawberry.argument(description="First instant after it; null for now.")]
Least = Annotated[
    int,
    strawberry.argument(
        description="Answers without which there is no figure, 1 to 1000; 30 by the rule of thumb for the normal approximation."
    ),
]


@extends(Query)
class FeedbackQuery:
    feedbacks: Connection[Feedback] = root(description="What customers answered.")

    @resolver(scope=FEEDBACK_READ)
    async def net_promoter_score(
        self, info: strawberry.Info[Any, Any], since: Since, until: Until = None, minimum_sample: Least = 30
    ) -> Figure | None:
        """How many more recommend us than would not, of all who answered in a period; with its interval."""
        return await _score(info, models.FeedbackKind.NPS, since, until, minimum_sample)

    @resolver(scope=FEEDBACK_READ)
    async def customer_satisfaction(
        self, info: strawberry.Info[Any, Any], since: Since, until: Until = None, minimum_sample: Least = 30
    ) -> Figure | None:
        """How many of 100 were satisfied, of all who answered in a period; with its interval."""
        return await _score(info, models.FeedbackKind.CSAT, since, until, minimum_sample)


async def _score(
    info: strawberry.Info[Any, Any],
    kind: models.FeedbackKind,
    since: dt.datetime,
    until: dt.datetime | None,
    least: int,
) -> Figure:
    found: figures.Figure = await info.context.read(
        lambda uow: scores.score(kind, since, until or uow.now, uow, least=least)
    )
    return shown(found)


TYPES = (Feedback,)
EXTENSIONS = (CustomerFeedback, CaseFeedback, TouchpointFeedback, FeedbackQuery)
