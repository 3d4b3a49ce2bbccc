"""What the clients of a shop do with points: members are made, get points, spend them and buy."""

from __future__ import annotations

from typing import Any, Final

from tests.faults.connection import Connection
from tests.faults.stories import customer_create
from tests.faults.writers import Operation

__all__ = ["adjust", "members", "redeem"]

ENROL: Final = """mutation($input: LoyaltyEnrolInput!) {
  loyaltyEnrol(input: $input) { member { id } userErrors { code message } } }"""
ADJUST: Final = """mutation($input: LoyaltyPointsAdjustInput!) {
  loyaltyPointsAdjust(input: $input) { member { points } userErrors { code message } } }"""
REDEEM: Final = """mutation($input: LoyaltyPointsRedeemInput!) {
  loyaltyPointsRedeem(input: $input) { member { points } userErrors { code message } } }"""


async def members(port: int, key: str, count: int) -> list[str]:
    """Makes so many members; their ids."""
    connection, made = Connection(port, key=key), []
    try:
        for number in range(count):
            create = customer_create(f"member{number}")
            customer = (await _data(connection, create.query, create.variables))["customerCreate"]["customer"]["id"]
            enrolled = await _data(connection, ENROL, {"input": {"customerId": customer}})
            made.append(enrolled["loyaltyEnrol"]["member"]["id"])
    finally:
        connection.close()
    return made


async def _data(connection: Connection, query: str, variables: Any) -> Any:
    answer = await connection.ask(query, variables)
    assert not answer.codes, answer.body
    return answer.json["data"]


def adjust(member: str, delta: int, label: str) -> Operation:
    """Gives points, or takes them away."""
    given = {"memberId": member, "delta": delta, "reason": label, "idempotencyKey": label}
    return Operation("adjust", label, ADJUST, {"input": given})


def redeem(member: str, points: int, label: str) -> Operation:
    """Spends points."""
    given = {"memberId": member, "points": points, "reason": label, "idempotencyKey": label}
    return Operation("redeem", label, REDEEM, {"input": given})
