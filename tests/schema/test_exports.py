"""Exports: every row once, with the rights of the one it is for, in bounded memory; and documents that are none."""

from __future__ import annotations

import gc
import tracemalloc
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from patron_core.audit.models import AuditRead
from patron_core.customers.commands import CreateCustomer
from patron_core.errors import PublicError
from patron_core.exports.columns import Kind
from patron_core.exports.writers import CsvWriter
from patron_core.messages import Actor
from patron_core.parties.commands import CreatePerson, NewPerson
from patron_core.parties.models import Party
from patron_core.transactions.commands import IngestTransactions, NewTransaction
from patron_core.transactions.models import TransactionKind
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money
from patron_schema.exports import ConnectionExport, ExportPage, begin_export
from patron_schema.testing.service import Patron

SALES = "{ transactions(first: 10) { nodes { sourceKey amount { amount currencyCode } } } }"


async def sales(patron: Patron, count: int) -> Any:
    """A customer with so many sales, from 1 cent on."""
    customer = await patron.prepared.do(CreateCustomer(person=NewPerson(given_name="Ada", family_name="Almond")))
    rows = tuple(
        NewTransaction(
            customer_id=customer.id, kind=TransactionKind.SALE, amount=Money(number, "EUR"),
            source_key=f"{number:05}", occurred_at=patron.prepared.clock.now(),
        )
        for number in range(1, count + 1)
    )  # fmt: skip
    for start in range(0, count, 500):
        await patron.prepared.do(IngestTransactions(source="till", rows=rows[start : start + 500]))
    return customer


async def begun(
    patron: Patron, query: str = SALES, variables: Mapping[str, Any] | None = None, *, actor: Actor | None = None
) -> ConnectionExport:
    return await begin_export(patron.gateway, query, actor=actor or patron.prepared.actor, variables=variables)


async def all_rows(export: ConnectionExport, after: tuple[str, ...] = ()) -> list[Mapping[str, Any]]:
    return [row async for page in export.pages(after=after) for row in page.rows]


async def test_every_row_is_there_once_over_many_pages(patron: Patron) -> None:
    await sales(patron, 57)
    export = await begun(patron)

    rows = await all_rows(export)

    assert sorted(row["sourceKey"] for row in rows) == [f"{number:05}" for number in range(1, 58)]
    assert await export.count() == 57
    assert [(column.name, column.kind) for column in export.columns] == [
        ("sourceKey", Kind.TEXT),
        ("amount.amount", Kind.DECIMAL),
        ("amount.currencyCode", Kind.TEXT),
    ]


async def test_no_rows_are_no_pages(patron: Patron) -> None:
    assert await all_rows(await begun(patron)) == []


async def test_rows_that_stay_are_there_once_whatever_is_deleted_and_made_meanwhile(patron: Patron) -> None:
    made = [await person(patron, number) for number in range(30)]
    export, seen = await begun(patron, "{ parties(first: 10) { nodes { id } } }"), []

    async for page in export.pages():
        seen += [row["id"] for row in page.rows]
        if len(seen) == 10:
            await patron.prepared.do(without(made[7:12]))  # the row that the next page would begin behind, among them
            made.append(await person(patron, 30))

    assert seen == [f"pty_{each}" for each in (*made[:10], *made[12:])]


async def test_an_export_whose_last_page_is_gone_says_so(patron: Patron) -> None:
    made = [await person(patron, number) for number in range(4)]
    pages = (await begun(patron, "{ parties(first: 2) { nodes { id } } }")).pages()
    await anext(pages)
    await patron.prepared.do(without(made[:2]))

    with pytest.raises(PublicError, match="without --resume"):
        await anext(pages)


async def person(patron: Patron, number: int) -> uuid.UUID:
    made = await patron.prepared.do(CreatePerson(person=NewPerson(given_name=f"Ada {number}")))
    found: uuid.UUID = made.id
    return found


def without(ids: list[uuid.UUID]) -> Callable[[UnitOfWork], Any]:
    def work(uow: UnitOfWork) -> None:
        for record in uow.select(select(Party).where(uow.among(Party.id, ids))):
            uow.session.delete(record)

    return work


async def test_an_export_goes_on_behind_the_last_page(patron: Patron) -> None:
    await sales(patron, 35)
    first: ExportPage | None = None
    async for page in (await begun(patron)).pages():
        first = page
        break
    assert first is not None

    rest = await all_rows(await begun(patron), first.cursors)

    keys = [row["sourceKey"] for row in (*first.rows, *rest)]
    assert sorted(keys) == [f"{number:05}" for number in range(1, 36)]


async def test_pages_shrink_until_they_cost_what_the_actor_may_ask_for(patron: Patron) -> None:
    await sales(patron, 20)
    deep = "{ transactions(first: 100) { nodes { sourceKey customer { transactions(first: 100) { nodes { id } } } } } }"
    actor = Actor(patron.prepared.tenant_id, "shop", "app", roles=("agent",))
    export = await begun(patron, deep, actor=actor)

    sizes = [len(page.rows) async for page in export.pages()]

    assert sum(sizes) == 20
    assert export.lists == ("customer.transactions",)


async def test_a_row_that_alone_costs_too_much_is_refused(patron: Patron) -> None:
    await sales(patron, 1)
    inner = "transactions(first: 100) { nodes { customer { transactions(first: 100) { nodes { id } } } } }"
    actor = Actor(patron.prepared.tenant_id, "shop", "app", roles=("agent",))

    with pytest.raises(PublicError) as raised:
        await all_rows(await begun(patron, f"{{ customers {{ nodes {{ {inner} }} }} }}", actor=actor))

    assert raised.value.details["limit"] == "cost"


# -- rights


async def test_nobody_exports_what_another_tenant_has(patron: Patron) -> None:
    await sales(patron, 5)
    stranger = await patron.prepared.tenant("Others")

    assert await all_rows(await begun(patron, actor=stranger)) == []


async def test_forbidden_columns_are_forbidden_in_an_export(patron: Patron) -> None:
    await sales(patron, 1)
    analyst = Actor(patron.prepared.tenant_id, "ana", "app", roles=("analyst",))
    names = "{ customers { nodes { party { ... on Person { familyName } } } } }"
    filtered = '{ customers(where: {displayName: {startsWith: "Ada"}}) { nodes { id } } }'

    for query in (names, filtered):
        with pytest.raises(PublicError) as refused:
            await all_rows(await begun(patron, query, actor=analyst))
        assert refused.value.code in ("FORBIDDEN", "GRAPHQL_VALIDATION_FAILED")


async def test_each_page_that_shows_money_is_in_the_audit_of_reads(patron: Patron) -> None:
    await sales(patron, 25)
    await all_rows(await begun(patron))

    kept = await patron.prepared.do(lambda uow: uow.select(select(AuditRead)))

    assert len(kept) == 3
    assert {row.actor for row in kept} == {patron.prepared.actor.subject}
    assert all("FINANCIAL" in row.classes for row in kept)


# -- documents


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("{ viewer { kind } }", "no connection"),
        ("{ customers { nodes { id } } transactions { nodes { id } } }", "exactly one root field"),
        ("mutation { customerCreate(input: {person: {givenName: \"A\"}}) { customer { id } } }", "exactly one root field"),
        ("{ customers(last: 5) { nodes { id } } }", "`last`"),
        ('{ customers(after: "cus_1") { nodes { id } } }', "`after`"),
        ("{ customers(orderBy: [{field: CREATED_AT, direction: ASC}]) { nodes { id } } }", "`orderBy`"),
        ("query Q($n: Int) { customers(first: $n) { nodes { id } } }", "`first`"),
        ("query Q($exportFirst: Int) { customers { nodes { c: transactions(first: $exportFirst) { nodes { id } } } } }", "$"),
        ("{ customers { totalCount } }", "`nodes`"),
        ("{ customers { nodes { id } edges { node { id } } } }", "`nodes`"),
    ],
)  # fmt: skip
async def test_what_is_no_one_connection_is_refused(patron: Patron, query: str, told: str) -> None:
    with pytest.raises(PublicError) as refused:
        await begun(patron, query)

    assert refused.value.code == "INVALID_INPUT"
    assert told in refused.value.message


async def test_fragments_aliases_variables_and_directives_are_followed(patron: Patron) -> None:
    await sales(patron, 3)
    query = """
      query Export($from: String, $keys: Boolean = false, $unused: Boolean = true) {
        mine: transactions(where: {sourceKey: {gte: $from}}) { ...Page totalCount }
      }
      fragment Page on TransactionConnection { edges { cursor node { ...Row } } pageInfo { hasNextPage } }
      fragment Row on Transaction { what: kind ...Who sourceKey @include(if: $keys) summary @skip(if: $unused) }
      fragment Who on Transaction { customer { id party { __typename ... on Person { givenName } } } }
    """
    export = await begun(patron, query, {"from": "00002", "keys": True})

    rows = await all_rows(export)

    assert [column.name for column in export.columns] == [
        "what",
        "customer.id",
        "customer.party.__typename",
        "customer.party.givenName",
        "sourceKey",
    ]
    assert sorted(row["sourceKey"] for row in rows) == ["00002", "00003"]
    assert rows[0]["customer"]["party"] == {"__typename": "Person", "givenName": "Ada"}


async def test_an_answer_with_an_error_stops_the_export(patron: Patron) -> None:
    await sales(patron, 2)
    export = await begun(patron)
    inner, patron.reader.inner = patron.reader.inner, Failing(patron.reader.inner)

    with pytest.raises(PublicError, match="The export stopped"):
        await all_rows(export)

    patron.reader.inner = inner


class Failing:
    """A reader that fails as a disk does."""

    def __init__(self, inner: Any) -> None:
        self.dialect = inner.dialect

    async def value(self, sql: str, arguments: Any) -> Any:
        raise OSError("Input/output error")


# -- memory


async def test_memory_is_the_same_for_a_hundred_times_the_rows(
    patron: Patron, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    await sales(patron, 2_000)
    query = """query Export($least: String) {
        transactions(first: 20, where: {sourceKey: {gte: $least}}) { nodes { sourceKey summary amount { amount currencyCode } } }
    }"""

    async def held_at_most(least: str) -> tuple[int, int]:
        export, rows, held = await begun(patron, query, {"least": least}), 0, 0
        with (tmp_path / "sales.csv").open("wb") as file:
            writer = CsvWriter(export.columns)
            writer.begin(file, fresh=True)
            tracemalloc.start()
            async for page in export.pages():
                patron.statements.clear()  # kept by the tests' own reader
                writer.write(page.rows)
                rows += len(page.rows)
                if rows % 200 == 20:
                    gc.collect()  # when the collector would come by itself is not the export's doing
                    held = max(held, tracemalloc.get_traced_memory()[0])
            tracemalloc.stop()
        return rows, held

    await held_at_most("01991")  # what is made once and kept
    gc.collect()
    gc.freeze()  # what other tests left is not looked through each time
    try:
        few, small = await held_at_most("01981")
        many, large = await held_at_most("00001")
    finally:
        gc.unfreeze()

    record_property("figure", f"{small / 1024:.0f} KiB for {few} rows, {large / 1024:.0f} KiB for {many}")
    assert (few, many) == (20, 2_000)
    assert large < small * 2 + 256 * 1024
