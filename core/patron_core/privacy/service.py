"""What happens to personal data: consent is recorded and withdrawn, parties are held, taken out and erased."""

from __future__ import annotations

from typing import Final

from patron_core.errors import Conflict, NotFound
from patron_core.hookspecs import CommandHandler
from patron_core.parties.models import Party
from patron_core.privacy.commands import (
    EraseParty,
    ExportOwnParty,
    ExportParty,
    PlaceLegalHold,
    RecordConsent,
    ReleaseLegalHold,
    WithdrawConsent,
)
from patron_core.privacy.consent import standing
from patron_core.privacy.erasure import erase
from patron_core.privacy.events import ConsentRecorded, LegalHoldPlaced, LegalHoldReleased, PartyExported
from patron_core.privacy.export import Export, export
from patron_core.privacy.models import Consent, ConsentDecision, Erasure, LawfulBasis, LegalHold
from patron_core.privacy.permissions import PRIVACY_CONSENT, PRIVACY_ERASE, PRIVACY_EXPORT, PRIVACY_HOLD, PRIVACY_OWN
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import not_later
from patron_core.values import Period

__all__ = [
    "HANDLERS",
    "erase_party",
    "export_own_party",
    "export_party",
    "place_legal_hold",
    "record_consent",
    "release_legal_hold",
    "withdraw_consent",
]


def record_consent(command: RecordConsent, uow: UnitOfWork) -> Consent:
    """Adds a party's word to the ledger."""
    decided_at = command.decided_at or uow.now
    not_later(decided_at, than=uow.now, path="decided_at")
    uow.get(Party, command.party_id, path=("party_id",))
    given = command.status is ConsentDecision.GIVEN
    return _recorded(
        uow,
        Consent(
            party_id=command.party_id,
            purpose=command.purpose,
            channel=command.channel,
            lawful_basis=command.lawful_basis,
            status=command.status,
            decided_at=decided_at,
            given_at=decided_at if given else None,
            withdrawn_at=None if given else decided_at,
            validity=Period(command.valid_from, command.valid_to),
            text_version=command.text_version,
            evidence=command.evidence,
            recorded_by=uow.actor.subject,
        ),
    )


def withdraw_consent(command: WithdrawConsent, uow: UnitOfWork) -> Consent:
    """Adds a withdrawal to the ledger, whatever was said before: nobody has to have agreed to say no."""
    withdrawn_at = command.withdrawn_at or uow.now
    not_later(withdrawn_at, than=uow.now, path="withdrawn_at")
    uow.get(Party, command.party_id, path=("party_id",))
    before = standing(uow, command.party_id, command.purpose, command.channel).consent
    return _recorded(
        uow,
        Consent(
            party_id=command.party_id,
            purpose=command.purpose,
            channel=command.channel,
            lawful_basis=before.lawful_basis if before is not None else LawfulBasis.CONSENT,
            status=ConsentDecision.WITHDRAWN,
            decided_at=withdrawn_at,
            given_at=before.given_at if before is not None else None,
            withdrawn_at=withdrawn_at,
            validity=Period(None, None),
            text_version=before.text_version if before is not None else None,
            evidence=command.evidence,
            recorded_by=uow.actor.subject,
        ),
    )


def _recorded(uow: UnitOfWork, consent: Consent) -> Consent:
    made = uow.add(consent)
    uow.emit(
        ConsentRecorded(
            consent_id=made.id,
            party_id=made.party_id,
            purpose=made.purpose,
            channel=made.channel,
            status=made.status,
        )
    )
    return made


def place_legal_hold(command: PlaceLegalHold, uow: UnitOfWork) -> LegalHold:
    """Places a hold; a party may have several."""
    uow.get(Party, command.party_id, lock=True, path=("party_id",))  # an erasure at the same time comes before or after
    hold = uow.add(
        LegalHold(
            party_id=command.party_id,
            reason=command.reason,
            matter=command.matter,
            placed_at=uow.now,
            placed_by=uow.actor.subject,
            released_at=None,
            released_by=None,
        )
    )
    uow.emit(LegalHoldPlaced(legal_hold_id=hold.id, party_id=hold.party_id))
    return hold


def release_legal_hold(command: ReleaseLegalHold, uow: UnitOfWork) -> LegalHold:
    """Ends a hold. CONFLICT where it has ended already."""
    hold = uow.get(LegalHold, command.legal_hold_id, lock=True, path=("legal_hold_id",))
    if hold.released_at is not None:
        raise Conflict(
            "The legal hold has ended already. It was released before. Place a new one where data must be held again.",
            path=("legal_hold_id",),
        )
    hold.released_at, hold.released_by = uow.now, uow.actor.subject
    uow.emit(LegalHoldReleased(legal_hold_id=hold.id, party_id=hold.party_id))
    return hold


def export_party(command: ExportParty, uow: UnitOfWork) -> Export:
    """Takes out everything about a party."""
    made = export(uow, command.party_id)
    uow.emit(PartyExported(party_id=command.party_id, rows=made.rows))
    return made


def export_own_party(command: ExportOwnParty, uow: UnitOfWork) -> Export:
    """Takes out everything about the party the actor is. NOT_FOUND where it is another, or none."""
    if uow.actor.party_id is None or command.party_id not in (None, uow.actor.party_id):
        raise NotFound(
            "This is not you. The credential belongs to another party, or to none. "
            "Leave the party out, and use a credential that was issued to it.",
            path=("party_id",),
        )
    made = export(uow, uow.actor.party_id, to_the_party=True)
    uow.emit(PartyExported(party_id=uow.actor.party_id, rows=made.rows))
    return made


def erase_party(command: EraseParty, uow: UnitOfWork) -> Erasure:
    """Forgets a party and returns the receipt."""
    return erase(uow, command.party_id, reason=command.reason)


HANDLERS: Final = (
    CommandHandler(command=RecordConsent, handler=record_consent, permission=PRIVACY_CONSENT),
    CommandHandler(command=WithdrawConsent, handler=withdraw_consent, permission=PRIVACY_CONSENT),
    CommandHandler(command=PlaceLegalHold, handler=place_legal_hold, permission=PRIVACY_HOLD),
    CommandHandler(command=ReleaseLegalHold, handler=release_legal_hold, permission=PRIVACY_HOLD),
    CommandHandler(command=ExportParty, handler=export_party, permission=PRIVACY_EXPORT),
    CommandHandler(command=ExportOwnParty, handler=export_own_party, permission=PRIVACY_OWN),
    CommandHandler(command=EraseParty, handler=erase_party, permission=PRIVACY_ERASE),
)
