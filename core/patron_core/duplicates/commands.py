"""What may be asked about customers who are twice in the books: merge two, take that back, say that they are not the same."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Annotated

from patron_core.customers.commands import CustomerId
from patron_core.duplicates.models import DuplicateCandidate, Merge
from patron_core.duplicates.survivorship import FieldChoice
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.validation import key, paragraphs

__all__ = ["DismissDuplicate", "DuplicateCandidateId", "MergeCustomers", "MergeId", "UndoMerge"]

MergeId = Annotated[uuid.UUID, IdOf(Merge)]
DuplicateCandidateId = Annotated[uuid.UUID, IdOf(DuplicateCandidate)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeCustomers(Command):
    """Makes two customers one: everything about the source goes to the target, in the core and in every plugin."""

    source_id: CustomerId = argument("The customer that goes.")
    target_id: CustomerId = argument("The customer that stays.")
    survivors: tuple[FieldChoice, ...] = argument(
        "Whose value of a field stays; the target's where nothing is said, and the source's where the target has none.",
        default=(),
    )
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoMerge(Command):
    """Takes a merge back, as long as none of its rows has changed since."""

    id: MergeId = argument("The merge.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DismissDuplicate(Command):
    """Says that two parties are not the same; they are not proposed again."""

    id: DuplicateCandidateId = argument("The two.")
    version: int = argument("The version the change was made from.")
    reason: str | None = argument("Why.", default=None)

    def __post_init__(self) -> None:
        paragraphs(self, "reason", maximum=1_000)
