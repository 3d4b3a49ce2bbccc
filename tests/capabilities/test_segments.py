"""Segments over GraphQL, on both databases: by fields of core and plugins, with who came and left, of suppliers too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from patron_core.hookspecs import Step
from patron_core.segments.recurring import refresh_next
from patron_schema.testing.service import Patron

COMPANY = """mutation Company($name: String!, $owner: String) {
  customerCreate(input: { organization: { legalName: $name }, kind: B2B, owner: $owner }) {
    customer { id version party { id } } userErrors { message } } }"""
OWNER = """mutation Owner($id: ID!, $version: Int!, $owner: String) {
  customerUpdate(input: { id: $id, version: $version, owner: $owner }) { customer { version } userErrors { message } } }"""
ENROL = "mutation Enrol($id: ID!) { loyaltyEnrol(input: { customerId: $id }) { userErrors { code } } }"
SUPPLIES = """mutation Supplies($source: ID!, $target: ID!) {
  relationshipCreate(input: { typeCode: "SUPPLIES", sourceId: $source, targetId: $target }) { userErrors { message } } }"""
CREATE = """mutation Create($name: String!, $customers: CustomerWhere, $parties: PartyWhere) {
  segmentCreate(input: { name: $name, customers: $customers, parties: $parties }) {
    segment { id version revision target memberCount } userErrors { code message path } } }"""
CHANGE = """mutation Change($id: ID!, $version: Int!, $customers: CustomerWhere!) {
  segmentUpdate(input: { id: $id, version: $version, customers: $customers }) {
    segment { revision revisions { nodes { number condition } } } userErrors { code path } } }"""
REFRESH = """mutation Refresh($id: ID!) {
  segmentRefresh(input: { id: $id }) { segment { id version memberCount status } userErrors { code message } } }"""
OPEN = """query Open($id: ID!) { segment(id: $id) { memberships(where: { leftAt: { isNull: true } }) {
  nodes { party { displayName } } } } }"""
AS_OF = """query AsOf($id: ID!, $at: DateTime!) { segment(id: $id) { memberships(where: { enteredAt: { lte: $at },
  or: [{ leftAt: { isNull: true } }, { leftAt: { gt: $at } }] }) { nodes { party { displayName } } } } }"""
MIX = """query Mix($from: Date!, $to: Date!) { segmentMix(from: $from, to: $to) { day name members entered left } }"""
PREVIEW = """query Preview($where: CustomerWhere) { segmentPreview(customers: $where, sample: 1) {
  count share sample overlaps { name members both share } } }"""


async def company(patron: Patron, name: str, owner: str | None = None) -> dict[str, Any]:
    """A new customer."""
    made = (await patron.data(COMPANY, {"name": name, "owner": owner}))["customerCreate"]
    assert made["userErrors"] == []
    customer: dict[str, Any] = made["customer"]
    return customer


async def owned(patron: Patron, customer: dict[str, Any], owner: str) -> None:
    """Gives a customer to somebody else."""
    given = {"id": customer["id"], "version": customer["version"], "owner": owner}
    payload = (await patron.data(OWNER, given))["customerUpdate"]
    assert payload["userErrors"] == []
    customer["version"] = payload["customer"]["version"]


async def segment(patron: Patron, name: str, **where: Any) -> dict[str, Any]:
    """A new segment."""
    payload = (await patron.data(CREATE, {"name": name, **where}))["segmentCreate"]
    assert payload["userErrors"] == []
    made: dict[str, Any] = payload["segment"]
    return made


async def refreshed(patron: Patron, made: Mapping[str, Any]) -> int:
    """How many are in a segment, found anew."""
    payload = (await patron.data(REFRESH, {"id": made["id"]}))["segmentRefresh"]
    assert (payload["userErrors"], payload["segment"]["status"]) == ([], "ACTIVE")
    count: int = payload["segment"]["memberCount"]
    return count


async def members(patron: Patron, made: Mapping[str, Any], query: str = OPEN, **given: Any) -> set[str]:
    """The names of those who are in it, or were."""
    found = (await patron.data(query, {"id": made["id"], **given}))["segment"]["memberships"]
    assert len(patron.statements) == 1
    return {node["party"]["displayName"] for node in found["nodes"]}


async def test_capability_30_a_segment_is_any_condition_and_members_come_and_leave(patron: Patron) -> None:
    engines, wheels = await company(patron, "Engines", "ada"), await company(patron, "Wheels", "ada")
    await company(patron, "Screws", "ben")
    for customer in (engines, wheels):
        await patron.data(ENROL, {"id": customer["id"]})
    loyal = await segment(
        patron, "Ada's loyal", customers={"owner": {"eq": "ada"}, "loyalty": {"tier": {"ne": "GOLD"}}}
    )
    assert loyal["memberCount"] is None

    assert await refreshed(patron, loyal) == 2
    before = patron.prepared.clock.now()
    patron.prepared.clock.advance(dt.timedelta(days=1))
    await owned(patron, wheels, "ben")
    assert await refreshed(patron, loyal) == 1
    assert await refreshed(patron, loyal) == 1, "nobody is in it twice"

    assert await members(patron, loyal) == {"Engines"}
    assert await members(patron, loyal, AS_OF, at=before.isoformat()) == {"Engines", "Wheels"}
    theirs = await patron.data(
        """query Theirs($id: ID!) { customer(id: $id) { segmentMemberships { nodes { enteredAt leftAt segment { name } } } } }""",
        {"id": wheels["id"]},
    )
    (one,) = theirs["customer"]["segmentMemberships"]["nodes"]
    assert (one["segment"]["name"], one["enteredAt"][:10], one["leftAt"][:10]) == (
        "Ada's loyal",
        "2026-03-14",
        "2026-03-15",
    )


async def test_capability_30_a_new_condition_is_a_new_version(patron: Patron) -> None:
    await company(patron, "Engines", "ada")
    await company(patron, "Wheels", "ben")
    made = await segment(patron, "Owned", customers={"owner": {"eq": "ada"}})
    await refreshed(patron, made)
    version = (await patron.data("query V($id: ID!) { segment(id: $id) { version } }", {"id": made["id"]}))["segment"]

    change = {"id": made["id"], "version": version["version"], "customers": {"owner": {"in": ["ben"]}}}
    changed = (await patron.data(CHANGE, change))["segmentUpdate"]
    assert await refreshed(patron, made) == 1

    assert (changed["userErrors"], changed["segment"]["revision"]) == ([], 2)
    assert ['"eq": "ada"' in each["condition"] for each in changed["segment"]["revisions"]["nodes"]] == [True, False]
    assert await members(patron, made) == {"Wheels"}


async def test_capability_30_what_a_segment_would_be_is_seen_before_and_nothing_is_written(patron: Patron) -> None:
    first = await company(patron, "Engines", "ada")
    await company(patron, "Wheels", "ada")
    await company(patron, "Screws", "ben")
    await refreshed(patron, await segment(patron, "Ben's", customers={"owner": {"eq": "ben"}}))
    await refreshed(patron, await segment(patron, "All", customers={}))

    found = (await patron.data(PREVIEW, {"where": {"owner": {"eq": "ada"}}}))["segmentPreview"]

    assert (found["count"], found["share"], found["sample"]) == (2, "0.6667", [first["id"]])
    assert found["overlaps"] == [{"name": "All", "members": 3, "both": 2, "share": "1.0000"}]
    assert (await patron.data("{ segments { totalCount } }"))["segments"]["totalCount"] == 2


async def test_capability_31_the_mix_of_segments_varies_from_day_to_day(patron: Patron) -> None:
    engines = await company(patron, "Engines", "ada")
    await company(patron, "Wheels", "ada")
    await segment(patron, "Ada's", customers={"owner": {"eq": "ada"}})
    await segment(patron, "Ben's", customers={"owner": {"eq": "ben"}})

    async def an_hour() -> None:
        """What the job does each hour."""
        state: dict[str, Any] | None = {}
        while state is not None:
            step = Step(arguments={}, state=state, done=0)
            progress = await patron.prepared.do(lambda uow, step=step: refresh_next(step, uow))
            state = None if progress is None else progress.state

    await an_hour()
    patron.prepared.clock.advance(dt.timedelta(days=1))
    await owned(patron, engines, "ben")
    await an_hour()
    patron.prepared.clock.advance(dt.timedelta(days=1))

    mixed = (await patron.data(MIX, {"from": "2026-03-13", "to": "2026-03-17"}))["segmentMix"]

    assert [(day["day"], day["name"], day["members"], day["entered"], day["left"]) for day in mixed] == [
        ("2026-03-13", "Ada's", 0, 0, 0),
        ("2026-03-13", "Ben's", 0, 0, 0),
        ("2026-03-14", "Ada's", 2, 2, 0),
        ("2026-03-14", "Ben's", 0, 0, 0),
        ("2026-03-15", "Ada's", 1, 0, 1),
        ("2026-03-15", "Ben's", 1, 1, 0),
        ("2026-03-16", "Ada's", 1, 0, 0),
        ("2026-03-16", "Ben's", 1, 0, 0),
    ]


async def test_capability_32_suppliers_are_segmented_as_customers_are(patron: Patron) -> None:
    us, mill, quarry = [await company(patron, name) for name in ("Us", "Mill", "Quarry")]
    for supplier in (mill, quarry):
        given = {"source": supplier["party"]["id"], "target": us["party"]["id"]}
        assert (await patron.data(SUPPLIES, given))["relationshipCreate"]["userErrors"] == []
    supplies = {"outgoingRelationships": {"some": {"type": {"code": {"eq": "SUPPLIES"}}}}}
    made = await segment(patron, "Mills", parties={**supplies, "displayName": {"startsWith": "M"}})

    assert await refreshed(patron, made) == 1
    assert (made["target"], await members(patron, made)) == ("PARTY", {"Mill"})
