"""What may be asked: reservations from inquiry to check-out, what guests prefer, who is refused, and hotels.

Commands check their own form; who may follow whom is the business of `lifecycle`, rooms and guests that of `service`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Annotated, Final

from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.validation import aware, key, one_line, paragraphs, within
from patron_core.values import Money
from patron_hospitality.models import (
    DistributionChannel,
    MarketSegment,
    MealPlan,
    PreferenceCategory,
    Property,
    Reservation,
    ReservationStatus,
    RoomType,
)
from patron_hospitality.places import is_timezone

__all__ = [
    "BlockGuest",
    "CancelReservation",
    "CheckIn",
    "CheckOut",
    "ConfirmReservation",
    "CreateProperty",
    "CreateReservation",
    "MarkNoShow",
    "NewRoomType",
    "PropertyId",
    "ReservationId",
    "RoomTypeId",
    "SetPreference",
    "UnblockGuest",
]

PropertyId = Annotated[uuid.UUID, IdOf(Property)]
ReservationId = Annotated[uuid.UUID, IdOf(Reservation)]
RoomTypeId = Annotated[uuid.UUID, IdOf(RoomType)]

MOST_NIGHTS: Final = 366
MOST_PEOPLE: Final = 500
_ROOM_LENGTH: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRoomType:
    """A kind of room."""

    code: str = argument("The hotel's code for it.")
    name: str | None = argument("What it is called.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "code", maximum=50)
        one_line(self, "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateProperty(Command):
    """Makes a hotel."""

    code: str = argument("Short name, unique among our hotels.")
    name: str = argument("The hotel's name.")
    timezone: str = argument("Where its days begin, such as Europe/Lisbon (IANA).")
    room_types: tuple[NewRoomType, ...] = argument("Its kinds of rooms.", default=())
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "code", maximum=50)
        one_line(self, "name")
        key(self, "idempotency_key")
        if not is_timezone(self.timezone):
            raise InvalidInput(
                "The time zone is not known. A name that the IANA database does not have was given. "
                "Give one such as Europe/Lisbon.",
                path=("timezone",),
            )
        codes = [kind.code for kind in self.room_types]
        if len(set(codes)) != len(codes):
            raise InvalidInput(
                "A kind of room comes twice. Two have the same code. Give each code once.", path=("room_types",)
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateReservation(Command):
    """Books a room for a customer, who becomes a guest by it."""

    customer_id: CustomerId = argument("Who comes.")
    property_id: PropertyId = argument("The hotel.")
    arrival: dt.date = argument("Day the guest arrives.")
    departure: dt.date = argument("Day the guest leaves, at least a day later.")
    status: ReservationStatus = argument(
        "CONFIRMED, or INQUIRED for one that holds no room yet.", default=ReservationStatus.CONFIRMED
    )
    booked_at: dt.datetime | None = argument("When it was made; now when left out.", default=None)
    adults: int = argument("How many adults.", default=1)
    children: int = argument("How many children.", default=0)
    babies: int = argument("How many babies.", default=0)
    meal: MealPlan | None = argument("Meals in the rate.", default=None)
    rate: Money | None = argument("Price of one night on average.", default=None)
    room_type_id: RoomTypeId | None = argument("The kind of room the guest asks for.", default=None)
    room: str | None = argument("Number of the room to hold; can wait until check-in.", default=None)
    market_segment: MarketSegment | None = argument("Where the business comes from.", default=None)
    distribution_channel: DistributionChannel | None = argument("Through whom it was made.", default=None)
    special_requests: int = argument("How many special requests the guest has.", default=0)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "room", maximum=_ROOM_LENGTH)
        aware(self, "booked_at")
        key(self, "idempotency_key")
        self._check_dates()
        self._check_numbers()
        if self.status not in (ReservationStatus.INQUIRED, ReservationStatus.CONFIRMED):
            raise InvalidInput(
                f"A reservation does not begin like that. {self.status.name} was given. Give INQUIRED or CONFIRMED.",
                path=("status",),
            )
        if self.status is ReservationStatus.INQUIRED and self.room is not None:
            raise InvalidInput(
                "An inquiry holds no room. A room was given. Leave it out, or confirm at once.", path=("room",)
            )

    def _check_dates(self) -> None:
        nights = (self.departure - self.arrival).days
        if not 1 <= nights <= MOST_NIGHTS:
            raise InvalidInput(
                f"The reservation has no sound length. It has {nights} nights. Let the departure be 1 to {MOST_NIGHTS} "
                "days after the arrival.",
                path=("departure",),
            )

    def _check_numbers(self) -> None:
        for name in ("adults", "children", "babies", "special_requests"):
            within(getattr(self, name), least=0, most=MOST_PEOPLE, path=name)
        if self.adults + self.children + self.babies == 0:
            raise InvalidInput("Nobody comes. All numbers of people are 0. Give at least one person.", path=("adults",))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmReservation(Command):
    """Promises the room of an inquiry to the guest."""

    id: ReservationId = argument("The reservation.")
    room: str | None = argument("Number of the room to hold; can wait until check-in.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "room", maximum=_ROOM_LENGTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelReservation(Command):
    """Calls a reservation off before arrival; its room is free again."""

    id: ReservationId = argument("The reservation.")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkNoShow(Command):
    """Notes that the guest did not come; the room is free again."""

    id: ReservationId = argument("The reservation.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn(Command):
    """The guest is here: a stay begins."""

    id: ReservationId = argument("The reservation.")
    room: str | None = argument("Number of the room; the reservation's when left out.", default=None)
    room_type_id: RoomTypeId | None = argument(
        "The kind of room the guest gets; as reserved when left out.", default=None
    )
    checked_in_at: dt.datetime | None = argument("When the guest came; now when left out.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "room", maximum=_ROOM_LENGTH)
        aware(self, "checked_in_at")
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOut(Command):
    """The guest has left: the stay is completed, and what stays tell about the guest is read again."""

    id: ReservationId = argument("The reservation.")
    checked_out_at: dt.datetime | None = argument("When the guest left; now when left out.", default=None)

    def __post_init__(self) -> None:
        aware(self, "checked_out_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPreference(Command):
    """Keeps what a guest says to prefer; it outweighs what was inferred or imported."""

    customer_id: CustomerId = argument("Who prefers it.")
    category: PreferenceCategory = argument("What it is about.")
    value: str = argument("What the guest likes, such as feather; of meals and rooms the code. No allergies.")
    property_id: PropertyId | None = argument("The hotel in which it holds; all when left out.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "value")


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockGuest(Command):
    """Refuses a guest new reservations."""

    customer_id: CustomerId = argument("Whom to refuse.")
    reason: str = argument("Why.")

    def __post_init__(self) -> None:
        paragraphs(self, "reason", maximum=1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnblockGuest(Command):
    """Lets a guest reserve again."""

    customer_id: CustomerId = argument("Whom to let in again.")
