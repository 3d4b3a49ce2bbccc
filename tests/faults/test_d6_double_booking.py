"""Bar D6: a room's night and a practitioner's time are given once, however many ask two servers for them at the same time."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import random
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, Final

import pytest
from tests.faults.conftest import MakePlace
from tests.faults.connection import Connection
from tests.faults.looking import rows
from tests.faults.server_tree import served
from tests.faults.stories import customer_create
from tests.faults.writers import PASSING, Operation, Story, Writers

pytestmark = pytest.mark.faults

CLIENTS = 64
SERVERS = 2
ROOMS: Final = ("1", "2", "3")
SLOTS = 4
TOMORROW: Final = dt.datetime.now(dt.UTC).replace(hour=9, minute=0, second=0, microsecond=0) + dt.timedelta(days=1)
PROPERTY: Final = """mutation($input: PropertyCreateInput!) {
  propertyCreate(input: $input) { property { id } userErrors { code message } } }"""
RESERVE: Final = """mutation($input: ReservationCreateInput!) {
  reservationCreate(input: $input) { reservation { id } userErrors { code message } } }"""
PATIENT: Final = """mutation($input: PatientRegisterInput!) {
  patientRegister(input: $input) { patient { id } userErrors { code message } } }"""
PRACTITIONER: Final = """mutation($input: PractitionerRegisterInput!) {
  practitionerRegister(input: $input) { practitioner { id } userErrors { code message } } }"""
BOOK: Final = """mutation($input: AppointmentBookInput!) {
  appointmentBook(input: $input) { appointment { id } userErrors { code message } } }"""


async def test_d6_as_many_get_a_room_as_there_are_rooms_and_a_time_as_there_are_times(
    place: MakePlace, record_property: Callable[[str, object], None]
) -> None:
    here, chance = place(plugins=("hospitality", "healthcare"), running_per_actor="64"), random.Random(6)

    async with AsyncExitStack() as stack:
        servers = await asyncio.gather(*(stack.enter_async_context(served(here.environment)) for _ in range(SERVERS)))
        key = here.new_tenant()
        connection = Connection(servers[0].port, key=key)
        hotel = await _made(connection, PROPERTY, code="H", name="Hotel", timezone="Europe/Lisbon")
        doctor = await _made(connection, PRACTITIONER, person={"familyName": "Doctor"})
        customer = await _made(connection, customer_create("guest").query, person={"familyName": "guest"})
        patient = await _made(connection, PATIENT, customerId=customer)
        connection.close()

        def booking(client: int) -> Story:
            room, start = ROOMS[client % len(ROOMS)], chance.randrange(SLOTS * 4) * 15
            stay = {"arrival": str(TOMORROW.date()), "departure": str(TOMORROW.date() + dt.timedelta(days=1))}
            given = {"customerId": customer, "propertyId": hotel, "room": room, "adults": 1, **stay}
            yield Operation("room", f"r{client}", RESERVE, {"input": given}, repeats=False)
            begins = TOMORROW + dt.timedelta(minutes=start)
            slot = {"startsAt": begins.isoformat(), "endsAt": (begins + dt.timedelta(hours=1)).isoformat()}
            given = {"patientId": patient, "practitionerId": doctor, **slot}
            yield Operation("time", f"t{client}", BOOK, {"input": given}, repeats=False)

        crowd = [Writers(server.port, key, booking, clients=CLIENTS // SERVERS) for server in servers]
        for writers in crowd:
            writers.start()
        await asyncio.gather(*(writers.end() for writers in crowd))

    winners = Counter(each.operation.kind for writers in crowd for each in writers.acknowledged)
    codes = sum((writers.codes for writers in crowd), Counter[str]())
    nights = await rows(here.owner_url, "SELECT room, night FROM hospitality_room_night")
    times = sorted(await rows(here.owner_url, "SELECT starts_at, ends_at FROM healthcare_appointment"))
    assert winners["room"] == len(ROOMS) == len(nights) == len(set(nights))
    assert winners["time"] == len(times) >= 1
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(times)), "two appointments at one time"
    assert set(codes) <= PASSING
    assert winners.total() + codes.total() == 2 * CLIENTS
    record_property(
        "figure",
        f"{here.dialect}: {CLIENTS} clients at {SERVERS} servers: {winners['room']} of {len(ROOMS)} rooms and {winners['time']} "
        f"times of one practitioner given, none twice; the others got {dict(codes)}",
    )


async def _made(connection: Connection, query: str, **given: Any) -> str:
    answer = await connection.ask(query, {"input": given})
    assert not answer.codes, answer.body
    (payload,) = answer.json["data"].values()
    return str(next(part["id"] for name, part in payload.items() if name != "userErrors"))
