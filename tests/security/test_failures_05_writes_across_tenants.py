"""Failures 5: every mutation with another tenant's id at each place an id can stand, and with an id of another kind.

The answer must be that of an id nobody has, and the other tenants' rows must be the same afterwards, byte for byte.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
import orjson
import pysqlite3
import pytest
import pytest_asyncio
from graphql import get_named_type, is_composite_type
from sqlalchemy import make_url
from tests.planner.questions import Word, literal
from tests.planner.rows import Rows, store
from tests.security.inputs import InputMaker, Reference, with_reference
from tests.security.realm import rows_of_tenant, unknown

from patron_banking.models import KycStatus
from patron_core.address import Dialect, asyncpg_url
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.records import Record
from patron_hospitality.models import ReservationStatus
from patron_schema.compose import Composed
from patron_schema.testing.databases import NOON, Databases, PreparedDatabase, make_database
from patron_schema.testing.service import Patron, open_patron

pytestmark = pytest.mark.security

#: What makes an input sensible where chance would not, so that the id is what is refused. None leaves a field out.
SENSIBLE: dict[str, dict[str, Any]] = {
    "relationshipCreate": {"validity": None},
    "apiKeyCreate": {"roles": ["customer_portal"], "scopes": None, "networks": None, "expiresAt": None},
    "accessBreakGlass": {"reason": "The patient lies in the hall and does not answer.", "minutes": 30},
    "accessImpersonate": {"roles": ["customer_portal"], "scopes": None},
    "accountOpen": {"currency": "EUR", "share": None},
    "appointmentBook": {"startsAt": "2026-03-16T10:00:00Z", "endsAt": "2026-03-16T10:30:00Z"},
    "reservationCreate": {
        "arrival": "2026-04-01",
        "departure": "2026-04-03",
        "status": None,
        "room": None,
        "bookedAt": None,
    },
    "reservationCheckIn": {"checkedInAt": None},
    "webhookUpdate": {"scopes": None, "purpose": None, "filter": None},
    "webhookReplay": {"afterPosition": 0, "since": None},
}
TRIES = 6  # different choices for each place, until the id itself is what is refused


@dataclass(slots=True)
class Workshop:
    """A deployment in which a tenant writes beside another whose ids it knows."""

    patron: Patron
    composed: Composed
    own: Rows
    foreign: Rows
    stranger: Actor

    def ids(self, rows: Rows, prefix: str) -> list[str]:
        """The outer ids of rows of a kind; a prefix several kinds share names them all."""
        models = [m for m in rows.models.values() if _prefix(m) == prefix]
        return [f"{prefix}_{row['id']}" for m in models for row in rows.by_model[m.__name__]]


def make_workable(rows: Rows) -> None:
    """Gives random rows what some commands ask for before they look at an id."""
    for row in rows.by_model["Property"]:
        row["timezone"] = "Europe/Berlin"
    for row in rows.by_model["KycProfile"]:
        row.update(status=KycStatus.APPROVED, decided_by="bob", decided_at=NOON, next_review_on=dt.date(2027, 1, 1))
    for row in rows.by_model["Reservation"]:
        row.update(
            status=ReservationStatus.CONFIRMED, arrival=dt.date(2026, 3, 14), departure=dt.date(2026, 3, 16), nights=2,
            room="12", status_on=None,
        )  # fmt: skip


def _prefix(model: type[Record]) -> str:
    return model.id_prefix


@pytest_asyncio.fixture
async def workshop(
    databases: Databases, dialect: Dialect, loaded_plugins: Plugins, request: pytest.FixtureRequest
) -> AsyncIterator[Workshop]:
    """Two tenants with rows of every kind, on each database."""
    if dialect == "postgresql":
        databases.server = request.getfixturevalue("postgres_server")
    prepared = await make_database(databases, dialect, loaded_plugins)
    own, foreign = (rows_of_tenant(loaded_plugins, ids=ids, flavour=ids + 1, count=8) for ids in (0, 1))
    make_workable(own)
    stranger = await prepared.tenant("Cushions")
    prepared.actor = replace(prepared.actor, purpose="TREAT")
    await store(prepared, own, prepared.actor)
    await store(prepared, foreign, stranger)
    patron = open_patron(prepared)
    composed = (await patron.gateway.schemas.of(prepared.tenant_id)).composed
    yield Workshop(patron, composed, own, foreign, stranger)
    await patron.gateway.close()
    databases.drop(prepared.owner_url)


def document(composed: Composed, mutation: str, value: Any) -> str:
    """A mutation that shows everything its payload has."""
    kind: Any = composed.graphql.type_map[composed.mutations[mutation].payload]
    shown = [f"{n}{_shown(f.type)}" for n, f in kind.fields.items()]
    return f"mutation {{ {mutation}(input: {literal(value)}) {{ {' '.join(shown)} }} }}"


def _shown(type_: Any) -> str:
    kind: Any = get_named_type(type_)
    if not is_composite_type(kind):
        return ""
    leaves = [n for n, f in kind.fields.items() if not is_composite_type(get_named_type(f.type)) and not f.args]
    return f" {{ {' '.join(['id'] if 'id' in leaves and 'code' not in leaves else leaves)} }}"


async def everything_of(prepared: PreparedDatabase, tenant_id: Any) -> dict[str, list[str]]:
    """All rows of a tenant in all tables, as text, past row-level security."""
    tables = sorted(t.name for t in Record.metadata.tables.values() if "tenant_id" in t.c)
    if prepared.dialect == "sqlite":
        return await asyncio.to_thread(_from_sqlite, prepared, tables, tenant_id)
    connection = await asyncpg.connect(asyncpg_url(prepared.owner_url))
    try:
        return {
            name: sorted(
                str(tuple(row))
                for row in await connection.fetch(f"SELECT * FROM {name} WHERE tenant_id = $1", tenant_id)
            )
            for name in tables
        }
    finally:
        await connection.close()


def _from_sqlite(prepared: PreparedDatabase, tables: list[str], tenant_id: Any) -> dict[str, list[str]]:
    connection = pysqlite3.connect(make_url(prepared.owner_url).database)
    try:
        found = {}
        for name in tables:
            rows = connection.execute(f"SELECT * FROM {name} WHERE tenant_id = ?", (str(tenant_id),))
            found[name] = sorted(str(row) for row in rows.fetchall())
        return found
    finally:
        connection.close()


def places(composed: Composed, mutation: str) -> Iterator[Reference]:
    """Where ids stand in a mutation's input."""
    maker = InputMaker(lambda prefix: f"{prefix}_", 0)
    maker.of(composed.mutations[mutation].command, full=True)
    yield from maker.references


def inputs(workshop: Workshop, mutation: str, place: Reference) -> Iterator[dict[str, Any]]:
    """Inputs that have the place: with little and with much beside it, chosen differently each time."""
    command = workshop.composed.mutations[mutation].command
    for seed in range(TRIES):

        def own(prefix: str, seed: int = seed) -> str:
            found = workshop.ids(workshop.own, prefix)
            return found[seed % len(found)] if found else unknown(prefix, 7)

        maker = InputMaker(own, seed)
        full = maker.of(command, full=True)
        least = maker.of(command, full=False)
        top = place.path[0]
        sensible = {**SENSIBLE.get(mutation, {}), **_chosen(workshop, mutation, seed)}
        for value in ({**least, top: full[top]}, full):
            yield {
                k: v
                for k, v in {**value, **{k: v for k, v in sensible.items() if k in full and k != top}}.items()
                if v is not None
            }
        if seed == 0:
            for name in full.keys() - least.keys():
                if name != top:
                    yield {k: v for k, v in full.items() if k != name}


def _chosen(workshop: Workshop, mutation: str, seed: int) -> dict[str, Any]:
    """Values that come from the tenant's own rows."""
    rows = workshop.own.by_model
    match mutation:
        case "organizationPlace":
            return {"id": f"pty_{rows['Organization'][seed % 3]['id']}"}
        case "relationshipCreate":
            plain = [row for row in rows["RelationshipType"] if row["source_kind"] is row["target_kind"] is None]
            return {
                "typeCode": (plain or rows["RelationshipType"])[seed % len(plain or rows["RelationshipType"])]["code"]
            }
        case "accountOpen":
            return {"customerId": f"cus_{rows['KycProfile'][seed % len(rows['KycProfile'])]['customer_id']}"}
        case _:
            return {}


async def refusal(workshop: Workshop, mutation: str, value: Any) -> tuple[dict[str, Any], str]:
    """The answer to a mutation, and its text."""
    if "idempotencyKey" in value:
        value = {**value, "idempotencyKey": f"key-{uuid.uuid4()}"}
    query = document(workshop.composed, mutation, value)
    body = await workshop.patron.raw(query)
    return orjson.loads(body), query


def codes_of(answer: dict[str, Any], mutation: str) -> list[tuple[str, tuple[str, ...]]]:
    """What is refused: codes and places, as user errors and as errors."""
    payload = (answer.get("data") or {}).get(mutation) or {}
    each = [*payload.get("userErrors", ()), *(r for r in payload.get("results") or () if r.get("code"))]
    told = [(e["code"], tuple(map(str, e["path"] or ()))) for e in each]
    return told + [(e["extensions"]["code"], ()) for e in answer.get("errors", ())]


async def test_failures_05_no_mutation_takes_an_id_of_another_tenant_or_of_another_kind(
    workshop: Workshop, record_property: pytest.RecordProperty
) -> None:
    prepared = workshop.patron.prepared
    before = await everything_of(prepared, workshop.stranger.tenant_id)
    tried, not_reached, wrong = 0, [], []
    for mutation in workshop.composed.mutations:
        for place in places(workshop.composed, mutation):
            foreign = next(iter(workshop.ids(workshop.foreign, place.prefix)), None)
            other_kind = f"{place.prefix}_{workshop.own.by_model['Touchpoint'][0]['id']}"
            if place.prefix == "tch":
                other_kind = f"tch_{workshop.own.by_model['Customer'][0]['id']}"
            reached = False
            for value in inputs(workshop, mutation, place):
                answers = []
                for id in (unknown(place.prefix, 99), foreign, other_kind):
                    if id is None:
                        continue
                    given = without_neighbour(with_reference(value, place.path, id), place)
                    answer, query = await refusal(workshop, mutation, given)
                    answers.append((answer, query))
                    tried += 1
                first, _ = answers[0]
                wrong += [f"{query}\n{answer}\n{first}" for answer, query in answers[1:] if answer != first]
                told = codes_of(first, mutation)
                if any(code == "NOT_FOUND" and _at(place, path) for code, path in told):
                    reached = True
                    break
            if not reached:
                not_reached.append(f"{mutation} {'.'.join(map(str, place.path))}: {told}")
    after = await everything_of(prepared, workshop.stranger.tenant_id)

    record_property(
        "figure",
        f"{tried} attempts at {sum(len(list(places(workshop.composed, m))) for m in workshop.composed.mutations)} places "
        f"of {len(workshop.composed.mutations)} mutations, 0 taken, 0 told apart from an unknown id, 0 foreign rows changed",
    )
    assert not wrong, f"{len(wrong)} answers tell a foreign id from an unknown one: {wrong[:4]}"
    assert before == after, [name for name in before if before[name] != after[name]]
    assert not not_reached, "\n".join(not_reached)


def without_neighbour(value: Any, place: Reference) -> Any:
    """What is named by one of two ways is named by this one alone."""
    without: dict[Any, tuple[str, ...]] = {
        "customerId": ("customer", "roomTypeId"),
        "keyId": ("partyId", "roles"),
        "partyId": ("keyId",),
        "encounterId": ("touchpointId",),
        "touchpointId": ("encounterId",),
    }
    names = without.get(place.path[-1], ())
    if place.path[0] == "rows":
        row = {k: v for k, v in value["rows"][0].items() if k not in (*names, "lines", "reverses")}
        return {**value, "rows": [{**row, "kind": Word("SALE"), "amount": {"amount": "5", "currencyCode": "EUR"}}]}
    if place.path[0] == "parties":
        return {**value, "parties": [{k: v for k, v in value["parties"][0].items() if k != "share"}]}
    return {k: v for k, v in value.items() if k not in names}


def _at(place: Reference, path: tuple[str, ...]) -> bool:
    """Whether an error stands at the place or at the command as a whole."""
    wanted = tuple(str(step) for step in place.path)
    return path in (("input", *wanted), ("input",)) or path[1:] == wanted[:1] or path[-1:] == wanted[-1:]
