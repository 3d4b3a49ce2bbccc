"""Rows that say what something costs us are there for nobody outside: in no list, number, total, timeline, event, and by no id.

A customer's own key and a partner's, with whom the customer is shared, get the same bytes whether there are such rows or
not; who works with customers reads them.
"""

from __future__ import annotations

import asyncio
import uuid
from decimal import Decimal
from typing import Final, cast

import pytest
from tests.planner.rows import store
from tests.planner.small_rows import small_core_rows
from tests.schema.test_changes import FEED, relayed
from tests.schema.test_read_audit import Heard

from patron_core.access.grants import Rows
from patron_core.access.kept_back import is_kept_back, kept_back
from patron_core.access.models import SharingAgreement
from patron_core.errors import NotFound
from patron_core.messages import Actor
from patron_core.records import records
from patron_core.transactions.commands import NewLine, RecordTransaction, ReverseTransaction
from patron_core.transactions.models import Transaction, TransactionKind
from patron_core.values import Money
from patron_schema.testing.service import Patron

pytestmark = pytest.mark.security

COST: Final = Money(47_11, "EUR")
#: All ways to the ledger: connections, conditions, orders, groups, relations, parts of a timeline.
QUESTIONS: Final = (
    "{ transactions(first: 50) { totalCount nodes { id kind amount { amount } } } }",
    "{ transactions(first: 50, where: { kind: { eq: COST_TO_SERVE } }) { totalCount nodes { id } } }",
    "{ transactions(first: 1, orderBy: [{ field: OCCURRED_AT, direction: DESC }]) { nodes { id } pageInfo { endCursor hasNextPage } } }",
    "{ transactionsAggregate(groupBy: [{ field: KIND }]) { key { kind } count sum { amount { amount } } } }",
    "{ transactions(first: 50) { nodes { lines(first: 50) { nodes { sku } } } } }",
    '{ transactions(first: 50, where: { lines: { some: { sku: { eq: "visit" } } } }) { totalCount } }',
    "{ customers { nodes { transactions { totalCount nodes { id } } transactionsAggregate { count } } } }",
    "{ customers(where: { transactions: { some: { kind: { eq: COST_TO_SERVE } } } }) { totalCount } }",
    "{ customers { nodes { timeline(first: 50) { totalCount nodes { __typename id summary } } } } }",
)


def _agreement() -> uuid.UUID:
    return uuid.UUID(int=(7 << 76) | (0b10 << 62) | 1)


async def _customer(patron: Patron) -> dict[str, uuid.UUID]:
    """The small rows; one of their customers is shared with a partner."""
    rows = small_core_rows()
    customer, partner = rows.by_model["Customer"][0], rows.by_model["Organization"][2]["id"]
    rows.add(SharingAgreement, _agreement(), partner_id=partner, customer_id=customer["id"])
    await store(patron.prepared, rows, patron.prepared.actor)
    return {"id": customer["id"], "own": customer["party_id"], "shared": partner}


def _outside(patron: Patron, rows: str, party: uuid.UUID, *scopes: str) -> Actor:
    """Somebody who sees the rows of a party alone, and of those all that scopes open."""
    opened = ("*:read", "read:pii", "read:financial", *scopes)
    return Actor(
        patron.prepared.tenant_id, "ann", "user", scopes=opened, rows=frozenset({cast("Rows", rows)}), party_id=party
    )


async def _cost(patron: Patron, customer: uuid.UUID) -> Transaction:
    line = NewLine(sku="visit", quantity=Decimal(1), unit_price=COST)
    command = RecordTransaction(
        customer_id=customer, kind=TransactionKind.COST_TO_SERVE, amount=COST, occurred_at=None, lines=(line,)
    )
    made: Transaction = await patron.prepared.do(command)
    return made


@pytest.mark.parametrize("rows", ["own", "shared"])
async def test_what_a_customer_costs_us_changes_no_byte_of_an_outsiders_answers(patron: Patron, rows: str) -> None:
    parties = await _customer(patron)
    outside = _outside(patron, rows, parties[rows])
    before = [await patron.raw(question, actor=outside) for question in QUESTIONS]
    everything = [await patron.raw(question) for question in QUESTIONS]

    cost = await _cost(patron, parties["id"])
    await patron.prepared.do(ReverseTransaction(id=cost.id))

    after = [await patron.raw(question, actor=outside) for question in QUESTIONS]
    node = "query($id: ID!) { node(id: $id) { id } transaction(id: $id) { id } }"
    by_id = await patron.ask(node, {"id": f"txn_{cost.id}"}, actor=outside)
    lines = "query($id: ID!) { transaction(id: $id) { lines { nodes { id } } } }"
    (line,) = (await patron.data(lines, {"id": f"txn_{cost.id}"}))["transaction"]["lines"]["nodes"]
    of_line = "query($id: ID!) { node(id: $id) { id } }"
    assert (await patron.data(of_line, line))["node"] == line
    assert (await patron.data(of_line, line, actor=outside))["node"] is None
    assert b"12.50" in before[0]
    assert after == before
    assert [answer for answer in before if b'"errors"' in answer] == []
    assert (by_id["data"]["node"], by_id["data"]["transaction"]) == (None, None)
    assert [await patron.raw(question) == answer for question, answer in zip(QUESTIONS, everything, strict=True)] == [
        False
    ] * len(QUESTIONS)


RECORD: Final = """mutation($customer: ID!, $kind: TransactionKind) {
  made: transactionRecord(input: { customerId: $customer, kind: $kind, amount: { amount: "47.11", currencyCode: "EUR" } }) {
    transaction { id } userErrors { message } } }"""
REVERSE: Final = """mutation($id: ID!) {
  made: transactionReverse(input: { id: $id }) { transaction { id } userErrors { message } } }"""


@pytest.mark.parametrize("rows", ["own", "shared"])
async def test_no_event_tells_an_outsider_what_it_costs_us(patron: Patron, rows: str) -> None:
    parties = await _customer(patron)
    outside = _outside(patron, rows, parties[rows])
    listener = Heard()
    await patron.gateway.follow(
        patron.request("subscription { transactionRecorded { id kind } }", actor=outside), listener
    )

    customer = f"cus_{parties['id']}"
    cost = await _made(patron, RECORD, customer=customer, kind="COST_TO_SERVE")
    back = await _made(patron, REVERSE, id=cost)
    sale = await _made(patron, RECORD, customer=customer, kind="SALE")
    async with asyncio.timeout(20):
        await listener.heard.wait()
    await relayed(patron.prepared)

    feed, all_of_it = [(await patron.data(FEED, actor=actor))["changes"] for actor in (outside, None)]
    told = [event["data"] for event in feed["events"] if event["type"].startswith("transaction.")]
    known = [event["data"] for event in all_of_it["events"] if event["type"].startswith("transaction.")]
    assert [sale in answer for answer in listener.answers] == [True]
    assert [sale in data for data in told] == [True]
    assert [id_ in data for id_, data in zip((cost, back, sale), known, strict=True)] == [True] * 3
    assert feed["position"] == all_of_it["position"]


async def _made(patron: Patron, mutation: str, **variables: str) -> str:
    """The id of the row that a mutation made."""
    payload = (await patron.data(mutation, variables))["made"]
    assert payload["userErrors"] == []
    made: str = payload["transaction"]["id"]
    return made


async def test_an_outsider_who_may_write_to_the_ledger_takes_no_such_row_back(patron: Patron) -> None:
    parties = await _customer(patron)
    cost = await _cost(patron, parties["id"])
    writes = _outside(patron, "own", parties["own"], "transaction:write")
    works = Actor(patron.prepared.tenant_id, "joan", "user", scopes=("transaction:*", "read:financial"))

    with pytest.raises(NotFound):
        await patron.prepared.do(ReverseTransaction(id=cost.id), actor=writes)

    await patron.prepared.do(ReverseTransaction(id=cost.id), actor=works)


def test_each_model_that_keeps_rows_back_names_a_column_and_one_of_its_codes() -> None:
    named = {model.__name__: model.ours_where for model in records() if model.ours_where is not None}

    assert named == {"Transaction": ("kind", TransactionKind.COST_TO_SERVE)}
    assert kept_back("ledger_transaction") == ("kind", "COST_TO_SERVE")
    assert kept_back("customer") is None
    assert kept_back(None) is None


def test_a_row_is_kept_back_from_outsiders_alone() -> None:
    tenant = uuid.UUID(int=1)
    cost, sale = Transaction(kind=TransactionKind.COST_TO_SERVE), Transaction(kind=TransactionKind.SALE)
    seen = {
        (rows, row.kind): is_kept_back(row, Actor(tenant, "ann", "user", rows=frozenset({cast("Rows", rows)})))
        for rows in ("own", "shared", "owned", "subject")
        for row in (cost, sale)
    }

    assert {key for key, kept in seen.items() if kept} == {
        ("own", TransactionKind.COST_TO_SERVE),
        ("shared", TransactionKind.COST_TO_SERVE),
    }
