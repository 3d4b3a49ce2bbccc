"""Whether a party may be contacted: the latest word on a purpose and a channel, asked where contact is made.

In come a unit of work, a party, a purpose and a channel, out comes what was said last and whether it allows contact. A word
on all channels and one on this channel are equal: the later one counts. A withdrawal counts from the instant it is written.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, func, select

from patron_core.customers.models import Customer
from patron_core.errors import Vetoed
from patron_core.privacy.models import Consent, ConsentDecision, ConsentPurpose
from patron_core.touchpoints.models import Channel
from patron_core.unit_of_work import UnitOfWork

__all__ = [
    "CONSENT_REQUIRED",
    "Standing",
    "may_contact",
    "require_consent",
    "standing",
    "standings",
    "who_may_be_contacted",
]

CONSENT_REQUIRED: Final = "CONSENT_REQUIRED"
#: What was agreed with the party is done without asking, unless it objects.
_WITHOUT_CONSENT: Final = frozenset({ConsentPurpose.SERVICE})


@dataclass(frozen=True, slots=True)
class Standing:
    """How a party stands to a purpose. consent: its latest word; None where nothing was ever said."""

    party_id: uuid.UUID
    purpose: ConsentPurpose
    channel: Channel | None
    consent: Consent | None
    may_contact: bool
    reason: str


def standing(uow: UnitOfWork, party_id: uuid.UUID, purpose: ConsentPurpose, channel: Channel | None) -> Standing:
    """What a party said last about a purpose, and whether it allows contact now. channel: None asks for all channels."""
    return _standing(party_id, purpose, channel, _words(uow, purpose, Consent.party_id == party_id), uow)


def standings(
    uow: UnitOfWork, party_id: uuid.UUID, purpose: ConsentPurpose, channels: Collection[Channel]
) -> dict[Channel, Standing]:
    """The same for several channels, in one statement: the latest word on each and the latest on all of them."""
    words = _words(uow, purpose, Consent.party_id == party_id) if channels else []
    return {channel: _standing(party_id, purpose, channel, words, uow) for channel in channels}


def may_contact(uow: UnitOfWork, party_id: uuid.UUID, purpose: ConsentPurpose, channel: Channel | None) -> bool:
    """Whether a party may be contacted now for a purpose over a channel."""
    return standing(uow, party_id, purpose, channel).may_contact


def require_consent(
    uow: UnitOfWork,
    party_id: uuid.UUID,
    purpose: ConsentPurpose,
    channel: Channel | None,
    *,
    path: tuple[str | int, ...] = ("purpose",),
) -> None:
    """Raises the user error CONSENT_REQUIRED where a party may not be contacted."""
    found = standing(uow, party_id, purpose, channel)
    if not found.may_contact:
        raise Vetoed(
            f"The party may not be contacted for {purpose.name}. {found.reason} Ask for consent, or do not contact them.",
            veto=CONSENT_REQUIRED,
            path=path,
        )


def who_may_be_contacted(
    uow: UnitOfWork, customers: Sequence[uuid.UUID], purpose: ConsentPurpose, channel: Channel
) -> set[uuid.UUID]:
    """Which of some customers may be contacted now for a purpose over a channel: two statements for any number of them.

    Who was taken out of lists is not.
    """
    if not customers:
        return set()
    listed = select(Customer.id, Customer.party_id).where(Customer.deleted_at.is_(None))
    found = uow.rows(listed.where(uow.among(Customer.id, customers)))
    parties: dict[uuid.UUID, uuid.UUID] = {row.id: row.party_id for row in found}
    said = defaultdict(list)
    for word in _words(uow, purpose, uow.among(Consent.party_id, list(parties.values()))):
        said[word.party_id].append(word)
    return {
        id_
        for id_, party_id in parties.items()
        if _standing(party_id, purpose, channel, said[party_id], uow).may_contact
    }


def _words(uow: UnitOfWork, purpose: ConsentPurpose, whose: ColumnElement[bool]) -> list[Consent]:
    """The latest word of each party on each channel and on all of them, newest first."""
    told = (whose, Consent.purpose == purpose)
    said = select(Consent.party_id, Consent.channel, func.max(Consent.decided_at).label("at")).where(*told)
    last = said.group_by(Consent.party_id, Consent.channel).subquery()
    same = and_(
        Consent.party_id == last.c.party_id,
        Consent.decided_at == last.c.at,
        Consent.channel.is_not_distinct_from(last.c.channel),
    )
    statement = select(Consent).join(last, same).where(*told)
    return uow.select(statement.order_by(Consent.decided_at.desc(), Consent.id.desc()))


def _standing(
    party_id: uuid.UUID, purpose: ConsentPurpose, channel: Channel | None, words: Sequence[Consent], uow: UnitOfWork
) -> Standing:
    latest = next((each for each in words if each.channel in (None, channel)), None)
    allowed, reason = _judged(latest, purpose, uow.clock.now())
    return Standing(party_id, purpose, channel, latest, allowed, reason)


def _judged(consent: Consent | None, purpose: ConsentPurpose, now: dt.datetime) -> tuple[bool, str]:
    if consent is None:
        free = purpose in _WITHOUT_CONSENT
        return free, "This purpose needs no consent." if free else "Nothing was ever agreed to."
    if consent.status is not ConsentDecision.GIVEN:
        said = "withdrawn" if consent.status is ConsentDecision.WITHDRAWN else "denied"
        return False, f"Consent was {said} on {consent.decided_at:%Y-%m-%d}."
    if consent.validity_from is not None and consent.validity_from > now:
        return False, f"Consent counts from {consent.validity_from:%Y-%m-%d} on."
    if consent.validity_to is not None and consent.validity_to <= now:
        return False, f"Consent ended on {consent.validity_to:%Y-%m-%d}."
    return True, f"Consent was given on {consent.decided_at:%Y-%m-%d}."
