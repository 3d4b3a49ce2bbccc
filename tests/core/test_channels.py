"""Channels: defined once by their code, changed, and named by contacts of their kind."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from patron_core.channels.commands import DefineChannel, UpdateChannel
from patron_core.channels.models import Channel, ChannelDefinition
from patron_core.errors import Conflict, InvalidInput, NotFound
from patron_core.touchpoints.commands import LogTouchpoint
from patron_core.touchpoints.models import Direction, Touchpoint
from patron_core.values import Money
from patron_schema.testing.databases import PreparedDatabase


async def hotline(database: PreparedDatabase) -> ChannelDefinition:
    """A telephone line of ours."""
    cost = Money(4_50, "EUR")
    made: ChannelDefinition = await database.do(
        DefineChannel(code="HOTLINE", kind=Channel.PHONE, name="Hot line", unit_cost=cost)
    )
    return made


def contact(channel_id: uuid.UUID, **given: Any) -> LogTouchpoint:
    defaults = {"channel": Channel.PHONE, "direction": Direction.OUTBOUND, "topic": "Asked how it goes"}
    return LogTouchpoint(channel_definition_id=channel_id, **{**defaults, **given})


async def test_a_code_of_a_channel_is_given_once(database: PreparedDatabase) -> None:
    await hotline(database)

    with pytest.raises(Conflict) as refused:
        await hotline(database)

    assert refused.value.path == ("code",)


async def test_a_contact_names_a_channel_of_its_kind_that_is_still_used(database: PreparedDatabase) -> None:
    line = await hotline(database)
    logged: Touchpoint = await database.do(contact(line.id))
    assert logged.channel_definition_id == line.id

    with pytest.raises(InvalidInput):
        await database.do(contact(line.id, channel=Channel.EMAIL))
    with pytest.raises(NotFound):
        await database.do(contact(uuid.uuid4()))
    await database.do(UpdateChannel(id=line.id, version=1, active=False))
    with pytest.raises(Conflict):
        await database.do(contact(line.id))


async def test_what_is_left_out_of_a_change_stays(database: PreparedDatabase) -> None:
    line = await hotline(database)

    outcome = await database.execute(UpdateChannel(id=line.id, version=1, unit_cost=None))

    assert (outcome.value.name, outcome.value.unit_cost, outcome.value.active) == ("Hot line", None, True)
    assert [committed.event.type for committed in outcome.events] == ["channel.defined"]
    with pytest.raises(Conflict):
        await database.do(UpdateChannel(id=line.id, version=1, name="Cold line"))


@pytest.mark.parametrize(
    ("given", "path"),
    [({"code": "hotline"}, "code"), ({"name": " "}, "name"), ({"unit_cost": Money(-1, "EUR")}, "unit_cost")],
)
def test_a_channel_that_makes_no_sense_is_refused(given: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        DefineChannel(**{"code": "HOTLINE", "kind": Channel.PHONE, "name": "Hot line", **given})

    assert refused.value.path == (path,)
