"""The data of the benchmarks: customers with transactions, points and relationships, written by the database itself.

In comes a superuser's URL and a number of customers, out comes a tenant. Ten transactions, one membership with three entries and
three relationships a customer; half of the customers are ACTIVE.
"""

from __future__ import annotations

import uuid
from typing import Final

import asyncpg

__all__ = ["TENANT", "fill", "some_customer"]

TENANT: Final = uuid.UUID("0190b000-0000-7000-8000-0000000be4c4")

_NOW = "timestamptz '2026-01-01 00:00+00'"


def _id(kind: int, number: str) -> str:
    """A uuid7-like id that ascends with its number."""
    return f"('0190b0{kind:02x}-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


_STANDARD = f"1, {_NOW}, {_NOW}"

STATEMENTS: Final = (
    f"""INSERT INTO party (tenant_id, id, kind, display_name, language,
    version, created_at, updated_at)
    SELECT $1, {_id(1, "n")}, 'PERSON', 'Customer ' || n || ' "' || md5(n::text) || '"', 'en', {_STANDARD}
    FROM generate_series(1, $2::bigint) n""",
    f"""INSERT INTO customer (tenant_id, id, party_id, kind, engagement_mode, lifecycle_stage, owner, since,
    version, created_at, updated_at)
    SELECT $1, {_id(2, "n")}, {_id(1, "n")}, 'B2C', 'HYBRID', CASE WHEN n % 2 = 0 THEN 'ACTIVE' ELSE 'PROSPECT' END,
    CASE WHEN n % 3 = 0 THEN 'team ' || n % 7 END, CASE WHEN n % 5 > 0 THEN date '2020-01-01' + (n % 900)::int END, {_STANDARD}
    FROM generate_series(1, $2::bigint) n""",
    f"""INSERT INTO ledger_transaction (tenant_id, id, customer_id, kind, amount_minor, amount_currency, occurred_at, channel,
    version, created_at, updated_at)
    SELECT $1, {_id(3, "n * 16 + k")}, {_id(2, "n")}, 'SALE', (n * 31 + k * 977) % 500000, 'EUR',
    {_NOW} - ((n * 7 + k * 1009) % 31536000) * interval '1 second', CASE WHEN k % 4 > 0 THEN 'WEB' END, {_STANDARD}
    FROM generate_series(1, $2::bigint) n, generate_series(0, 9) k""",
    f"""INSERT INTO retail_loyalty_member (tenant_id, id, customer_id, enrolled_at, tier, points, tier_points, next_tier_at,
    version, created_at, updated_at)
    SELECT $1, {_id(4, "n")}, {_id(2, "n")}, {_NOW}, 'BRONZE', n % 900, n % 900, 1000, {_STANDARD}
    FROM generate_series(1, $2::bigint) n""",
    f"""INSERT INTO retail_points_entry (tenant_id, id, member_id, kind, delta, occurred_at,
    version, created_at, updated_at)
    SELECT $1, {_id(5, "n * 4 + k")}, {_id(4, "n")}, 'EARN', 1 + n % 300, {_NOW}, {_STANDARD}
    FROM generate_series(1, $2::bigint) n, generate_series(0, 2) k""",
    f"""INSERT INTO relationship_type (tenant_id, id, code, forward_name, inverse_name, "symmetric", reflexive,
    version, created_at, updated_at)
    SELECT $1, {_id(6, "n")}, 'KNOWS', 'knows', 'is known by', false, false, {_STANDARD} FROM generate_series(1, 1) n
    WHERE $2::bigint > 0""",
    f"""INSERT INTO relationship (tenant_id, id, type_id, source_id, target_id, role_title, influence,
    version, created_at, updated_at)
    SELECT $1, {_id(7, "n * 4 + k")}, {_id(6, "1::bigint")}, {_id(1, "n")}, {_id(1, "(n * 13 + k * 101) % $2::bigint + 1")},
    'friend', (n + k) % 100, {_STANDARD}
    FROM generate_series(1, $2::bigint) n, generate_series(0, 2) k""",
)


async def fill(superuser_url: str, customers: int) -> None:
    """Writes the data as a superuser, whom row-level security does not bind, and lets the planner learn it."""
    connection = await asyncpg.connect(superuser_url)
    try:
        for statement in STATEMENTS:
            await connection.execute(statement, TENANT, customers)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def some_customer(number: int) -> str:
    """The outer id of a customer by its number."""
    return f"cus_0190b002-0000-7000-8000-{number:012x}"
