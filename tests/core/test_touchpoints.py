"""Touchpoints: logged once for each source key, with their participants, not in the far future."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from typing import Any

import pytest
from sqlalchemy import func, select

from patron_core.customers.commands import CreateCustomer
from patron_core.customers.models import Customer
from patron_core.errors import InvalidInput, NotFound
from patron_core.parties.commands import NewPerson
from patron_core.touchpoints.commands import LogTouchpoint, NewParticipant
from patron_core.touchpoints.models import Channel, Direction, Touchpoint, TouchpointParticipant
from patron_schema.testing.databases import NOON, PreparedDatabase

CALL: dict[str, Any] = {"channel": Channel.PHONE, "direction": Direction.INBOUND, "topic": "Feathers"}


async def customer(database: PreparedDatabase) -> Customer:
    made: Customer = await database.do(CreateCustomer(person=NewPerson(given_name="Ada")))
    return made


async def count(database: PreparedDatabase, model: Any) -> int:
    return int((await database.do(lambda uow: uow.select(select(func.count()).select_from(model))))[0])


async def test_a_contact_is_logged_with_who_took_part(database: PreparedDatabase) -> None:
    ada = await customer(database)

    outcome = await database.execute(
        LogTouchpoint(customer_id=ada.id, participants=(NewParticipant(party_id=ada.party_id, role="caller"),), **CALL)
    )

    logged = outcome.value
    assert (logged.customer_id, logged.occurred_at, logged.topic) == (ada.id, NOON, "Feathers")
    assert [(c.event.type, c.event.customer_id) for c in outcome.events] == [("touchpoint.logged", ada.id)]
    assert await count(database, TouchpointParticipant) == 1


async def test_the_same_source_key_is_one_touchpoint(database: PreparedDatabase) -> None:
    ada = await customer(database)
    command = LogTouchpoint(
        customer_id=ada.id,
        participants=(NewParticipant(party_id=ada.party_id),),
        source="pbx",
        source_key="call-1",
        **CALL,
    )

    first = await database.execute(command)
    second = await database.execute(command)

    assert second.value.id == first.value.id
    assert (len(first.events), len(second.events)) == (1, 0)
    assert (await count(database, Touchpoint), await count(database, TouchpointParticipant)) == (1, 1)


async def test_two_at_once_with_one_source_key_are_one_touchpoint(database: PreparedDatabase) -> None:
    command = LogTouchpoint(source="pbx", source_key="call-1", **CALL)

    results = await asyncio.gather(*(database.do(command) for _ in range(4)))

    assert len({touchpoint.id for touchpoint in results}) == 1
    assert await count(database, Touchpoint) == 1


async def test_another_source_or_tenant_has_keys_of_its_own(database: PreparedDatabase) -> None:
    stranger = await database.tenant("Duvets")

    ids = {
        (await database.do(LogTouchpoint(source=source, source_key="1", **CALL), actor=actor)).id
        for source in ("pbx", "chat")
        for actor in (None, stranger)
    }

    assert len(ids) == 4


async def test_a_contact_lies_at_most_a_day_ahead(database: PreparedDatabase) -> None:
    a_day = dt.timedelta(days=1)

    logged = await database.do(LogTouchpoint(occurred_at=NOON + a_day, **CALL))
    with pytest.raises(InvalidInput) as refused:
        await database.do(LogTouchpoint(occurred_at=NOON + a_day + dt.timedelta(seconds=1), **CALL))

    assert logged.occurred_at == NOON + a_day
    assert refused.value.path == ("occurred_at",)


async def test_strangers_and_nobody_are_not_found(database: PreparedDatabase) -> None:
    ada = await customer(database)
    stranger = await database.tenant("Duvets")

    with pytest.raises(NotFound) as customer_refused:
        await database.do(LogTouchpoint(customer_id=ada.id, **CALL), actor=stranger)
    nobody = (NewParticipant(party_id=ada.party_id), NewParticipant(party_id=uuid.uuid4()))
    with pytest.raises(NotFound) as party_refused:
        await database.do(LogTouchpoint(participants=nobody, **CALL))

    assert customer_refused.value.path == ("customer_id",)
    assert party_refused.value.path == ("participants", 1, "party_id")
    assert await count(database, Touchpoint) == 0


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"topic": ""}, ("topic",)),
        ({"source": "pbx"}, ("source_key",)),
        ({"source_key": "1"}, ("source",)),
        ({"occurred_at": dt.datetime(2026, 1, 1)}, ("occurred_at",)),  # noqa: DTZ001
        ({"participants": (NewParticipant(party_id=uuid.UUID(int=1)),) * 2}, ("participants", 1, "party_id")),
        (
            {"participants": tuple(NewParticipant(party_id=uuid.UUID(int=n)) for n in range(51))},
            ("participants",),
        ),
    ],
)
def test_a_touchpoint_checks_its_form(fields: dict[str, Any], path: tuple[str | int, ...]) -> None:
    with pytest.raises(InvalidInput) as refused:
        LogTouchpoint(**{**CALL, **fields})

    assert refused.value.path == path
