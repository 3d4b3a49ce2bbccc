"""Demo rows: reviews of the contacts that agents had."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.reviews.commands import NewCriterion, ReviewTouchpoint
from patron_core.touchpoints.models import Touchpoint

__all__ = ["fill"]

_MOST: Final = 8


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Reviews some contacts, with whether we listened and kept our promises in them."""
    had = select(Touchpoint).where(Touchpoint.agent.in_(["ines", "omar"])).order_by(Touchpoint.id).limit(_MOST)
    for number, contact in enumerate(demo.uow.select(had)):
        criteria = (
            NewCriterion(code="LISTENS", lived=True),
            NewCriterion(code="KEEPS_PROMISES", lived=number % 3 != 0),
        )
        score = 90 - 7 * number
        demo.uow.handle(ReviewTouchpoint(touchpoint_id=contact.id, score=score, criteria=criteria))
