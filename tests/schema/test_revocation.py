"""A key that this process takes back is refused at once, although a look at it is trusted for a second."""

from __future__ import annotations

import pytest

from patron_core.access.commands import RevokeKey
from patron_core.access.keys import KeyText
from patron_core.errors import Unauthenticated
from patron_core.plugins import Plugins
from patron_schema.app import deploy
from patron_schema.hookspecs import SchemaHooks
from patron_schema.testing.databases import PreparedDatabase


async def test_a_key_taken_back_in_this_process_is_refused_at_once(database: PreparedDatabase) -> None:
    deployment = deploy(
        settings=database.settings,
        plugins=Plugins.of({}, specs=(SchemaHooks,)),
        database=database.database,
        clock=database.clock,
    )
    text = await database.key()
    parsed = KeyText.parse(text)
    assert parsed is not None
    await deployment.keys.authenticate(text)

    outcome = await database.execute(RevokeKey(id=parsed.key_id))
    await deployment.keys.authenticate(text)  # trusted still: nobody has told
    deployment.gateway.broadcaster.publish(outcome.events)

    with pytest.raises(Unauthenticated):
        await deployment.keys.authenticate(text)
    await deployment.gateway.reader.close()
