"""B3: each net is taken away in turn, and the others hold what falls.

1 what the writer and services say, 2 the guard on written statements and the session's criteria, 3 row-level security,
4 composite keys. Nets are taken away by monkeypatching alone: nothing in the product can switch one off.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from graphql import parse
from sqlalchemy import insert, select
from sqlalchemy.orm import with_loader_criteria
from tests.security.coverage import roots_of
from tests.security.realm import Realm
from tests.security.walk import Walk

from patron_core.access.models import Tenant
from patron_core.address import asyncpg_url
from patron_core.customers.models import Customer
from patron_core.database import tenancy
from patron_core.errors import PublicError
from patron_core.parties.models import Organization, Party
from patron_core.records import Record
from patron_core.unit_of_work import UnitOfWork
from patron_schema.operations import Operations
from patron_schema.planner.execution import PostgresqlReader
from patron_schema.planner.sql import PostgresqlDialect, writer
from patron_schema.planner.sql.guard import UnownedTable
from patron_schema.planner.sql.scope import Scope
from patron_schema.testing.service import CountingReader, Patron, open_patron

pytestmark = [pytest.mark.security, pytest.mark.asyncio(loop_scope="session")]

EVERY = 6  # of the walk's documents, which one is asked with a net away when nothing is left out
USUAL = 6  # of those, which one on every change


def documents(realm: Realm, usual: int) -> Iterator[str]:
    """Some of the walk's documents: each kind of place comes again and again."""
    walk = Walk(realm.composed, realm.neighbours[0].samples, realm.foreign[0].samples)
    for number, query in enumerate(walk.operations()):
        if number % (EVERY * usual) == 0 and not re.search(
            "audit|disclosures", query
        ):  # what asking leaves differs by what was asked
            yield query


def planned(realm: Realm, query: str) -> bool:
    """Whether the planner answers a document: roots that Python answers ask through the session."""
    return roots_of(parse(query)) <= realm.composed.catalog.roots.keys()


@asynccontextmanager
async def without_plans(realm: Realm, dialect: str) -> AsyncIterator[Patron]:
    """A crowded deployment that has no plan from before the net was away."""
    patron = realm.crowded[dialect]  # type: ignore[index]
    kept = patron.gateway.operations
    patron.gateway.operations = Operations(patron.gateway.settings, dialect)
    try:
        yield patron
    finally:
        patron.gateway.operations = kept


def unpinned(_scope: Scope, _alias: str) -> str:
    return "1 = 1"


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
async def test_b3_without_the_writers_predicate_the_guard_refuses_every_statement(
    realm: Realm,
    one_of: Callable[[int], int],
    dialect: str,
    monkeypatch: pytest.MonkeyPatch,
    record_property: pytest.RecordProperty,
) -> None:
    monkeypatch.setattr(Scope, "owned", unpinned)
    refused = asked = 0
    async with without_plans(realm, dialect) as patron:
        for query in documents(realm, one_of(USUAL)):
            asked += 1
            try:
                answer = await patron.raw(query)
            except UnownedTable:
                refused += 1
            else:  # refused before it was written, or answered by Python through the session
                assert b'"data":{' not in answer or not planned(realm, query), query
            assert not any("tenant_id" not in sql for sql, _ in patron.statements), query
    assert refused > 50
    record_property(
        "figure",
        f"{refused} of {asked} documents refused on {dialect}, the others before they were planned or by Python, 0 answered by a plan",
    )


async def test_b3_without_predicate_and_guard_row_level_security_holds(
    realm: Realm, one_of: Callable[[int], int], monkeypatch: pytest.MonkeyPatch, record_property: pytest.RecordProperty
) -> None:
    monkeypatch.setattr(Scope, "owned", unpinned)
    monkeypatch.setattr(writer, "refuse_unowned", lambda *_: None)
    asked = 0
    async with without_plans(realm, "postgresql") as patron:
        for query in documents(realm, one_of(USUAL)):
            assert await patron.raw(query) == await realm.alone.raw(query), query
            asked += 1
    record_property("figure", f"{asked} queries with neither predicate nor guard: 0 foreign rows on PostgreSQL")


async def test_b3_the_same_on_sqlite_shows_foreign_rows_so_that_the_guard_is_needed(
    realm: Realm, one_of: Callable[[int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Scope, "owned", unpinned)
    monkeypatch.setattr(writer, "refuse_unowned", lambda *_: None)
    async with without_plans(realm, "sqlite") as patron:
        different = [q for q in documents(realm, one_of(USUAL)) if await patron.raw(q) != await realm.alone.raw(q)]
    assert len(different) > 50


async def test_b3_without_row_level_security_the_predicate_holds(
    realm: Realm, one_of: Callable[[int], int], record_property: pytest.RecordProperty
) -> None:
    prepared = realm.crowded["postgresql"].prepared
    patron = open_patron(prepared)
    patron.gateway.documents = realm.alone.gateway.documents
    await patron.reader.inner.close()
    superuser = CountingReader(PostgresqlReader(asyncpg_url(prepared.owner_url), size=1))
    patron.gateway.reader = patron.reader = superuser
    asked = 0
    try:
        for query in documents(realm, one_of(USUAL)):
            assert await patron.raw(query) == await realm.alone.raw(query), query
            asked += 1
    finally:
        await superuser.close()
    record_property("figure", f"{asked} queries by a role that no policy binds: 0 foreign rows")


async def test_b3_without_the_gate_nothing_is_seen(realm: Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PostgresqlDialect, "gate", lambda _self, body, _tenant: f"SELECT {body}")
    async with without_plans(realm, "postgresql") as patron:
        answer = await patron.ask(
            "{ customers { totalCount } parties { totalCount } timelineless: stays { totalCount } }"
        )
    assert {found["totalCount"] for found in answer["data"].values()} == {0}


async def test_b3_without_the_sessions_criteria_other_nets_hold(
    realm: Realm, monkeypatch: pytest.MonkeyPatch, record_property: pytest.RecordProperty
) -> None:
    def count(uow: UnitOfWork) -> int:
        return len(uow.rows(select(Customer.id)))

    async def counted() -> dict[str, int]:
        return {d: await p.prepared.do(count) for d, p in realm.crowded.items()}

    own = len(realm.neighbours[0].rows.by_model["Customer"])
    assert await counted() == {"sqlite": own, "postgresql": own}
    monkeypatch.setattr(
        tenancy, "with_loader_criteria", lambda *_, **__: with_loader_criteria(Tenant, lambda t: t.id == t.id)
    )

    seen = await counted()

    assert seen["postgresql"] == own
    assert seen["sqlite"] > own  # there the criteria are the only net for what services select
    record_property(
        "figure",
        f"without the session's criteria PostgreSQL shows 0 of {seen['sqlite'] - own} foreign rows that SQLite then shows",
    )


# -- references and sessions


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
async def test_b3_a_reference_to_another_tenants_row_is_refused_by_the_database(realm: Realm, dialect: str) -> None:
    prepared = realm.crowded[dialect].prepared  # type: ignore[index]
    theirs = realm.foreign[0].rows.by_model["Organization"][0]["id"]

    def place(uow: UnitOfWork) -> None:
        uow.add(Organization(display_name="Mine", parent_id=theirs))

    before = await prepared.do(lambda uow: len(uow.rows(select(Party.id))))
    with pytest.raises(PublicError):
        await prepared.do(place)
    assert await prepared.do(lambda uow: len(uow.rows(select(Party.id)))) == before


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
async def test_b3_a_session_writes_no_row_of_another_tenant(realm: Realm, dialect: str) -> None:
    prepared = realm.crowded[dialect].prepared  # type: ignore[index]
    stranger = realm.foreign[0].actors[dialect].tenant_id

    def add(uow: UnitOfWork) -> None:
        uow.session.add(Organization(tenant_id=stranger, id=uow.ids.new(), display_name="Theirs"))
        uow.flush()

    def core(uow: UnitOfWork) -> None:
        values = {"tenant_id": stranger, "id": uow.ids.new(), "code": "X", "forward_name": "a", "inverse_name": "b"}
        uow.session.execute(insert(Record.metadata.tables["relationship_type"]), [values])

    for work in (add, core):
        with pytest.raises(TypeError, match="of another tenant"):
            await prepared.do(work)
