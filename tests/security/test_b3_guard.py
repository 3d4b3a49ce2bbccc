"""B3: what the guard on written statements refuses and lets pass, and that every key of every table begins with the tenant."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import ForeignKeyConstraint, PrimaryKeyConstraint, Table, UniqueConstraint

from patron_core.plugins import Plugins
from patron_core.records import Record
from patron_schema.planner.sql.guard import UnownedTable, refuse_unowned

pytestmark = pytest.mark.security

PINNED = "SELECT 1 FROM party t1 WHERE t1.tenant_id = ?1 AND t1.id = ?2"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM party t1 WHERE t1.id = ?2",
        "SELECT 1 FROM party t1 WHERE t1.tenant_id = ?2",
        "SELECT 1 FROM party t1 WHERE t1.tenant_id = ?1 OR 1 = 1",
        "SELECT 1 FROM party t1 WHERE NOT t1.tenant_id = ?1",
        "SELECT 1 FROM party t1 WHERE t1.tenant_id = t1.tenant_id",
        "SELECT 1 FROM party t1 WHERE t2.tenant_id = ?1",
        "SELECT 1 FROM party WHERE party.id = ?2",
        'SELECT 1 FROM "party" t1 WHERE t1.id = ?2',
        f"{PINNED} AND EXISTS (SELECT 1 FROM customer t2 WHERE t2.party_id = t1.id)",
        f"{PINNED} AND (SELECT 1 FROM party t3 JOIN customer t4 ON t4.party_id = t3.id WHERE t3.tenant_id = ?1) = 1",
        "SELECT (SELECT sum(summed.x) FROM loyalty summed WHERE summed.m = t1.id) FROM party t1 WHERE t1.tenant_id = ?1",
    ],
)
def test_b3_the_guard_refuses(sql: str) -> None:
    with pytest.raises(UnownedTable, match="without the tenant's condition"):
        refuse_unowned(sql, (1, 2))


@pytest.mark.parametrize(
    "sql",
    [
        PINNED,
        "SELECT 1 FROM party t1 WHERE t1.tenant_id = $1::uuid",
        f"{PINNED} AND t1.name IS NOT DISTINCT FROM t1.other",
        f"{PINNED} AND t1.id IN (SELECT value FROM json_each(?2))",
        "SELECT 1 FROM (SELECT t1.* FROM party t1 WHERE t1.tenant_id = ?1) t2",
        "SELECT (SELECT 1 FROM loyalty summed WHERE summed.tenant_id = t1.tenant_id) FROM party t1 WHERE t1.tenant_id = ?1",
    ],
)
def test_b3_the_guard_lets_pass(sql: str) -> None:
    refuse_unowned(sql, (1, 2))


# -- composite keys

#: Tables that are of no tenant: one named list (DESIGN 4).
CONTROL = {"tenant"}


def tenant_tables() -> list[Table]:
    return [t for t in Record.metadata.tables.values() if t.name not in CONTROL]


def test_b3_every_key_begins_with_the_tenant(loaded_plugins: Plugins, record_property: pytest.RecordProperty) -> None:
    assert loaded_plugins.names, "their tables count too"
    wrong, keys = [], 0
    for table in tenant_tables():
        rules: list[Any] = [
            c
            for c in table.constraints
            if isinstance(c, PrimaryKeyConstraint | UniqueConstraint | ForeignKeyConstraint)
        ]
        for rule in [*rules, *(index for index in table.indexes if index.unique)]:
            keys += 1
            names = [column.name for column in rule.columns]
            if names[0] != "tenant_id":
                wrong.append(f"{table.name}: {names}")
    assert not wrong, wrong
    record_property(
        "figure", f"{keys} of {keys} unique keys and references of {len(tenant_tables())} tables begin with the tenant"
    )
