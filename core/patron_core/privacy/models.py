"""What a party agreed to, what must not be erased for now, and receipts of what was erased."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from ..parties.models import Party
from ..parties.permissions import PARTY_READ
from ..records import INTERNAL, PII, Record, column, period, reference, subject
from ..touchpoints.models import Channel
from ..values import Code, Period

__all__ = [
    "Consent",
    "ConsentDecision",
    "ConsentPurpose",
    "Erasure",
    "ErasureEntry",
    "ErasureOutcome",
    "LawfulBasis",
    "LegalHold",
]


class ConsentPurpose(Code):
    """What personal data is used for, or somebody is contacted for."""

    SERVICE = "service", "To do what was agreed with the party; needs no consent, and can be objected to."
    MARKETING = "marketing", "To offer something."
    PROFILING = "profiling", "To judge or foresee behaviour from data."
    RESEARCH = "research", "To study or improve, surveys included."
    SHARING = "sharing", "To hand data to others."


class LawfulBasis(Code):
    """Why the law allows it (GDPR art. 6(1))."""

    CONSENT = "consent", "The person has agreed: point (a)."
    CONTRACT = "contract", "A contract with the person needs it: point (b)."
    LEGAL_OBLIGATION = "legal_obligation", "A law asks for it: point (c)."
    VITAL_INTERESTS = "vital_interests", "A life depends on it: point (d)."
    PUBLIC_TASK = "public_task", "A public task needs it: point (e)."
    LEGITIMATE_INTERESTS = "legitimate_interests", "Interests that outweigh the person's: point (f)."


class ConsentDecision(Code):
    """What the party said."""

    GIVEN = "given", "Yes."
    WITHDRAWN = "withdrawn", "No longer."
    DENIED = "denied", "No, when asked."


class ErasureOutcome(Code):
    """How a request for erasure ended."""

    COMPLETE = "complete", "Nothing personal is left."
    PARTIAL = "partial", "Some rows are kept by law until the day that the receipt names; a job erases them then."
    HELD = "held", "Nothing was erased: a legal hold forbids it; a job erases when it is released."


class Consent(Record):
    """Something a party said about the use of their data. The latest word on a purpose and a channel counts."""

    __tablename__ = "consent"
    id_prefix = "csn"
    append_only = True
    opened_by = PARTY_READ  # whoever knows how to reach a party must know whether they may
    without_index = (("*", "Asked of one party and purpose, and an index has both."),)
    __table_args__ = (
        Index(None, "tenant_id", "party_id", "purpose", "decided_at", "id"),
        CheckConstraint("status = 'GIVEN' OR withdrawn_at IS NOT NULL", name="withdrawn"),
    )

    party: Mapped[Party] = subject(Party, doc="Who said it.")
    purpose: Mapped[ConsentPurpose] = column(INTERNAL, doc="For which purpose.", filterable=True, orderable=True)
    channel: Mapped[Channel | None] = column(
        INTERNAL, doc="For contact over which channel; null for all.", filterable=True
    )
    lawful_basis: Mapped[LawfulBasis] = column(
        INTERNAL, doc="Why the law allows the purpose (GDPR art. 6).", filterable=True
    )
    status: Mapped[ConsentDecision] = column(INTERNAL, doc="What was said.", filterable=True, orderable=True)
    decided_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it was said.", filterable=True, orderable=True)
    given_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When it was given; null where it never was.")
    withdrawn_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it was withdrawn or denied; null where it was given."
    )
    validity: Mapped[Period] = period(INTERNAL, doc="When it counts; unbounded until it is withdrawn.")
    text_version: Mapped[str | None] = column(INTERNAL, doc="Which version of the text was agreed to.")
    evidence: Mapped[str | None] = column(PII, doc="What proves it: a form, a recording, an address.")
    recorded_by: Mapped[str] = column(INTERNAL, doc="Who wrote it down.")

    if TYPE_CHECKING:  # the columns that references and composites make
        party_id: Mapped[uuid.UUID]
        validity_from: Mapped[dt.datetime | None]
        validity_to: Mapped[dt.datetime | None]


class LegalHold(Record):
    """A duty to keep everything about a party for now, such as a lawsuit. While it stands nothing of the party is erased."""

    __tablename__ = "legal_hold"
    id_prefix = "hld"
    without_index = (("*", "A tenant has a few at a time."),)

    party: Mapped[Party] = subject(Party, doc="Whose data is held.")
    reason: Mapped[str] = column(PII, doc="Why.")
    matter: Mapped[str | None] = column(INTERNAL, doc="The case or file it belongs to.", filterable=True)
    placed_at: Mapped[dt.datetime] = column(INTERNAL, doc="Since when.", filterable=True, orderable=True)
    placed_by: Mapped[str] = column(INTERNAL, doc="Who placed it.")
    released_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When it ended; null while it stands.", filterable=True, orderable=True
    )
    released_by: Mapped[str | None] = column(INTERNAL, doc="Who released it.")

    if TYPE_CHECKING:  # the columns that references and composites make
        party_id: Mapped[uuid.UUID]


class Erasure(Record):
    """The receipt of a request to be forgotten: what went, what stays, why and until when. It holds no personal data."""

    __tablename__ = "erasure"
    id_prefix = "ers"
    append_only = True
    not_about_a_party = "A receipt: it names by its id a party of whom nothing else may be left, and outlives it."
    without_index = (("*", "A tenant has few, and asks for the newest or of one party."),)

    party: Mapped[Party] = reference(Party, doc="Who was forgotten; nothing but its id and kind is left.")
    outcome: Mapped[ErasureOutcome] = column(INTERNAL, doc="How it ended.", filterable=True, orderable=True)
    reason: Mapped[str] = column(INTERNAL, doc="Why it was asked for; a code or a file number, never a name.")
    requested_at: Mapped[dt.datetime] = column(
        INTERNAL, doc="When it was asked for first.", filterable=True, orderable=True
    )
    carried_out_at: Mapped[dt.datetime] = column(INTERNAL, doc="When this receipt was made.", orderable=True)
    actor: Mapped[str] = column(INTERNAL, doc="Who asked, or the job that went on with it.")
    due_on: Mapped[dt.date | None] = column(
        INTERNAL, doc="The first day on which more may be erased; null where nothing more is to come.", filterable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        party_id: Mapped[uuid.UUID]


class ErasureEntry(Record):
    """A line of a receipt: what became of the rows of one kind."""

    __tablename__ = "erasure_entry"
    id_prefix = "ere"
    append_only = True
    not_about_a_party = "Counts of a receipt."
    without_index = (("*", "Asked of one receipt, which its reference finds."),)

    erasure: Mapped[Erasure] = reference(Erasure, doc="The receipt.")
    record_type: Mapped[str] = column(INTERNAL, doc="What kind of rows.")
    deleted: Mapped[int] = column(INTERNAL, doc="How many are gone.")
    emptied: Mapped[int] = column(INTERNAL, doc="How many stay without personal data, because others refer to them.")
    kept: Mapped[int] = column(INTERNAL, doc="How many stay as they are.")
    kept_reason: Mapped[str | None] = column(INTERNAL, doc="Why, with the rule that asks for it.")
    kept_until: Mapped[dt.date | None] = column(
        INTERNAL, doc="The first day on which they may go; null where nothing is kept or a hold has no end."
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        erasure_id: Mapped[uuid.UUID]
