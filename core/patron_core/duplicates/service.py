"""Who may be twice in the books, and what was merged: carries the commands out."""

from __future__ import annotations

from typing import Final

from patron_core.duplicates import events
from patron_core.duplicates.commands import DismissDuplicate, MergeCustomers, UndoMerge
from patron_core.duplicates.merging import merge_customers, undo_merge
from patron_core.duplicates.models import CandidateStatus, DuplicateCandidate
from patron_core.duplicates.permissions import DUPLICATE_WRITE
from patron_core.hookspecs import CommandHandler
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import same_version

__all__ = ["HANDLERS", "dismiss_duplicate"]


def dismiss_duplicate(command: DismissDuplicate, uow: UnitOfWork) -> DuplicateCandidate:
    """Remembers that two parties are not the same."""
    candidate = uow.get(DuplicateCandidate, command.id, path=("id",))
    same_version(candidate, version=command.version)
    candidate.status, candidate.reason = CandidateStatus.DISMISSED, command.reason
    candidate.decided_at, candidate.decided_by = uow.now, uow.actor.subject
    uow.emit(events.DuplicateDismissed(duplicate_candidate_id=candidate.id))
    return candidate


HANDLERS: Final = (
    CommandHandler(command=MergeCustomers, handler=merge_customers, permission=DUPLICATE_WRITE),
    CommandHandler(command=UndoMerge, handler=undo_merge, permission=DUPLICATE_WRITE),
    CommandHandler(command=DismissDuplicate, handler=dismiss_duplicate, permission=DUPLICATE_WRITE),
)
