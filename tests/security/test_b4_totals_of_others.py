"""A total over rows of parties, on a row that is about none, tells whoever sees only some rows of those alone.

Everybody sees that there is a kind of relationship, or a campaign. How many there are of it, what they add up to, in which
order that puts them and whether there are any at all is told of the rows that a connection over them would show.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Final

import pytest
from tests.planner.rows import Rows, store
from tests.planner.small_rows import small_core_rows
from tests.security.plugin_of_totals import Ties

from patron_core.access.models import SharingAgreement
from patron_core.campaigns.models import Arm, Campaign, CampaignMember, CampaignStatus
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.privacy.models import ConsentPurpose
from patron_core.relationships.models import Relationship, RelationshipType
from patron_core.touchpoints.models import Channel
from patron_schema.hookspecs import SchemaHooks
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

pytestmark = pytest.mark.security

_TIES: Final = (
    "{ tieKinds(first: 9) { totalCount nodes { code ties influence use { openEnded } } } }",
    "{ tieKinds(first: 9, where: { ties: { gt: 0 } }) { nodes { code } } }",
    "{ tieKinds(first: 9, where: { influence: { gte: 1 } }) { nodes { code } } }",
    "{ tieKinds(first: 9, where: { use: { openEnded: { gte: 1 } } }) { nodes { code } } }",
    "{ tieKinds(first: 1, orderBy: [{ field: TIES, direction: DESC }]) { nodes { code } pageInfo { endCursor hasNextPage } } }",
    "{ tieKinds(first: 9, orderBy: [{ field: USE_OPEN_ENDED }, { field: INFLUENCE }]) { edges { cursor node { code } } } }",
    "{ tieKindsAggregate { count sum { ties influence } max { ties } average { useOpenEnded } } }",
)
_DRIVES: Final = (
    "{ drives(first: 9) { nodes { code memberCount treated } } }",
    "{ drives(first: 9, where: { treated: { gt: 0 } }) { nodes { code } } }",
    "{ drives(first: 9, orderBy: [{ field: MEMBER_COUNT, direction: DESC }]) { nodes { code } } }",
    "{ drivesAggregate { sum { memberCount treated } } }",
)


@pytest.fixture(scope="module")
def loaded_plugins() -> Plugins:
    """The plugin of totals alone."""
    return Plugins.of([Ties()], specs=(SchemaHooks,))


def _id(number: int) -> uuid.UUID:
    return uuid.UUID(int=(7 << 76) | (0b10 << 62) | number)


@dataclass(slots=True)
class People:
    """Parties and customers of the small rows: the first is seen by each limited actor, the stranger by none."""

    rows: Rows

    @property
    def seen(self) -> uuid.UUID:
        """Ada, whom joan owns and who is shared with the partner."""
        return self.rows.by_model["Customer"][0]["party_id"]  # type: ignore[no-any-return]

    @property
    def stranger(self) -> uuid.UUID:
        """Karl's customer."""
        return self.rows.by_model["Customer"][3]["party_id"]  # type: ignore[no-any-return]

    def actor(self, kind: str, tenant_id: uuid.UUID) -> Actor:
        """Somebody who sees the rows of the first customer alone, or the administrator."""
        party = self.rows.by_model["Organization"][2]["id"] if kind in ("partner", "shared") else self.seen
        given: dict[str, Any] = {"roles": (kind,)}
        if kind in ("own", "owned", "shared", "subject"):
            given = {"roles": ("owner",), "rows": frozenset({kind})}
        return Actor(tenant_id, "joan", "user", purpose="PATRQT", party_id=party, **given)


async def _stored(patron: Patron) -> People:
    """The small rows, with a campaign for the first customer, a kind of tie that nobody has, and a customer who is shared."""
    people = People(small_core_rows())
    rows, (first, *_) = people.rows, people.rows.by_model["Customer"]
    rows.add(
        RelationshipType, _id(1), code="MENTORS", forward_name="x", inverse_name="y", symmetric=False, reflexive=False
    )
    rows.add(SharingAgreement, _id(2), partner_id=rows.by_model["Organization"][2]["id"], customer_id=first["id"])
    for number, code in enumerate(("AUTUMN", "SPRING"), 3):
        rows.add(
            Campaign, _id(number), code=code, name=code, purpose=ConsentPurpose.MARKETING, channel=Channel.EMAIL,
            status=CampaignStatus.DRAFT, control_share=0, outcome_days=30,
        )  # fmt: skip
    _member(rows, 5, first["id"], _id(3))
    await store(patron.prepared, rows, patron.prepared.actor)
    return people


def _member(rows: Rows, number: int, customer: uuid.UUID, campaign: uuid.UUID) -> None:
    rows.add(
        CampaignMember, _id(number), campaign_id=campaign, customer_id=customer, arm=Arm.TREATMENT,
        drawn_arm=Arm.TREATMENT, assigned_at=NOON, outcome_until=NOON,
    )  # fmt: skip


async def _rows_of_others(patron: Patron, people: People) -> None:
    """Adds what only who sees all may count: ties of every kind, and members of the campaign that had none."""
    rows, known = Rows(), people.rows.by_model
    other = known["Person"][2]["id"]
    for index, kind in enumerate(known["RelationshipType"]):
        for number in range(3 * index + 1):  # so that the last kind, of which there was none, becomes the first
            rows.add(
                Relationship, _id(100 + 10 * index + number), type_id=kind["id"], source_id=people.stranger,
                target_id=other, influence=40,
            )  # fmt: skip
    for number, customer in enumerate(known["Customer"][3:], 50):
        _member(rows, number, customer["id"], _id(4))
    await store(patron.prepared, rows, patron.prepared.actor)


@pytest.mark.parametrize("kind", ["customer_portal", "partner", "own", "owned", "shared", "subject"])
async def test_rows_of_others_change_no_total_that_a_limited_actor_is_told(patron: Patron, kind: str) -> None:
    people = await _stored(patron)
    limited = people.actor(kind, patron.prepared.tenant_id)
    questions = _TIES if kind in ("customer_portal", "partner") else (*_TIES, *_DRIVES)

    before = [await patron.raw(question, actor=limited) for question in questions]
    everything = [await patron.raw(question) for question in questions]
    await _rows_of_others(patron, people)
    after = [await patron.raw(question, actor=limited) for question in questions]

    assert not [text for text in before if b'"errors"' in text]
    assert after == before
    different = [await patron.raw(question) != text for question, text in zip(questions, everything, strict=True)]
    assert all(different)  # who sees all is told of them by each question


@pytest.mark.parametrize("kind", ["customer_portal", "partner", "owned"])
async def test_a_total_counts_what_a_connection_shows(patron: Patron, kind: str) -> None:
    people = await _stored(patron)
    await _rows_of_others(patron, people)
    limited = people.actor(kind, patron.prepared.tenant_id)

    kinds = (await patron.data("{ tieKinds(first: 9) { nodes { code ties use { openEnded } } } }", actor=limited))[
        "tieKinds"
    ]
    told = {node["code"]: node["ties"] for node in kinds["nodes"]}
    shown = {
        code: (
            await patron.data(
                "query C($code: String) { relationships(first: 9, where: { type: { code: { eq: $code } } }) { totalCount } }",
                {"code": code},
                actor=limited,
            )
        )["relationships"]["totalCount"]
        for code in told
    }

    assert told == shown
    assert sum(told.values()) > 0
    assert {node["code"]: node["use"] for node in kinds["nodes"]}["MENTORS"] is None
