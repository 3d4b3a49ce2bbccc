"""Three tenants whose rows can be mistaken for each other's, and the first of them once more all alone.

`crowded` deployments hold the three, on each database; `alone` holds the first one's rows and nothing else. Whatever the
first tenant asks must be answered byte for byte alike: a foreign row, value, id, count or cursor would show. The second
tenant has ids of its own; the third has the ids and references of the first, with other values.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from tests.planner.conftest import samples_of
from tests.planner.naive_declared import declared_evaluator
from tests.planner.questions import Samples
from tests.planner.random_plugin_rows import plugin_models, random_plugin_rows
from tests.planner.random_rows import RandomRows, random_core_rows
from tests.planner.rows import Rows, store

from patron_core.address import Dialect
from patron_core.emergency.models import EmergencyAccess
from patron_core.jobs.models import JobRun
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.privacy.models import Consent, LegalHold
from patron_core.slices import SLICES
from patron_core.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from patron_schema.compose import Composed, core_contributions
from patron_schema.testing.databases import Databases, make_database
from patron_schema.testing.service import Patron, open_patron

__all__ = ["SEED", "Neighbour", "Realm", "everybody", "opened_realm", "rows_of_tenant"]

SEED: Final = 20261122
#: Of the core, beside what every test of the planner has.
_MORE: Final = (
    Consent,
    LegalHold,
    EmergencyAccess,
    JobRun,
    WebhookEndpoint,
    WebhookDelivery,
    WebhookAttempt,
    *plugin_models([f"patron_core.{name}" for name in SLICES[SLICES.index("opportunities") :]]),
)
_COUNT: Final = 12  # rows of each of the plugins' models


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A tenant: its rows, values to filter by, and who acts for it in each crowded deployment."""

    name: str
    rows: Rows
    samples: Samples
    actors: dict[str, Actor]

    def ids(self, prefix: str) -> list[str]:
        """The outer ids of its rows of a kind."""
        return [id for id in self.samples.ids if id.startswith(f"{prefix}_") and len(id) == len(prefix) + 37]


@dataclass(slots=True)
class Realm:
    """The deployments. neighbours: the tenants, the first one first."""

    crowded: dict[Dialect, Patron]
    alone: Patron
    neighbours: list[Neighbour]
    composed: Composed
    _strangers: frozenset[str] | None = None

    @property
    def foreign(self) -> list[Neighbour]:
        """The tenants beside the first."""
        return self.neighbours[1:]

    def strangers(self) -> frozenset[str]:
        """Ids that only other tenants have, without their prefixes."""
        if self._strangers is not None:
            return self._strangers
        own = {str(row["id"]) for rows in self.neighbours[0].rows.by_model.values() for row in rows}
        theirs = {str(row["id"]) for each in self.foreign for rows in each.rows.by_model.values() for row in rows}
        self._strangers = frozenset(theirs - own)
        return self._strangers


def rows_of_tenant(plugins: Plugins, *, ids: int, flavour: int, count: int = _COUNT) -> Rows:
    """Rows of all models of the core and of plugins. ids: the seed of ids and references; flavour: that of values."""
    made = RandomRows(SEED + ids, flavour=flavour)
    random_core_rows(made)
    random_plugin_rows(made, _MORE, count=count)
    random_plugin_rows(made, plugin_models([f"patron_{name}" for name in plugins.names]), count=count)
    return made.rows


@asynccontextmanager
async def opened_realm(databases: Databases, plugins: Plugins) -> AsyncIterator[Realm]:
    """The three tenants on both databases, and the first one alone on SQLite."""
    rows = [rows_of_tenant(plugins, ids=ids, flavour=flavour) for ids, flavour in ((0, 1), (1, 2), (0, 3))]
    made: list[Patron] = []
    actors: list[dict[str, Actor]] = [{}, {}, {}]
    for dialect, tenants in (("sqlite", rows), ("postgresql", rows), ("sqlite", rows[:1])):
        prepared = await make_database(databases, cast("Dialect", dialect), plugins)
        made.append(open_patron(prepared))
        for number, theirs in enumerate(tenants):
            if number == 0:
                actor = prepared.actor = replace(prepared.actor, purpose="TREAT")
            else:
                actor = replace(await prepared.tenant(("Cushions", "Blankets")[number - 1]), purpose="TREAT")
            await store(prepared, theirs, actor)
            if len(tenants) > 1:
                actors[number][dialect] = actor
    small, large, alone = made
    large.gateway.documents = alone.gateway.documents = small.gateway.documents  # each question is validated once
    large.gateway.schemas._composed = alone.gateway.schemas._composed = small.gateway.schemas._composed
    composed = (await small.gateway.schemas.of(small.prepared.tenant_id)).composed
    evaluator = declared_evaluator(
        [*core_contributions(), *(c for _, call in plugins.calls("patron_types") for c in call())]
    )
    samples = [samples_of(evaluator(composed.sdl, theirs)) for theirs in rows]
    names = ("Pillows", "Cushions", "Blankets")
    neighbours = [Neighbour(n, r, s, a) for n, r, s, a in zip(names, rows, samples, actors, strict=True)]
    yield Realm({"sqlite": small, "postgresql": large}, alone, neighbours, composed)
    for patron in made:
        await patron.gateway.close()
        databases.drop(patron.prepared.owner_url)


def everybody(neighbours: Sequence[Neighbour]) -> Samples:
    """Values and ids of all tenants, the foreign ones as often as the own."""
    by_field: dict[tuple[str, str], list[Any]] = {}
    for each in neighbours:
        for at, values in each.samples.by_field.items():
            by_field.setdefault(at, []).extend(values)
    ids = [id for each in neighbours for id in each.samples.ids]
    return Samples(by_field, ids)


def unknown(prefix: str, number: int = 1) -> str:
    """An id that nobody has."""
    return f"{prefix}_{uuid.UUID(int=(7 << 76) | (0b10 << 62) | number)}"
