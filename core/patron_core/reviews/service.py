"""What happens to reviews: one is written by somebody else than who had the contact, inside the caller's unit of work."""

from __future__ import annotations

from typing import Final

from patron_core.errors import Conflict, InvalidInput
from patron_core.hookspecs import CommandHandler
from patron_core.reviews.commands import ReviewTouchpoint
from patron_core.reviews.events import TouchpointReviewed
from patron_core.reviews.models import ReviewCriterion, TouchpointReview
from patron_core.reviews.permissions import REVIEW_WRITE
from patron_core.touchpoints.models import Touchpoint
from patron_core.unit_of_work import UnitOfWork

__all__ = ["HANDLERS", "review_touchpoint"]


def review_touchpoint(command: ReviewTouchpoint, uow: UnitOfWork) -> TouchpointReview:
    """Reviews a contact. INVALID_INPUT for one's own, CONFLICT where one has reviewed it already."""
    touchpoint = uow.get(Touchpoint, command.touchpoint_id, path=("touchpoint_id",))
    reviewer = uow.actor.subject
    if touchpoint.agent == reviewer:
        raise InvalidInput(
            "The contact is your own. You had it, and would review it. Ask somebody else.", path=("touchpoint_id",)
        )
    if uow.find(TouchpointReview, touchpoint_id=touchpoint.id, reviewer=reviewer) is not None:
        raise Conflict(
            "You have reviewed the contact already. Each reviewer does so once. Nothing is to be done.",
            path=("touchpoint_id",),
        )
    review = uow.add(
        TouchpointReview(
            touchpoint_id=touchpoint.id,
            agent=touchpoint.agent,
            reviewer=reviewer,
            reviewed_at=uow.now,
            score=command.score,
            note=command.note,
        )
    )
    for criterion in command.criteria:
        uow.add(ReviewCriterion(review_id=review.id, code=criterion.code, lived=criterion.lived))
    uow.emit(
        TouchpointReviewed(
            customer_id=touchpoint.customer_id,
            touchpoint_review_id=review.id,
            touchpoint_id=touchpoint.id,
            score=review.score,
        )
    )
    return review


HANDLERS: Final[tuple[CommandHandler, ...]] = (
    CommandHandler(command=ReviewTouchpoint, handler=review_touchpoint, permission=REVIEW_WRITE),
)
