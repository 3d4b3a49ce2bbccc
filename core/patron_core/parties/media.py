"""What becomes of a way to reach a party: verified by somebody, preferred among its kind, used no more.

Of a kind at most one is preferred at any moment: a unique index holds it, and the party's row is locked while it changes.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from patron_core.errors import InvalidInput
from patron_core.parties import events
from patron_core.parties.commands import EndContactMedium, PreferContactMedium, VerifyContactMedium
from patron_core.parties.models import ContactMedium, Party
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import not_later, same_version
from patron_core.values import Period

__all__ = ["end_contact_medium", "prefer_contact_medium", "prefer_no_other", "verify_contact_medium"]


def verify_contact_medium(command: VerifyContactMedium, uow: UnitOfWork) -> ContactMedium:
    """Notes when and by whom it was proved to work."""
    medium = _usable(command.id, command.version, uow)
    moment = command.verified_at or uow.now
    not_later(moment, than=uow.now, path="verified_at")
    medium.verified_at, medium.verified_by = moment, uow.actor.subject
    return _changed(medium, ("verified_at", "verified_by"), uow)


def prefer_contact_medium(command: PreferContactMedium, uow: UnitOfWork) -> ContactMedium:
    """Prefers it; the other one of its kind gives way."""
    medium = _usable(command.id, command.version, uow)
    uow.get(Party, medium.party_id, lock=True)
    if medium.preferred:
        return medium
    prefer_no_other(medium, uow)
    medium.preferred = True
    return _changed(medium, ("preferred",), uow)


def end_contact_medium(command: EndContactMedium, uow: UnitOfWork) -> ContactMedium:
    """Ends its use; a preferred one is so no more."""
    medium = _usable(command.id, command.version, uow)
    ended_at = command.ended_at or uow.now
    not_later(ended_at, than=uow.now, path="ended_at")
    medium.validity = Period(medium.validity.start, ended_at)
    medium.preferred = False
    return _changed(medium, ("validity", "preferred"), uow)


def prefer_no_other(medium: ContactMedium, uow: UnitOfWork) -> None:
    """Takes the preference from the other media of the kind."""
    same_kind = select(ContactMedium).where(
        ContactMedium.party_id == medium.party_id,
        ContactMedium.kind == medium.kind,
        ContactMedium.preferred.is_(True),
        ContactMedium.validity_to.is_(None),
    )
    for other in uow.select(same_kind):
        other.preferred = False
    uow.flush()  # before the new one: the unique index allows one preferred medium of a kind at any moment


def _usable(id_: uuid.UUID, version: int, uow: UnitOfWork) -> ContactMedium:
    medium = uow.get(ContactMedium, id_, path=("id",))
    same_version(medium, version=version)
    if medium.validity.end is not None:
        raise InvalidInput(
            "The way to reach the party is used no more. It has ended. Add it again to use it.", path=("id",)
        )
    return medium


def _changed(medium: ContactMedium, fields: Sequence[str], uow: UnitOfWork) -> ContactMedium:
    uow.emit(events.ContactMediumChanged(party_id=medium.party_id, contact_medium_id=medium.id, fields=tuple(fields)))
    return medium
