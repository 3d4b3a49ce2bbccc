"""Spreading tables over machines: what is generated for Citus, that no key forbids it, and that PostgreSQL takes it.

There is no Citus here: its functions are replaced by ones that note what they are called with, so that everything else of the
SQL is run for real.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Column, ForeignKeyConstraint, Integer, MetaData, Table, UniqueConstraint
from typer.testing import CliRunner

from patron_core.address import asyncpg_url
from patron_core.errors import StartupError
from patron_core.migrations import distributions
from patron_core.migrations.citus import (
    Distributed,
    distribute,
    distributed,
    distribution_problems,
    distribution_sql,
)
from patron_core.migrations.distributions import CORE
from patron_core.plugins import Plugins
from patron_schema.cli import app
from patron_schema.hookspecs import load_plugins
from patron_schema.testing.databases import PreparedDatabase

GOLDEN = Path(__file__).with_name("citus.sql")
_NOTED = """
CREATE TABLE noted (number serial, what text);
CREATE FUNCTION create_reference_table(name text) RETURNS void LANGUAGE sql AS
  $$ INSERT INTO noted (what) VALUES (name || ' everywhere') $$;
CREATE FUNCTION create_distributed_table(name text, by text, colocate_with text) RETURNS void LANGUAGE sql AS
  $$ INSERT INTO noted (what) VALUES (name || ' by ' || by || ' beside ' || colocate_with) $$;
"""
_RULES = "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2"


def test_the_sql_of_the_core_is_as_it_was_reviewed(request: pytest.FixtureRequest) -> None:
    text = ";\n".join(distribution_sql(distributed([CORE]))) + ";\n"

    if request.config.getoption("--update"):
        GOLDEN.write_text(text)

    assert text == GOLDEN.read_text(), (
        "Tables have changed. Run `pytest tests/core/test_citus.py --update` and review it."
    )


def test_no_key_of_the_core_and_the_plugins_reaches_over_the_border_of_a_tenant() -> None:
    plan = distributed(distributions(load_plugins(None)))

    assert distribution_problems(plan) == []
    assert len(plan.spread) > 50
    assert [table.name for table in plan.copied] == ["tenant"]


def test_a_key_without_the_tenant_is_told() -> None:
    tables = MetaData()
    first = Table(
        "first",
        tables,
        Column("tenant_id", Integer, primary_key=True),
        Column("id", Integer, primary_key=True),
        Column("name", Integer, unique=True, index=True),
        UniqueConstraint("id", name="by_id"),
    )
    second = Table(
        "second",
        tables,
        Column("tenant_id", Integer, primary_key=True),
        Column("first_id", Integer),
        ForeignKeyConstraint(["first_id"], ["first.id"], name="to_first"),
    )

    found = distribution_problems(Distributed(spread=(first, second), copied=()))

    assert [problem.split(". ")[0] for problem in found] == [
        "by_id of first does not begin with tenant_id",
        "ix_first_name of first does not begin with tenant_id",
        "to_first of second refers to first without the tenant",
    ]


@pytest.fixture
def loaded_plugins() -> Plugins:
    return load_plugins(None)


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_postgresql_takes_the_sql_and_has_the_same_rules_afterwards(database: PreparedDatabase) -> None:
    plan = distributed(distributions(database.plugins))
    connection = await asyncpg.connect(asyncpg_url(database.owner_url))
    before = await connection.fetch(_RULES)
    await connection.execute(_NOTED)

    transaction = connection.transaction()
    await transaction.start()
    for statement in distribution_sql(plan):
        await connection.execute(statement)
    after = [row for row in await connection.fetch(_RULES) if row[0] != "noted"]
    noted = [row["what"] for row in await connection.fetch("SELECT what FROM noted ORDER BY number")]
    await transaction.rollback()  # roles belong to the whole server
    tenant_tables = await connection.fetch(
        "SELECT attrelid::regclass::text FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
        " WHERE attname = 'tenant_id' AND relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    await connection.close()

    assert after == before
    assert noted[0] == "tenant everywhere"
    first = noted[1].split()[0]
    assert all(what.endswith(f" by tenant_id beside {first}") for what in noted[2:])
    assert {what.split()[0] for what in noted[1:]} == {row[0] for row in tenant_tables}


async def test_without_the_extension_nothing_is_done(database: PreparedDatabase) -> None:
    expected = "no extension citus" if database.dialect == "postgresql" else "one file on one machine"

    with pytest.raises(StartupError, match=expected):
        await distribute(database.owner_url, distributions(database.plugins))


def test_the_command_prints_one_transaction_and_connects_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATRON_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")

    result: Any = CliRunner().invoke(app, ["db", "distribute", "--print", "--plugins", "retail"])

    assert result.exit_code == 0, result.output
    assert result.output.startswith("BEGIN;\n")
    assert result.output.endswith("COMMIT;\n")
    assert "create_distributed_table('retail_loyalty_member', 'tenant_id'" in re.sub(r"\s+", " ", result.output)
