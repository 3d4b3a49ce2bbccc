"""Organizations under organizations: no circle, and at most twenty levels from top to bottom.

In come an organization and the one to place it under, out comes nothing or `InvalidInput`. Rows of both chains are
locked first, so that two moves at the same moment cannot make a circle together.
"""

from __future__ import annotations

import uuid
from typing import Final

from sqlalchemy import literal, select

from patron_core.errors import InvalidInput, NotFound
from patron_core.parties.models import Organization
from patron_core.unit_of_work import UnitOfWork

__all__ = ["MOST_LEVELS", "check_joined", "check_place"]

MOST_LEVELS: Final = 20


def check_place(uow: UnitOfWork, *, parent_id: uuid.UUID, child_id: uuid.UUID | None) -> None:
    """Refuses a place that would close a circle or make more than 20 levels; NOT_FOUND where there is no such parent.

    child_id: the organization to place; None for one that is about to be made. Errors name the field `parent_id`.
    """
    above = _lock_chain(uow, parent_id=parent_id, child_id=child_id)
    if not above:
        raise NotFound(
            "There is no such organization. The id names none that you may see. Check the id.", path=("parent_id",)
        )
    if child_id in above:
        raise InvalidInput(
            "An organization cannot be part of itself. The parent that was given lies below it. Choose another one.",
            path=("parent_id",),
        )
    below = 1 if child_id is None else _levels_below(uow, child_id)
    if len(above) + below > MOST_LEVELS:
        raise InvalidInput(
            f"The hierarchy would be too deep. It would have {len(above) + below} levels, the most is {MOST_LEVELS}. "
            "Place it higher up.",
            path=("parent_id",),
        )


def check_joined(uow: UnitOfWork, *, source_id: uuid.UUID, target_id: uuid.UUID) -> None:
    """Refuses to give the children of one organization to another where that closes a circle or makes more than 20 levels."""
    above = _lock_chain(uow, parent_id=target_id, child_id=source_id)
    if source_id in above[2:]:
        raise InvalidInput(
            "An organization cannot be part of itself. The one to merge lies above the other with one between. "
            "Place one of them elsewhere first.",
            path=("source_id",),
        )
    levels = len(above) + _levels_below(uow, source_id) - 1
    if levels > MOST_LEVELS:
        raise InvalidInput(
            f"The hierarchy would be too deep. It would have {levels} levels, the most is {MOST_LEVELS}. "
            "Place one of them higher up.",
            path=("source_id",),
        )


def _lock_chain(uow: UnitOfWork, *, parent_id: uuid.UUID, child_id: uuid.UUID | None) -> list[uuid.UUID]:
    """The parent and everything above it, locked; read again after the lock, for a move may have come in between."""
    above = _chain(uow, parent_id)
    while True:
        wanted = {*above, *([child_id] if child_id else [])}
        uow.select(
            select(Organization.id).where(Organization.id.in_(wanted)).order_by(Organization.id).with_for_update()
        )
        now_above = _chain(uow, parent_id)
        if set(now_above) <= wanted:
            return now_above
        above = now_above


def _chain(uow: UnitOfWork, start: uuid.UUID) -> list[uuid.UUID]:
    """The organization and those above it, nearest first; one more than allowed at most."""
    own = Organization.tenant_id == uow.tenant_id
    first = select(Organization.id, Organization.parent_id, literal(1).label("level")).where(
        Organization.id == start, own
    )
    chain = first.cte("chain", recursive=True)
    upper = select(Organization.id, Organization.parent_id, (chain.c.level + 1).label("level"))
    upper = upper.join(chain, Organization.id == chain.c.parent_id).where(own, chain.c.level <= MOST_LEVELS)
    chain = chain.union_all(upper)
    return uow.select(select(chain.c.id).order_by(chain.c.level))


def _levels_below(uow: UnitOfWork, start: uuid.UUID) -> int:
    """How many levels the organization has with everything below it, itself counted; one more than allowed at most."""
    own = Organization.tenant_id == uow.tenant_id
    first = select(Organization.id, literal(1).label("level")).where(Organization.id == start, own)
    tree = first.cte("tree", recursive=True)
    lower = select(Organization.id, (tree.c.level + 1).label("level"))
    lower = lower.join(tree, Organization.parent_id == tree.c.id).where(own, tree.c.level <= MOST_LEVELS)
    tree = tree.union_all(lower)
    levels: list[int] = uow.select(select(tree.c.level))
    return max(levels)
