"""Whoever sees only some rows sees no trace of the others: the customer portal, a partner, an owner, an emergency.

Two data sets differ in every row beyond the actor; its questions are answered alike by both, ids of rows beyond it never
appear, each root counts exactly the rows it may see, and an id beyond it is answered like one nobody has.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
import pytest_asyncio
from graphql import GraphQLNonNull
from tests.planner.questions import QuestionMaker, Samples
from tests.planner.rows import Row, Rows
from tests.security.realm import rows_of_tenant, unknown
from tests.security.twins import changed, opened, visible_rows

from patron_core.access.models import SharingAgreement
from patron_core.address import Dialect
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.records import Record
from patron_schema.testing.databases import NOON, Databases
from patron_schema.testing.service import Patron

pytestmark = [pytest.mark.security, pytest.mark.asyncio(loop_scope="session")]

QUESTIONS: Final = 120
KINDS: Final = ("customer_portal", "partner", "owned", "subject")
OUTSIDE: Final = ("customer_portal", "partner")
_ID = re.compile(r"\b[a-z]{3,4}_([0-9a-f]{8}-[0-9a-f-]{27})\b")


@dataclass(slots=True)
class Limited:
    """By kind of actor: who it is, which rows it sees; by database: the data set and its twins by kind."""

    rows: Rows
    parties: dict[str, uuid.UUID]
    visible: dict[str, dict[str, set[uuid.UUID]]]
    patrons: dict[str, dict[str, Patron]]

    def actor(self, kind: str, patron: Patron) -> Actor:
        """An actor of a kind."""
        given: dict[str, Any] = {
            "customer_portal": {"roles": ("customer_portal",)},
            "partner": {"roles": ("partner",)},
            "owned": {"roles": ("owner",), "rows": frozenset({"owned"})},
            "subject": {"roles": ("owner",), "rows": frozenset({"subject"})},
        }[kind]
        return Actor(patron.prepared.tenant_id, "ann", "user", purpose="PATRQT", party_id=self.parties[kind], **given)


def share(rows: Rows, partner: uuid.UUID) -> set[uuid.UUID]:
    """Shares customers with a partner, now, before and after; returns the parties of those shared now."""
    day = dt.timedelta(days=1)
    customers = rows.by_model["Customer"]
    periods = [
        (None, None),
        (NOON - day, NOON + day),
        (NOON, None),
        (NOON + day, None),
        (None, NOON),
        (NOON - 2 * day, NOON - day),
    ]
    for number, (customer, (start, end)) in enumerate(zip(customers, periods, strict=False)):
        rows.add(
            SharingAgreement, uuid.UUID(int=(7 << 76) | (0b10 << 62) | (number + 1)), partner_id=partner,
            customer_id=customer["id"], validity_from=start, validity_to=end,
        )  # fmt: skip
    other = next(row["id"] for row in rows.by_model["Organization"] if row["id"] != partner)
    rows.add(
        SharingAgreement, uuid.UUID(int=(7 << 76) | (0b10 << 62) | 99), partner_id=other,
        customer_id=customers[-1]["id"], validity_from=None, validity_to=None,
    )  # fmt: skip
    return {customer["party_id"] for customer in customers[:3]}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def limited(databases: Databases, postgres_server: Any, loaded_plugins: Plugins) -> AsyncIterator[Limited]:
    """Rows of every kind, and twins that differ in every row beyond each kind of actor."""
    databases.server = postgres_server
    rows = rows_of_tenant(loaded_plugins, ids=0, flavour=1, count=25)
    customers = rows.by_model["Customer"]
    busiest = max(customers, key=lambda c: sum(t["customer_id"] == c["id"] for t in rows.by_model["Transaction"]))
    partner = rows.by_model["Organization"][0]["id"]
    seen = {
        "customer_portal": {busiest["party_id"]},
        "subject": {busiest["party_id"]},
        "partner": share(rows, partner),
        "owned": {c["party_id"] for c in customers if c["owner"] == "ann"},
    }
    parties = {kind: partner if kind == "partner" else busiest["party_id"] for kind in KINDS}
    visible = {kind: visible_rows(rows, seen[kind], outside=kind in OUTSIDE) for kind in KINDS}
    variants = {"": rows}
    for kind in KINDS:

        def beyond(model: type[Record], row: Row, column: str, kind: str = kind) -> bool:
            decides = column in ("owner", "validity_from", "validity_to") and model.__name__ in (
                "Customer",
                "SharingAgreement",
            )
            decides = decides or (model.ours_where is not None and column == model.ours_where[0])
            return not decides and row["id"] not in visible[kind].get(model.__name__, ())

        variants[kind], _ = changed(rows, beyond)
    async with (
        opened(databases, "sqlite", loaded_plugins, variants) as small,
        opened(databases, "postgresql", loaded_plugins, variants) as large,
    ):
        yield Limited(rows, parties, visible, {"sqlite": small, "postgresql": large})


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
@pytest.mark.parametrize("kind", KINDS)
async def test_b4_rows_beyond_an_actor_change_no_byte_of_its_answers(
    limited: Limited, kind: str, dialect: Dialect, record_property: pytest.RecordProperty
) -> None:
    first, second = limited.patrons[dialect][""], limited.patrons[dialect][kind]
    seen = (await first.gateway.schemas.seen_by(limited.actor(kind, first))).composed
    assert seen.graphql.query_type is not None
    shown_roots = set(seen.graphql.query_type.fields) & set(seen.catalog.roots)
    roots = sorted(name for name in shown_roots if not name.startswith("audit"))  # asking itself adds to the audit
    everything = [row["id"] for rows in limited.rows.by_model.values() for row in rows]
    prefixes = {m.__name__: m.id_prefix for m in limited.rows.models.values()}
    ids = [f"{prefixes[name]}_{row['id']}" for name, rows in limited.rows.by_model.items() for row in rows]
    maker = QuestionMaker(seen.graphql, Samples({}, ids), roots=roots)
    allowed = set().union(*limited.visible[kind].values())
    answered = shown = 0
    for seed in range(QUESTIONS):
        question = maker.question(seed)
        texts = [await p.raw(question.query, question.variables, actor=limited.actor(kind, p)) for p in (first, second)]
        assert texts[0] == texts[1], f"{kind} hears of rows beyond it\n{question.query}\n{question.variables}"
        found = {uuid.UUID(id) for id in _ID.findall(texts[0].decode())}
        assert not (found & set(everything)) - allowed, f"{kind}\n{question.query}"
        answered += b'"data":{' in texts[0]
        shown += len(found)
    assert answered > QUESTIONS // 3
    assert shown > 10
    record_property(
        "figure",
        f"{kind}: {QUESTIONS} questions, {shown} ids shown, 0 of the {len(everything) - len(allowed)} rows beyond",
    )


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
@pytest.mark.parametrize("kind", KINDS)
async def test_b4_each_root_counts_exactly_the_rows_an_actor_may_see(
    limited: Limited, kind: str, dialect: Dialect, record_property: pytest.RecordProperty
) -> None:
    patron = limited.patrons[dialect][""]
    actor = limited.actor(kind, patron)
    seen = (await patron.gateway.schemas.seen_by(actor)).composed
    assert seen.graphql.query_type is not None
    counted = 0
    for name, root in seen.catalog.roots.items():
        field = seen.graphql.query_type.fields.get(name)
        if field is None or root.by not in ("connection", "aggregate"):
            continue
        if any(isinstance(argument.type, GraphQLNonNull) for argument in field.args.values()):
            continue
        entry = seen.catalog.types[root.target]
        names = {
            m.__name__ for m in limited.rows.models.values() if entry.model is not None and issubclass(m, entry.model)
        }
        if not names:
            continue
        wanted = sum(len(limited.visible[kind].get(each, ())) for each in names)
        answer = await patron.data(
            f"{{ {name} {{ {'totalCount' if root.by == 'connection' else 'count'} }} }}", actor=actor
        )
        got = answer[name]["totalCount"] if root.by == "connection" else sum(g["count"] for g in answer[name])
        assert got == wanted, f"{kind} {name}"
        counted += 1
    assert counted >= 10 or kind == "partner"
    record_property("figure", f"{kind}: {counted} roots count exactly the rows that are the actor's")


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
@pytest.mark.parametrize("kind", KINDS)
async def test_b4_an_id_beyond_an_actor_is_answered_like_one_nobody_has(
    limited: Limited, kind: str, dialect: Dialect, record_property: pytest.RecordProperty
) -> None:
    patron = limited.patrons[dialect][""]
    actor = limited.actor(kind, patron)
    tried = 0
    for name, model in limited.rows.models.items():
        beyond = [r["id"] for r in limited.rows.by_model[name] if r["id"] not in limited.visible[kind].get(name, ())]
        for id in beyond[:3]:
            query = "query Q($i: ID!) { node(id: $i) { __typename id } nodes(ids: [$i]) { id } }"
            texts = [
                await patron.raw(query, {"i": given}, actor=actor)
                for given in (f"{model.id_prefix}_{id}", unknown(model.id_prefix))
            ]
            assert texts[0] == texts[1], (kind, name)
            tried += 1
    assert tried > 30
    record_property("figure", f"{kind}: {tried} ids beyond it answered like unknown ones")


async def test_b4_rows_are_beyond_and_rows_are_seen(limited: Limited) -> None:
    for kind in KINDS:
        parties = {row["id"] for name in ("Person", "Organization") for row in limited.rows.by_model[name]}
        shown = set().union(*(limited.visible[kind].get(name, set()) for name in ("Person", "Organization")))
        assert shown, kind
        assert parties - shown, kind
