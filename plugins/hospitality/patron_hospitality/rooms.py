"""Rooms and nights, in the database: a reservation takes room-nights and gives them back.

A room-night is a row with a unique key, so that two reservations never hold the same room in the same night, whoever
else reserves at the same time, on both databases.
"""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import select

from patron_core.errors import Conflict, InvalidInput
from patron_core.unit_of_work import UnitOfWork
from patron_hospitality.lifecycle import nights_between
from patron_hospitality.models import Reservation, RoomNight, RoomType

__all__ = ["check_room_type", "hold_room", "release_room"]


def hold_room(reservation: Reservation, room: str, uow: UnitOfWork) -> None:
    """Takes the room for every night of the reservation; CONFLICT where one of them is taken."""
    if reservation.room is not None and reservation.room != room:
        release_room(reservation, uow)
    reservation.room = room
    uow.flush()
    held = {row.night for row in _held(reservation, uow)}
    wanted = [night for night in nights_between(reservation.arrival, reservation.departure) if night not in held]
    rows = [
        {"reservation_id": reservation.id, "property_id": reservation.property_id, "room": room, "night": night}
        for night in wanted
    ]
    taken = len(rows) - len(uow.add_many(RoomNight, rows, unless_exists=("property_id", "room", "night")))
    if taken:
        raise Conflict(
            f"The room is taken. Another reservation holds it in {taken} of {len(rows)} nights. "
            "Choose another room or other days.",
            path=("room",),
        )


def release_room(reservation: Reservation, uow: UnitOfWork, *, since: dt.date | None = None) -> None:
    """Gives the room-nights of a reservation back, all or those from a day on."""
    for row in _held(reservation, uow):
        if since is None or row.night >= since:
            uow.delete(row)
    uow.flush()


def check_room_type(id: uuid.UUID | None, *, property_id: uuid.UUID, uow: UnitOfWork) -> None:
    """Refuses a kind of room that another hotel has (`InvalidInput`), or nobody (NOT_FOUND)."""
    if id is None:
        return
    if uow.get(RoomType, id, path=("room_type_id",)).property_id != property_id:
        raise InvalidInput(
            "The kind of room belongs to another hotel. Its id and that of a hotel without it were given. "
            "Choose one of this hotel's.",
            path=("room_type_id",),
        )


def _held(reservation: Reservation, uow: UnitOfWork) -> list[RoomNight]:
    return uow.select(select(RoomNight).where(RoomNight.reservation_id == reservation.id))
