"""A hotel for tests: made through commands, with what tests ask for again and again."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import LifecycleStage
from patron_core.parties.commands import NewPerson
from patron_hospitality.commands import CheckIn, CheckOut, CreateProperty, CreateReservation, NewRoomType
from patron_hospitality.models import Guest, GuestPreference, MealPlan, Property, Reservation, RoomType
from patron_schema.testing.databases import NOON, PreparedDatabase

TODAY = NOON.date()
DAY = dt.timedelta(days=1)


@dataclass(slots=True)
class Hotel:
    """A hotel with rooms of the kinds A and B."""

    database: PreparedDatabase
    id: uuid.UUID
    room_types: dict[str, uuid.UUID]

    async def reserve(
        self,
        customer_id: uuid.UUID,
        *,
        arrival: dt.date = TODAY,
        nights: int = 2,
        room_type: str | None = None,
        **values: Any,
    ) -> Reservation:
        made: Reservation = await self.database.do(
            CreateReservation(
                customer_id=customer_id,
                property_id=self.id,
                arrival=arrival,
                departure=arrival + nights * DAY,
                room_type_id=self.room_types[room_type] if room_type else None,
                **values,
            )
        )
        return made

    async def stay(
        self, customer_id: uuid.UUID, *, days_ago: int, meal: MealPlan | None = None, room_type: str | None = None
    ) -> Reservation:
        """A stay of two nights that began so many days ago and has ended."""
        came = NOON - days_ago * DAY
        made = await self.reserve(
            customer_id,
            arrival=came.date(),
            booked_at=came - DAY,
            meal=meal,
            room_type=room_type,
            room=f"{days_ago}",
        )
        await self.database.do(CheckIn(id=made.id, checked_in_at=came))
        left: Reservation = await self.database.do(CheckOut(id=made.id, checked_out_at=came + 2 * DAY))
        return left


async def open_hotel(database: PreparedDatabase, *, code: str = "HARBOUR", timezone: str = "Europe/Lisbon") -> Hotel:
    kinds = (NewRoomType(code="A", name="Standard"), NewRoomType(code="B"))
    made: Property = await database.do(CreateProperty(code=code, name=code, timezone=timezone, room_types=kinds))
    found = await database.do(lambda uow: uow.select(select(RoomType).where(RoomType.property_id == made.id)))
    return Hotel(database, made.id, {kind.code: kind.id for kind in found})


async def customer(
    database: PreparedDatabase, name: str = "Ada", *, stage: LifecycleStage = LifecycleStage.ACTIVE
) -> uuid.UUID:
    made = await database.do(CreateCustomer(person=NewPerson(display_name=name), lifecycle_stage=stage))
    id_: uuid.UUID = made.id
    return id_


async def all_of(database: PreparedDatabase, model: type[Any]) -> list[Any]:
    found: list[Any] = await database.do(lambda uow: uow.select(select(model).order_by(model.id)))
    return found


async def guest(database: PreparedDatabase, customer_id: uuid.UUID) -> Guest:
    found: Guest = await database.do(lambda uow: uow.find(Guest, customer_id=customer_id))
    return found


async def preferences(database: PreparedDatabase) -> list[tuple[str, str, str, str]]:
    """Category, value, origin and status of every preference, in the order they were recorded."""
    found: list[GuestPreference] = await all_of(database, GuestPreference)
    return [(row.category.name, row.value, row.origin.name, row.status.name) for row in found]
