"""What the plugin adds to the API: read in one statement, filtered and ordered with the core's fields, and changed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from patron_core.transactions.commands import NewLine
from patron_core.transactions.models import TransactionKind
from patron_retail.commands import RedeemPoints
from patron_retail.example_queries import EXAMPLES
from patron_schema.testing.databases import NOON, PreparedDatabase
from patron_schema.testing.service import Patron

from .shop import customer, euro, member, record

CUP = NewLine(sku="CUP", description="Cup", quantity=Decimal(2), unit_price=euro("250"))
POSTAGE = NewLine(sku="POST", description="Postage", unit_price=euro("4.90"))


@pytest.fixture
async def ada(database: PreparedDatabase) -> Any:
    """A customer who bought cups, spent points and returned something; Bob is there and bought nothing."""
    made = await customer(database)
    await customer(database, "Bob")
    await record(database, made.id, "504.90", lines=(CUP, POSTAGE), at=NOON - dt.timedelta(days=3))
    await record(database, made.id, "-4.90", kind=TransactionKind.REFUND, at=NOON - dt.timedelta(days=2))
    await database.do(RedeemPoints(member_id=(await member(database, made.id)).id, points=300, reason="A kettle"))
    return made


@pytest.mark.parametrize(
    "asked",
    [
        "customers { nodes { loyalty { points } } }",
        "customers { nodes { loyalty { earned } } }",
        "loyaltyMembersAggregate { max { points } }",
    ],
)
async def test_a_number_beyond_an_int_is_refused_on_both_paths_and_never_cut(
    patron: Patron, database: PreparedDatabase, asked: str
) -> None:
    await record(database, (await customer(database)).id, "2147483648")

    answers = [
        await patron.ask(f"{{ {asked} }}"),
        await patron.ask(f"{{ {asked} __schema {{ queryType {{ name }} }} }}"),
    ]

    for answer in answers:
        [error] = answer["errors"]
        assert error["extensions"]["code"] == "INVALID_INPUT"
        assert "32 bits" in error["message"]
    assert await patron.data("{ loyaltyMembersAggregate { sum { points } } }") == {
        "loyaltyMembersAggregate": [{"sum": {"points": "2147483648"}}]
    }


async def test_the_largest_int_is_shown(patron: Patron, database: PreparedDatabase) -> None:
    await record(database, (await customer(database)).id, "2147483647")

    data = await patron.data("{ loyaltyMembers { nodes { points earned redeemed } } }")

    assert data["loyaltyMembers"]["nodes"] == [{"points": 2147483647, "earned": 2147483647, "redeemed": 0}]


async def test_a_customers_loyalty_is_read_in_one_statement(patron: Patron, ada: Any) -> None:
    data = await patron.data(
        """{
          customers(orderBy: [{ field: DISPLAY_NAME }]) {
            nodes {
              displayName
              loyalty {
                tier points earned redeemed tierPoints nextTierAt canRedeem pointsToNextTier
                customer { displayName }
                entries(orderBy: [{ field: OCCURRED_AT }]) {
                  totalCount
                  nodes { kind delta reason transaction { kind } }
                }
              }
              purchases { nodes { units products transaction { amount { amount } purchase { units } } } }
            }
          }
        }"""
    )

    assert len(patron.statements) == 1
    first, second = data["customers"]["nodes"]
    assert first == {
        "displayName": "Ada",
        "loyalty": {
            "tier": "BRONZE",
            "points": 200,
            "earned": 504,
            "redeemed": 300,
            "tierPoints": 500,
            "nextTierAt": 1000,
            "canRedeem": True,
            "pointsToNextTier": 500,
            "customer": {"displayName": "Ada"},
            "entries": {
                "totalCount": 3,
                "nodes": [
                    {"kind": "EARN", "delta": 504, "reason": None, "transaction": {"kind": "SALE"}},
                    {"kind": "REVERSE", "delta": -4, "reason": None, "transaction": {"kind": "REFUND"}},
                    {"kind": "BURN", "delta": -300, "reason": "A kettle", "transaction": None},
                ],
            },
        },
        "purchases": {
            "nodes": [
                {
                    "units": "2.000",
                    "products": 1,
                    "transaction": {"amount": {"amount": "504.90"}, "purchase": {"units": "2.000"}},
                }
            ]
        },
    }
    assert second == {"displayName": "Bob", "loyalty": None, "purchases": {"nodes": []}}


async def test_customers_are_found_and_ordered_by_the_plugins_fields(patron: Patron, ada: Any) -> None:
    data = await patron.data(
        """{
          rich: customers(where: { loyalty: { points: { gte: 200 }, canRedeem: { eq: true } } }) { totalCount }
          buyers: customers(where: { purchases: { some: { units: { gt: "1" } } } }) { nodes { displayName } }
          ordered: customers(orderBy: [{ field: LOYALTY_POINTS }]) { nodes { displayName } }
          loyaltyMembers(where: { customer: { displayName: { eq: "Ada" } } }) { nodes { points } }
        }"""
    )

    assert data["rich"] == {"totalCount": 1}
    assert data["buyers"] == {"nodes": [{"displayName": "Ada"}]}
    assert data["ordered"] == {"nodes": [{"displayName": "Ada"}, {"displayName": "Bob"}]}
    assert data["loyaltyMembers"] == {"nodes": [{"points": 200}]}
    assert len(patron.statements) == 4


async def test_points_stand_in_the_timeline(patron: Patron, ada: Any) -> None:
    query = "query One($id: ID!) { customer(id: $id) { timeline { nodes { __typename summary } } } }"

    data = await patron.data(query, {"id": f"cus_{ada.id}"})

    assert {(node["__typename"], node["summary"]) for node in data["customer"]["timeline"]["nodes"]} == {
        ("PointsEntry", "Points earned"),
        ("PointsEntry", "Points taken back"),
        ("PointsEntry", "Points redeemed"),
        ("Transaction", "Sale"),
        ("Transaction", "Refund"),
    }


async def test_a_customer_is_enrolled_redeems_and_is_corrected(patron: Patron, ada: Any) -> None:
    enrol = """mutation Enrol($input: LoyaltyEnrolInput!) {
      loyaltyEnrol(input: $input) { member { id points } userErrors { code } }
    }"""
    redeem = """mutation Redeem($input: LoyaltyPointsRedeemInput!) {
      loyaltyPointsRedeem(input: $input) { member { points } entry { delta kind } userErrors { code path } }
    }"""
    adjust = """mutation Adjust($input: LoyaltyPointsAdjustInput!) {
      loyaltyPointsAdjust(input: $input) { member { points } entry { delta } userErrors { code path } }
    }"""

    enrolled = (await patron.data(enrol, {"input": {"customerId": f"cus_{ada.id}"}}))["loyaltyEnrol"]
    spend = {"memberId": enrolled["member"]["id"], "points": 150, "idempotencyKey": "k"}
    first = (await patron.data(redeem, {"input": spend}))["loyaltyPointsRedeem"]
    again = (await patron.data(redeem, {"input": spend}))["loyaltyPointsRedeem"]
    more = (await patron.data(redeem, {"input": {**spend, "idempotencyKey": "l"}}))["loyaltyPointsRedeem"]
    gift = {"memberId": enrolled["member"]["id"], "delta": 5, "reason": "A gift"}
    corrected = (await patron.data(adjust, {"input": gift}))["loyaltyPointsAdjust"]

    assert enrolled["member"]["points"] == 200
    assert first == {"member": {"points": 50}, "entry": {"delta": -150, "kind": "BURN"}, "userErrors": []}
    assert again == first
    assert more == {
        "member": None,
        "entry": None,
        "userErrors": [{"code": "INVALID_INPUT", "path": ["input", "points"]}],
    }
    assert corrected == {"member": {"points": 55}, "entry": {"delta": 5}, "userErrors": []}


async def test_a_blocked_redemption_says_its_code(patron: Patron, ada: Any) -> None:
    change = """mutation Change($input: CustomerUpdateInput!) {
      customerUpdate(input: $input) { customer { lifecycleStage } userErrors { message } }
    }"""
    redeem = """mutation Redeem($input: LoyaltyPointsRedeemInput!) {
      loyaltyPointsRedeem(input: $input) { member { points } userErrors { code path } }
    }"""
    owner = await member(patron.prepared, ada.id)
    await patron.data(change, {"input": {"id": f"cus_{ada.id}", "version": 1, "lifecycleStage": "CHURNED"}})

    data = await patron.data(redeem, {"input": {"memberId": f"loy_{owner.id}", "points": 1}})

    assert data["loyaltyPointsRedeem"] == {
        "member": None,
        "userErrors": [{"code": "LOYALTY_BLOCKED", "path": ["input", "memberId"]}],
    }


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
async def test_every_example_is_answered(patron: Patron, ada: Any, example: Any) -> None:
    import json

    answer = await patron.ask(example.query, json.loads(example.variables or "{}"))

    assert "errors" not in answer
