"""What may be asked about personal data: record and withdraw consent, hold, take out, erase. Forms are checked here."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Annotated

from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.parties.commands import PartyId
from patron_core.privacy.models import ConsentDecision, ConsentPurpose, LawfulBasis, LegalHold
from patron_core.touchpoints.models import Channel
from patron_core.validation import aware, in_order, key, one_line, paragraphs

__all__ = [
    "EraseParty",
    "ExportOwnParty",
    "ExportParty",
    "LegalHoldId",
    "PlaceLegalHold",
    "RecordConsent",
    "ReleaseLegalHold",
    "WithdrawConsent",
]

LegalHoldId = Annotated[uuid.UUID, IdOf(LegalHold)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordConsent(Command):
    """Records what a party said when asked: yes (GIVEN) or no (DENIED). What was said before stays in the ledger."""

    party_id: PartyId = argument("Who said it.")
    purpose: ConsentPurpose = argument("For which purpose.")
    channel: Channel | None = argument("For contact over which channel; null for all.", default=None)
    lawful_basis: LawfulBasis = argument(
        "Why the law allows the purpose (GDPR art. 6); consent when left out.", default=LawfulBasis.CONSENT
    )
    status: ConsentDecision = argument("GIVEN or DENIED; GIVEN when left out.", default=ConsentDecision.GIVEN)
    decided_at: dt.datetime | None = argument("When it was said, not in the future; now when left out.", default=None)
    valid_from: dt.datetime | None = argument("From when it counts; at once when left out.", default=None)
    valid_to: dt.datetime | None = argument("First instant at which it no longer counts.", default=None)
    text_version: str | None = argument("Which version of the text was agreed to.", default=None)
    evidence: str | None = argument("What proves it: a form, a recording, an address.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        aware(self, "decided_at", "valid_from", "valid_to")
        one_line(self, "text_version")
        paragraphs(self, "evidence", maximum=2_000)
        key(self, "idempotency_key")
        if self.status is ConsentDecision.WITHDRAWN:
            raise InvalidInput(
                "A consent is not recorded as withdrawn. WITHDRAWN was given as its status. Use consentWithdraw.",
                path=("status",),
            )
        in_order(self.valid_from, self.valid_to, path="valid_to")


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawConsent(Command):
    """Withdraws consent at once. It is as easy as giving it (GDPR art. 7(3)): nothing but the purpose is asked for."""

    party_id: PartyId = argument("Whose consent.")
    purpose: ConsentPurpose = argument("For which purpose.")
    channel: Channel | None = argument("For contact over which channel; null for all.", default=None)
    withdrawn_at: dt.datetime | None = argument(
        "When it was withdrawn, not in the future; now when left out.", default=None
    )
    evidence: str | None = argument("What proves it.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        aware(self, "withdrawn_at")
        paragraphs(self, "evidence", maximum=2_000)
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLegalHold(Command):
    """Forbids to erase anything about a party until the hold is released."""

    party_id: PartyId = argument("Whose data is held.")
    reason: str = argument("Why.")
    matter: str | None = argument("The case or file it belongs to.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "reason", maximum=500)
        one_line(self, "matter")
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseLegalHold(Command):
    """Ends a legal hold. An erasure that waited for it is done by the next run of its job."""

    legal_hold_id: LegalHoldId = argument("The hold.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportParty(Command):
    """Takes out everything that is kept about a party, in the core and in every plugin (GDPR art. 15 and 20)."""

    party_id: PartyId = argument("About whom.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOwnParty(Command):
    """Takes out everything that is kept about the party that the credential itself is."""

    party_id: PartyId | None = argument("That party; may be left out.", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseParty(Command):
    """Forgets a party, as far as law and legal holds allow (GDPR art. 17). What is gone does not come back."""

    party_id: PartyId = argument("Who is to be forgotten.")
    reason: str = argument("Why: a code or the number of a file, never a name; the receipt keeps it for good.")
    idempotency_key: str | None = argument("Repeats with the same key give the first receipt.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "reason")
        key(self, "idempotency_key")
