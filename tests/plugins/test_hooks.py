"""Each hook has a test of its name here, is used by a bundled plugin and is called by the core or the schema.

The plugins of these tests are made up and live for one test; units of work are real, on both databases.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Iterable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
import strawberry
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.testclient import TestClient
from tests.docs.reference import callers, hooks

from patron_core.customers.models import EngagementMode
from patron_core.errors import Internal, StartupError, Vetoed
from patron_core.hookspecs import (
    CommandHandler,
    DemoContext,
    Factor,
    Job,
    Manifest,
    Recommendation,
    ScoreFactor,
    Veto,
    hookimpl,
)
from patron_core.messages import Command
from patron_core.parties.commands import CreatePerson, NewPerson
from patron_core.parties.events import PersonCreated
from patron_core.parties.models import Party
from patron_core.plugins import Plugins
from patron_core.records import INTERNAL
from patron_core.settings import Settings
from patron_core.unit_of_work import UnitOfWork, execute
from patron_schema.app import create_app
from patron_schema.compose import build_schema
from patron_schema.declare import Query, extends, resolver
from patron_schema.hookspecs import SchemaHooks, load_plugins
from patron_schema.plugin import Contribution, Example
from patron_schema.testing.databases import NOON, PreparedDatabase

NAMES = [name for name, _, _ in hooks()]
ADA = CreatePerson(person=NewPerson(given_name="Ada", family_name="Almond"))


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The databases of these tests need the core's tables alone."""
    return Plugins.of({}, specs=(SchemaHooks,))


@pytest.mark.parametrize("hook", NAMES)
def test_each_hook_has_a_test_of_its_name(hook: str) -> None:
    assert callable(globals().get(f"test_hook_{hook}"))


@pytest.mark.parametrize("hook", NAMES)
def test_each_hook_is_used_by_a_bundled_plugin(hook: str) -> None:
    assert [name for name, module in load_plugins().modules.items() if hasattr(module, hook)] != []


@pytest.mark.parametrize("hook", NAMES)
def test_each_hook_is_called_somewhere(hook: str) -> None:
    assert callers(hook) != []


# -- a plugin of one function


def plugins_with(*functions: Callable[..., Any], environment: dict[str, str] | None = None) -> Plugins:
    """The plugin `pillows`, which implements these hooks."""

    @hookimpl
    def patron_manifest() -> Manifest:
        return Manifest(name="pillows", version="1.2", core_range=">=0.1.0.dev0", label="Pillows")

    module = SimpleNamespace(__name__="patron_pillows.plugin", patron_manifest=patron_manifest)
    for function in functions:
        setattr(module, function.__name__, hookimpl(function))
    return Plugins.of({"pillows": module}, specs=(SchemaHooks,), environment=environment)


async def do(database: PreparedDatabase, work: Command | Callable[[UnitOfWork], Any], plugins: Plugins) -> Any:
    """Does something as a tenant that has these plugins."""
    outcome: Any = await execute(
        database.database,
        work,  # type: ignore[arg-type]
        actor=database.actor,
        clock=database.clock,
        ids=database.ids,
        plugins=plugins,
    )
    return outcome.value


def persons(uow: UnitOfWork) -> list[str]:
    return sorted(uow.select(select(Party.display_name)))


# -- the hooks, one by one


def test_hook_patron_manifest() -> None:
    assert plugins_with().manifests["pillows"].label == "Pillows"
    with pytest.raises(StartupError, match="has no manifest"):
        Plugins.of({"pillows": SimpleNamespace(__name__="patron_pillows.plugin")})


async def test_hook_patron_commands(database: PreparedDatabase) -> None:
    class Fluff(Command):
        """Shakes a pillow."""

    def fluff(command: Fluff, uow: UnitOfWork) -> None:
        uow.handle(ADA)

    def patron_commands() -> Iterable[CommandHandler]:
        yield CommandHandler(command=Fluff, handler=fluff, permission="pillows:fluff")

    plugins = plugins_with(patron_commands)
    await do(database, Fluff(), plugins)

    assert await do(database, persons, plugins) == ["Ada Almond"]


async def test_hook_patron_on_event(database: PreparedDatabase) -> None:
    seen: list[str] = []

    def patron_on_event(event: PersonCreated, uow: UnitOfWork) -> None:
        seen.append(event.type)
        if len(seen) == 1:
            uow.handle(CreatePerson(person=NewPerson(given_name="Bela")))
            raise ValueError("broken")

    plugins = plugins_with(patron_on_event)
    await do(database, ADA, plugins)

    assert seen == ["person.created", "person.created"]
    assert await do(database, persons, plugins) == ["Ada Almond"], "what a failing plugin did is undone, the rest stays"


async def test_hook_patron_gate(database: PreparedDatabase) -> None:
    def patron_gate(command: CreatePerson, uow: UnitOfWork) -> Veto | None:
        if command.person.given_name == "Bela":
            raise ValueError("broken")
        return Veto("TOO_MANY", "There are enough. One more was given. Wait.", ("person",))

    plugins = plugins_with(patron_gate)

    with pytest.raises(Vetoed) as refused:
        await do(database, ADA, plugins)
    with pytest.raises(Internal):
        await do(database, CreatePerson(person=NewPerson(given_name="Bela")), plugins)
    assert (refused.value.public_code, refused.value.path) == ("TOO_MANY", ("person",))
    assert await do(database, persons, plugins) == []


def test_hook_patron_importers() -> None:
    from patron_schema.cli.imports import _importers

    found = _importers()

    assert {"online-retail", "cdnow", "berka", "hotel-bookings"} <= set(found)
    assert {plugin for plugin, _ in found.values()} == {"patron", *load_plugins().names}


def test_hook_patron_jobs() -> None:
    def patron_jobs() -> Iterable[Job]:
        yield Job(name="pillows.air", description="Airs.", schedule="FREQ=DAILY;BYHOUR=2", run=lambda uow: None)

    [(plugin, jobs)] = plugins_with(patron_jobs).each("patron_jobs")

    assert (plugin, [job.name for job in jobs]) == ("pillows", ["pillows.air"])


async def test_hook_patron_demo_data(database: PreparedDatabase) -> None:
    def patron_demo_data(demo: DemoContext) -> None:
        name = demo.random.choice(["Ada", "Bela", "Chidi"])
        demo.uow.handle(CreatePerson(person=NewPerson(given_name=name, birth_date=demo.clock.now().date())))

    plugins = plugins_with(patron_demo_data)

    def fill(uow: UnitOfWork) -> None:
        demo = DemoContext(uow, random.Random(1), database.clock)
        for _, call in plugins.calls("patron_demo_data", demo=demo):
            call()

    await do(database, fill, plugins)
    assert await do(database, persons, plugins) == [random.Random(1).choice(["Ada", "Bela", "Chidi"])]


def test_hook_patron_settings() -> None:
    class Filling(BaseModel):
        grams: int = Field(default=500, ge=1)

    def patron_settings() -> type[BaseModel]:
        return Filling

    assert plugins_with(patron_settings).settings(Filling).grams == 500
    assert plugins_with(patron_settings, environment={"PATRON_PILLOWS_GRAMS": "900"}).settings(Filling).grams == 900
    with pytest.raises(StartupError, match="PATRON_PILLOWS_GRAMS"):
        plugins_with(patron_settings, environment={"PATRON_PILLOWS_GRAMS": "none"})


async def test_hook_patron_score_factors(database: PreparedDatabase) -> None:
    def compute(customer_id: uuid.UUID, uow: UnitOfWork) -> Factor:
        return Factor(value=None, reason="Nothing was bought.", sample_size=0, as_of=uow.now)

    def patron_score_factors() -> Iterable[ScoreFactor]:
        yield ScoreFactor(
            name="pillows.rest", description="How rested.", weight=Decimal(1), classification=INTERNAL, compute=compute
        )

    plugins = plugins_with(patron_score_factors)
    [(_, [factor])] = plugins.each("patron_score_factors")
    found = await do(database, lambda uow: factor.compute(uow.ids.new(), uow), plugins)

    assert (found.value, found.as_of) == (None, NOON)


async def test_hook_patron_recommendations(database: PreparedDatabase) -> None:
    def patron_recommendations(customer_id: uuid.UUID, uow: UnitOfWork) -> Iterable[Recommendation]:
        yield Recommendation(
            classification=INTERNAL,
            code="PILLOWS_REST",
            title="Offer a rest.",
            reason="None yet.",
            facts=(customer_id,),
        )

    plugins = plugins_with(patron_recommendations)
    customer_id = database.ids.new()

    def ask(uow: UnitOfWork) -> Any:
        return list(plugins.each("patron_recommendations", customer_id=customer_id, uow=uow))

    [(plugin, [first])] = await do(database, ask, plugins)
    assert (plugin, first.code, first.facts) == ("pillows", "PILLOWS_REST", (customer_id,))


@extends(Query)
class _PillowQuery:
    @resolver(scope="*")
    def softness(self, info: strawberry.Info[Any, Any]) -> int | None:
        """How soft, from 1 to 10."""
        return 7


def test_hook_patron_types() -> None:
    def patron_types() -> Iterable[Contribution]:
        yield Contribution(extensions=[_PillowQuery])

    with_it = build_schema(plugins_with(patron_types), EngagementMode.HYBRID).sdl
    without = build_schema(plugins_with(), EngagementMode.HYBRID).sdl

    assert "softness: Int\n" in with_it
    assert "softness" not in without


def test_hook_patron_example_queries(database: PreparedDatabase) -> None:
    def patron_example_queries() -> Iterable[Example]:
        yield Example(title="How soft", query="query HowSoft { viewer { kind } }", owner="pillows")

    settings = Settings(database_url=database.url)
    with TestClient(create_app(settings=settings, plugins=plugins_with(patron_example_queries))) as client:
        page = json.dumps(client.get("/graphiql/examples.json").json())

    assert "query HowSoft" in page
