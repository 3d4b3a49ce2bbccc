"""Every golden statement and every example query finds its rows by an index; where none can lead, it is named here with the reason."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, cast

import asyncpg
import pytest
import pytest_asyncio
from tests.planner.conftest import SEED
from tests.planner.database_plans import read_through
from tests.planner.random_rows import RandomRows
from tests.planner.rows import BEGINNING, Rows, store
from tests.planner.test_golden import NAMES, case

from patron_core.address import Dialect, asyncpg_url
from patron_core.customers.models import Customer, CustomerKind, EngagementMode, LifecycleStage
from patron_core.errors import PublicError
from patron_core.parties.models import Person
from patron_core.touchpoints.models import Channel, Direction, Touchpoint
from patron_core.transactions.models import Transaction, TransactionKind
from patron_schema.example_queries import CORE_EXAMPLES
from patron_schema.explanation import bound_params, planned_roots
from patron_schema.hookspecs import load_plugins
from patron_schema.planner.database_plan import postgresql_plan
from patron_schema.testing.databases import Databases, make_database
from patron_schema.testing.service import Patron, open_patron

pytestmark = pytest.mark.asyncio(loop_scope="session")

COUNT: Final = 10_000
LARGE: Final = frozenset({"party", "customer", "ledger_transaction", "touchpoint"})
EXAMPLES: Final = {
    example.title: example
    for group in (CORE_EXAMPLES, *(found for _, found in load_plugins(None).each("patron_example_queries")))
    for example in group
}


#: What no index can lead to, by the reason. A family that gets an index leaves the list; one that comes to it needs a reason.
READ_THROUGH: Final[Mapping[str, str]] = {
    "`totalCount` and aggregates count all rows there are.": "aliases customers_counted customers_first_page customers_in_groups "
    "fields_asked_twice groups_of_no_rows groups_under_other_names root_typename transactions_by_customer transactions_by_month",
    "A code has few values, so that a page is soon full, and of `or` and `not` nearly all rows come.": "customers_and_or_not "
    "customers_by_code customers_not_of_joan customers_nothing_or_all variables_absent_and_null",
    "`contains` and `startsWith` look into each text.": "customers_by_text texts_in_blocks texts_that_are_escaped",
    "Day and creation follow the order of ids (`without_index`).": "customers_by_date",
    "Whether there is a value is asked by a parameter, which is no condition of an index.": "customers_without_owner",
    "Rows are put in an order by something of another row, or in two directions at once.": "customers_by_party_name "
    "customers_nulls_in_order customers_order_of_three variables_everywhere",
    "Customers are walked in their order until a page of those is full who have such rows, or none.": "customers_every_transaction "
    "customers_no_touchpoints customers_some_transactions parties_who_are_no_customers",
    "Amounts of several currencies are compared and ordered by an expression.": "transactions_by_amount "
    "transactions_by_exact_amount transactions_in_order_of_amount variables_coerced",
}
EXAMPLES_READ_THROUGH: Final[Mapping[str, str]] = {
    "Customers": "Customers are ordered by the name of their party, and all are counted.",
    "Find customers": "Words are looked for inside of names.",
    "Everything about one customer": "Customers are ordered by the name of their party.",
    "Open follow-ups": "Ordered by something of another row.",
    "Loyal customers": "Ordered by something of another row.",
}


def large_rows() -> Rows:
    """A person, a customer, a transaction and a touchpoint each, ten thousand times."""
    made = RandomRows(SEED, flavour=3)
    for number in range(COUNT):
        party, customer, transaction, touchpoint = made.ids(4)
        at = BEGINNING.replace(microsecond=number % 1_000_000)
        name = f"Person {number * 7919 % COUNT:05}"
        made.rows.add(Person, party, display_name=name, given_name="Ann", family_name=name)
        made.rows.add(Customer, customer, party_id=party, kind=list(CustomerKind)[number % 2], engagement_mode=EngagementMode.HYBRID,
                      lifecycle_stage=list(LifecycleStage)[number % len(LifecycleStage)], owner=f"owner{number % 100}")  # fmt: skip
        made.rows.add(Transaction, transaction, customer_id=customer, kind=TransactionKind.SALE, occurred_at=at, amount_minor=number,
                      amount_currency="EUR", receipt_number=f"R{number}", source="till", source_key=str(number))  # fmt: skip
        made.rows.add(Touchpoint, touchpoint, customer_id=customer, channel=next(iter(Channel)), direction=next(iter(Direction)),
                      occurred_at=at, topic="A question", source="phone", source_key=str(number))  # fmt: skip
    return made.rows


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def large(databases: Databases, postgres_server: Any) -> AsyncIterator[Mapping[str, Patron]]:
    """Ten thousand customers on both databases, analysed, with all plugins."""
    databases.server = postgres_server
    made: dict[str, Patron] = {}
    for dialect in ("sqlite", "postgresql"):
        prepared = await make_database(databases, cast("Dialect", dialect), load_plugins(None))
        await store(prepared, large_rows(), prepared.actor)
        if dialect == "postgresql":
            owner = await asyncpg.connect(asyncpg_url(prepared.owner_url))
            await owner.execute("ANALYZE")
            await owner.close()
        made[dialect] = open_patron(prepared)
    yield made
    for patron in made.values():
        await patron.gateway.close()
        databases.drop(patron.prepared.owner_url)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def connection(large: Mapping[str, Patron]) -> AsyncIterator[Any]:
    """Of the application's role, which scans a table only where nothing else will do."""
    opened = await asyncpg.connect(asyncpg_url(large["postgresql"].prepared.url))
    await opened.execute("SET enable_seqscan = off")
    yield opened
    await opened.close()


async def tables_read_through(
    large: Mapping[str, Patron], connection: Any, query: str, variables: Mapping[str, Any]
) -> dict[str, set[str]]:
    """By database, the large tables that the statements of a document read through."""
    found: dict[str, set[str]] = {}
    for dialect, patron in large.items():
        found[dialect] = set()
        ready = await patron.gateway._ready(patron.request(query, variables))
        for _, root in planned_roots(ready):
            assert root.statement is not None
            sql, params = root.statement.sql, bound_params(root)
            if dialect == "postgresql":
                lines = await postgresql_plan(connection, sql, params)
            else:
                lines = await patron.reader.plan(sql, params)
            found[dialect] |= read_through(dialect, lines, sql, LARGE)
    return found


async def all_read_through(large: Mapping[str, Patron], connection: Any, documents: Mapping[str, Any]) -> set[str]:
    """The names of the documents of which a statement reads a large table through; refused ones have no statement."""
    found: set[str] = set()
    for name, (query, variables) in documents.items():
        try:
            tables = await tables_read_through(large, connection, query, variables)
        except PublicError:
            continue
        found |= {name} if any(tables.values()) else set()
    return found


async def test_golden_statements_find_their_rows_by_an_index(large: Mapping[str, Patron], connection: Any) -> None:
    found = await all_read_through(large, connection, {name: case(name) for name in NAMES})

    assert found == {name for names in READ_THROUGH.values() for name in names.split()}


async def test_examples_find_their_rows_by_an_index(large: Mapping[str, Patron], connection: Any) -> None:
    documents = {title: (each.query, json.loads(each.variables or "{}")) for title, each in EXAMPLES.items()}

    assert await all_read_through(large, connection, documents) == set(EXAMPLES_READ_THROUGH)


async def test_a_table_that_is_read_through_is_noticed(large: Mapping[str, Patron], connection: Any) -> None:
    by_index = '{ transactions(first: 2, orderBy: [{field: OCCURRED_AT}], where: {receiptNumber: {eq: "R1"}}) { nodes { id } } }'
    through = (
        '{ touchpoints(first: 2, where: {outcome: {eq: "x"}}, orderBy: [{field: CUSTOMER_OWNER}]) { nodes { id } } }'
    )

    assert await tables_read_through(large, connection, by_index, {}) == {"sqlite": set(), "postgresql": set()}
    assert await tables_read_through(large, connection, through, {}) == {
        "sqlite": {"touchpoint"},
        "postgresql": {"touchpoint"},
    }
