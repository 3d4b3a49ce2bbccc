"""Guests and what they like, in the database: found or made, preferences recorded, inferred and settled.

The guest's row is locked while preferences change, so that two at once decide one after the other; that at most one is
active per category and place also holds by a unique key.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from patron_core.customers.models import Customer
from patron_core.unit_of_work import UnitOfWork
from patron_hospitality.events import GuestPreferencesChanged
from patron_hospitality.models import (
    Guest,
    GuestPreference,
    PreferenceCategory,
    PreferenceOrigin,
    PreferenceScope,
    PreferenceStatus,
    Reservation,
    RoomType,
    Stay,
)
from patron_hospitality.preferences import Agreement, Word, agreement, settle
from patron_hospitality.settings import HospitalitySettings

__all__ = ["Statement", "guest_of", "infer_preferences", "record_preference"]

_PLACEHOLDER = PreferenceStatus.OVERRULED


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What is to be recorded. property_id: where it holds, None in all hotels. agreeing, considered: of stays."""

    category: PreferenceCategory
    value: str
    origin: PreferenceOrigin
    property_id: uuid.UUID | None = None
    agreeing: int | None = None
    considered: int | None = None


def guest_of(customer_id: uuid.UUID, uow: UnitOfWork, *, lock: bool = False) -> Guest:
    """The customer as a guest, made one where they are none. NOT_FOUND where there is no such customer."""
    uow.get(Customer, customer_id, path=("customer_id",))
    guest = uow.find(Guest, customer_id=customer_id)
    if guest is None:
        values = {"customer_id": customer_id, "pseudonymous": False, "blocked": False}
        uow.add_many(Guest, [values], unless_exists=("customer_id",))
        guest = uow.find(Guest, customer_id=customer_id)
        assert guest is not None
    return uow.get(Guest, guest.id, lock=True) if lock else guest


def record_preference(guest: Guest, statement: Statement, uow: UnitOfWork) -> GuestPreference:
    """Keeps a statement and settles what counts. The guest's row is locked by the caller.

    The same statement again renews the one that is there; another value of the same origin ends it.
    """
    rows = _current(guest, statement.category, uow)
    earlier = next((row for row in rows if _same_place_and_origin(row, statement)), None)
    if earlier is not None and earlier.value.casefold() == statement.value.casefold():
        earlier.recorded_at = uow.now
        earlier.agreeing_stays, earlier.considered_stays = statement.agreeing, statement.considered
        _settle(rows, uow)
        return earlier
    if earlier is not None:
        rows.remove(earlier)
        _end(earlier, uow)
    made = uow.add(
        GuestPreference(
            guest_id=guest.id,
            category=statement.category,
            value=statement.value,
            scope=PreferenceScope.GLOBAL if statement.property_id is None else PreferenceScope.PROPERTY,
            property_id=statement.property_id,
            origin=statement.origin,
            status=_PLACEHOLDER,  # until the others have made room
            recorded_at=uow.now,
            agreeing_stays=statement.agreeing,
            considered_stays=statement.considered,
        )
    )
    uow.flush()
    _settle([*rows, made], uow)
    _tell(guest, statement.category, statement.origin, uow)
    return made


def infer_preferences(guest_id: uuid.UUID, property_id: uuid.UUID, uow: UnitOfWork) -> None:
    """Reads from the last stays which meals the guest likes, and which kind of room in this hotel.

    What the guest asked for counts, not what the hotel assigned. Where the stays no longer agree, an earlier inference
    ends.
    """
    guest = uow.get(Guest, guest_id, lock=True)
    settings = uow.plugins.settings(HospitalitySettings)
    last = select(Reservation.meal).join(Stay, Stay.reservation_id == Reservation.id)
    meals = _of_last_stays(last, guest, settings, uow)
    kinds = select(RoomType.code).select_from(Stay).join(Reservation, Stay.reservation_id == Reservation.id)
    kinds = kinds.outerjoin(RoomType, RoomType.id == Reservation.reserved_room_type_id)
    rooms = _of_last_stays(kinds.where(Stay.property_id == property_id), guest, settings, uow)
    _infer(guest, PreferenceCategory.MEAL, [meal and meal.name for meal in meals], None, uow)
    _infer(guest, PreferenceCategory.ROOM, rooms, property_id, uow)


def _infer(
    guest: Guest,
    category: PreferenceCategory,
    values: Sequence[str | None],
    property_id: uuid.UUID | None,
    uow: UnitOfWork,
) -> None:
    found = agreement(values, at_least=uow.plugins.settings(HospitalitySettings).stays_agreeing)
    statement = _inferred(category, found, property_id, considered=len(values))
    if found is not None:
        record_preference(guest, statement, uow)
        return
    rows = _current(guest, category, uow)
    outdated = next((row for row in rows if _same_place_and_origin(row, statement)), None)
    if outdated is not None:
        rows.remove(outdated)
        _end(outdated, uow)
        _settle(rows, uow)
        _tell(guest, category, PreferenceOrigin.INFERRED, uow)


def _inferred(
    category: PreferenceCategory, found: Agreement | None, property_id: uuid.UUID | None, *, considered: int
) -> Statement:
    return Statement(
        category=category,
        value=found.value if found else "",
        origin=PreferenceOrigin.INFERRED,
        property_id=property_id,
        agreeing=found.stays if found else None,
        considered=considered,
    )


def _of_last_stays(statement: Select[Any], guest: Guest, settings: HospitalitySettings, uow: UnitOfWork) -> list[Any]:
    last = statement.where(Stay.guest_id == guest.id, Stay.check_out.is_not(None))
    last = last.order_by(Stay.check_out.desc(), Stay.occurred_at.desc(), Stay.id.desc())
    return [row[0] for row in uow.rows(last.limit(settings.stays_considered))]


def _current(guest: Guest, category: PreferenceCategory, uow: UnitOfWork) -> list[GuestPreference]:
    return uow.select(
        select(GuestPreference)
        .where(
            GuestPreference.guest_id == guest.id,
            GuestPreference.category == category,
            GuestPreference.status != PreferenceStatus.ENDED,
        )
        .order_by(GuestPreference.id)
    )


def _same_place_and_origin(row: GuestPreference, statement: Statement) -> bool:
    return row.origin is statement.origin and row.property_id == statement.property_id


def _end(row: GuestPreference, uow: UnitOfWork) -> None:
    row.status, row.settled_by_id = PreferenceStatus.ENDED, None
    uow.flush()


def _settle(rows: Sequence[GuestPreference], uow: UnitOfWork) -> None:
    """Writes the verdicts; what no longer counts steps back before what counts comes forward."""
    verdicts = settle([Word(r.id, r.property_id, r.origin, r.value, r.recorded_at) for r in rows])
    for active in (False, True):
        for row in rows:
            verdict = verdicts[row.id]
            if (verdict.status is PreferenceStatus.ACTIVE) is active:
                row.status, row.settled_by_id = verdict.status, verdict.settled_by
        uow.flush()


def _tell(guest: Guest, category: PreferenceCategory, origin: PreferenceOrigin, uow: UnitOfWork) -> None:
    uow.emit(
        GuestPreferencesChanged(customer_id=guest.customer_id, guest_id=guest.id, category=category, origin=origin)
    )
