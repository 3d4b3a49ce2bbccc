"""What happens to wishes: they are noted, settled among each other, and taken back, inside the caller's unit of work.

A customer's row is locked while a wish is settled, so that one word is active at most.
"""

from __future__ import annotations

import uuid
from typing import Final

from sqlalchemy import select

from patron_core.customers.models import Customer
from patron_core.errors import Conflict
from patron_core.hookspecs import CommandHandler
from patron_core.preferences import events
from patron_core.preferences.commands import EndPreference, NotePreference
from patron_core.preferences.models import Preference, PreferenceStanding, WishOrigin
from patron_core.preferences.permissions import PREFERENCE_WRITE
from patron_core.preferences.settling import settle
from patron_core.touchpoints.models import Channel
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import same_version

__all__ = ["CONTACT_CHANNEL", "HANDLERS", "contact_channel", "end", "end_preference", "note_preference", "preferred"]

#: The key under which the channel is kept over which a customer wants to be reached; its values are codes of `Channel`.
CONTACT_CHANNEL: Final = "CONTACT_CHANNEL"


def note_preference(command: NotePreference, uow: UnitOfWork) -> Preference:
    """Notes a wish; what the same origin said before ends. NOT_FOUND for an unknown customer."""
    customer = uow.get(Customer, command.customer_id, lock=True, path=("customer_id",))
    words = _words(customer.id, command.key, command.scope, uow)
    for word in words:
        if word.origin is command.origin:
            word.standing = PreferenceStanding.ENDED
    made = uow.add(
        Preference(
            customer_id=customer.id,
            key=command.key,
            scope=command.scope,
            preferred=command.preferred,
            origin=command.origin,
            confidence=command.confidence,
            standing=PreferenceStanding.ACTIVE,
            evidence=command.evidence,
            recorded_at=uow.now,
            valid_until=command.valid_until,
        )
    )
    _settle([*(word for word in words if word.standing is not PreferenceStanding.ENDED), made])
    uow.emit(
        events.PreferenceNoted(
            customer_id=customer.id,
            preference_id=made.id,
            key=made.key,
            origin=made.origin,
            standing=made.standing,
        )
    )
    return made


def end_preference(command: EndPreference, uow: UnitOfWork) -> Preference:
    """Takes a word back; another one may count then. CONFLICT where it ended before."""
    word = uow.get(Preference, command.id, path=("id",))
    uow.get(Customer, word.customer_id, lock=True)
    same_version(word, version=command.version)
    if word.standing is PreferenceStanding.ENDED:
        raise Conflict(
            "The wish has ended already. It was to be taken back again. Nothing is to be done.", path=("id",)
        )
    end(word, uow)
    return word


def end(word: Preference, uow: UnitOfWork) -> None:
    """Ends a word and lets the others be settled anew. The customer's row is locked by the caller."""
    word.standing = PreferenceStanding.ENDED
    uow.flush()
    _settle(_words(word.customer_id, word.key, word.scope, uow))
    uow.emit(events.PreferenceEnded(customer_id=word.customer_id, preference_id=word.id, key=word.key))


def preferred(customer_id: uuid.UUID, key: str, uow: UnitOfWork) -> Preference | None:
    """The word that counts for a key everywhere, None where there is none or it ran out."""
    word = uow.find(Preference, customer_id=customer_id, key=key, scope="", standing=PreferenceStanding.ACTIVE)
    return None if word is None or (word.valid_until is not None and word.valid_until <= uow.now) else word


def contact_channel(customer_id: uuid.UUID, uow: UnitOfWork, *, said: bool = False) -> Channel | None:
    """The channel over which a customer wants to be reached; None where no word counts, or it names no channel.

    said: only what the customer said itself, not what was seen or imported.
    """
    word = preferred(customer_id, CONTACT_CHANNEL, uow)
    if word is None or (said and word.origin is not WishOrigin.EXPLICIT):
        return None
    return Channel.__members__.get(word.preferred.upper())


def _words(customer_id: uuid.UUID, key: str, scope: str, uow: UnitOfWork) -> list[Preference]:
    statement = select(Preference).where(
        Preference.customer_id == customer_id,
        Preference.key == key,
        Preference.scope == scope,
        Preference.standing != PreferenceStanding.ENDED,
    )
    return uow.select(statement.order_by(Preference.id))


def _settle(words: list[Preference]) -> None:
    for standing, group in settle(words).items():
        for word in group:
            word.standing = standing


HANDLERS: Final = (
    CommandHandler(command=NotePreference, handler=note_preference, permission=PREFERENCE_WRITE),
    CommandHandler(command=EndPreference, handler=end_preference, permission=PREFERENCE_WRITE),
)
