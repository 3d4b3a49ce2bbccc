"""Who may be twice in the books, and what was merged: candidates with their evidence, receipts, and what undoes a merge."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..parties.models import Party
from ..records import INTERNAL, PHI, PII, Record, column, reference, subject
from ..values import Code

__all__ = ["CandidateStatus", "DuplicateCandidate", "MatchKey", "Merge", "MergeUndo", "MergedRow", "RowChange"]


class CandidateStatus(Code):
    """What was said of two parties that may be one."""

    OPEN = "open", "Nobody has decided yet."
    DISMISSED = "dismissed", "They are not the same; this is remembered."


class RowChange(Code):
    """What a merge did with a row."""

    MOVED = "moved", "It refers to the survivor now."
    CHANGED = "changed", "Some of its values changed."
    DROPPED = "dropped", "It is gone, because only one of two could stay."


class MatchKey(Record):
    """A key that parties share who may be the same: an address, a number, a day of birth with the sound of a name."""

    __tablename__ = "match_key"
    id_prefix = "mky"
    __table_args__ = (UniqueConstraint("tenant_id", "party_id", "key"),)

    party: Mapped[Party] = subject(Party, doc="Whose key it is.")
    key: Mapped[str] = column(PII, doc="The key, with its kind in front.", index=True)

    if TYPE_CHECKING:  # the columns that references make
        party_id: Mapped[uuid.UUID]


class DuplicateCandidate(Record):
    """Two parties that may be one, with what speaks for it."""

    __tablename__ = "duplicate_candidate"
    id_prefix = "dup"
    without_index = (
        (
            "same_email same_phone same_birth_date same_identifier similar_address name_similarity",
            "Asked beside the status and the score, which have one.",
        ),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "first_id", "second_id"),
        Index(None, "tenant_id", "status", "score", "id"),
        Index(None, "tenant_id", "score", "id"),
        CheckConstraint("score >= 0 AND score <= 100", name="score"),
    )

    first: Mapped[Party] = subject(Party, doc="The party that was known first.")
    second: Mapped[Party] = subject(Party, doc="The other one.")
    score: Mapped[int] = column(INTERNAL, doc="How much speaks for it, 0 to 100.", filterable=True, orderable=True)
    name_similarity: Mapped[int] = column(INTERNAL, doc="How alike their names are, 0 to 100.", filterable=True)
    same_email: Mapped[bool] = column(INTERNAL, doc="Whether they share an e-mail address.", filterable=True)
    same_phone: Mapped[bool] = column(INTERNAL, doc="Whether they share a telephone number.", filterable=True)
    same_birth_date: Mapped[bool | None] = column(
        INTERNAL, doc="Whether they were born on the same day; null where one day is not known.", filterable=True
    )
    same_identifier: Mapped[bool] = column(
        INTERNAL, doc="Whether two other systems call them the same.", filterable=True
    )
    similar_address: Mapped[bool] = column(INTERNAL, doc="Whether they have much the same address.", filterable=True)
    status: Mapped[CandidateStatus] = column(INTERNAL, doc="What was said of it.", filterable=True)
    decided_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When somebody decided.")
    decided_by: Mapped[str | None] = column(INTERNAL, doc="Who decided.")
    reason: Mapped[str | None] = column(PII, doc="Why they are not the same.")

    def absorb(self, other: DuplicateCandidate) -> bool:
        """Remembers that somebody said no to the one that goes."""
        if other.status is CandidateStatus.DISMISSED and self.status is CandidateStatus.OPEN:
            self.status, self.reason = other.status, other.reason
            self.decided_at, self.decided_by = other.decided_at, other.decided_by
        return False

    if TYPE_CHECKING:  # the columns that references make
        first_id: Mapped[uuid.UUID]
        second_id: Mapped[uuid.UUID]


class Merge(Record):
    """The receipt of a merge: which party became which, when and by whom. It holds no personal data."""

    __tablename__ = "party_merge"
    id_prefix = "mrg"
    append_only = True
    not_about_a_party = "It names parties by id, as they were called then, and holds nothing of theirs."
    without_index = (("loser_customer_id merged_at merged_by rows", "Few, and in the order of time as their ids are."),)

    survivor: Mapped[Party] = reference(Party, doc="Who stays.")
    loser: Mapped[Party] = reference(Party, doc="Who turned out to be the same.")
    loser_customer_id: Mapped[uuid.UUID] = column(
        INTERNAL, doc="The id that the customer had who is gone, without prefix.", filterable=True
    )
    merged_at: Mapped[dt.datetime] = column(INTERNAL, doc="When.", filterable=True, orderable=True)
    merged_by: Mapped[str] = column(INTERNAL, doc="By whom.", filterable=True)
    rows: Mapped[int] = column(INTERNAL, doc="How many rows it moved, changed or dropped.")

    if TYPE_CHECKING:  # the columns that references make
        survivor_id: Mapped[uuid.UUID]
        loser_id: Mapped[uuid.UUID]


class MergeUndo(Record):
    """The receipt of a merge that was taken back."""

    __tablename__ = "party_merge_undo"
    id_prefix = "mru"
    append_only = True
    not_about_a_party = "It names a receipt."
    without_index = (("*", "Asked of one merge, which its reference finds."),)

    merge: Mapped[Merge] = reference(Merge, unique=True, doc="What was taken back.")
    undone_at: Mapped[dt.datetime] = column(INTERNAL, doc="When.")
    undone_by: Mapped[str] = column(INTERNAL, doc="By whom.")

    if TYPE_CHECKING:  # the columns that references make
        merge_id: Mapped[uuid.UUID]


class MergedRow(Record):
    """What a merge did with one row, and how the row was before: enough to take it back."""

    __tablename__ = "merged_row"
    id_prefix = "mrw"

    merge: Mapped[Merge] = reference(Merge, doc="The merge.")
    party: Mapped[Party] = subject(Party, doc="Who stayed, and has the row now.")
    position: Mapped[int] = column(INTERNAL, doc="Its place in the order of what was done, from 1.")
    table_name: Mapped[str] = column(INTERNAL, doc="The table of the row.")
    record_id: Mapped[uuid.UUID] = column(INTERNAL, doc="The row.")
    change: Mapped[RowChange] = column(INTERNAL, doc="What was done.")
    column_name: Mapped[str | None] = column(INTERNAL, doc="The reference that was moved.")
    previous_id: Mapped[uuid.UUID | None] = column(INTERNAL, doc="What it referred to before.")
    before: Mapped[str | None] = column(PHI, doc="The values before, as JSON.", encrypted=True)
    version_before: Mapped[int | None] = column(INTERNAL, doc="The row's version before this change of it.")
    version_after: Mapped[int | None] = column(
        INTERNAL, doc="The row's version after the merge; null for one that is gone."
    )

    if TYPE_CHECKING:  # the columns that references make
        merge_id: Mapped[uuid.UUID]
        party_id: Mapped[uuid.UUID]
