"""Deployments with the same rows on both databases, made once: the tests of the planner only read."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

import pytest
import pytest_asyncio
from graphql import GraphQLInputObjectType, get_named_type, print_schema
from tests.planner.naive import NaiveEvaluator, field_of
from tests.planner.naive_core import core_evaluator
from tests.planner.naive_declared import declared_evaluator
from tests.planner.naive_retail import retail_evaluator
from tests.planner.questions import QuestionMaker, Samples
from tests.planner.random_plugin_rows import plugin_models, random_plugin_rows
from tests.planner.random_rows import RandomRows, random_core_rows, random_retail_rows
from tests.planner.rows import Rows, store
from tests.planner.small_rows import small_core_rows

from patron_core.access.grants import READABLE, Grant
from patron_core.address import Dialect
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_schema.compose import core_contributions
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import Databases, make_database
from patron_schema.testing.service import Patron, open_patron

SEED = 20261121
Evaluator = Callable[[str, Rows], NaiveEvaluator]


@dataclass(slots=True)
class Twins:
    """The same rows on both databases, beside rows of another tenant that have the same ids and references."""

    sqlite: Patron
    postgresql: Patron
    naive: NaiveEvaluator
    maker: QuestionMaker
    lookalike: NaiveEvaluator  # of the other tenant
    strangers: Mapping[str, Actor]  # its administrator, by database

    def __iter__(self) -> Iterator[Patron]:
        yield self.sqlite
        yield self.postgresql


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def twins(databases: Databases, postgres_server: Any, loaded_plugins: Plugins) -> AsyncIterator[Twins]:
    """Random rows of the core's types on both databases."""
    databases.server = postgres_server
    async with deployed(databases, loaded_plugins, core_evaluator, _core_rows(1), _core_rows(2)) as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shop(databases: Databases, postgres_server: Any) -> AsyncIterator[Twins]:
    """Random rows of the core's and of retail's types on both databases."""
    databases.server = postgres_server
    rows, lookalikes = _retail_rows(1), _retail_rows(2)
    async with deployed(databases, load_plugins(("retail",)), retail_evaluator, rows, lookalikes) as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(databases: Databases, postgres_server: Any) -> AsyncIterator[Twins]:
    """Random rows of the types of the core and of all installed plugins on both databases."""
    databases.server = postgres_server
    plugins = load_plugins(None)
    evaluator = declared_evaluator(
        [*core_contributions(), *(c for _, call in plugins.calls("patron_types") for c in call())]
    )
    rows, lookalikes = _rows_of_all(plugins, 1), _rows_of_all(plugins, 2)
    async with deployed(databases, plugins, evaluator, rows, lookalikes) as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def small(databases: Databases, postgres_server: Any, loaded_plugins: Plugins) -> AsyncIterator[Twins]:
    """A few rows written by hand; another tenant has the same ones, none of which may be seen."""
    databases.server = postgres_server
    rows = small_core_rows()
    async with deployed(databases, loaded_plugins, core_evaluator, rows, rows) as made:
        yield made


@asynccontextmanager
async def deployed(
    databases: Databases, plugins: Plugins, evaluator: Evaluator, rows: Rows, lookalikes: Rows
) -> AsyncIterator[Twins]:
    """Rows of a tenant and of another on both databases."""
    made, strangers = [], {}
    for dialect in ("sqlite", "postgresql"):
        prepared = await make_database(databases, cast("Dialect", dialect), plugins)
        await store(prepared, rows, prepared.actor)
        strangers[dialect] = await prepared.tenant("Cushions")
        await store(prepared, lookalikes, strangers[dialect])
        patron = open_patron(prepared)
        catalog = (await patron.gateway.schemas.of(prepared.tenant_id)).composed.catalog
        types = {name for name, entry in catalog.types.items() if entry.table is not None}
        prepared.actor, strangers[dialect] = (
            _reader(each, plugins, types - {"Consent"}) for each in (prepared.actor, strangers[dialect])
        )
        made.append(patron)
    made[1].gateway.documents = made[0].gateway.documents  # the schema is the same: each question is validated once
    composed = (await made[0].gateway.schemas.seen_by(made[0].prepared.actor)).composed
    sdl, query = print_schema(composed.graphql), composed.graphql.query_type
    assert query is not None
    naive = evaluator(sdl, rows)
    maker = QuestionMaker(
        composed.graphql, samples_of(naive), roots=sorted(composed.catalog.roots.keys() & query.fields.keys())
    )
    yield Twins(*made, naive, maker, evaluator(sdl, lookalikes), strangers)
    for patron in made:
        await patron.gateway.close()
        databases.drop(patron.prepared.owner_url)


def _reader(administrator: Actor, plugins: Plugins, types: Iterable[str]) -> Actor:
    """Who asks: somebody who reads what the naive evaluator knows, and sees nothing of privacy, access and audit."""
    nouns = ("party", "customer", "relationship", "touchpoint", "transaction", *plugins.names)
    return Actor(
        administrator.tenant_id,
        "reader",
        "user",
        scopes=tuple(f"{noun}:*" for noun in nouns),
        grants=tuple(Grant(type=name, classes=READABLE) for name in sorted(types)),
        purpose="TREAT",
        purposes=("TREAT",),
    )


def _core_rows(flavour: int) -> Rows:
    made = RandomRows(SEED, flavour=flavour)
    random_core_rows(made)
    return made.rows


def _retail_rows(flavour: int) -> Rows:
    made = RandomRows(SEED, flavour=flavour)
    random_core_rows(made)
    random_retail_rows(made)
    return made.rows


def _rows_of_all(plugins: Plugins, flavour: int) -> Rows:
    made = RandomRows(SEED, flavour=flavour)
    random_core_rows(made)
    random_plugin_rows(made, plugin_models([f"patron_{name}" for name in plugins.names]), count=25)
    return made.rows


def samples_of(naive: NaiveEvaluator) -> Samples:
    """Values of all rows by the filter they may be asked with."""
    entities = list(itertools.chain.from_iterable(naive.query.world.entities.values()))
    by_field: dict[tuple[str, str], list[Any]] = {}
    for kind in naive.schema.type_map.values():
        if isinstance(kind, GraphQLInputObjectType) and kind.name.endswith("Where"):
            name = kind.name.removesuffix("Where")
            shown = [e for e in entities if any(c.__name__ == name for c in type(e).__mro__)] or _values(entities, name)
            for field, given in kind.fields.items():
                if get_named_type(given.type).name.endswith("Comparator"):
                    found = (field_of(thing, field) for thing in shown)
                    by_field[name, field] = list(dict.fromkeys(_json(value) for value in found if value is not None))
    ids = [entity.id for entity in entities]
    strange = ["cus_00000000-0000-7000-8000-000000000000", "nothing", "zzz_1", "", ids[0][4:], f"loy_{ids[0][4:]}", "_"]
    return Samples(by_field, [*ids, *strange * 3])


def _values(entities: list[Any], name: str) -> list[Any]:
    """Money and periods inside rows."""
    key = {"Money": "currencyCode", "Period": "from"}.get(name)
    names = {"Money": ("amount", "unit_price", "cost", "margin"), "Period": ("validity",)}.get(name, ())
    found = [
        getattr(entity, part, None)
        for entity in entities
        for part in names
        if f"{part}_minor" in entity.row or f"{part}_from" in entity.row
    ]
    return [value for value in found if value is not None and key in value]


def _json(value: Any) -> Any:
    match value:
        case dt.datetime():
            return value.isoformat()
        case dt.date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case _:
            return value
