"""Mutations on their fast path: the same bytes as graphql-core gives, and every command handled once.

Two databases begin alike and get the same mutations in the same order, one by the fast path, one by the general path. Clock
and ids are injected, so that even new ids are the same.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest
import pytest_asyncio
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_object_type

from patron_core.address import Dialect
from patron_core.errors import Forbidden, PublicError, Unavailable
from patron_core.messages import Actor, Command
from patron_core.parties.commands import CreateOrganization
from patron_core.plugins import Plugins
from patron_schema.gateway import Ready
from patron_schema.testing.databases import Databases, PreparedDatabase, make_database
from patron_schema.testing.service import Patron, open_patron

Known = dict[str, str]
Input = Callable[[Known], dict[str, Any]]


@dataclass(slots=True)
class Pair:
    """Two deployments that began alike."""

    fast: Patron
    general: Patron

    async def same(self, query: str, variables: Mapping[str, Any] | None = None, **options: Any) -> bytes:
        """Runs a mutation on both paths and returns the one answer."""
        request = self.fast.request(query, variables, **options)
        other = self.general.request(query, variables, **options)
        ready = await self.fast.gateway._ready(request)
        assert ready.prepared.fast, query
        answer = (await self.fast.gateway.execute(request)).body
        expected = (await self.general.gateway._general(await self.general.gateway._ready(other, general=True))).body
        assert answer == expected, query
        return answer


@pytest_asyncio.fixture
async def pair(
    database: PreparedDatabase, databases: Databases, dialect: Dialect, loaded_plugins: Plugins
) -> AsyncIterator[Pair]:
    """Two deployments with all plugins that begin alike."""
    twin = await make_database(databases, dialect, loaded_plugins)
    made = Pair(open_patron(database), open_patron(twin))
    yield made
    await made.fast.reader.close()
    await made.general.reader.close()
    await twin.database.close()
    databases.drop(twin.owner_url)


def euros(amount: str, **more: Any) -> Input:
    """The input of a row of the ledger."""
    return lambda known: {
        "customerId": known["customerCreate"],
        "amount": {"amount": amount, "currencyCode": "EUR"},
        **more,
    }


def batch(known: Known) -> dict[str, Any]:
    """Rows that are new, known already and wrong."""
    row = {
        "sourceKey": "1",
        "customerId": known["customerCreate"],
        "amount": {"amount": "5.00", "currencyCode": "EUR"},
        "occurredAt": "2026-01-01T00:00:00Z",
    }
    wrong = {"sourceKey": "2", "kind": "REFUND", "amount": row["amount"], "occurredAt": "2026-01-01T00:00:00Z"}
    return {"source": "pos", "rows": [row, row, wrong, {**row, "sourceKey": "3", "customerId": "nonsense"}]}


#: What happens, in this order: the mutation, its input out of what is known, and the code of its error.
STORY: Sequence[tuple[str, Input, str | None]] = (
    ("customerCreate", lambda _: {"organization": {"displayName": 'En"gines\\ \u2028 é 🛏'}}, None),
    ("customerCreate", lambda _: {"person": {"givenName": "A", "birthDate": "2999-01-01"}}, "INVALID_INPUT"),
    ("customerCreate", lambda _: {"person": {"givenName": "Ada"}, "idempotencyKey": "c1"}, None),
    ("customerCreate", lambda _: {"person": {"givenName": "Ada"}, "idempotencyKey": "c1"}, None),
    ("customerCreate", lambda _: {"person": {"givenName": "Grace"}, "idempotencyKey": "c1"}, "IDEMPOTENCY_MISMATCH"),
    ("customerUpdate", lambda known: {"id": known["customerCreate"], "version": 1, "owner": "grace"}, None),
    ("customerUpdate", lambda known: {"id": known["customerCreate"], "version": 1, "owner": "joan"}, "CONFLICT"),
    ("customerUpdate", lambda known: {"id": known["customerCreate"], "version": 2, "kind": None}, "INVALID_INPUT"),
    ("organizationCreate", lambda _: {"organization": {"displayName": "Cushions"}}, None),
    ("personCreate", lambda _: {"person": {"displayName": "Joan"}}, None),
    ("personUpdate", lambda known: {"id": known["personCreate"], "version": 1, "language": "fr"}, None),
    ("personUpdate", lambda known: {"id": known["personCreate"], "version": 1, "language": "de"}, "CONFLICT"),
    ("relationshipTypeDefine", lambda _: {"code": "WEARS", "forwardName": "wears", "inverseName": "is worn by"}, None),
    ("relationshipCreate", lambda known: {"typeCode": "WEARS", **_ends(known)}, None),
    ("relationshipCreate", lambda known: {"typeCode": "OWES", **_ends(known)}, "NOT_FOUND"),
    ("relationshipEnd", lambda known: {"id": known["relationshipCreate"], "version": 1}, None),
    ("touchpointLog", lambda known: {**_touch(known), "source": "mail", "sourceKey": "1"}, None),
    ("touchpointLog", lambda known: {**_touch(known), "source": "mail", "sourceKey": "1"}, None),
    ("transactionRecord", euros("12.50", idempotencyKey="k1"), None),
    ("transactionRecord", euros("12.50", idempotencyKey="k1"), None),
    ("transactionRecord", euros("13.50", idempotencyKey="k1"), "IDEMPOTENCY_MISMATCH"),
    ("transactionRecord", euros("1.2345"), "INVALID_INPUT"),
    ("transactionRecord", euros("1.00", customerId="cus_00000000-0000-7000-8000-000000000000"), "NOT_FOUND"),
    ("transactionRecord", euros("1.00", customerId="pty_1"), "INVALID_INPUT"),
    ("transactionReverse", lambda known: {"id": known["transactionRecord"]}, None),
    ("transactionReverse", lambda known: {"id": known["transactionRecord"]}, "CONFLICT"),
    ("transactionsIngest", batch, None),
    ("transactionsIngest", lambda _: {"source": "", "rows": []}, "INVALID_INPUT"),
    ("accountOpen", lambda known: {**_of(known), "kind": "SAVINGS", "currency": "EUR", "number": "7"}, "KYC_REQUIRED"),
    ("kycSubmit", lambda known: {**_of(known), "riskRating": "LOW"}, None),
    ("patientRegister", lambda known: {**_of(known), "medicalRecordNumber": "7"}, None),
    ("propertyCreate", lambda _: {"code": "HQ", "name": "Häuschen", "timezone": "Europe/Berlin"}, None),
    ("propertyCreate", lambda _: {"code": "HQ", "name": "Häuschen", "timezone": "Mars/Base"}, "INVALID_INPUT"),
    ("loyaltyEnrol", lambda known: _of(known), None),
    ("loyaltyPointsAdjust", lambda known: {"memberId": known["loyaltyEnrol"], "delta": 50, "reason": "birthday"}, None),
    (
        "loyaltyPointsAdjust",
        lambda known: {"memberId": known["loyaltyEnrol"], "delta": -99, "reason": "mistake"},
        "INVALID_INPUT",
    ),
)


def _of(known: Known) -> dict[str, Any]:
    return {"customerId": known["customerCreate"]}


def _ends(known: Known) -> dict[str, Any]:
    return {"sourceId": known["personCreate"], "targetId": known["organizationCreate"]}


def _touch(known: Known) -> dict[str, Any]:
    return {"customerId": known["customerCreate"], "channel": "EMAIL", "direction": "INBOUND", "topic": "A question"}


_MOST_ALIASES = 12  # of a selection; the limit counts those of `shown` and of the fixed part too


class Selections:
    """Random selections of what a mutation gives: aliases, fragments, directives, typenames, in any order."""

    def __init__(self, types: Mapping[str, Any], chance: random.Random) -> None:
        self._types = types
        self._chance = chance
        self._count = 0
        self._aliases = 0
        self.fragments: list[str] = []

    def of(self, type_: Any, depth: int = 0) -> str:
        """A selection set of an object type."""
        fields = [(name, made) for name, made in type_.fields.items() if self._wanted(made, depth)]
        chosen = self._chance.sample(fields, self._chance.randint(1, len(fields)))
        parts = [self._field(name, made, depth) for name, made in chosen]
        if "id" in type_.fields:
            parts.append("id")
        if self._chance.random() < 0.3:
            parts.insert(0, "__typename")
        return f"{{ {' '.join(self._wrapped(type_, part) for part in parts)} }}"

    def _wanted(self, made: Any, depth: int) -> bool:
        kind = get_named_type(made.type)
        return is_leaf_type(kind) or (depth < 2 and isinstance(kind, GraphQLObjectType) and not made.args)

    def _field(self, name: str, made: Any, depth: int) -> str:
        kind = get_named_type(made.type)
        alias = ""
        if self._chance.random() < 0.3 and self._aliases < _MOST_ALIASES:
            self._count += 1
            self._aliases += 1
            alias = f"a{self._count}: "
        return f"{alias}{name} {self.of(kind, depth + 1) if is_object_type(kind) else ''}"

    def _wrapped(self, type_: Any, part: str) -> str:
        match self._chance.randrange(12):
            case 0:
                return f"... on {type_.name} {{ {part} }}"
            case 1:
                self._count += 1
                self.fragments.append(f"fragment F{self._count} on {type_.name} {{ {part} }}")
                return f"...F{self._count}"
            case 2:
                return f"... @include(if: $yes) {{ {part} }}"
            case 3:
                return f"... @skip(if: $yes) {{ shown: __typename {part} }}"
            case _:
                return part


@pytest.mark.parametrize("seed", range(4))
async def test_both_paths_give_the_same_bytes(pair: Pair, seed: int) -> None:
    composed = (await pair.fast.gateway.schemas.of(pair.fast.prepared.tenant_id)).composed
    known: Known = {}
    for step, (name, given, code) in enumerate(STORY):
        made = Selections(composed.graphql.type_map, random.Random(seed * 1000 + step))
        payload: Any = composed.graphql.type_map[composed.mutations[name].payload]
        selection = made.of(payload)
        row = next((n for n, f in payload.fields.items() if get_named_type(f.type).name in composed.catalog.types), "")
        fixed = f"{row and f'fixed: {row} {{ id }}'} problems: userErrors {{ code }}"
        head = f"mutation M($input: {name[0].upper()}{name[1:]}Input!, $yes: Boolean = true)"
        query = f"{head} {{ done: {name}(input: $input) {{ p: __typename @include(if: $yes) {fixed} ...All }} }}"
        fragments = [f"fragment All on {payload.name} {selection}", *made.fragments]

        answer = orjson.loads(await pair.same("\n".join((query, *fragments)), {"input": given(known)}))

        done = (answer["data"] or {}).get("done", {})
        codes = [e["code"] for e in done.get("problems", ())]
        codes += [e["extensions"]["code"] for e in answer.get("errors", ())]
        assert codes == ([code] if code else []), (step, name)
        if done.get("fixed"):
            known[name] = done["fixed"]["id"]
    assert await pair.fast.raw(COUNTS) == await pair.general.raw(COUNTS)


COUNTS = "{ customers { totalCount } transactions { totalCount } parties { totalCount } }"
SEVERAL = """
mutation Several($name: String, $kept: Boolean = false) {
  __typename
  first: personCreate(input: { person: { displayName: $name } }) { person { id displayName } userErrors { code } }
  second: organizationCreate(input: { organization: { displayName: "Engines" } }) {
    organization { id } ... on OrganizationPayload { again: organization { displayName } } userErrors { path }
  }
  third: personCreate(input: { person: { displayName: "Joan" } }) { person { id } }
  left: personCreate(input: { person: { displayName: "Out" } }) @include(if: $kept) { person { id } }
}
"""


async def test_several_fields_run_one_after_another(pair: Pair) -> None:
    answer = await pair.same(SEVERAL, {"name": "Ada"})

    assert answer.startswith(b'{"data":{"__typename":"Mutation","first":{"person":{"id":"pty_')
    assert b'"left"' not in answer
    assert b"user_errors" not in answer
    assert await pair.fast.raw(COUNTS) == await pair.general.raw(COUNTS)


async def test_a_variable_that_is_absent_leaves_its_field_out(pair: Pair) -> None:
    await pair.same(SEVERAL)


@pytest.mark.parametrize("error", [Forbidden("Not you. You asked. Ask another."), RuntimeError("secret")])
async def test_an_error_takes_data_with_it_and_later_fields_do_not_run(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    handled: dict[str, list[str]] = {"fast": [], "general": []}
    for name, patron in (("fast", pair.fast), ("general", pair.general)):
        monkeypatch.setattr(patron.gateway, "handle", refusing(patron, handled[name], error))

    answer = await pair.same(SEVERAL, {"name": "Ada"})

    assert answer.startswith(b'{"errors":[{"message":')
    assert b'"data":null' in answer
    assert b"secret" not in answer
    assert handled["fast"] == handled["general"] == ["CreatePerson", "CreateOrganization"]


def refusing(patron: Patron, handled: list[str], error: Exception) -> Callable[..., Any]:
    """A gateway's handling that notes each command and fails for organizations."""
    inner = patron.gateway.handle

    async def handle(command: Command, ready: Ready) -> Any:
        handled.append(type(command).__name__)
        if isinstance(command, CreateOrganization):
            raise error
        return await inner(command, ready)

    return handle


async def test_who_may_not_does_not_see_it(pair: Pair) -> None:
    nobody = Actor(pair.fast.prepared.tenant_id, "nobody", "user", roles=("analyst",))

    with pytest.raises(PublicError) as refused:
        await pair.same(SEVERAL, {"name": "Ada"}, actor=nobody)

    assert refused.value.public_code == "GRAPHQL_VALIDATION_FAILED"
    assert (await pair.fast.data("{ parties { totalCount } }"))["parties"]["totalCount"] == 0


async def test_a_null_that_must_not_be_is_told_before_anything_is_handled(pair: Pair) -> None:
    query = "mutation N($n: NewPersonInput! = {}) { personCreate(input: { person: $n }) { person { id } userErrors { code path } } }"

    await pair.same(query, {"n": {"displayName": "Ada"}})
    with pytest.raises(PublicError):
        await pair.same(query, {"n": None})


async def test_what_was_written_and_cannot_be_read_is_an_error_at_its_place_and_written_once(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    for patron in (pair.fast, pair.general):
        monkeypatch.setattr(patron.reader, "inner", Broken(patron.reader.inner.dialect))
    query = 'mutation { personCreate(input: { person: { displayName: "Ada" } }) { shown: person { id } userErrors { code } } }'

    answer = await pair.same(query)

    assert b'"path":["personCreate","shown"]' in answer
    assert b'"data":{"personCreate":{"shown":null,"userErrors":[]}}' in answer
    monkeypatch.undo()
    assert (await pair.fast.data("{ parties { totalCount } }"))["parties"]["totalCount"] == 1


@dataclass(slots=True)
class Broken:
    """A reader whose database is gone."""

    dialect: str

    async def value(self, sql: str, arguments: Sequence[Any]) -> Any:
        """Fails."""
        raise Unavailable("The database cannot be reached. Nothing was changed. Try again in a moment.")

    async def plan(self, sql: str, params: Sequence[Any]) -> list[str]:
        """Gives nothing."""
        return []

    async def close(self) -> None:
        """Has nothing to close."""


async def test_naming_whose_rows_are_shown_changes_no_byte(pair: Pair) -> None:
    query = 'mutation { personCreate(input: { person: { displayName: "Ada" } }) { person { id displayName } } }'
    requests = [replace(patron.request(query), subjects=True) for patron in (pair.fast, pair.general)]

    fast = await pair.fast.gateway.execute(requests[0])
    general = await pair.general.gateway._general(await pair.general.gateway._ready(requests[1], general=True))

    assert fast == general
    assert len(fast.subjects) == 1


async def test_a_resolver_that_fails_after_the_command_is_an_error_at_its_place(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    for patron in (pair.fast, pair.general):
        composed: Any = (await patron.gateway.schemas.of(patron.prepared.tenant_id)).composed
        # put back afterwards: tests with the same plugins share the schema
        monkeypatch.setattr(composed.graphql.type_map["LoyaltyMember"].fields["pointsToNextTier"], "resolve", broken)
    made = await pair.same('mutation { customerCreate(input: { person: { displayName: "Ada" } }) { customer { id } } }')
    customer = orjson.loads(made)["data"]["customerCreate"]["customer"]["id"]
    query = "mutation L($id: ID!) { loyaltyEnrol(input: { customerId: $id }) { member { id pointsToNextTier } userErrors { code } } }"

    answer = orjson.loads(await pair.same(query, {"id": customer}))

    assert answer["errors"][0]["path"] == ["loyaltyEnrol", "member", "pointsToNextTier"]
    assert answer["data"]["loyaltyEnrol"]["userErrors"] == []
    assert answer["data"]["loyaltyEnrol"]["member"]["pointsToNextTier"] is None


def broken(*_: Any, **__: Any) -> None:
    """A resolver with a fault."""
    raise RuntimeError("secret")


async def test_what_cannot_be_printed_takes_the_general_path_before_anything_is_handled(
    patron: Patron, monkeypatch: pytest.MonkeyPatch
) -> None:
    composed: Any = (await patron.gateway.schemas.of(patron.prepared.tenant_id)).composed
    monkeypatch.setattr(composed.graphql.type_map["UserError"].fields["code"], "extensions", {})
    query = 'mutation { personCreate(input: { person: { displayName: "Ada" } }) { person { displayName } userErrors { code } } }'
    handled: list[str] = []
    monkeypatch.setattr(patron.gateway, "handle", refusing(patron, handled, RuntimeError()))

    ready = await patron.gateway._ready(patron.request(query))
    data = await patron.data(query)

    assert not ready.prepared.fast
    assert data["personCreate"] == {"person": {"displayName": "Ada"}, "userErrors": []}
    assert handled == ["CreatePerson"]
