"""The same idempotency key gives the first result, once, whoever else sends it at the same time."""

from __future__ import annotations

import asyncio
import datetime as dt
import signal
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.core.statements import counted_statements
from tests.program import run_module

from patron_core.errors import IdempotencyMismatch, InvalidInput
from patron_core.hookspecs import CommandHandler, Manifest, hookimpl
from patron_core.idempotency import IdempotencyRecord, content_hash
from patron_core.jobs.service import run_job
from patron_core.messages import Actor, Command
from patron_core.parties.commands import CreatePerson, NewPerson
from patron_core.parties.models import Party, PartyKind, Person
from patron_core.plugins import Plugins
from patron_core.unit_of_work import UnitOfWork, execute
from patron_core.values import UNSET, Money, Unset
from patron_schema.testing.databases import NOON, PreparedDatabase


@dataclass(frozen=True, slots=True, kw_only=True)
class Hire(Command):
    name: str = "Ada"
    nickname: str | Unset = UNSET
    fail: bool = False


@dataclass(frozen=True, slots=True)
class Hired:
    person: Person
    others: tuple[Person, ...]
    count: int
    kind: PartyKind
    on: dt.datetime
    share: Decimal
    note: str | None = None


def hire(command: Hire, uow: UnitOfWork) -> Hired:
    person, other = (uow.add(Person(kind=PartyKind.PERSON, display_name=command.name + extra)) for extra in ("", "2"))
    if command.fail:
        raise InvalidInput("No. Nothing. Stop.")
    return Hired(person, (other,), 2, PartyKind.PERSON, NOON, Decimal("0.5"))


class Office:
    @staticmethod
    @hookimpl
    def patron_manifest() -> Manifest:
        return Manifest(name="office", version="1", core_range=">=0", label="Office")

    @staticmethod
    @hookimpl
    def patron_commands() -> Any:
        return [CommandHandler(command=Hire, handler=hire, permission="office:hire")]


REGISTRY = Plugins.of({"office": Office})


async def run(database: PreparedDatabase, command: Command, key: str | None = "k1", **options: Any) -> Any:
    given: dict[str, Any] = {"actor": database.actor, "clock": database.clock, "ids": database.ids, "plugins": REGISTRY}
    return await execute(database.database, command, **{**given, **options}, idempotency_key=key)


async def people(database: PreparedDatabase) -> int:
    count: int = await database.do(lambda uow: uow.select(select(func.count(Party.id)))[0])
    return count


async def test_the_same_key_gives_the_first_result_and_does_nothing(database: PreparedDatabase) -> None:
    first = await run(database, Hire())

    with counted_statements() as statements:
        second = await run(database, Hire())

    assert (first.replayed, second.replayed) == (False, True)
    assert second.events == ()
    assert second.value.person.id == first.value.person.id
    assert [other.id for other in second.value.others] == [other.id for other in first.value.others]
    assert second.value.person.display_name == "Ada"
    assert (second.value.count, second.value.kind, second.value.on) == (2, PartyKind.PERSON, NOON)
    assert (second.value.share, second.value.note) == (Decimal("0.5"), None)
    assert await people(database) == 2
    # What it tries to write, which the key refuses, then the first result and its two records.
    tries = 1 if database.dialect == "postgresql" else 3
    assert len(statements) == tries + 3


async def test_a_key_costs_at_most_one_statement(database: PreparedDatabase) -> None:
    with counted_statements() as without:
        await run(database, Hire(), None)
    with counted_statements() as with_key:
        await run(database, Hire())

    assert len(with_key) - len(without) == (0 if database.dialect == "postgresql" else 1)


@pytest.mark.parametrize("other", [Hire(name="Bob"), Hire(nickname="A")], ids=["other name", "a field mentioned"])
async def test_other_content_under_the_same_key_is_a_mismatch(database: PreparedDatabase, other: Command) -> None:
    await run(database, Hire())

    with pytest.raises(IdempotencyMismatch):
        await run(database, other)

    assert await people(database) == 2


async def test_a_key_belongs_to_its_actor_and_tenant(database: PreparedDatabase) -> None:
    stranger = await database.tenant("Blankets")
    await run(database, Hire())

    outcome = await run(database, Hire(), actor=stranger)

    assert not outcome.replayed


async def test_a_failed_command_leaves_its_key_free(database: PreparedDatabase) -> None:
    with pytest.raises(InvalidInput):
        await run(database, Hire(fail=True))

    assert not (await run(database, Hire())).replayed


async def test_fifty_at_once_with_one_key_do_it_once(database: PreparedDatabase) -> None:
    outcomes = await asyncio.gather(*(run(database, Hire()) for _ in range(50)))

    assert sum(not outcome.replayed for outcome in outcomes) == 1
    assert len({outcome.value.person.id for outcome in outcomes}) == 1
    assert await people(database) == 2


@pytest.mark.security
@pytest.mark.faults
@pytest.mark.parametrize("step", ["gate", "event", "sent", "committed"])
async def test_d1_after_a_kill_at_any_step_a_retry_does_it_once_and_at_once(
    database: PreparedDatabase, step: str
) -> None:
    arguments = (database.url, str(database.tenant_id), "the key", step)
    assert (await run_module("tests.core.killed", *arguments)).code == -signal.SIGKILL
    before = await people(database)
    assert before == (1 if step == "committed" else before)

    command = CreatePerson(person=NewPerson(family_name="Once"), idempotency_key="the key")
    caller = Actor(database.tenant_id, "caller", "app", roles=("agent",))
    first, second = [await run(database, command, "the key", actor=caller) for _ in range(2)]

    assert await people(database) == 1
    assert first.replayed == (before == 1)  # made before the kill, or by the retry
    assert second.replayed
    assert second.value.id == first.value.id


@pytest.mark.security
async def test_keys_are_forgotten_two_days_later_and_not_before(database: PreparedDatabase) -> None:
    await run(database, Hire(), "old")
    database.clock.advance(dt.timedelta(hours=25))
    await run(database, Hire(name="Bob"), "new")

    async def forget() -> list[str]:
        await run_job(
            database.database,
            REGISTRY,
            "core.forget_idempotency_keys",
            tenant_id=database.tenant_id,
            clock=database.clock,
            ids=database.ids,
        )
        kept: list[str] = await database.do(lambda uow: uow.select(select(IdempotencyRecord.key)))
        return sorted(kept)

    assert await forget() == ["new", "old"]
    database.clock.advance(dt.timedelta(hours=24))
    assert await forget() == ["new"]
    assert (await run(database, Hire(name="Bob"), "new")).replayed
    assert not (await run(database, Hire(), "old")).replayed


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_a_key_has_1_to_255_characters(database: PreparedDatabase, key: str) -> None:
    with pytest.raises(InvalidInput, match="1 to 255"):
        await run(database, Hire(), key)


async def test_no_value_of_a_record_is_kept(database: PreparedDatabase) -> None:
    await run(database, Hire(name="Canary"))

    record = await database.do(lambda uow: uow.find(IdempotencyRecord, key="k1"))

    assert "Canary" not in repr((record.result, record.content_sha256, record.command))


def test_the_content_hash_tells_contents_apart_and_not_their_order() -> None:
    assert content_hash({"a": 1, "b": [Money(1, "EUR")]}) == content_hash({"b": [Money(1, "EUR")], "a": 1})
    assert content_hash({"b", "a"}) == content_hash({"a", "b"})
    values = [1, "1", None, True, UNSET, Money(1, "EUR"), Money(1, "USD"), NOON, [], [1], PartyKind.PERSON, Decimal(1)]
    assert len({content_hash(value) for value in values}) == len(values)
