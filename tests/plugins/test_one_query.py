"""One query across the core and all four plugins is one statement, on SQLite and on PostgreSQL, whatever it touches."""

from __future__ import annotations

import random
from typing import Any

from patron_core.demo import fill_core
from patron_core.hookspecs import DemoContext
from patron_core.unit_of_work import UnitOfWork
from patron_schema.testing.service import Patron

EVERYTHING = """
query Everything($first: Int!, $after: String) {
  customers(first: $first, after: $after, orderBy: [{ field: DISPLAY_NAME }]) {
    totalCount
    edges {
      cursor
      node {
        id displayName kind
        party {
          __typename id
          ... on Person { givenName birthDate }
          ... on Organization { legalName }
        }
        relationships(first: 3) { nodes { type { forwardName inverseName } source { id } target { displayName } } }
        transactions(first: 3, orderBy: [{ field: OCCURRED_AT, direction: DESC }]) {
          totalCount
          nodes { amount { amount currencyCode } occurredAt lines(first: 5) { nodes { sku quantity } } }
        }
        portfolio { accounts(first: 5) { totalCount nodes { __typename } } }
        loyalty { points tier entries(first: 3) { nodes { delta } } }
        patient { followUps(first: 3) { nodes { __typename } } }
        guest { preferences(first: 3) { nodes { category value origin } } }
        timeline(first: 5) { nodes { __typename occurredAt summary } }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""


async def fill(patron: Patron) -> None:
    """The demo's data of the core and of every plugin."""
    prepared = patron.prepared

    def work(uow: UnitOfWork) -> None:
        demo = DemoContext(uow, random.Random(7), prepared.clock)
        fill_core(demo, people=12, companies=2)
        for _, call in prepared.plugins.calls("patron_demo_data", demo=demo):
            call()

    await prepared.do(work)


async def test_one_query_over_everything_is_one_statement(patron: Patron) -> None:
    await fill(patron)
    seen: list[dict[str, Any]] = []
    after = None

    for _ in range(40):
        page = (await patron.data(EVERYTHING, {"first": 20, "after": after}))["customers"]
        assert len(patron.statements) == 1
        seen += [edge["node"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert len(seen) == page["totalCount"] == len({node["id"] for node in seen})
    assert {"portfolio", "loyalty", "patient", "guest"} <= {
        name for node in seen for name in ("portfolio", "loyalty", "patient", "guest") if node[name] is not None
    }
    assert any(node["portfolio"] is None for node in seen)
    assert any(node["patient"]["followUps"]["nodes"] for node in seen if node["patient"])
    assert any(node["guest"]["preferences"]["nodes"] for node in seen if node["guest"])
    assert any(node["relationships"]["nodes"] for node in seen)


async def test_a_filter_reaches_through_relations_into_every_plugin(patron: Patron) -> None:
    await fill(patron)

    data = await patron.data(
        """{ customers(first: 50, where: { or: [
               { loyalty: { points: { gt: 100 } }, transactions: { some: { amount: { amount: { gt: "10" } } } } },
               { portfolio: { accounts: { some: {} } } },
               { patient: { followUps: { some: {} } } },
               { guest: { preferences: { some: {} } } } ] }) { totalCount nodes { id } } }"""
    )

    assert data["customers"]["totalCount"] > 0
    assert len(patron.statements) == 1
