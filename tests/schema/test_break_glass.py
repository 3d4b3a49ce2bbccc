"""Breaking the glass: in an emergency somebody sees all about one party, for minutes, with an alert and a review."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from tests.schema.test_read_audit import Heard, customers

from patron_core.access.authentication import Authenticator
from patron_core.audit.models import AuditRead
from patron_core.emergency.models import EmergencyAccess
from patron_core.errors import BadRequest, Forbidden, Unauthenticated
from patron_core.messages import Actor
from patron_core.outbox.models import OutboxEvent
from patron_schema.app import create_app
from patron_schema.authentication import Authentication
from patron_schema.claims import Claims, claimed_in
from patron_schema.testing.databases import PreparedDatabase
from patron_schema.testing.service import Patron

pytestmark = pytest.mark.security

TAKE = """mutation($party: ID!, $reason: String!, $minutes: Int) {
  accessBreakGlass(input: {partyId: $party, reason: $reason, minutes: $minutes}) {
    id expiresAt userErrors { code message path } } }"""
REVIEW = """mutation($id: ID!, $outcome: ReviewOutcome!) {
  emergencyAccessReview(input: {id: $id, outcome: $outcome, note: "Seen."}) {
    emergencyAccess { reviewedBy outcome note } userErrors { code message } } }"""
REASON = "Unconscious patient in the emergency room"
ALL = "{ customers { nodes { displayName transactions { nodes { amount { amount } } } } } }"


@dataclass
class Door:
    """The application, asked over HTTP with a key."""

    client: httpx2.AsyncClient
    prepared: PreparedDatabase

    async def ask(self, key: str, query: str, variables: Any = None, **headers: str) -> dict[str, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.client.post(
            "/graphql",
            json={"query": query, "variables": variables or {}},
            headers={"authorization": f"Bearer {key}", **named},
        )
        found: dict[str, Any] = answer.json()
        return found

    async def take(self, key: str, party: str, *, minutes: int = 15) -> str:
        """Takes emergency access and returns its id."""
        answer = await self.ask(key, TAKE, {"party": party, "reason": REASON, "minutes": minutes})
        payload = answer["data"]["accessBreakGlass"]
        assert payload["userErrors"] == [], payload
        return str(payload["id"])

    async def reads(self) -> list[AuditRead]:
        found: list[AuditRead] = await self.prepared.do(
            lambda uow: uow.select(select(AuditRead).order_by(AuditRead.id))
        )
        return found


@asynccontextmanager
async def door(prepared: PreparedDatabase) -> AsyncIterator[Door]:
    app = create_app(settings=prepared.settings, plugins=prepared.plugins, clock=prepared.clock)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://patron") as client:
        yield Door(client, prepared)
    await app.state.deployment.close()


def party(customer: Any) -> str:
    return f"pty_{customer.party_id}"


# -- taking it


@pytest.mark.parametrize(
    ("reason", "minutes", "path"),
    [
        pytest.param("urgent", 15, "reason", id="short-reason"),
        pytest.param("   urgent     ", 15, "reason", id="blank-reason"),
        pytest.param(REASON, 61, "minutes", id="too-long"),
        pytest.param(REASON, 0, "minutes", id="no-time"),
    ],
)
async def test_e9_it_takes_a_reason_and_lasts_sixty_minutes_at_most(
    patron: Patron, reason: str, minutes: int, path: str
) -> None:
    (customer,) = await customers(patron, 1)

    answer = await patron.ask(TAKE, {"party": party(customer), "reason": reason, "minutes": minutes})

    payload = answer["data"]["accessBreakGlass"]
    assert payload["id"] is None
    assert payload["userErrors"][0]["code"] == "INVALID_INPUT"
    assert payload["userErrors"][0]["path"] == ["input", path]


async def test_e9_taking_it_raises_an_alert(patron: Patron) -> None:
    (customer,) = await customers(patron, 1)
    listener = Heard()
    await patron.gateway.follow(
        patron.request("subscription { emergencyAccessGranted { actor party { id } } }"), listener
    )

    await patron.data(TAKE, {"party": party(customer), "reason": REASON})
    await listener.heard.wait()

    events = await patron.prepared.do(
        lambda uow: uow.select(select(OutboxEvent).where(OutboxEvent.type == "emergency_access.granted"))
    )
    assert len(events) == 1
    assert REASON not in str(events[0].payload)
    assert party(customer) in listener.answers[0]


async def test_e9_without_the_scope_nobody_takes_it(patron: Patron) -> None:
    (customer,) = await customers(patron, 1)
    receptionist = Actor(patron.prepared.tenant_id, "rita", "user", roles=("receptionist",), purpose="TREAT")

    answer = await patron.ask(TAKE, {"party": party(customer), "reason": REASON}, actor=receptionist)

    assert answer["errors"][0]["extensions"]["code"] in ("FORBIDDEN", "GRAPHQL_VALIDATION_FAILED")


# -- using it


async def test_e9_it_opens_everything_about_one_party_and_nothing_of_others(
    patron: Patron, record_property: Callable[[str, object], None]
) -> None:
    made = await customers(patron, 3)
    agent = await patron.prepared.key(scopes=("customer:read", "party:read", "transaction:read", "emergency:take"))
    async with door(patron.prepared) as front:
        before = await front.ask(agent, ALL)
        access = await front.take(agent, party(made[1]))

        opened = await front.ask(agent, ALL, patron_break_glass=access)
        by_node = await front.ask(
            agent, "query($id: ID!) { node(id: $id) { id } }", {"id": f"cus_{made[0].id}"}, patron_break_glass=access
        )

    assert "errors" in before  # money is not this key's to read
    assert [node["displayName"] for node in opened["data"]["customers"]["nodes"]] == ["Ada 1 Almond"]
    assert by_node["data"]["node"] is None
    record_property("figure", "1 of 3 parties is seen, 0 rows of others")


async def test_e9_every_read_by_it_is_audited_whatever_its_class(
    patron: Patron, record_property: Callable[[str, object], None]
) -> None:
    (customer, _other) = await customers(patron, 2)
    clinician = await patron.prepared.key(roles=("clinician",))
    queries = [
        "{ customers { nodes { displayName } } }",
        "{ parties { nodes { id } } }",
        "{ customers { totalCount } }",
        "{ touchpoints { nodes { topic } } }",
        ALL,
    ]
    async with door(patron.prepared) as front:
        access = await front.take(clinician, party(customer))
        for query in queries:
            answer = await front.ask(clinician, query, patron_break_glass=access)
            assert "errors" not in answer, answer

        found = await front.reads()

    wanted = access.removeprefix("eme_")
    assert len(found) == len(queries)
    assert {str(read.break_glass) for read in found} == {wanted}
    assert {read.purpose for read in found} == {"ETREAT"}
    assert all(set(read.subjects.split()) <= {str(customer.party_id)} for read in found)
    assert any(read.fields == "Customer.displayName" for read in found)
    record_property("figure", f"{len(found)} of {len(queries)} reads audited, of every class")


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param(
            'mutation { customerCreate(input: {person: {givenName: "A"}}) { userErrors { message } } }', id="mutation"
        ),
    ],
)
async def test_e9_it_is_for_reading_only(patron: Patron, operation: str) -> None:
    (customer,) = await customers(patron, 1)
    owner = await patron.prepared.key(roles=("owner",))
    async with door(patron.prepared) as front:
        access = await front.take(owner, party(customer))

        answer = await front.ask(owner, operation, patron_break_glass=access)

    assert answer["errors"][0]["extensions"]["code"] in ("FORBIDDEN", "GRAPHQL_VALIDATION_FAILED")


async def test_e9_it_ends_by_itself_and_is_nobody_elses(patron: Patron) -> None:
    (customer,) = await customers(patron, 1)
    mine, theirs = await patron.prepared.key(roles=("clinician",)), await patron.prepared.key(roles=("clinician",))
    async with door(patron.prepared) as front:
        access = await front.take(mine, party(customer), minutes=10)
        stranger = await front.ask(theirs, ALL, patron_break_glass=access)
        unknown = await front.ask(mine, ALL, patron_break_glass="eme_nonsense")
        patron.prepared.clock.advance(dt.timedelta(minutes=9, seconds=59))
        in_time = await front.ask(mine, ALL, patron_break_glass=access)
        patron.prepared.clock.advance(dt.timedelta(seconds=1))
        late = await front.ask(mine, ALL, patron_break_glass=access)

    assert "errors" not in in_time
    refusals = [answer["errors"][0] for answer in (stranger, unknown, late)]
    assert {error["extensions"]["code"] for error in refusals} == {"FORBIDDEN"}
    assert len({error["message"] for error in refusals}) == 1


# -- reviewing it


async def test_e9_somebody_else_reviews_it_and_only_once(patron: Patron) -> None:
    (customer,) = await customers(patron, 1)
    access = (await patron.data(TAKE, {"party": party(customer), "reason": REASON}))["accessBreakGlass"]
    variables = {"id": access["id"], "outcome": "JUSTIFIED"}
    officer = Actor(patron.prepared.tenant_id, "olga", "user", roles=("compliance_officer",))

    own = await patron.ask(REVIEW, variables)
    first = await patron.ask(REVIEW, variables, actor=officer)
    second = await patron.ask(REVIEW, variables, actor=officer)
    queue = await patron.data("{ emergencyAccesses { nodes { actor outcome reviewedBy } } }", actor=officer)

    assert own["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert first["data"]["emergencyAccessReview"]["emergencyAccess"] == {
        "reviewedBy": "olga", "outcome": "JUSTIFIED", "note": "Seen.",
    }  # fmt: skip
    assert second["data"]["emergencyAccessReview"]["userErrors"][0]["code"] == "CONFLICT"
    assert queue["emergencyAccesses"]["nodes"] == [
        {"actor": "administrator of Pillows", "outcome": "JUSTIFIED", "reviewedBy": "olga"}
    ]


async def test_e9_who_acts_as_another_reviews_neither_of_the_two(patron: Patron) -> None:
    (customer,) = await customers(patron, 1)
    tenant = patron.prepared.tenant_id
    acting = Actor(tenant, "ann", "user", roles=("owner",), impersonator="bob", purpose="TREAT")
    access = (await patron.data(TAKE, {"party": party(customer), "reason": REASON}, actor=acting))["accessBreakGlass"]
    variables = {"id": access["id"], "outcome": "JUSTIFIED"}
    involved = [
        Actor(tenant, "ann", "user", roles=("owner",)),
        Actor(tenant, "bob", "user", roles=("owner",)),
        Actor(tenant, "carl", "user", roles=("owner",), impersonator="bob"),
    ]

    answers = [await patron.ask(REVIEW, variables, actor=actor) for actor in involved]

    assert {answer["errors"][0]["extensions"]["code"] for answer in answers} == {"FORBIDDEN"}


async def test_e9_a_review_that_finds_it_unjustified_ends_it(patron: Patron) -> None:
    (customer,) = await customers(patron, 1)
    clinician = await patron.prepared.key(roles=("clinician",))
    officer = Actor(patron.prepared.tenant_id, "olga", "user", roles=("compliance_officer",))
    async with door(patron.prepared) as front:
        access = await front.take(clinician, party(customer))
        await patron.data(REVIEW, {"id": access, "outcome": "NOT_JUSTIFIED"}, actor=officer)

        answer = await front.ask(clinician, ALL, patron_break_glass=access)

    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    stored = await patron.prepared.do(lambda uow: uow.select(select(EmergencyAccess)))
    assert [each.reviewed_by for each in stored] == ["olga"]


# -- claims of a request


async def test_a_purpose_is_chosen_among_those_of_the_credential(patron: Patron) -> None:
    key = await patron.prepared.key(roles=("owner",))
    query = "{ patients { nodes { birthSex } } }"
    async with door(patron.prepared) as front:
        default = await front.ask(key, query)
        chosen = await front.ask(key, query, patron_purpose="TREAT")
        refused = await front.ask(key, query, patron_purpose="HMARKT")
        nonsense = await front.ask(key, query, patron_purpose="curiosity")
        found = await front.reads()

    assert "errors" not in default
    assert "errors" not in chosen
    for answer in (refused, nonsense):
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert "Patron-Purpose" in answer["errors"][0]["message"]
        assert "curiosity" not in str(answer)
    assert [read.purpose for read in found] == ["TREAT", "TREAT"]


async def test_a_socket_claims_in_its_connection_init_and_is_closed_when_the_emergency_ends(patron: Patron) -> None:
    (customer,) = await customers(patron, 1)
    key = await patron.prepared.key(roles=("clinician",))
    async with door(patron.prepared) as front:
        access = await front.take(key, party(customer), minutes=5)
        claims = claimed_in({"breakGlass": access})
        assert claims is not None
        headers = [(b"authorization", f"Bearer {key}".encode()), *claims]
        prepared = patron.prepared
        look = Authentication(
            Authenticator(prepared.database, clock=prepared.clock, plugins=prepared.plugins),
            claims=Claims(prepared.database, clock=prepared.clock),
        )

        opened = await look(headers)
        again = await look.recheck(headers)
        prepared.clock.advance(dt.timedelta(minutes=5))

        with pytest.raises(Unauthenticated):  # which closes the socket
            await look.recheck(headers)
        late = patron.request(ALL, actor=opened)
        with pytest.raises(Forbidden):  # and until then nothing is answered on it
            await patron.gateway.execute(late)

    assert opened.break_glass == again.break_glass
    assert (opened.purpose, opened.rows, opened.party_id) == ("ETREAT", frozenset({"subject"}), customer.party_id)


def test_the_claims_of_a_connection_init_are_headers() -> None:
    assert claimed_in({}) == []
    assert claimed_in({"purpose": "TREAT", "other": 1}) == [(b"patron-purpose", b"TREAT")]
    assert claimed_in({"Patron-Break-Glass": "eme_1"}) == [(b"patron-break-glass", b"eme_1")]
    assert claimed_in({"purpose": 5}) is None


async def test_a_claim_that_comes_twice_is_not_clear(patron: Patron) -> None:
    claims = Claims(patron.prepared.database, clock=patron.prepared.clock)

    with pytest.raises(BadRequest):
        await claims.applied([(b"patron-purpose", b"TREAT"), (b"patron-purpose", b"HRESCH")], patron.prepared.actor)
