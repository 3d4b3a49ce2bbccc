"""The data of the benchmarks: customers with all that the four plugins know of them, written by PostgreSQL itself.

In come a superuser's connection, a tenant and a number of customers. Each customer has 10 transactions, 3 touchpoints,
3 relationships, a loyalty membership with 3 entries, an account with a statement and its balance, a guest with a reservation and
2 preferences, and every 4th a patient with 2 follow-ups, one of them open. Half of the customers are ACTIVE; every 50th has a name
that JSON must escape. All is a function of the row's number, so that two fills are alike.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any, Final

__all__ = ["CHARACTER", "NEIGHBOUR", "TENANT", "fill", "identifier"]

TENANT: Final = uuid.UUID("0190b000-0000-7000-8000-0000000be4c4")
#: A tenant beside it, a tenth of its size, with the same ids: whoever forgets the tenant answers wrongly.
NEIGHBOUR: Final = uuid.UUID("0190b000-0000-7000-8000-0000000be4c5")

_NOW: Final = "timestamptz '2026-01-01 00:00+00'"
_ROW: Final = f"1, {_NOW}, {_NOW}"
_COMMON: Final = "version, created_at, updated_at"
_EACH: Final = "FROM generate_series(1, $2::bigint) n"


def _id(kind: int, number: str) -> str:
    """A uuid7-like id that ascends with its number."""
    return f"('0190b0{kind:02x}-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


def identifier(prefix: str, kind: int, number: int) -> str:
    """The outer id of a row, such as `identifier("cus", 2, 500)`."""
    return f"{prefix}_0190b0{kind:02x}-0000-7000-8000-{number:012x}"


def _insert(table: str, columns: str, values: str, source: str = _EACH) -> str:
    """Rows of the tenant $1; $2 is the number of customers."""
    return f"INSERT INTO {table} (tenant_id, id, {columns}, {_COMMON}) SELECT $1::uuid, {values}, {_ROW} {source}"


def _few(last: int) -> str:
    return f"{_EACH}, generate_series(0, {last}) k"


_SOME_TIME: Final = f"{_NOW} - ((n * 7919 + k * 3000017) % 31536000) * interval '1 second'"
_PATIENTS: Final = f"{_EACH} WHERE n % 4 = 0"

CORE: Final = (
    _insert(
        "party",
        "kind, display_name, language",
        f"""{_id(1, "n")}, 'PERSON', 'Customer ' || n || CASE WHEN n % 50 = 0 THEN ' "Ünïcode" é\\' ELSE '' END, 'en'""",
    ),
    _insert(
        "customer",
        "party_id, kind, engagement_mode, lifecycle_stage, owner, since",
        f"""{_id(2, "n")}, {_id(1, "n")}, CASE WHEN n % 5 = 0 THEN 'B2B' ELSE 'B2C' END, 'HYBRID',
        CASE WHEN n % 2 = 0 THEN 'ACTIVE' WHEN n % 3 = 0 THEN 'CHURNED' ELSE 'PROSPECT' END,
        CASE WHEN n % 3 = 0 THEN 'team ' || n % 7 END, CASE WHEN n % 5 > 0 THEN date '2020-01-01' + (n % 900)::int END""",
    ),
    _insert(
        "ledger_transaction",
        "customer_id, kind, amount_minor, amount_currency, occurred_at, channel",
        f"""{_id(3, "n * 16 + k")}, {_id(2, "n")}, CASE WHEN k % 5 = 4 THEN 'FEE' ELSE 'SALE' END,
        (n * 31 + k * 977) % 500000, CASE WHEN k % 10 = 9 THEN 'USD' ELSE 'EUR' END, {_SOME_TIME},
        CASE WHEN k % 4 > 0 THEN 'WEB' END""",
        _few(9),
    ),
    _insert(
        "touchpoint",
        "customer_id, channel, direction, occurred_at, topic",
        f"""{_id(8, "n * 4 + k")}, {_id(2, "n")}, (ARRAY['EMAIL', 'PHONE', 'STORE'])[1 + k], 'INBOUND', {_SOME_TIME},
        'Topic ' || n % 97""",
        _few(2),
    ),
    _insert(
        "relationship_type",
        'code, forward_name, inverse_name, "symmetric", reflexive',
        f"""{_id(6, "n")}, 'KNOWS', 'knows', 'is known by', false, false""",
        "FROM generate_series(1, 1) n WHERE $2::bigint > 0",
    ),
    _insert(
        "relationship",
        "type_id, source_id, target_id, role_title, influence",
        f"""{_id(7, "n * 4 + k")}, {_id(6, "1::bigint")}, {_id(1, "n")}, {_id(1, "(n * 13 + k * 101) % $2::bigint + 1")},
        'friend', (n + k) % 100""",
        _few(2),
    ),
)

RETAIL: Final = (
    _insert(
        "retail_loyalty_member",
        "customer_id, enrolled_at, tier, points, tier_points, next_tier_at",
        f"{_id(4, 'n')}, {_id(2, 'n')}, {_NOW}, (ARRAY['BRONZE', 'SILVER', 'GOLD'])[1 + n % 3], n % 900, n % 900, 1000",
    ),
    _insert(
        "retail_points_entry",
        "member_id, kind, delta, occurred_at",
        f"{_id(5, 'n * 4 + k')}, {_id(4, 'n')}, 'EARN', 1 + n % 300, {_SOME_TIME}",
        _few(2),
    ),
)

BANKING: Final = (
    _insert(
        "banking_account",
        "customer_id, kind, status, number, currency, opened_on",
        f"{_id(16, 'n')}, {_id(2, 'n')}, 'DEPOSIT', 'ENABLED', n::text, 'EUR', date '2021-01-01' + (n % 900)::int",
    ),
    _insert(
        "banking_account_party",
        "customer_id, account_id, kind, role, share",
        f"{_id(17, 'n')}, {_id(2, 'n')}, {_id(16, 'n')}, 'DEPOSIT', 'OWNER', 10000",
    ),
    _insert(
        "banking_statement",
        "account_id, number, entry_count, source_key",
        f"{_id(18, 'n')}, {_id(16, 'n')}, '2025/12', n % 40, 'st'",
    ),
    _insert(
        "banking_balance",
        "account_id, statement_id, number, type, as_of, amount_minor, amount_currency",
        f"""{_id(19, "n * 2 + k")}, {_id(16, "n")}, {_id(18, "n")}, k + 1, (ARRAY['OPBD', 'CLBD'])[1 + k],
        date '2025-12-01' + (k * 30)::int, (n * 53 + k * 7919) % 900000 - 50000, 'EUR'""",
        _few(1),
    ),
)

HOSPITALITY: Final = (
    _insert(
        "hospitality_property",
        "code, name, timezone",
        f"{_id(32, 'n')}, 'H' || n, 'Hotel ' || n, 'Europe/Lisbon'",
        "FROM generate_series(1, 5) n WHERE $2::bigint > 0",
    ),
    _insert(
        "hospitality_guest",
        "customer_id, country, pseudonymous, blocked",
        f"{_id(33, 'n')}, {_id(2, 'n')}, (ARRAY['PRT', 'GBR', 'FRA', 'DEU'])[1 + n % 4], false, false",
    ),
    _insert(
        "hospitality_reservation",
        """guest_id, property_id, status, status_on, booked_at, arrival, departure, nights, adults, meal,
        rate_minor, rate_currency, special_requests""",
        f"""{_id(34, "n")}, {_id(33, "n")}, {_id(32, "n % 5 + 1")}, 'CONFIRMED', date '2025-12-01', {_NOW},
        date '2026-03-01' + (n % 200)::int, date '2026-03-01' + (n % 200 + n % 7)::int, n % 7, 1 + n % 2, 'BB',
        8000 + n % 9000, 'EUR', n % 3""",
    ),
    _insert(
        "hospitality_guest_preference",
        "guest_id, category, value, scope, origin, status, recorded_at",
        f"""{_id(35, "n * 2 + k")}, {_id(33, "n")}, (ARRAY['PILLOW', 'FLOOR'])[1 + k], (ARRAY['feather', 'high'])[1 + k],
        'GLOBAL', 'EXPLICIT', 'ACTIVE', {_NOW}""",
        _few(1),
    ),
)

HEALTHCARE: Final = (
    _insert(
        "healthcare_patient",
        "customer_id, medical_record_number, medical_record_system, birth_sex, deceased",
        f"{_id(48, 'n')}, {_id(2, 'n')}, 'MR' || n, 'clinic', (ARRAY['FEMALE', 'MALE'])[1 + n % 2], false",
        _PATIENTS,
    ),
    _insert(
        "healthcare_observation",
        "patient_id, status, category, code, code_system, display, value, unit, effective_at, interpretation",
        f"""{_id(49, "n * 2 + k")}, {_id(48, "n")}, 'FINAL', 'LABORATORY', (ARRAY['4548-4', '2093-3'])[1 + k],
        'http://loinc.org', (ARRAY['Hemoglobin A1c', 'Cholesterol'])[1 + k], (7000000 + n % 5000000), '%', {_SOME_TIME}, 'H'""",
        f"{_few(1)} WHERE n % 4 = 0",
    ),
    _insert(
        "healthcare_follow_up",
        "patient_id, based_on_id, code, reason, due_on, status, closed_at, outcome",
        f"""{_id(50, "n * 2 + k")}, {_id(48, "n")}, {_id(49, "n * 2 + k")}, (ARRAY['4548-4', '2093-3'])[1 + k],
        (ARRAY['Hemoglobin A1c is high', 'Cholesterol is high'])[1 + k], date '2026-02-01' + (n % 60)::int,
        (ARRAY['REQUESTED', 'COMPLETED'])[1 + k], CASE WHEN k = 1 THEN {_NOW} END, CASE WHEN k = 1 THEN 'Spoken to' END""",
        f"{_few(1)} WHERE n % 4 = 0",
    ),
)

STATEMENTS: Final = (*CORE, *RETAIL, *BANKING, *HOSPITALITY, *HEALTHCARE)
#: Changes whenever the data does.
CHARACTER: Final = hashlib.sha256("".join(STATEMENTS).encode()).hexdigest()[:8]


async def fill(connection: Any, customers: int, *, tenant: uuid.UUID = TENANT) -> None:
    """Writes the rows of a tenant. connection: asyncpg's, of a superuser, whom row-level security does not bind."""
    for statement in STATEMENTS:
        await connection.execute(statement, tenant, customers)
