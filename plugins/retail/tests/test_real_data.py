"""The public data sets of PATRON_DATA_DIR/retail, imported in full and counted through GraphQL."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from patron_core.imports.importer import Importer
from patron_core.imports.runner import ImportReport, run_import
from patron_retail.importers.cdnow import Cdnow
from patron_retail.importers.online_retail import OnlineRetail
from patron_schema.testing.databases import PreparedDatabase
from patron_schema.testing.service import Patron

from .shop import check_sums

pytestmark = pytest.mark.real_data

COUNTS = """
query Counts($source: String!) {
  transactions(first: 1, where: { source: { eq: $source } }) { totalCount }
  refunds: transactions(first: 1, where: { source: { eq: $source }, kind: { eq: REFUND } }) { totalCount }
  nobodys: transactions(first: 1, where: { source: { eq: $source }, not: { customer: { id: { isNull: false } } } }) { totalCount }
  lines: purchaseLines(first: 1, where: { transaction: { source: { eq: $source } } }) { totalCount }
  purchases(first: 1) { totalCount }
  customers(first: 1) { totalCount }
  loyaltyMembers(first: 1) { totalCount }
}
"""


async def take_in(database: PreparedDatabase, importer: Importer[Any, Any], file: str) -> ImportReport:
    return await run_import(
        database.database,
        importer,
        [Path(os.environ["PATRON_DATA_DIR"]) / "retail" / file],
        actor=database.actor,
        plugins=database.plugins,
        clock=database.clock,
        ids=database.ids,
    )


async def counts(patron: Patron, source: str) -> dict[str, int]:
    data = await patron.data(COUNTS, {"source": source})
    return {name: value["totalCount"] for name, value in data.items()}


async def test_nine_thousand_lines_of_online_retail(database: PreparedDatabase, patron: Patron) -> None:
    first = await take_in(database, OnlineRetail(), "online_retail.csv")
    counted = await counts(patron, "online-retail")
    again = await take_in(database, OnlineRetail(), "online_retail.csv")

    assert (first.rows, first.bad_row_count) == (9_000, 0)
    assert first.counts.noted["lines without a customer"] == 2_290
    assert counted == {
        "transactions": 475,
        "refunds": 41,
        "nobodys": 67,
        "lines": 9_000,
        "purchases": 404,
        "customers": 298,
        "loyaltyMembers": 277,  # the other 21 only returned something
    }
    assert again.counts.created == {}
    assert (again.counts.unchanged["transactions"], again.counts.unchanged["lines"]) == (475, 9_000)
    assert await counts(patron, "online-retail") == counted
    await check_sums(database)


async def test_all_purchases_of_cdnow(database: PreparedDatabase, patron: Patron) -> None:
    first = await take_in(database, Cdnow(), "cdnow.txt")
    counted = await counts(patron, "cdnow")
    again = await take_in(database, Cdnow(), "cdnow.txt")

    assert (first.rows, first.bad_row_count) == (36_551, 0)
    assert first.counts.noted == {"purchases for nothing": 50}
    assert counted == {
        "transactions": 36_551,
        "refunds": 0,
        "nobodys": 0,
        "lines": 0,
        "purchases": 36_551,
        "customers": 11_996,
        "loyaltyMembers": 11_996,
    }
    assert again.counts.created == {}
    assert await counts(patron, "cdnow") == counted
    await check_sums(database)
