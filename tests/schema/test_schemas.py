"""A schema that a request waits for is made beside the event loop, once for all who wait, and kept for all that have the same plugins."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, cast

import pytest

from patron_core.customers.models import EngagementMode
from patron_core.database import Database
from patron_core.messages import Actor
from patron_core.values import FixedClock
from patron_schema import schemas
from patron_schema.hookspecs import load_plugins
from patron_schema.schemas import new_composed
from patron_schema.testing.databases import NOON, PreparedDatabase
from patron_schema.testing.service import open_patron


@pytest.mark.parametrize("made", ["build_schema", "visible"])
async def test_others_are_answered_while_a_schema_is_made(
    database: PreparedDatabase, made: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    patron = open_patron(database, composed=new_composed())
    agent = Actor(database.tenant_id, "somebody", "user", roles=("agent",))
    asked = [database.actor, agent, agent]
    if made == "visible":
        await patron.gateway.schemas.seen_by(database.actor)
    make = getattr(schemas, made)
    begun, told = asyncio.Event(), threading.Event()
    loop, times = asyncio.get_running_loop(), 0

    def slowly(*arguments: Any, **options: Any) -> Any:
        nonlocal times
        if made == "build_schema" or arguments[1] is agent:
            times += 1
            loop.call_soon_threadsafe(begun.set)
            assert told.wait(10), "The event loop waits for the schema."
        return make(*arguments, **options)

    monkeypatch.setattr(schemas, made, slowly)
    waiting = [asyncio.create_task(patron.gateway.schemas.seen_by(actor)) for actor in asked]
    await asyncio.wait_for(begun.wait(), 30)
    told.set()  # by the loop, which goes on meanwhile
    seen = await asyncio.gather(*waiting)
    again = await patron.gateway.schemas.seen_by(agent)

    assert times == 1
    assert seen[1].composed is seen[2].composed is again.composed
    assert "Mutation" in seen[0].composed.graphql.type_map
    await patron.gateway.reader.close()


def test_deployments_with_the_same_plugins_share_a_schema_and_others_have_their_own() -> None:
    def schemas_of(*names: str) -> schemas.Schemas:
        return schemas.Schemas(
            plugins=load_plugins(names),
            mode=EngagementMode.HYBRID,
            database=cast("Database", None),  # nobody's tenant is looked up
            clock=FixedClock(NOON),
            page_default=20,
        )

    first, second, other = schemas_of(), schemas_of(), schemas_of("retail")
    composed = first.compose(None, EngagementMode.HYBRID)

    assert second.compose(None, EngagementMode.HYBRID) is composed
    assert other.compose(None, EngagementMode.HYBRID) is not composed
