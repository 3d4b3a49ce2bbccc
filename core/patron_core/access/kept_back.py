"""What is kept back from customers and partners: rows that say what something costs us.

A model says in `ours_where` which of its rows they are. In come a table, a record or an actor; out comes what the planner
leaves out, whether a record is left out, and from whom.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from patron_core.access.grants import PARTY_BOUND
from patron_core.records import Record, records

if TYPE_CHECKING:
    from patron_core.messages import Actor

__all__ = ["KeptBack", "is_kept_back", "is_outside", "kept_back"]


class KeptBack(NamedTuple):
    """Rows whose column holds a code, by its stored name."""

    column: str
    code: str


def is_outside(actor: Actor) -> bool:
    """Whether it is a customer or a partner, who sees the rows of a party: what we pay and earn is not for them."""
    return bool(actor.limits & PARTY_BOUND)


def kept_back(table: str | None) -> KeptBack | None:
    """The rows of a table that nobody outside sees; None where there are none."""
    for model in records():
        if model.ours_where is not None and model.__tablename__ == table:
            column, code = model.ours_where
            return KeptBack(column, code.name)
    return None


def is_kept_back(record: Record, actor: Actor) -> bool:
    """Whether it is one of those rows, for an actor outside."""
    where = record.ours_where
    return where is not None and is_outside(actor) and getattr(record, where[0]) is where[1]
