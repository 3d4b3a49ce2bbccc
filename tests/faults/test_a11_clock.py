"""Bar A11: the machine's clock jumps by months and back: nothing fails, nothing happens twice, nothing is told twice.

Leases and jobs have their rows where they live (tests/core); here everybody writes, repeats and listens while the clock jumps.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from tests.faults.stories import business
from tests.schema.webhook_receiver import Mailroom, receiver

from patron_core.outbox.models import OutboxEvent
from patron_core.plugins import Plugins
from patron_schema.hookspecs import SchemaHooks
from patron_schema.testing.service import Patron

pytestmark = pytest.mark.faults

JUMPS = (
    dt.timedelta(days=90),
    dt.timedelta(days=-90),
    dt.timedelta(hours=-1),
    dt.timedelta(minutes=1),
    dt.timedelta(days=-180),
    dt.timedelta(days=180),
)
TIMELINE = "{ customers(first: 3) { nodes { id timeline(first: 5) { nodes { occurredAt summary } } } } }"


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return Plugins.of({}, specs=(SchemaHooks,))


async def test_a11_a_clock_that_jumps_doubles_nothing_and_fails_nothing(
    patron: Patron, record_property: Callable[[str, object], None]
) -> None:
    clock, chance, jumps = patron.prepared.clock, random.Random(11), 0
    mail, done = Mailroom(patron, seconds=5), 0
    async with receiver() as hooks:
        await mail.endpoint(hooks.url, ["customer.created", "transaction.recorded", "touchpoint.logged"])
        story = business(0)
        operation = next(story)
        for turn in range(60):
            if turn % 3 == 0:
                clock.advance(chance.choice(JUMPS))
                jumps += 1
            data = await patron.data(operation.query, operation.variables)
            clock.advance(chance.choice(JUMPS))
            jumps += 1
            assert await patron.data(operation.query, operation.variables) == data, "a repeat was not the first result"
            done += 1
            await mail.deliver()
            operation = story.send(data)
        came = Counter(each.webhook_id for each in hooks.came)
        # whatever was queued under a later time comes when that time has come, and once
        clock.advance(dt.timedelta(days=400))
        await mail.deliver()
        came = Counter(each.webhook_id for each in hooks.came)

    def events(uow: Any) -> list[str]:
        types = ("customer.created", "transaction.recorded", "touchpoint.logged")
        return [f"evt_{id_}" for id_ in uow.select(select(OutboxEvent.id).where(OutboxEvent.type.in_(types)))]

    told = await patron.prepared.do(events)
    assert sorted(told) == sorted(came)
    assert set(came.values()) == {1}, "something was told again because of the clock"
    assert len(told) == done
    answer = await patron.ask(TIMELINE)
    assert "errors" not in answer
    record_property(
        "figure",
        f"{patron.prepared.dialect}: {jumps} jumps of up to half a year, {done} writes each repeated: none failed, none done twice, "
        f"{len(told)} events delivered once each",
    )
