"""Health and next steps of a customer, joined from all plugins, each figure with its reason."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from decimal import Decimal
from types import SimpleNamespace

import pytest

from patron_core.customers.advice import health_of, recommendations_for
from patron_core.customers.commands import CreateCustomer
from patron_core.errors import NotFound
from patron_core.hookspecs import Factor, Manifest, Recommendation, ScoreFactor, hookimpl
from patron_core.jobs.service import jobs
from patron_core.parties.commands import NewPerson
from patron_core.plugins import Plugins
from patron_core.records import INTERNAL
from patron_core.unit_of_work import UnitOfWork, execute
from patron_schema.testing.databases import PreparedDatabase
from patron_schema.testing.service import Patron

HEALTH = """query H($id: ID!) {
  customerHealth(customerId: $id) { value applicable reason sampleSize method asOf factors { plugin name value share reason } }
  recommendations(customerId: $id) { plugin code title reason }
}"""


def factor(name: str, weight: int, value: str | None) -> ScoreFactor:
    def compute(customer_id: uuid.UUID, uow: UnitOfWork) -> Factor:
        if value == "raise":
            raise RuntimeError("broken")
        return Factor(value=None if value is None else Decimal(value), reason=name, sample_size=1, as_of=uow.now)

    return ScoreFactor(name=name, description=name, weight=Decimal(weight), classification=INTERNAL, compute=compute)


def made_up(*factors: ScoreFactor) -> Plugins:
    @hookimpl
    def patron_manifest() -> Manifest:
        return Manifest(name="pillows", version="1", core_range=">=0.0.0.dev0", label="Pillows")

    @hookimpl
    def patron_score_factors() -> Iterable[ScoreFactor]:
        return factors

    @hookimpl
    def patron_recommendations(customer_id: uuid.UUID, uow: UnitOfWork) -> Iterable[Recommendation]:
        yield Recommendation(
            classification=INTERNAL, code="PILLOWS_REST", title="Rest", reason="Tired.", facts=(customer_id,)
        )

    module = SimpleNamespace(
        patron_manifest=patron_manifest,
        patron_score_factors=patron_score_factors,
        patron_recommendations=patron_recommendations,
    )
    return Plugins.of({"pillows": module})


async def ask(database: PreparedDatabase, plugins: Plugins, customer_id: uuid.UUID | None = None):  # type: ignore[no-untyped-def]
    def work(uow: UnitOfWork):  # type: ignore[no-untyped-def]
        customer = uow.handle(CreateCustomer(person=NewPerson(given_name="Ada")))
        uow.flush()
        wanted = customer_id or customer.id
        return health_of(wanted, uow), recommendations_for(wanted, uow)

    arguments = {"actor": database.actor, "clock": database.clock, "ids": database.ids, "plugins": plugins}
    return (await execute(database.database, work, **arguments)).value


async def test_health_is_the_weighted_mean_of_the_factors_that_apply(database: PreparedDatabase) -> None:
    health, steps = await ask(database, made_up(factor("a", 3, "1"), factor("b", 1, "0.5"), factor("c", 9, None)))

    assert health.value == Decimal("87.5")
    assert [f.share for f in health.factors] == [Decimal("0.75"), Decimal("0.25"), Decimal(0)]
    assert health.reason == "2 of 3 factors apply."
    assert [(plugin, step.code) for plugin, step in steps] == [("pillows", "PILLOWS_REST")]


async def test_without_a_factor_that_applies_there_is_no_figure(database: PreparedDatabase) -> None:
    health, _ = await ask(database, made_up(factor("a", 1, None), factor("b", 1, "raise")))

    assert (health.value, health.applicable) == (None, False)
    assert health.factors[1].reason == "The factor could not be computed."


async def test_a_customer_who_is_not_there_has_no_health(database: PreparedDatabase) -> None:
    with pytest.raises(NotFound):
        await ask(database, made_up(), uuid.UUID(int=7))


async def test_every_bundled_plugin_speaks_of_a_customer_over_graphql(patron: Patron) -> None:
    create = "mutation C($i: CustomerCreateInput!) { customerCreate(input: $i) { customer { id } } }"
    made = await patron.data(create, {"i": {"person": {"displayName": "Ada"}}})
    customer = made["customerCreate"]["customer"]["id"]

    data = await patron.data(HEALTH, {"id": customer})
    other = await patron.prepared.tenant("Cushions")
    foreign = await patron.ask(HEALTH, {"id": customer}, actor=other)

    assert {f["plugin"] for f in data["customerHealth"]["factors"]} == {
        "banking",
        "core",
        "healthcare",
        "hospitality",
        "retail",
    }
    assert foreign["errors"][0]["extensions"]["code"] == "NOT_FOUND"


def test_every_bundled_job_can_be_listed(patron: Patron) -> None:
    assert "retail" in {plugin for plugin, _ in jobs(patron.prepared.plugins)}
