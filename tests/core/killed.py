"""A program that makes a person under an idempotency key and is killed at a step: `python killed.py URL TENANT KEY STEP`.

Steps: `gate` before anything is written, `event` when it is, `sent` when the last statement has run, `committed` before anybody is told.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import uuid
from typing import Any

from sqlalchemy import Engine, event

from patron_core.database import open_database
from patron_core.hookspecs import Manifest, hookimpl
from patron_core.messages import Actor, Event
from patron_core.parties.commands import CreatePerson, NewPerson
from patron_core.plugins import Plugins
from patron_core.settings import Settings
from patron_core.unit_of_work import execute
from patron_core.values import RandomIds, SystemClock

URL, TENANT, KEY, STEP = sys.argv[1:]


def die_at(step: str) -> None:
    if step == STEP:
        os.kill(os.getpid(), signal.SIGKILL)


class Killer:
    @staticmethod
    @hookimpl
    def patron_manifest() -> Manifest:
        return Manifest(name="killer", version="1", core_range=">=0", label="Killer")

    @staticmethod
    @hookimpl
    def patron_gate(command: CreatePerson) -> None:
        die_at("gate")

    @staticmethod
    @hookimpl
    def patron_on_event(event: Event) -> None:
        die_at("event")


def after_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
    if "idempotency_record" in statement and "INSERT" in statement:
        die_at("sent")


async def main() -> None:
    event.listen(Engine, "after_cursor_execute", after_statement)
    database, clock = open_database(Settings(database_url=URL)), SystemClock()
    await execute(
        database,
        CreatePerson(person=NewPerson(family_name="Once"), idempotency_key=KEY),
        actor=Actor(uuid.UUID(TENANT), "caller", "app", roles=("agent",)),
        clock=clock,
        ids=RandomIds(clock),
        plugins=Plugins.of([Killer]),
        idempotency_key=KEY,
        broadcast=lambda _: die_at("committed"),
    )
    raise AssertionError(f"{STEP} was not reached.")


if __name__ == "__main__":
    asyncio.run(main())
