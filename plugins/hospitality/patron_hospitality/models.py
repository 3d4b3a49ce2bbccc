"""What is stored: guests, the hotels they come to, reservations with the room-nights they hold, stays and preferences.

Words are those of OpenTravel's reservation and preference messages; states are named as in property management systems.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from patron_core.customers.models import Customer
from patron_core.records import FINANCIAL, INTERNAL, PII, PUBLIC, Record, column, money, reference, subject
from patron_core.values import Code, Money

__all__ = [
    "DistributionChannel",
    "Guest",
    "GuestPreference",
    "MarketSegment",
    "MealPlan",
    "PreferenceCategory",
    "PreferenceOrigin",
    "PreferenceScope",
    "PreferenceStatus",
    "Property",
    "Reservation",
    "ReservationStatus",
    "RoomNight",
    "RoomType",
    "Stay",
]


class ReservationStatus(Code):
    """How far a reservation has come."""

    INQUIRED = "inquired", "Asked for; holds no room."
    CONFIRMED = "confirmed", "Promised to the guest."
    IN_HOUSE = "in_house", "The guest is here."
    CHECKED_OUT = "checked_out", "The guest was here and has left."
    CANCELLED = "cancelled", "Called off before arrival."
    NO_SHOW = "no_show", "The guest did not come and did not call off."


class MealPlan(Code):
    """Which meals the rate includes."""

    BB = "bb", "Bed and breakfast."
    HB = "hb", "Half board: breakfast and one more meal."
    FB = "fb", "Full board: breakfast, lunch and dinner."
    SC = "sc", "Self-catering: no meal."


class MarketSegment(Code):
    """Where the business comes from."""

    DIRECT = "direct", "The guest alone."
    CORPORATE = "corporate", "A company for its people."
    ONLINE_AGENT = "online_agent", "An online travel agent."
    OFFLINE_AGENT = "offline_agent", "A travel agent or tour operator that is not online."
    GROUPS = "groups", "A group."
    COMPLEMENTARY = "complementary", "A guest of the house."
    AVIATION = "aviation", "An airline for crews or stranded passengers."


class DistributionChannel(Code):
    """Through whom the reservation was made."""

    DIRECT = "direct", "With the hotel itself."
    CORPORATE = "corporate", "Through a company's booking desk."
    AGENT = "agent", "Through a travel agent or tour operator."
    GDS = "gds", "Through a global distribution system."


class PreferenceCategory(Code):
    """What a preference is about. Allergies are health data and have no place here."""

    ROOM = "room", "Type of room, by its code."
    BED = "bed", "Kind of bed."
    PILLOW = "pillow", "Kind of pillow."
    FLOOR = "floor", "High, low, near the lift."
    VIEW = "view", "What the window looks on."
    TEMPERATURE = "temperature", "How warm the room is on arrival."
    MEAL = "meal", "Meal plan, by its code."


class PreferenceScope(Code):
    """Where a preference holds."""

    GLOBAL = "global", "In every hotel."
    PROPERTY = "property", "In one hotel."


class PreferenceOrigin(Code):
    """How a preference became known. What the guest said outweighs the others."""

    EXPLICIT = "explicit", "The guest said so."
    INFERRED = "inferred", "Read from stays that agree."
    IMPORTED = "imported", "Another system says so."


class PreferenceStatus(Code):
    """What a preference counts for. At most one of a guest is active per category and place."""

    ACTIVE = "active", "Counts."
    AGREES = "agrees", "Says the same as the one that counts, from another origin."
    OVERRULED = "overruled", "Says otherwise than the one that counts; kept so that the conflict can be seen."
    ENDED = "ended", "No longer holds: its origin says something else by now."


class Guest(Record):
    """A customer as a guest of our hotels."""

    __tablename__ = "hospitality_guest"
    id_prefix = "gst"
    without_index = (("country", "A few values, each of many guests."),)

    customer: Mapped[Customer] = subject(Customer, unique=True, doc="Who the guest is.")
    country: Mapped[str | None] = column(
        PII, doc="Country the guest comes from, as its source writes it (ISO 3166).", filterable=True, orderable=True
    )
    pseudonymous: Mapped[bool] = column(
        INTERNAL,
        doc="No identity is known: this guest stands for one booking and is never recognised again.",
        filterable=True,
    )
    repeat_since: Mapped[dt.date | None] = column(
        INTERNAL,
        doc="Day of the check-out that completed the second stay; null before.",
        filterable=True,
        orderable=True,
        index=True,
    )
    blocked: Mapped[bool] = column(INTERNAL, doc="Whether new reservations are refused.", filterable=True)
    blocked_reason: Mapped[str | None] = column(PII, doc="Why new reservations are refused.")

    if TYPE_CHECKING:  # the columns that references and composites make
        customer_id: Mapped[uuid.UUID]


class Property(Record):
    """A hotel."""

    __tablename__ = "hospitality_property"
    id_prefix = "htl"
    without_index = (("*", "A company has a few hundred."),)
    not_about_a_party = "A hotel of ours; who stays there is kept with reservations and stays."
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    code: Mapped[str] = column(PUBLIC, doc="Short name, unique among our hotels.", filterable=True, orderable=True)
    name: Mapped[str] = column(PUBLIC, doc="The hotel's name.", filterable=True, orderable=True)
    timezone: Mapped[str] = column(PUBLIC, doc="Where its days begin, such as Europe/Lisbon (IANA).", filterable=True)


class RoomType(Record):
    """A kind of room of a hotel."""

    __tablename__ = "hospitality_room_type"
    id_prefix = "rmt"
    not_about_a_party = "A kind of room; who sleeps there is kept with reservations and stays."
    __table_args__ = (UniqueConstraint("tenant_id", "property_id", "code"),)

    property: Mapped[Property] = reference(Property, doc="The hotel.")
    code: Mapped[str] = column(PUBLIC, doc="The hotel's code for it.", filterable=True, orderable=True)
    name: Mapped[str | None] = column(PUBLIC, doc="What it is called.", filterable=True, orderable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        property_id: Mapped[uuid.UUID]


class Reservation(Record):
    """A guest's booking of a room in a hotel, from the day of arrival to the day of departure."""

    __tablename__ = "hospitality_reservation"
    id_prefix = "rsv"
    without_index = (
        ("nights adults children babies special_requests", "A few values, each of many reservations."),
        ("status_on booked_at", "Asked beside a status or an arrival, which have one."),
        ("room", "Asked of one property's nights."),
        ("source_key", "Asked with its source, and an index has both."),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "source_key"),
        CheckConstraint("nights >= 0 AND departure >= arrival", name="dates"),
        Index(None, "tenant_id", "property_id", "arrival", "id"),
        Index(None, "tenant_id", "arrival", "id"),
        Index(None, "tenant_id", "status", "arrival", "id"),
    )

    guest: Mapped[Guest] = subject(Guest, doc="Who comes.")
    property: Mapped[Property] = reference(Property, doc="The hotel.")
    status: Mapped[ReservationStatus] = column(INTERNAL, doc="How far it has come.", filterable=True, orderable=True)
    status_on: Mapped[dt.date | None] = column(
        INTERNAL, doc="Day the status was reached, in the hotel's time zone.", filterable=True, orderable=True
    )
    booked_at: Mapped[dt.datetime] = column(
        INTERNAL,
        doc="When it was made; the start of the day in the hotel's time zone where only the day is known.",
        filterable=True,
        orderable=True,
    )
    arrival: Mapped[dt.date] = column(INTERNAL, doc="Day the guest arrives.", filterable=True, orderable=True)
    departure: Mapped[dt.date] = column(
        INTERNAL, doc="Day the guest leaves.", filterable=True, orderable=True, index=True
    )
    nights: Mapped[int] = column(
        INTERNAL, doc="Nights between arrival and departure; 0 for day use.", filterable=True, orderable=True
    )
    adults: Mapped[int] = column(INTERNAL, doc="How many adults.", filterable=True, orderable=True)
    children: Mapped[int | None] = column(
        INTERNAL, doc="How many children; null where nobody knows.", filterable=True, orderable=True
    )
    babies: Mapped[int | None] = column(
        INTERNAL, doc="How many babies; null where nobody knows.", filterable=True, orderable=True
    )
    meal: Mapped[MealPlan | None] = column(INTERNAL, doc="Meals in the rate.", filterable=True, orderable=True)
    rate: Mapped[Money | None] = money(
        FINANCIAL,
        optional=True,
        doc="Price of one night on average; 0 for a guest of the house, negative after a correction.",
        filterable=True,
        orderable=True,
    )
    reserved_room_type: Mapped[RoomType | None] = reference(
        RoomType, optional=True, doc="The kind of room the guest asked for."
    )
    assigned_room_type: Mapped[RoomType | None] = reference(
        RoomType, optional=True, doc="The kind of room the guest gets."
    )
    room: Mapped[str | None] = column(INTERNAL, doc="Number of the room, once one is assigned.", filterable=True)
    market_segment: Mapped[MarketSegment | None] = column(
        INTERNAL, doc="Where the business comes from.", filterable=True, orderable=True
    )
    distribution_channel: Mapped[DistributionChannel | None] = column(
        INTERNAL, doc="Through whom it was made.", filterable=True, orderable=True
    )
    special_requests: Mapped[int] = column(
        INTERNAL, doc="How many special requests the guest has.", filterable=True, orderable=True
    )
    source: Mapped[str | None] = column(INTERNAL, doc="The system that reported it.", filterable=True)
    source_key: Mapped[str | None] = column(
        INTERNAL, doc="Its key there: the same key twice is one reservation.", filterable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        guest_id: Mapped[uuid.UUID]
        property_id: Mapped[uuid.UUID]
        reserved_room_type_id: Mapped[uuid.UUID | None]
        assigned_room_type_id: Mapped[uuid.UUID | None]
        rate_minor: Mapped[int | None]
        rate_currency: Mapped[str | None]


class RoomNight(Record):
    """A room that a reservation holds for a night. The unique key is the rule: one party per room and night."""

    __tablename__ = "hospitality_room_night"
    id_prefix = "rmn"
    __table_args__ = (UniqueConstraint("tenant_id", "property_id", "room", "night"),)

    reservation: Mapped[Reservation] = subject(Reservation, doc="Which reservation holds it.")
    property: Mapped[Property] = reference(Property, doc="The hotel.")
    room: Mapped[str] = column(INTERNAL, doc="Number of the room.", filterable=True, orderable=True)
    night: Mapped[dt.date] = column(INTERNAL, doc="Day on which the night begins.", filterable=True, orderable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        reservation_id: Mapped[uuid.UUID]
        property_id: Mapped[uuid.UUID]


class Stay(Record):
    """A guest's actual time in a hotel, from check-in; completed by check-out."""

    __tablename__ = "hospitality_stay"
    id_prefix = "sty"
    without_index = (
        ("occurred_at", "The moment of the day of check-in, which has one."),
        ("nights", "A few values, each of many stays."),
        ("room", "Asked of one property's nights."),
    )
    __table_args__ = (
        CheckConstraint("check_out IS NULL OR check_out >= check_in", name="dates"),
        Index(None, "tenant_id", "check_in", "id"),
    )

    guest: Mapped[Guest] = subject(Guest, doc="Who stayed.")
    reservation: Mapped[Reservation] = reference(Reservation, unique=True, doc="The reservation it fulfils.")
    property: Mapped[Property] = reference(Property, doc="The hotel.")
    occurred_at: Mapped[dt.datetime] = column(
        INTERNAL,
        doc="When the guest checked in; the start of the day in the hotel's time zone where only the day is known.",
        filterable=True,
        orderable=True,
    )
    check_in: Mapped[dt.date] = column(INTERNAL, doc="Day of check-in at the hotel.", filterable=True, orderable=True)
    check_out: Mapped[dt.date | None] = column(
        INTERNAL,
        doc="Day of check-out at the hotel; null while the guest is here.",
        filterable=True,
        orderable=True,
        index=True,
    )
    nights: Mapped[int | None] = column(
        INTERNAL, doc="Nights the guest was here; null before check-out.", filterable=True, orderable=True
    )
    room: Mapped[str | None] = column(INTERNAL, doc="Number of the room; null where nobody knows.", filterable=True)
    room_type: Mapped[RoomType | None] = reference(RoomType, optional=True, doc="The kind of room the guest had.")

    if TYPE_CHECKING:  # the columns that references and composites make
        guest_id: Mapped[uuid.UUID]
        reservation_id: Mapped[uuid.UUID]
        property_id: Mapped[uuid.UUID]
        room_type_id: Mapped[uuid.UUID | None]


class GuestPreference(Record):
    """What a guest likes, with where it was learned and whether it counts."""

    __tablename__ = "hospitality_guest_preference"
    id_prefix = "gpf"
    __table_args__ = (
        # A null is equal to nothing in a unique key, so each scope has a key of its own.
        Index(
            "uq_hospitality_guest_preference_global",
            "tenant_id",
            "guest_id",
            "category",
            unique=True,
            sqlite_where=text("status = 'ACTIVE' AND property_id IS NULL"),
            postgresql_where=text("status = 'ACTIVE' AND property_id IS NULL"),
        ),
        Index(
            "uq_hospitality_guest_preference_property",
            "tenant_id",
            "guest_id",
            "category",
            "property_id",
            unique=True,
            sqlite_where=text("status = 'ACTIVE' AND property_id IS NOT NULL"),
            postgresql_where=text("status = 'ACTIVE' AND property_id IS NOT NULL"),
        ),
        CheckConstraint("(scope = 'GLOBAL') = (property_id IS NULL)", name="scope_place"),
    )

    guest: Mapped[Guest] = subject(Guest, doc="Whose preference.")
    category: Mapped[PreferenceCategory] = column(INTERNAL, doc="What it is about.", filterable=True, orderable=True)
    value: Mapped[str] = column(PII, doc="What the guest likes, such as feather or HB.", filterable=True)
    scope: Mapped[PreferenceScope] = column(INTERNAL, doc="Where it holds.", filterable=True, orderable=True)
    property: Mapped[Property | None] = reference(
        Property, optional=True, doc="The hotel in which it holds; null where it holds in all."
    )
    origin: Mapped[PreferenceOrigin] = column(INTERNAL, doc="How it became known.", filterable=True, orderable=True)
    status: Mapped[PreferenceStatus] = column(INTERNAL, doc="What it counts for.", filterable=True, orderable=True)
    recorded_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it became known.", filterable=True, orderable=True)
    agreeing_stays: Mapped[int | None] = column(
        INTERNAL, doc="How many stays it was read from; null where it was not inferred.", filterable=True
    )
    considered_stays: Mapped[int | None] = column(
        INTERNAL, doc="How many of the last stays were looked at; null where it was not inferred."
    )
    settled_by: Mapped[GuestPreference | None] = reference(
        "self", optional=True, doc="The one that counts instead, where this one agrees or is overruled."
    )

    def absorb(self, other: GuestPreference) -> bool:
        """Lets a second active preference for the same thing stay as overruled, so that the conflict can be seen."""
        other.status, other.settled_by_id = PreferenceStatus.OVERRULED, self.id
        return True

    if TYPE_CHECKING:  # the columns that references and composites make
        guest_id: Mapped[uuid.UUID]
        property_id: Mapped[uuid.UUID | None]
        settled_by_id: Mapped[uuid.UUID | None]
