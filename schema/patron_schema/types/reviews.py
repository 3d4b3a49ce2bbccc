"""How good contacts were, as the API shows it."""

from __future__ import annotations

import datetime as dt

from patron_core.reviews import models

from ..declare import Connection, Query, extends, planned, related, root
from ..nodes import Node
from .touchpoints import Touchpoint

__all__ = ["EXTENSIONS", "TYPES", "ReviewCriterion", "TouchpointReview"]


@planned(models.TouchpointReview)
class TouchpointReview(Node):
    """What somebody else than its agent found of a contact."""

    touchpoint: Touchpoint
    agent: str | None
    reviewer: str
    reviewed_at: dt.datetime
    score: int
    note: str | None
    criteria: Connection[ReviewCriterion] = related(
        models.ReviewCriterion.review, description="Our values, and whether they were lived."
    )


@planned(models.ReviewCriterion)
class ReviewCriterion(Node):
    """One of our values, and whether it was lived in a contact."""

    review: TouchpointReview
    code: str
    lived: bool


@extends(Touchpoint)
class TouchpointReviews:
    reviews: Connection[TouchpointReview] = related(
        models.TouchpointReview.touchpoint, description="What reviewers found of it."
    )


@extends(Query)
class ReviewQuery:
    touchpoint_reviews: Connection[TouchpointReview] = root(description="Reviews of contacts.")
    review_criteria: Connection[ReviewCriterion] = root(description="Our values, and whether contacts lived them.")


TYPES: tuple[type, ...] = (TouchpointReview, ReviewCriterion)
EXTENSIONS: tuple[type, ...] = (TouchpointReviews, ReviewQuery)
