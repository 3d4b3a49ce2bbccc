"""Imports hotel bookings (Antonio et al. 2019, CSV): each line a reservation, and a stay where it ended in one.

The table names no guest, so every line makes one pseudonymous guest who is never recognised again. It has no key
either: a line is named by its content and its ordinal among equal lines of the file, for thousands repeat truly.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import Field, field_validator
from sqlalchemy import select

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.intake import CustomerIntake, take_in_customers
from patron_core.customers.models import CustomerKind, LifecycleStage
from patron_core.imports.importer import BadRow, Counts, Importer, ImportOptions, Item, Source
from patron_core.imports.source_keys import RowKeys
from patron_core.imports.tables import Row, check_header, read_table
from patron_core.parties.commands import NewExternalIdentifier, NewPerson
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import known_currency
from patron_hospitality.events import ReservationsTakenIn
from patron_hospitality.importers.booking_row import COLUMNS, Booking, UnsoundRow, booking
from patron_hospitality.models import (
    Guest,
    GuestPreference,
    PreferenceCategory,
    PreferenceOrigin,
    PreferenceScope,
    PreferenceStatus,
    Property,
    Reservation,
    RoomType,
    Stay,
)
from patron_hospitality.places import is_timezone, start_of_day

__all__ = ["SOURCE", "HotelBookings", "HotelBookingsOptions"]

SOURCE: Final = "hotel-bookings"
Entry = Item[Booking]


class HotelBookingsOptions(ImportOptions):
    """What the table does not say."""

    currency: str = Field(default="EUR", description="Currency of the rates, ISO 4217.")
    timezone: str = Field(default="Europe/Lisbon", description="Time zone of hotels that are new, an IANA name.")
    booked_as_preferences: bool = Field(
        default=False,
        description="Take the meal and kind of room that were booked for imported preferences of the guest.",
    )

    @field_validator("currency")
    @classmethod
    def _is_currency(cls, value: str) -> str:
        if not known_currency(value):
            raise ValueError("It is not an ISO 4217 code in capitals, such as EUR")
        return value

    @field_validator("timezone")
    @classmethod
    def _is_timezone(cls, value: str) -> str:
        if not is_timezone(value):
            raise ValueError("It is not an IANA time zone, such as Europe/Lisbon")
        return value


class HotelBookings(Importer[Booking, HotelBookingsOptions]):
    """The hotel booking demand table."""

    name = "hotel-bookings"
    description = (
        "Hotel bookings as CSV with 32 columns (Antonio et al. 2019): reservations, stays, pseudonymous guests."
    )
    options = HotelBookingsOptions
    suffixes = (".csv",)

    def check(self, source: Source, *, options: HotelBookingsOptions) -> None:
        """Refuses a file whose first line lacks one of the 32 columns."""
        check_header(source.file, columns=COLUMNS, format=self.name)

    def read(self, source: Source, *, options: HotelBookingsOptions) -> Iterator[Entry | BadRow]:
        """The bookings, line by line."""
        keys = RowKeys()
        for row in read_table(source.file):
            yield row if isinstance(row, BadRow) else _entry(row, keys, options)

    def apply(self, items: Sequence[Entry], *, uow: UnitOfWork, options: HotelBookingsOptions) -> Counts:
        """Writes the bookings whose key is new."""
        known = _known_keys(items, uow)
        fresh = [item for item in items if item.source_key not in known]
        batch = _Batch(fresh, uow, options) if fresh else None
        created = batch.write() if batch is not None else {}
        return Counts(created=created, unchanged={"reservations": len(items) - len(fresh)}, noted=_notes(fresh))


def _entry(row: Row, keys: RowKeys, options: HotelBookingsOptions) -> Entry | BadRow:
    key = keys.key(row.values[column] for column in COLUMNS)  # also of a bad line, so that later ordinals stay
    try:
        return Item(row.file, row.line, key, booking(row.values, currency=options.currency))
    except UnsoundRow as error:
        return row.bad(str(error))


def _known_keys(items: Sequence[Entry], uow: UnitOfWork) -> set[str | None]:
    keys = [item.source_key for item in items]
    ours = select(Reservation.source_key).where(Reservation.source == SOURCE)
    return {row.source_key for row in uow.look_up(ours, Reservation.source_key, keys)}


def _notes(items: Sequence[Entry]) -> Mapping[str, int]:
    bookings = [item.value for item in items]
    return {
        "reservations for day use (no night)": sum(made.nights == 0 for made in bookings),
        "reservations without an adult": sum(made.adults == 0 for made in bookings),
        "stays that ended on another day than booked": sum(
            made.stayed and made.status_on != made.departure for made in bookings
        ),
    }


class _Batch:
    """New bookings on their way into the tables: one statement for each table."""

    def __init__(self, items: Sequence[Entry], uow: UnitOfWork, options: HotelBookingsOptions) -> None:
        self._items = items
        self._uow = uow
        self._options = options

    def write(self) -> dict[str, int]:
        """Writes hotels, guests, reservations and stays; returns how many of each are new."""
        created: dict[str, int] = {}
        hotels, created["hotels"] = self._hotels()
        room_types, created["room types"] = self._room_types(hotels)
        intake = take_in_customers(self._uow, [_customer(item) for item in self._items])
        created["customers"] = intake.created
        guests = self._guests(intake)
        reservations = [self._reservation(item, hotels, room_types, guests) for item in self._items]
        created["reservations"] = len(self._uow.add_many(Reservation, reservations))
        made = zip(self._items, reservations, strict=True)
        stays = [_stay(row, hotels[item.value.hotel]) for item, row in made if item.value.stayed]
        created["stays"] = len(self._uow.add_many(Stay, stays))
        created["preferences"] = self._preferences(hotels, guests)
        self._uow.emit(ReservationsTakenIn(source=SOURCE, reservation_ids=tuple(row["id"] for row in reservations)))
        return created

    def _hotels(self) -> tuple[dict[str, Property], int]:
        names = list(dict.fromkeys(item.value.hotel for item in self._items))
        rows = [{"code": name, "name": name, "timezone": self._options.timezone} for name in names]
        new = self._uow.add_many(Property, rows, unless_exists=("code",))
        hotels = self._uow.select(select(Property).where(Property.code.in_(names)))
        return {hotel.code: hotel for hotel in hotels}, len(new)

    def _room_types(self, hotels: Mapping[str, Property]) -> tuple[dict[tuple[uuid.UUID, str], uuid.UUID], int]:
        wanted = {
            (hotels[item.value.hotel].id, code): None
            for item in self._items
            for code in (item.value.reserved_room_type, item.value.assigned_room_type)
            if code is not None
        }
        rows = [{"property_id": hotel_id, "code": code, "name": None} for hotel_id, code in wanted]
        new = self._uow.add_many(RoomType, rows, unless_exists=("property_id", "code"))
        ids = [hotel.id for hotel in hotels.values()]
        statement = select(RoomType.property_id, RoomType.code, RoomType.id).where(RoomType.property_id.in_(ids))
        return {(row.property_id, row.code): row.id for row in self._uow.rows(statement)}, len(new)

    def _guests(self, intake: CustomerIntake) -> dict[str, uuid.UUID]:
        """The guest of each line by its source key; only a customer who was there before may be one already."""
        taken = {item.source_key: intake.customers[SOURCE, item.source_key] for item in self._items}
        rows = {item.source_key: self._guest(item, taken[item.source_key].customer_id) for item in self._items}
        self._uow.add_many(Guest, [row for key, row in rows.items() if taken[key].created])
        guests = {key: row["id"] for key, row in rows.items()}
        before = {who.customer_id: key for key, who in taken.items() if not who.created}
        if before:
            self._uow.add_many(Guest, [rows[key] for key in before.values()], unless_exists=("customer_id",))
            found = self._uow.rows(select(Guest.customer_id, Guest.id).where(Guest.customer_id.in_(before)))
            guests |= {before[row.customer_id]: row.id for row in found}
        return guests

    def _guest(self, item: Entry, customer_id: uuid.UUID) -> dict[str, Any]:
        return {
            "id": self._uow.ids.new(),
            "customer_id": customer_id,
            "country": item.value.country,
            "pseudonymous": True,
            "repeat_since": None,
            "blocked": False,
            "blocked_reason": None,
        }

    def _reservation(
        self,
        item: Entry,
        hotels: Mapping[str, Property],
        room_types: Mapping[tuple[uuid.UUID, str], uuid.UUID],
        guests: Mapping[str, uuid.UUID],
    ) -> dict[str, Any]:
        made, hotel = item.value, hotels[item.value.hotel]
        return {
            "id": self._uow.ids.new(),
            "guest_id": guests[item.source_key],
            "property_id": hotel.id,
            "status": made.status,
            "status_on": made.status_on,
            "booked_at": start_of_day(made.booked_on, timezone=hotel.timezone),
            "arrival": made.arrival,
            "departure": made.departure,
            "nights": made.nights,
            "adults": made.adults,
            "children": made.children,
            "babies": made.babies,
            "meal": made.meal,
            "rate": made.rate,
            "reserved_room_type_id": room_types.get((hotel.id, made.reserved_room_type or "")),
            "assigned_room_type_id": room_types.get((hotel.id, made.assigned_room_type or "")),
            "room": None,
            "market_segment": made.market_segment,
            "distribution_channel": made.distribution_channel,
            "special_requests": made.special_requests,
            "source": SOURCE,
            "source_key": item.source_key,
        }

    def _preferences(self, hotels: Mapping[str, Property], guests: Mapping[str, uuid.UUID]) -> int:
        if not self._options.booked_as_preferences:
            return 0
        rows = [
            {
                "guest_id": guests[item.source_key],
                "category": category,
                "value": value,
                "scope": PreferenceScope.GLOBAL if hotel_id is None else PreferenceScope.PROPERTY,
                "property_id": hotel_id,
                "origin": PreferenceOrigin.IMPORTED,
                "status": PreferenceStatus.ACTIVE,
                "recorded_at": self._uow.now,
            }
            for item in self._items
            for category, value, hotel_id in _booked(item.value, hotels)
        ]
        return len(self._uow.add_many(GuestPreference, rows))


def _customer(item: Entry) -> CreateCustomer:
    """A customer called by the line's hash. Who stayed has bought; who did not is a prospect."""
    digest, ordinal = item.source_key.split("-")
    name = f"Guest {digest[:8]}" if ordinal == "1" else f"Guest {digest[:8]}-{ordinal}"
    return CreateCustomer(
        person=NewPerson(display_name=name),
        kind=CustomerKind.B2C,
        lifecycle_stage=LifecycleStage.ACTIVE if item.value.stayed else LifecycleStage.PROSPECT,
        since=item.value.arrival if item.value.stayed else None,
        external_identifiers=(NewExternalIdentifier(system=SOURCE, value=item.source_key),),
    )


def _stay(reservation: Mapping[str, Any], hotel: Property) -> dict[str, Any]:
    """The stay of a reservation that ended in one: its last status was set at check-out."""
    arrival, check_out = reservation["arrival"], reservation["status_on"]
    return {
        "guest_id": reservation["guest_id"],
        "reservation_id": reservation["id"],
        "property_id": hotel.id,
        "occurred_at": start_of_day(arrival, timezone=hotel.timezone),
        "check_in": arrival,
        "check_out": check_out,
        "nights": (check_out - arrival).days,
        "room": None,
        "room_type_id": reservation["assigned_room_type_id"],
    }


def _booked(
    made: Booking, hotels: Mapping[str, Property]
) -> Iterator[tuple[PreferenceCategory, str, uuid.UUID | None]]:
    if made.meal is not None:
        yield PreferenceCategory.MEAL, made.meal.name, None
    if made.reserved_room_type is not None:
        yield PreferenceCategory.ROOM, made.reserved_room_type, hotels[made.hotel].id
