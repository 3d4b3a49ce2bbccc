"""`where` of a subscription, on both databases: in the same statement, within the actor's grants, and kept where it tells of money."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from tests.schema.test_subscriptions import Heard, change, customer, data, listen, quiet

from patron_core.access.grants import Grant, Use
from patron_core.audit.models import AuditRead
from patron_core.errors import Forbidden, LimitExceeded, ValidationFailed
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.records import INTERNAL, PII, PUBLIC
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.service import Patron

FILTERED = "subscription S($w: CustomerWhere) { customerChanged(where: $w) { id owner } }"
SOLD = "subscription S($w: TransactionWhere) { transactionRecorded(where: $w) { id } }"
ENROL = "mutation E($i: LoyaltyEnrolInput!) { loyaltyEnrol(input: $i) { userErrors { code } } }"
RECORD = "mutation R($i: TransactionRecordInput!) { transactionRecord(input: $i) { userErrors { code } } }"


@pytest.fixture(scope="session")
def loaded_plugins() -> Plugins:
    return load_plugins(("retail",))


async def test_what_does_not_match_is_not_told_and_costs_one_statement(patron: Patron) -> None:
    ada, bob = await customer(patron, owner="a"), await customer(patron, owner="b")
    heard, _ = await listen(patron, FILTERED, {"w": {"owner": {"startsWith": "x"}}})

    await change(patron, ada, "y1")
    assert (heard.answers, len(patron.statements)) == ([], 1 + 1)  # the payload of the mutation, and the row
    await change(patron, bob, "x1")
    await change(patron, bob, "y2")

    assert data(heard) == [{"customerChanged": {"id": bob["id"], "owner": "x1"}}]


async def test_a_filter_reaches_relations_and_fields_of_plugins(patron: Patron) -> None:
    ada, bob = await customer(patron), await customer(patron)
    heard, _ = await listen(patron, FILTERED, {"w": {"loyalty": {"tier": {"isNull": False}}}})
    literal, _ = await listen(
        patron, "subscription { customerChanged(where: {not: {loyalty: {points: {gte: 0}}}}) { id } }"
    )
    await patron.data(ENROL, {"i": {"customerId": ada["id"]}})

    await change(patron, ada, "x")
    await change(patron, bob, "x")

    assert [each["customerChanged"]["id"] for each in data(heard)] == [ada["id"]]
    assert [each["customerChanged"]["id"] for each in data(literal)] == [bob["id"]]


async def test_members_of_the_programme_are_told_of_by_their_own_conditions(patron: Patron) -> None:
    ada = await customer(patron)
    query = "subscription S($p: Int!) { loyaltyMemberChanged(where: {points: {gte: $p}}) { points } }"
    few, _ = await listen(patron, query, {"p": 0})
    many, _ = await listen(patron, query, {"p": 1})

    await patron.data(ENROL, {"i": {"customerId": ada["id"]}})
    await quiet()

    assert data(few) == [{"loyaltyMemberChanged": {"points": 0}}]
    assert many.answers == []


async def test_listeners_with_equal_conditions_share_and_others_do_not(patron: Patron) -> None:
    for owner in ("a", "a", "b"):
        await listen(patron, FILTERED, {"w": {"owner": {"eq": owner}}})
    await listen(patron, FILTERED, {"w": {"owner": {"ne": "a"}}})
    await listen(patron, FILTERED)

    assert patron.gateway.subscriptions.followings.groups == 4


@pytest.mark.security
async def test_b4_a_column_that_may_not_be_filtered_by_is_no_oracle_of_events(patron: Patron) -> None:
    plain = Grant(classes=frozenset({PUBLIC, INTERNAL}))
    shown = Grant(classes=frozenset({PII}), uses=frozenset({Use.READ}))
    scopes = ("customer:read", "party:read")
    reads = Actor(patron.prepared.tenant_id, "x", "user", scopes=scopes, grants=(plain, shown))
    blind = Actor(patron.prepared.tenant_id, "y", "user", scopes=scopes, grants=(plain,))
    wanted = {"w": {"displayName": {"startsWith": "A"}}}

    with pytest.raises(Forbidden) as refused:
        await listen(patron, FILTERED.replace("{ id owner }", "{ id }"), wanted, actor=reads)
    assert (refused.value.details["coordinate"], refused.value.details["scope"]) == (
        "Customer.displayName",
        "filter:pii",
    )
    with pytest.raises(ValidationFailed):
        await listen(patron, 'subscription { customerChanged(where: {displayName: {eq: "A"}}) { id } }', actor=blind)
    assert patron.gateway.subscriptions.followings.listeners == 0


async def test_conditions_are_counted_as_in_any_filter(patron: Patron) -> None:
    many: dict[str, Any] = {"or": [{"owner": {"eq": str(number)}} for number in range(60)]}
    with pytest.raises(LimitExceeded) as refused:
        await listen(patron, FILTERED, {"w": many})
    assert refused.value.details["limit"] == "filter nodes"


@pytest.mark.security
async def test_e1_whoever_waits_for_an_amount_is_in_the_audit_although_nothing_is_told(patron: Patron) -> None:
    ada = await customer(patron)
    heard: Heard
    heard, _ = await listen(patron, SOLD, {"w": {"amount": {"amount": {"gte": "100"}}}})

    given = {"customerId": ada["id"], "amount": {"amount": "5.00", "currencyCode": "EUR"}}
    await patron.data(RECORD, {"i": given})
    await quiet()

    prepared = patron.prepared
    reads = await prepared.database.read(
        prepared.tenant_id, lambda session: list(session.scalars(select(AuditRead.fields)))
    )
    assert heard.answers == []
    assert len(reads) == 1
    assert "Transaction.amount.amount" in reads[0]
