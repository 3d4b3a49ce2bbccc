"""What may be asked: guests with their reservations, stays and preferences, and the hotels they come to."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import case

from patron_core.values import Money
from patron_hospitality import models
from patron_schema.declare import Connection, Query, expression, extends, planned, related, resolver, root, total
from patron_schema.nodes import Node
from patron_schema.types.customers import Customer
from patron_schema.types.timeline import TimelineEntry

__all__ = [
    "EXTENSIONS",
    "TYPES",
    "Guest",
    "GuestPreference",
    "Property",
    "Reservation",
    "RoomNight",
    "RoomType",
    "Stay",
]

_STATUS = models.ReservationStatus
_RESERVATION_SUMMARY = case(
    (models.Reservation.status == _STATUS.INQUIRED, "Reservation inquired"),
    (models.Reservation.status == _STATUS.CANCELLED, "Reservation, cancelled"),
    (models.Reservation.status == _STATUS.NO_SHOW, "Reservation, no-show"),
    else_="Reservation",
)
_STAY_SUMMARY = case((models.Stay.check_out.is_(None), "Stay, in house"), else_="Stay")


@planned(models.Guest)
class Guest(Node):
    """A customer as a guest of our hotels."""

    customer: Customer
    country: str | None
    pseudonymous: bool
    repeat_since: dt.date | None
    is_repeat_guest: bool = expression(
        models.Guest.repeat_since.is_not(None),
        description="Two completed stays or more; cancelled reservations and no-shows do not count.",
    )
    blocked: bool
    blocked_reason: str | None
    completed_stays: int = total(
        via=models.Stay.guest,
        where=models.Stay.check_out.is_not(None),
        description="Stays that ended with a check-out.",
    )
    nights_stayed: int = total(models.Stay.nights, via=models.Stay.guest, description="Nights of completed stays.")
    cancellations: int = total(
        via=models.Reservation.guest,
        where=models.Reservation.status == _STATUS.CANCELLED,
        description="Reservations that were called off.",
    )
    no_shows: int = total(
        via=models.Reservation.guest,
        where=models.Reservation.status == _STATUS.NO_SHOW,
        description="Reservations to which the guest did not come.",
    )
    reservations: Connection[Reservation] = related(models.Reservation.guest, description="Bookings of the guest.")
    stays: Connection[Stay] = related(models.Stay.guest, description="The guest's actual stays.")
    preferences: Connection[GuestPreference] = related(
        models.GuestPreference.guest, description="What the guest likes, with conflicts and what no longer holds."
    )
    version: int


@planned(models.Property)
class Property(Node):
    """A hotel."""

    code: str
    name: str
    timezone: str
    room_types: Connection[RoomType] = related(models.RoomType.property, description="Its kinds of rooms.")
    reservations: Connection[Reservation] = related(
        models.Reservation.property, description="Reservations in this hotel; by `arrival`, a day's arrivals."
    )
    stays: Connection[Stay] = related(models.Stay.property, description="Stays in this hotel.")


@planned(models.RoomType)
class RoomType(Node):
    """A kind of room of a hotel."""

    property: Property
    code: str
    name: str | None


@planned(models.Reservation)
class Reservation(TimelineEntry):
    """A guest's booking of a room in a hotel, from the day of arrival to the day of departure."""

    guest: Guest
    property: Property
    status: models.ReservationStatus
    status_on: dt.date | None
    booked_at: dt.datetime
    occurred_at: dt.datetime = expression(
        models.Reservation.booked_at, description="When it was made.", filterable=False, orderable=True
    )
    summary: str = expression(
        _RESERVATION_SUMMARY, description="A reservation and what became of it.", filterable=False, orderable=False
    )
    arrival: dt.date
    departure: dt.date
    nights: int
    is_day_use: bool = expression(
        models.Reservation.nights == 0, description="The room is used by day: arrival and departure are the same day."
    )
    adults: int
    children: int | None
    babies: int | None
    meal: models.MealPlan | None
    rate: Money | None
    reserved_room_type: RoomType | None
    assigned_room_type: RoomType | None
    room: str | None
    market_segment: models.MarketSegment | None
    distribution_channel: models.DistributionChannel | None
    special_requests: int
    source: str | None
    source_key: str | None
    version: int
    stay: Stay | None = related(models.Stay.reservation, description="What became of it, from check-in on.")
    room_nights: Connection[RoomNight] = related(
        models.RoomNight.reservation, description="The nights for which it holds a room."
    )


@planned(models.RoomNight)
class RoomNight(Node):
    """A room that a reservation holds for a night; a room is held by one reservation at most."""

    reservation: Reservation
    property: Property
    room: str
    night: dt.date


@planned(models.Stay)
class Stay(TimelineEntry):
    """A guest's actual time in a hotel, from check-in; completed by check-out."""

    guest: Guest
    reservation: Reservation
    property: Property
    occurred_at: dt.datetime
    summary: str = expression(
        _STAY_SUMMARY, description="A stay, and whether it lasts.", filterable=False, orderable=False
    )
    check_in: dt.date
    check_out: dt.date | None
    nights: int | None
    room: str | None
    room_type: RoomType | None


@planned(models.GuestPreference)
class GuestPreference(Node):
    """What a guest likes, with where it was learned and whether it counts."""

    guest: Guest
    category: models.PreferenceCategory
    value: str
    scope: models.PreferenceScope
    property: Property | None
    origin: models.PreferenceOrigin
    status: models.PreferenceStatus
    is_active: bool = expression(
        models.GuestPreference.status == models.PreferenceStatus.ACTIVE, description="Whether this one counts."
    )
    recorded_at: dt.datetime
    agreeing_stays: int | None
    considered_stays: int | None
    settled_by: GuestPreference | None
    settles: Connection[GuestPreference] = related(
        models.GuestPreference.settled_by, description="Those that agree with this one or are overruled by it."
    )

    @resolver("origin", "agreeing_stays", "considered_stays")
    def reason(self) -> str:
        """Why we believe it, in one sentence."""
        match self.origin:
            case models.PreferenceOrigin.EXPLICIT:
                return "The guest said so."
            case models.PreferenceOrigin.INFERRED:
                return f"{self.agreeing_stays} of the last {self.considered_stays} stays agree."
            case _:
                return "Another system says so."


@extends(Customer)
class CustomerGuest:
    guest: Guest | None = related(
        models.Guest.customer, description="The customer as a guest of our hotels; null where it is none."
    )


@extends(Query)
class HospitalityQuery:
    guest: Guest | None = root(description="A guest by its id.")
    guests: Connection[Guest] = root(description="Guests of our hotels.")
    property: Property | None = root(description="A hotel by its id.")
    properties: Connection[Property] = root(description="Our hotels.")
    reservation: Reservation | None = root(description="A reservation by its id.")
    reservations: Connection[Reservation] = root(
        description="Reservations. The arrivals of a day: `where: {arrival: {eq: …}, status: {eq: CONFIRMED}}`."
    )
    stays: Connection[Stay] = root(description="Stays in our hotels.")


TYPES = (Guest, Property, RoomType, Reservation, RoomNight, Stay, GuestPreference)
EXTENSIONS = (CustomerGuest, HospitalityQuery)
