"""A program that makes people one after another and says on standard output when each is committed: URL TENANT COUNT."""

from __future__ import annotations

import asyncio
import os
import sys
import uuid

from patron_core.database import open_database
from patron_core.messages import Actor
from patron_core.parties.commands import CreatePerson, NewPerson
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_core.unit_of_work import execute
from patron_core.values import RandomIds, SystemClock


async def main(url: str, tenant: str, count: int) -> None:
    database, clock = open_database(Settings(database_url=url)), SystemClock()
    actor = Actor(uuid.UUID(tenant), "caller", "app", roles=("agent",))
    try:
        for number in range(count):
            command = CreatePerson(person=NewPerson(family_name=f"P{number}"))
            await execute(database, command, actor=actor, clock=clock, ids=RandomIds(clock), plugins=Plugins.of({}))
            os.write(1, b"acknowledged\n")
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
