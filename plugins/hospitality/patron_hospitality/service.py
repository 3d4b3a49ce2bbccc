"""What happens to reservations and guests: one handler for each command, inside the unit of work.

Which status may follow which says `lifecycle`, which room is free `rooms`, what a guest likes `guests`.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import func, select

from patron_core.customers.models import Customer, LifecycleStage
from patron_core.errors import InvalidInput
from patron_core.hookspecs import CommandHandler, Veto
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import not_later, unused
from patron_hospitality import permissions
from patron_hospitality.commands import (
    BlockGuest,
    CancelReservation,
    CheckIn,
    CheckOut,
    ConfirmReservation,
    CreateProperty,
    CreateReservation,
    MarkNoShow,
    SetPreference,
    UnblockGuest,
)
from patron_hospitality.events import (
    GuestBlockChanged,
    GuestCheckedIn,
    ReservationChanged,
    ReservationMade,
    StayCompleted,
)
from patron_hospitality.guests import Statement, guest_of, record_preference
from patron_hospitality.lifecycle import check_transition
from patron_hospitality.models import (
    Guest,
    GuestPreference,
    PreferenceOrigin,
    Property,
    Reservation,
    ReservationStatus,
    RoomType,
    Stay,
)
from patron_hospitality.places import day_at
from patron_hospitality.rooms import check_room_type, hold_room, release_room

__all__ = ["HANDLERS", "note_no_shows", "refusal"]

STAYS_OF_A_REPEAT_GUEST: Final = 2


def create_property(command: CreateProperty, uow: UnitOfWork) -> Property:
    """Makes a hotel with its kinds of rooms. CONFLICT where the code is in use."""
    unused(uow, Property, code=command.code)
    made = uow.add(Property(code=command.code, name=command.name, timezone=command.timezone))
    kinds = [{"property_id": made.id, "code": kind.code, "name": kind.name} for kind in command.room_types]
    uow.add_many(RoomType, kinds)
    return made


def create_reservation(command: CreateReservation, uow: UnitOfWork) -> Reservation:
    """Books; the customer becomes a guest. CONFLICT where the room is taken in one of the nights."""
    hotel = uow.get(Property, command.property_id, path=("property_id",))
    check_room_type(command.room_type_id, property_id=hotel.id, uow=uow)
    booked_at = _moment(command.booked_at, uow, path="booked_at")
    if day_at(booked_at, timezone=hotel.timezone) > command.arrival:
        raise InvalidInput(
            "The arrival lies before the booking. The guest cannot come earlier than the reservation is made. "
            "Correct the arrival, or say when it was booked.",
            path=("arrival",),
        )
    guest = guest_of(command.customer_id, uow)
    reservation = uow.add(
        Reservation(
            guest_id=guest.id,
            property_id=hotel.id,
            status=command.status,
            status_on=day_at(booked_at, timezone=hotel.timezone),
            booked_at=booked_at,
            arrival=command.arrival,
            departure=command.departure,
            nights=(command.departure - command.arrival).days,
            adults=command.adults,
            children=command.children,
            babies=command.babies,
            meal=command.meal,
            rate=command.rate,
            reserved_room_type_id=command.room_type_id,
            market_segment=command.market_segment,
            distribution_channel=command.distribution_channel,
            special_requests=command.special_requests,
        )
    )
    if command.room is not None:
        hold_room(reservation, command.room, uow)
    uow.emit(ReservationMade(customer_id=guest.customer_id, reservation_id=reservation.id, guest_id=guest.id))
    return reservation


def confirm_reservation(command: ConfirmReservation, uow: UnitOfWork) -> Reservation:
    """Makes an inquiry a promise, and holds a room where one is named."""
    reservation = uow.get(Reservation, command.id, lock=True, path=("id",))
    _move_today(reservation, ReservationStatus.CONFIRMED, uow)
    if command.room is not None:
        hold_room(reservation, command.room, uow)
    return reservation


def cancel_reservation(command: CancelReservation, uow: UnitOfWork) -> Reservation:
    """Calls a reservation off; its room-nights are free again."""
    reservation = uow.get(Reservation, command.id, lock=True, path=("id",))
    _move_today(reservation, ReservationStatus.CANCELLED, uow)
    release_room(reservation, uow)
    return reservation


def mark_no_show(command: MarkNoShow, uow: UnitOfWork) -> Reservation:
    """Notes that nobody came; refused before the day of arrival."""
    reservation = uow.get(Reservation, command.id, lock=True, path=("id",))
    today = day_at(uow.now, timezone=_hotel(reservation, uow).timezone)
    if today < reservation.arrival:
        raise InvalidInput(
            "The guest may still come. The day of arrival has not begun at the hotel. Cancel the reservation, or wait.",
            path=("id",),
        )
    _move(reservation, ReservationStatus.NO_SHOW, uow, guest=uow.get(Guest, reservation.guest_id), on=today)
    release_room(reservation, uow)
    return reservation


def check_in(command: CheckIn, uow: UnitOfWork) -> Reservation:
    """Begins the stay, in a room that the reservation holds from now on."""
    reservation = uow.get(Reservation, command.id, lock=True, path=("id",))
    at = _moment(command.checked_in_at, uow, path="checked_in_at")
    hotel = _hotel(reservation, uow)
    day = day_at(at, timezone=hotel.timezone)
    room = command.room or reservation.room
    check_transition(reservation.status, to=ReservationStatus.IN_HOUSE)
    check_room_type(command.room_type_id, property_id=hotel.id, uow=uow)
    _check_day_of_check_in(day, reservation)
    if room is None:
        raise InvalidInput(
            "The guest has no room. Neither the reservation nor the command names one. Give a room.", path=("room",)
        )
    hold_room(reservation, room, uow)
    reservation.assigned_room_type_id = command.room_type_id or reservation.reserved_room_type_id
    guest = uow.get(Guest, reservation.guest_id)
    _move(reservation, ReservationStatus.IN_HOUSE, uow, guest=guest, on=day)
    stay = uow.add(
        Stay(
            guest_id=guest.id,
            reservation_id=reservation.id,
            property_id=hotel.id,
            occurred_at=at,
            check_in=day,
            room=room,
            room_type_id=reservation.assigned_room_type_id,
        )
    )
    uow.emit(
        GuestCheckedIn(customer_id=guest.customer_id, stay_id=stay.id, guest_id=guest.id, reservation_id=reservation.id)
    )
    return reservation


def check_out(command: CheckOut, uow: UnitOfWork) -> Reservation:
    """Completes the stay; nights that are left over are free again, and the second stay makes a repeat guest."""
    reservation = uow.get(Reservation, command.id, lock=True, path=("id",))
    at = _moment(command.checked_out_at, uow, path="checked_out_at")
    check_transition(reservation.status, to=ReservationStatus.CHECKED_OUT)
    stay = uow.find(Stay, reservation_id=reservation.id)
    assert stay is not None, "who is in house has a stay"
    if at < stay.occurred_at:
        raise InvalidInput(
            "The guest cannot leave before coming. A time before the check-in was given. Give a later one.",
            path=("checked_out_at",),
        )
    day = day_at(at, timezone=_hotel(reservation, uow).timezone)
    stay.check_out, stay.nights = day, (day - stay.check_in).days
    release_room(reservation, uow, since=day)
    guest = uow.get(Guest, reservation.guest_id, lock=True)  # so that two check-outs count each other
    _recognise(guest, day, uow)
    _move(reservation, ReservationStatus.CHECKED_OUT, uow, guest=guest, on=day)
    uow.emit(
        StayCompleted(
            customer_id=guest.customer_id, stay_id=stay.id, guest_id=guest.id, property_id=reservation.property_id
        )
    )
    return reservation


def set_preference(command: SetPreference, uow: UnitOfWork) -> GuestPreference:
    """Keeps what the guest says; whatever was inferred or imported stays and counts no longer."""
    if command.property_id is not None:
        uow.get(Property, command.property_id, path=("property_id",))
    guest = guest_of(command.customer_id, uow, lock=True)
    statement = Statement(
        category=command.category,
        value=command.value,
        origin=PreferenceOrigin.EXPLICIT,
        property_id=command.property_id,
    )
    return record_preference(guest, statement, uow)


def block_guest(command: BlockGuest, uow: UnitOfWork) -> Guest:
    """Refuses the guest new reservations; those that are there stay."""
    return _set_block(guest_of(command.customer_id, uow, lock=True), command.reason, uow)


def unblock_guest(command: UnblockGuest, uow: UnitOfWork) -> Guest:
    """Lets the guest reserve again."""
    return _set_block(guest_of(command.customer_id, uow, lock=True), None, uow)


def refusal(command: CreateReservation, uow: UnitOfWork) -> Veto | None:
    """Why this customer gets no reservation: GUEST_BLOCKED or CUSTOMER_CHURNED; None where they do."""
    known = select(Customer.lifecycle_stage, Guest.blocked).outerjoin(Guest, Guest.customer_id == Customer.id)
    found = uow.rows(known.where(Customer.id == command.customer_id))
    if found and found[0].blocked:
        return Veto(
            "GUEST_BLOCKED",
            "The guest is refused reservations. The block was set with a reason, which the guest's record holds. "
            "Lift it with guestUnblock first.",
            ("customer_id",),
        )
    if found and found[0].lifecycle_stage is LifecycleStage.CHURNED:
        return Veto(
            "CUSTOMER_CHURNED",
            "The customer has left us. The lifecycle stage is CHURNED. "
            "If they come back, set it to ACTIVE with customerUpdate first.",
            ("customer_id",),
        )
    return None


def note_no_shows(uow: UnitOfWork) -> None:
    """Marks the confirmed reservations whose day of arrival has passed at the hotel."""
    overdue = select(Reservation.id, Reservation.arrival, Property.timezone).join(
        Property, Property.id == Reservation.property_id
    )
    overdue = overdue.where(
        Reservation.status == ReservationStatus.CONFIRMED,
        Reservation.arrival <= uow.now.date() + dt.timedelta(days=1),  # a hotel may be a day ahead of UTC
    )
    for row in uow.rows(overdue.order_by(Reservation.id)):
        if row.arrival < day_at(uow.now, timezone=row.timezone):
            mark_no_show(MarkNoShow(id=row.id), uow)


def _move(reservation: Reservation, to: ReservationStatus, uow: UnitOfWork, *, guest: Guest, on: dt.date) -> None:
    """Takes the step if it is allowed, on a day at the hotel, and tells of it."""
    before = reservation.status
    check_transition(before, to=to)
    reservation.status, reservation.status_on = to, on
    uow.emit(
        ReservationChanged(
            customer_id=guest.customer_id,
            reservation_id=reservation.id,
            guest_id=guest.id,
            from_status=before,
            to_status=to,
        )
    )


def _move_today(reservation: Reservation, to: ReservationStatus, uow: UnitOfWork) -> None:
    today = day_at(uow.now, timezone=_hotel(reservation, uow).timezone)
    _move(reservation, to, uow, guest=uow.get(Guest, reservation.guest_id), on=today)


def _check_day_of_check_in(day: dt.date, reservation: Reservation) -> None:
    if not reservation.arrival <= day < reservation.departure:
        raise InvalidInput(
            f"The guest has no night here now. It is {day} at the hotel, and the reservation runs from "
            f"{reservation.arrival} to {reservation.departure}. Make a reservation for the days the guest is here.",
            path=("checked_in_at",),
        )


def _recognise(guest: Guest, day: dt.date, uow: UnitOfWork) -> None:
    uow.flush()
    completed = select(func.count(Stay.id)).where(Stay.guest_id == guest.id, Stay.check_out.is_not(None))
    if guest.repeat_since is None and uow.rows(completed)[0][0] >= STAYS_OF_A_REPEAT_GUEST:
        guest.repeat_since = day


def _set_block(guest: Guest, reason: str | None, uow: UnitOfWork) -> Guest:
    guest.blocked, guest.blocked_reason = reason is not None, reason
    uow.emit(GuestBlockChanged(customer_id=guest.customer_id, guest_id=guest.id, blocked=guest.blocked))
    return guest


def _hotel(reservation: Reservation, uow: UnitOfWork) -> Property:
    return uow.get(Property, reservation.property_id)


def _moment(given: dt.datetime | None, uow: UnitOfWork, *, path: str) -> dt.datetime:
    if given is not None:
        not_later(given, than=uow.now, path=path)
    return given or uow.now


HANDLERS: Final = (
    CommandHandler(command=CreateProperty, handler=create_property, permission=permissions.MANAGE),
    CommandHandler(command=CreateReservation, handler=create_reservation, permission=permissions.RESERVE),
    CommandHandler(command=ConfirmReservation, handler=confirm_reservation, permission=permissions.RESERVE),
    CommandHandler(command=CancelReservation, handler=cancel_reservation, permission=permissions.RESERVE),
    CommandHandler(command=MarkNoShow, handler=mark_no_show, permission=permissions.FRONT_DESK),
    CommandHandler(command=CheckIn, handler=check_in, permission=permissions.FRONT_DESK),
    CommandHandler(command=CheckOut, handler=check_out, permission=permissions.FRONT_DESK),
    CommandHandler(command=SetPreference, handler=set_preference, permission=permissions.PREFER),
    CommandHandler(command=BlockGuest, handler=block_guest, permission=permissions.BLOCK),
    CommandHandler(command=UnblockGuest, handler=unblock_guest, permission=permissions.BLOCK),
)
