"""Segments over GraphQL: a stored condition finds whom a query finds, and nobody asks by it what they may not filter by."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from patron_core.customers.commands import CreateCustomer
from patron_core.messages import Actor
from patron_core.parties.commands import NewContactMedium, NewOrganization, NewPerson
from patron_core.parties.models import ContactKind
from patron_core.plugins import Plugins
from patron_core.transactions.commands import RecordTransaction
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

BOTH = """query Both($where: CustomerWhere) {
  customers(where: $where) { totalCount }
  segmentPreview(customers: $where, sample: 20) { count share sample }
}"""
CONDITIONS: tuple[dict[str, Any], ...] = (
    {},
    {"kind": {"eq": "B2B"}},
    {"kind": {"in": ["B2B", "B2C"]}, "lifecycleStage": {"notIn": ["CHURNED"]}},
    {"owner": {"isNull": True}},
    {"not": {"owner": {"eq": "ada"}}},
    {"or": []},
    {"since": {"gte": "2026-01-02"}},
    {"createdAt": {"lte": "2026-03-14T12:00:00Z"}},
    {"party": {"displayName": {"contains": "gin"}}},
    {"party": {"contactMedia": {"some": {"value": {"startsWith": "ada@"}}}}},
    {"party": {"contactMedia": {"every": {"kind": {"eq": "EMAIL"}}}}},
    {"transactions": {"none": {}}},
    {"transactions": {"some": {"amount": {"amount": {"gt": "99.99"}, "currencyCode": {"eq": "EUR"}}}}},
    {"transactions": {"some": {"amount": {"amount": {"eq": "500"}}, "occurredAt": {"lt": "2026-03-14T12:00:00Z"}}}},
    {"segmentMemberships": {"some": {"leftAt": {"isNull": True}}}},
    {"id": {"in": ["cus_00000000-0000-0000-0000-000000000000"]}},
)


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    """The core alone."""
    return load_plugins(())


async def some(patron: Patron) -> None:
    """Three customers that differ."""

    def work(uow: UnitOfWork) -> None:
        mail = NewContactMedium(kind=ContactKind.EMAIL, value="ada@example.com", preferred=True)
        ada = uow.handle(
            CreateCustomer(person=NewPerson(display_name="Ada"), contact_media=(mail,), since=dt.date(2026, 1, 2))
        )
        engines = uow.handle(CreateCustomer(organization=NewOrganization(legal_name="Engines"), owner="ada"))
        uow.handle(CreateCustomer(organization=NewOrganization(legal_name="Wheels"), owner="ben"))
        for customer, amount in ((ada, Money(10_000, "EUR")), (engines, Money(500, "JPY"))):
            uow.handle(
                RecordTransaction(customer_id=customer.id, amount=amount, occurred_at=NOON - dt.timedelta(days=1))
            )

    await patron.prepared.do(work)


async def test_a_stored_condition_finds_whom_a_query_finds(patron: Patron) -> None:
    await some(patron)
    counts = []

    for where in CONDITIONS:
        found = await patron.data(BOTH, {"where": where})
        preview = found["segmentPreview"]
        assert preview["count"] == found["customers"]["totalCount"] == len(preview["sample"]), where
        counts.append(preview["count"])

    assert counts == [3, 2, 3, 1, 2, 0, 1, 3, 1, 1, 3, 1, 1, 1, 0, 0]


async def test_nobody_previews_by_what_they_may_not_filter_by(patron: Patron) -> None:
    await some(patron)
    clerk = Actor(patron.prepared.tenant_id, "cleo", "user", scopes=("segment:*", "customer:read", "read:internal"))

    allowed = await patron.ask(BOTH, {"where": {"owner": {"eq": "ada"}}}, actor=clerk)
    hidden = await patron.ask(BOTH, {"where": {"transactions": {"none": {}}}}, actor=clerk)
    unknown = await patron.ask(BOTH, {"where": {"nobody": {"eq": "ada"}}})

    assert allowed["data"]["segmentPreview"]["count"] == 1
    assert hidden["errors"][0]["extensions"]["code"] in ("BAD_REQUEST", "FORBIDDEN")
    assert unknown["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_preview_takes_one_condition_and_a_small_sample(patron: Patron) -> None:
    for given in ("", "customers: {}, parties: {}", "customers: {}, sample: 21"):
        text = f"{{ segmentPreview({given}) {{ count }} }}".replace("()", "")
        answer = await patron.ask(text)
        assert answer["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


async def test_who_sees_some_customers_is_counted_only_those(patron: Patron) -> None:
    await some(patron)
    ada = Actor(
        patron.prepared.tenant_id,
        "ada",
        "user",
        scopes=("segment:read", "customer:read", "party:read", "read:internal", "filter:internal"),
        rows=frozenset({"owned"}),
    )

    answer = await patron.data("{ segmentPreview(customers: {}) { count share } }", actor=ada)

    assert answer["segmentPreview"] == {"count": 1, "share": "1.0000"}
