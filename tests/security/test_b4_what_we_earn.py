"""What something costs us, and what we earn by it, is for us: customers and partners see no such column, key or figure.

They are whoever sees the rows of a party alone (`own`, `shared`). All columns named like costs and margins are walked, and
what the two bundled roles are shown of them is listed: nothing. What other roles see follows from their classes as ever.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any, Final

import pytest
from sqlalchemy import inspect as inspect_mapper
from tests.planner.rows import store
from tests.planner.small_rows import small_core_rows

from patron_core.access.grants import Grant
from patron_core.access.kept_back import is_outside
from patron_core.access.roles import BUNDLED
from patron_core.channels.models import ChannelDefinition
from patron_core.customers.models import EngagementMode
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.records import META, Classification, records
from patron_schema.compose import Composed, build_schema
from patron_schema.planner.catalog import ColumnField, ExpressionField, ValueField
from patron_schema.planner.grants import Grants
from patron_schema.testing.databases import NOON
from patron_schema.testing.service import Patron

pytestmark = pytest.mark.security

OUTSIDE: Final = ("customer_portal", "partner")
_NAMED: Final = re.compile(r"cost|margin|contribution|profit", re.IGNORECASE)
#: Of Python's figures: how many points an operation spends, what an offer of one's own making would come to (refused to
#: whoever does not see all rows), and the costs of a channel mix, which are empty for outsiders.
_FIGURES: Final = {"RateLimit.cost", "OfferSimulation.cost", "ChannelShare.cost", "ChannelMix.costs"}


def _actor(role: str, tenant_id: uuid.UUID | None = None, **given: Any) -> Actor:
    return Actor(tenant_id or uuid.UUID(int=1), "ann", "user", roles=(role,), purpose="PATRQT", **given)


@pytest.fixture(scope="module")
def composed(loaded_plugins: Plugins) -> Composed:
    """The schema of all plugins."""
    return build_schema(loaded_plugins, EngagementMode.HYBRID)


def _ours(composed: Composed) -> dict[tuple[str, str], ValueField | ExpressionField]:
    """The fields of all types that show what is ours."""
    found: dict[tuple[str, str], ValueField | ExpressionField] = {}
    for name, entry in composed.catalog.types.items():
        for field in entry.fields.values():
            parts = field.fields.values() if isinstance(field, ValueField) else [field]
            if isinstance(field, ValueField | ExpressionField) and any(getattr(part, "ours", False) for part in parts):
                found[name, field.name] = field
    return found


def test_every_amount_named_like_a_cost_or_a_margin_is_ours() -> None:
    named = {
        f"{model.__name__}.{column.key}": column.info[META].ours
        for model in records()
        for column in inspect_mapper(model).columns
        if _NAMED.search(column.key) and column.key.endswith(("_minor", "_currency"))
    }

    assert len(named) >= 20
    assert [name for name, ours in named.items() if not ours] == []


@pytest.mark.parametrize("role", OUTSIDE)
def test_no_type_shows_an_outsider_what_is_ours(composed: Composed, role: str) -> None:
    grants = Grants(_actor(role, party_id=uuid.UUID(int=2)), composed.catalog)
    ours = _ours(composed)

    assert {("Transaction", "margin"), ("TransactionLine", "cost"), ("Product", "unitCost")} <= ours.keys()
    assert {("ChannelDefinition", "unitCost"), ("OrderLine", "unitCost"), ("Offer", "budget")} <= ours.keys()
    assert [name for name, field in ours.items() if grants.shows(name[0], field)] == []


def _classes(field: ColumnField | ExpressionField) -> frozenset[Classification]:
    """Of what a field reads."""
    if isinstance(field, ColumnField):
        return frozenset({field.classification})
    return frozenset(each for _, each in field.sources)


@pytest.mark.parametrize("role", sorted(BUNDLED.keys() - set(OUTSIDE)))
def test_other_roles_see_it_by_its_class_as_ever(composed: Composed, role: str) -> None:
    actor = _actor(role)
    grants = Grants(actor, composed.catalog)
    classes = frozenset().union(*(grant.classes for grant in actor.opened))

    assert not is_outside(actor)
    for (name, _), field in _ours(composed).items():
        parts = field.fields.values() if isinstance(field, ValueField) else [field]
        wanted = any(_classes(part) <= classes for part in parts if isinstance(part, ColumnField | ExpressionField))
        assert grants.shows(name, field) is wanted


@pytest.mark.parametrize("role", OUTSIDE)
async def test_nothing_an_outsider_is_shown_is_named_like_a_cost_or_a_margin(
    patron: Patron, role: str, record_property: pytest.RecordProperty
) -> None:
    actor = _actor(role, patron.prepared.tenant_id, party_id=uuid.UUID(int=2))
    seen = (await patron.gateway.schemas.seen_by(actor)).composed.graphql

    shown = {
        f"{kind.name}.{name}"
        for kind in seen.type_map.values()
        for name in (*getattr(kind, "fields", {}), *getattr(kind, "values", {}))
        if _NAMED.search(name) and not kind.name.startswith("__")
    }
    codes = {
        name for name in shown if name.rpartition(".")[2].isupper() and not name.partition(".")[0].endswith("Field")
    }

    assert shown - codes <= _FIGURES
    record_property("figure", f"{role}: named like costs are {sorted(shown - codes)} and the codes {sorted(codes)}")


async def test_a_customer_reads_what_it_paid_and_not_what_we_earned(patron: Patron) -> None:
    rows = small_core_rows()
    sale = next(row for row in rows.by_model["Transaction"] if row["amount_minor"] == 1250)
    sale.update(margin_minor=4711, margin_currency="EUR")
    channel = uuid.UUID(int=(7 << 76) | (0b10 << 62) | 1)
    first = rows.by_model["Touchpoint"][0]
    rows.add(
        ChannelDefinition, channel, code="LETTERS", kind=first["channel"], name="Letters", unit_cost_minor=4711,
        unit_cost_currency="EUR", active=True,
    )  # fmt: skip
    rows.models = {"ChannelDefinition": rows.models.pop("ChannelDefinition"), **rows.models}
    first["channel_definition_id"] = channel
    await store(patron.prepared, rows, patron.prepared.actor)
    party = rows.by_model["Customer"][0]["party_id"]
    portal = _actor("customer_portal", patron.prepared.tenant_id, party_id=party)
    mix = (
        "query M($from: DateTime!, $to: DateTime!) { channelMix(from: $from, to: $to) { contacts"
        " shares { code contacts cost { value money { amount } inputs { value } } } costs { value } } }"
    )
    span = {"from": (NOON - dt.timedelta(days=300)).isoformat(), "to": NOON.isoformat()}

    paid = await patron.data("{ transactions(first: 9) { nodes { amount { amount } } } }", actor=portal)
    mine = await patron.raw(mix, span, actor=portal)
    all_of_it = await patron.data(mix, span)
    ours = (
        "{ transactions(first: 9) { nodes { margin { amount } } } }",
        "{ transactions(first: 9, where: { margin: { amount: { gt: 1 } } }) { totalCount } }",
        "{ transactionsAggregate { sum { margin { amount } } } }",
        "{ transactions(first: 9) { nodes { linesAggregate { sum { transactionMargin { amount } } } } } }",
        "{ products(first: 1, orderBy: [{ field: UNIT_COST }]) { totalCount } }",
        "{ channelDefinitions(first: 1) { nodes { unitCost { amount } } } }",
    )
    refused = [await patron.ask(query, actor=portal) for query in ours]
    for query in ours:  # each is answered to who works with customers
        await patron.data(query)
    earned = await patron.data("{ transactions(first: 9) { nodes { margin { amount } } } }")

    assert {"amount": {"amount": "12.50"}} in paid["transactions"]["nodes"]
    assert b"LETTERS" in mine
    assert b"47.11" not in mine
    assert [each["value"] for each in all_of_it["channelMix"]["costs"]] == ["47.11"]
    assert all("data" not in answer or answer["data"] is None for answer in refused)
    assert {"margin": {"amount": "47.11"}} in earned["transactions"]["nodes"]


def test_a_field_that_is_opened_by_its_name_is_shown_to_an_outsider_too(composed: Composed) -> None:
    given = Grant(type="Product", fields=frozenset({"unitCost"}))
    grants = Grants(_actor("customer_portal", party_id=uuid.UUID(int=2), grants=(given,)), composed.catalog)

    shown = [name for name, field in _ours(composed).items() if grants.shows(name[0], field)]

    assert shown == [("Product", "unitCost")]
