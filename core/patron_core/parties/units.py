"""The parts of an organization: itself and what lies below it, as one recursive select that other statements build on."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import CTE, literal, select

from patron_core.parties.hierarchy import MOST_LEVELS
from patron_core.parties.models import Organization

__all__ = ["units_below"]


def units_below(tenant_id: uuid.UUID, top: uuid.UUID | Any, *, name: str = "unit") -> CTE:
    """Columns `id`, `parent_id`, `level` of an organization (level 0) and all below it. Deleted parts are left out.

    top: an id, or a select of ids.
    """
    own = Organization.tenant_id == tenant_id
    begins = Organization.id == top if isinstance(top, uuid.UUID) else Organization.id.in_(top)
    first = select(Organization.id, Organization.parent_id, literal(0).label("level")).where(begins, own)
    tree = first.cte(name, recursive=True)
    lower = select(Organization.id, Organization.parent_id, (tree.c.level + 1).label("level"))
    lower = lower.join(tree, Organization.parent_id == tree.c.id)
    return tree.union(lower.where(own, Organization.deleted_at.is_(None), tree.c.level < MOST_LEVELS))
