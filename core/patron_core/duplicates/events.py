"""What can have happened to parties that are twice in the books. Events carry ids and names of fields, never values."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.duplicates.models import Merge
from patron_core.messages import Event, Named
from patron_core.parties.models import Party

__all__ = ["CustomersMerged", "DuplicateDismissed", "MergeUndone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersMerged(Event):
    """Two customers became one. `customer_id` is the one that stayed.

    gone_id: the id that the other customer had. loser_id: the party that turned out to be the same.
    """

    type: ClassVar[str] = "customer.merged"
    names: ClassVar[Named] = {"merge_id": Merge, "loser_id": Party, "gone_id": None}
    merge_id: uuid.UUID
    party_id: uuid.UUID
    loser_id: uuid.UUID
    gone_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeUndone(Event):
    """A merge was taken back. `customer_id` is the one that had stayed.

    loser_id: the party that is one of its own again.
    """

    type: ClassVar[str] = "customer.merge_undone"
    names: ClassVar[Named] = {"merge_id": Merge, "loser_id": Party}
    merge_id: uuid.UUID
    party_id: uuid.UUID
    loser_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateDismissed(Event):
    """Somebody said that two parties are not the same."""

    type: ClassVar[str] = "duplicate_candidate.dismissed"
    duplicate_candidate_id: uuid.UUID
