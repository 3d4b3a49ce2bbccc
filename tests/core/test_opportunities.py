"""Deals: pipelines, what stages require, moves with their history, approvals; capabilities 50, 53 and 61."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from patron_core.customers.commands import CreateCustomer
from patron_core.errors import Conflict, InvalidInput, NotFound
from patron_core.opportunities.commands import (
    AddApprovalStep,
    CreateOpportunity,
    DecideApproval,
    DefinePipeline,
    MoveOpportunity,
    NewStage,
    UpdateOpportunity,
    UpdateStage,
)
from patron_core.opportunities.models import (
    ApprovalStatus,
    Opportunity,
    OpportunityStatus,
    Pipeline,
    RequiredField,
    Stage,
    StageChange,
)
from patron_core.parties.commands import CreatePerson, NewOrganization, NewPerson
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money
from patron_schema.testing.databases import PreparedDatabase

EURO = Money(1_000_00, "EUR")


async def deal(database: PreparedDatabase, **given: Any) -> Opportunity:
    """A deal with a new customer."""
    customer = await database.do(CreateCustomer(organization=NewOrganization(legal_name="Engines")))
    made: Opportunity = await database.do(CreateOpportunity(customer_id=customer.id, name="Ten engines", **given))
    return made


async def moved(database: PreparedDatabase, opportunity: Opportunity, stage: str, **given: Any) -> Opportunity:
    """The deal, in another stage."""
    command = MoveOpportunity(id=opportunity.id, version=opportunity.version, stage_code=stage, **given)
    made: Opportunity = await database.do(command)
    return made


async def history(database: PreparedDatabase, opportunity: Opportunity) -> list[StageChange]:
    """The deal's steps in their order."""

    def work(uow: UnitOfWork) -> list[StageChange]:
        statement = select(StageChange).where(StageChange.opportunity_id == opportunity.id)
        return uow.select(statement.order_by(StageChange.id))

    found: list[StageChange] = await database.do(work)
    return found


async def stage_code(database: PreparedDatabase, opportunity: Opportunity) -> str:
    found: str = await database.do(lambda uow: uow.get(Stage, opportunity.stage_id).code)
    return found


async def test_a_deal_begins_in_the_first_stage_of_the_default_pipeline(database: PreparedDatabase) -> None:
    opportunity = await deal(database, amount=EURO)

    assert await stage_code(database, opportunity) == "QUALIFY"
    assert (opportunity.status, opportunity.closed_at) == (OpportunityStatus.OPEN, None)
    (step,) = await history(database, opportunity)
    assert (step.from_stage_id, step.to_stage_id, step.duration_seconds) == (None, opportunity.stage_id, None)


async def test_the_default_pipeline_is_made_once(database: PreparedDatabase) -> None:
    await deal(database)
    await deal(database)

    assert len(await database.do(lambda uow: uow.select(select(Pipeline)))) == 1
    assert len(await database.do(lambda uow: uow.select(select(Stage)))) == 6


async def test_capability_50_a_stage_refuses_a_deal_and_names_all_that_is_missing(database: PreparedDatabase) -> None:
    opportunity = await deal(database)

    with pytest.raises(InvalidInput) as refused:
        await moved(database, opportunity, "PROPOSE")

    assert "AMOUNT, EXPECTED_CLOSE" in refused.value.message
    assert (refused.value.path, refused.value.extensions["missing"]) == (("stage_code",), ["AMOUNT", "EXPECTED_CLOSE"])
    assert await stage_code(database, opportunity) == "QUALIFY"


async def test_a_deal_that_has_what_is_required_moves_and_its_time_is_kept(database: PreparedDatabase) -> None:
    opportunity = await deal(database, amount=EURO, owner="Bob", expected_close_on=dt.date(2026, 6, 1))
    database.clock.advance(dt.timedelta(hours=2))

    outcome = await database.execute(MoveOpportunity(id=opportunity.id, version=1, stage_code="DISCOVER"))

    assert [committed.event.type for committed in outcome.events] == ["opportunity.moved"]
    step = (await history(database, opportunity))[-1]
    assert (step.duration_seconds, step.skipped, step.changed_by) == (7_200, 0, database.actor.subject)


async def test_capability_50_who_leaves_out_a_stage_is_seen_in_the_history(database: PreparedDatabase) -> None:
    opportunity = await deal(database, amount=EURO, expected_close_on=dt.date(2026, 6, 1))

    await moved(database, opportunity, "PROPOSE")

    assert [step.skipped for step in await history(database, opportunity)] == [0, 1]


async def test_capability_53_a_deal_is_won_when_all_steps_are_approved(database: PreparedDatabase) -> None:
    opportunity = await deal(database, amount=EURO)
    approver = await database.do(CreatePerson(person=NewPerson(display_name="Ada")))
    first = await database.do(AddApprovalStep(opportunity_id=opportunity.id, name="Budget", approver_id=approver.id))
    second = await database.do(AddApprovalStep(opportunity_id=opportunity.id, name="Law"))
    assert (first.position, second.position) == (1, 2)
    await database.do(DecideApproval(id=first.id, version=1, approved=True))

    with pytest.raises(InvalidInput, match="APPROVALS"):
        await moved(database, opportunity, "WON")
    decided = await database.do(DecideApproval(id=second.id, version=1, approved=True))
    outcome = await database.execute(MoveOpportunity(id=opportunity.id, version=1, stage_code="WON"))

    assert (decided.status, decided.decided_at) == (ApprovalStatus.APPROVED, database.clock.now())
    assert (outcome.value.status, outcome.value.closed_at) == (OpportunityStatus.WON, database.clock.now())
    assert [committed.event.type for committed in outcome.events] == ["opportunity.moved", "opportunity.closed"]


async def test_a_decided_deal_takes_no_more_approvals(database: PreparedDatabase) -> None:
    opportunity = await deal(database)
    step = await database.do(AddApprovalStep(opportunity_id=opportunity.id, name="Budget"))
    await moved(database, opportunity, "LOST", reason="Too dear.")

    with pytest.raises(Conflict):
        await database.do(AddApprovalStep(opportunity_id=opportunity.id, name="Law"))
    with pytest.raises(Conflict):
        await database.do(DecideApproval(id=step.id, version=1, approved=True))


async def test_a_deal_is_lost_and_opened_again_only_with_a_reason(database: PreparedDatabase) -> None:
    opportunity = await deal(database)
    with pytest.raises(InvalidInput) as refused:
        await moved(database, opportunity, "LOST")
    assert refused.value.path == ("reason",)

    lost = await moved(database, opportunity, "LOST", reason="Too dear.")
    assert (lost.status, lost.lost_reason) == (OpportunityStatus.LOST, "Too dear.")
    with pytest.raises(InvalidInput):
        await moved(database, lost, "QUALIFY")
    again = await moved(database, lost, "QUALIFY", reason="They called.")

    assert (again.status, again.lost_reason, again.closed_at) == (OpportunityStatus.OPEN, None, None)
    assert [step.skipped for step in await history(database, again)] == [0, 0, 0]


@pytest.mark.parametrize(("stage", "error"), [("NOWHERE", NotFound), ("QUALIFY", InvalidInput)])
async def test_a_deal_moves_only_to_another_stage_of_its_pipeline(
    database: PreparedDatabase, stage: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await moved(database, await deal(database), stage)


async def test_two_who_move_one_deal_at_once_leave_one_step(database: PreparedDatabase) -> None:
    opportunity = await deal(database, owner="Bob", amount=EURO, expected_close_on=dt.date(2026, 6, 1))

    results = await asyncio.gather(
        *(moved(database, opportunity, stage) for stage in ("DISCOVER", "PROPOSE")), return_exceptions=True
    )

    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Opportunity"]
    assert len(await history(database, opportunity)) == 2


async def test_a_change_tells_which_fields_and_nothing_of_what_they_hold(database: PreparedDatabase) -> None:
    opportunity = await deal(database, owner="Bob")

    outcome = await database.execute(
        UpdateOpportunity(id=opportunity.id, version=1, owner=None, amount=EURO, name="Ten engines")
    )

    (committed,) = outcome.events
    assert committed.event.payload()["fields"] == ["amount", "owner"]
    with pytest.raises(Conflict):
        await database.do(UpdateOpportunity(id=opportunity.id, version=1, owner="Eve"))


def stages(*more: NewStage) -> tuple[NewStage, ...]:
    return (
        NewStage(code="TALK", name="Talk", probability=Decimal("0.2")),
        *more,
        NewStage(code="YES", name="Yes", probability=Decimal(1), outcome=OpportunityStatus.WON),
        NewStage(code="NO", name="No", probability=Decimal(0), outcome=OpportunityStatus.LOST),
    )


async def test_a_tenant_defines_a_pipeline_and_changes_what_its_stages_require(database: PreparedDatabase) -> None:
    pipeline = await database.do(DefinePipeline(code="TENDERS", name="Tenders", stages=stages()))
    opportunity = await deal(database, pipeline_code="TENDERS")
    first = await database.do(lambda uow: uow.find(Stage, pipeline_id=pipeline.id, code="YES"))
    changed = UpdateStage(id=first.id, version=1, name="Awarded", required=(RequiredField.BUDGET,))

    await database.do(changed)

    with pytest.raises(InvalidInput, match="BUDGET"):
        await moved(database, opportunity, "YES")
    await database.do(UpdateStage(id=first.id, version=2, required=()))
    assert (await moved(database, opportunity, "YES")).status is OpportunityStatus.WON


@pytest.mark.parametrize("code", ["SALES", "TENDERS"])
async def test_a_code_of_a_pipeline_is_given_once(database: PreparedDatabase, code: str) -> None:
    await database.do(DefinePipeline(code="TENDERS", name="Tenders", stages=stages()))

    with pytest.raises(Conflict):
        await database.do(DefinePipeline(code=code, name="Again", stages=stages()))


async def test_an_unknown_pipeline_or_customer_is_not_found(database: PreparedDatabase) -> None:
    with pytest.raises(NotFound):
        await deal(database, pipeline_code="NONE")
    with pytest.raises(NotFound):
        await database.do(CreateOpportunity(customer_id=uuid.uuid4(), name="Ten engines"))


async def test_a_probability_that_contradicts_the_outcome_is_refused(database: PreparedDatabase) -> None:
    await deal(database)
    won = await database.do(lambda uow: uow.find(Stage, code="WON"))

    with pytest.raises(InvalidInput) as refused:
        await database.do(UpdateStage(id=won.id, version=1, probability=Decimal("0.9")))

    assert refused.value.path == ("probability",)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"stages": ()}, ("stages",)),
        ({"stages": stages()[:2]}, ("stages",)),
        ({"stages": (*stages(), stages()[0])}, ("stages",)),
        ({"stages": stages() * 11}, ("stages",)),
        ({"stages": stages(), "code": "lower"}, ("code",)),
    ],
)
def test_a_pipeline_that_could_not_work_is_refused(given: dict[str, Any], path: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput) as refused:
        DefinePipeline(**{"code": "TENDERS", "name": "Tenders", **given})

    assert refused.value.path == path


@pytest.mark.parametrize("probability", ["-0.1", "1.1", "NaN", "0.5"])
def test_a_stage_of_won_deals_has_the_probability_one(probability: str) -> None:
    with pytest.raises(InvalidInput):
        NewStage(code="YES", name="Yes", probability=Decimal(probability), outcome=OpportunityStatus.WON)


def test_a_deal_is_not_worth_less_than_nothing() -> None:
    with pytest.raises(InvalidInput) as refused:
        CreateOpportunity(customer_id=uuid.uuid4(), name="Ten engines", budget=Money(-1, "EUR"))

    assert refused.value.path == ("budget",)
