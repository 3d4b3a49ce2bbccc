"""Stakeholders, goals and needs: the rules that hold whoever asks."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patron_core.accounts.commands import CreateAccountPlan, CreateGoal, RecordGoalProgress, UpdateGoal
from patron_core.accounts.goals import FARTHEST, progress_of, status_of
from patron_core.accounts.models import Goal, GoalStatus
from patron_core.customers.commands import CreateCustomer
from patron_core.errors import Conflict, InvalidInput
from patron_core.needs.commands import CreateNeed
from patron_core.needs.matching import score
from patron_core.needs.models import Horizon
from patron_core.opportunities.commands import AddApprovalStep, CreateOpportunity
from patron_core.parties.commands import CreateOrganization, CreatePerson, NewOrganization, NewPerson
from patron_core.relationships.commands import CreateRelationship
from patron_core.stakeholders.commands import (
    AddConcern,
    AddStakeholder,
    EndStakeholder,
    NewConcern,
    ResolveConcern,
    UpdateStakeholder,
)
from patron_core.stakeholders.models import Stakeholder, StakeholderRole, Stance
from patron_schema.testing.databases import NOON, PreparedDatabase

TODAY = NOON.date()


async def company(database: PreparedDatabase, name: str = "Engines", parent_id: uuid.UUID | None = None) -> Any:
    organization = NewOrganization(legal_name=name, parent_id=parent_id)
    return await database.do(CreateCustomer(organization=organization))


async def employee(database: PreparedDatabase, employer: uuid.UUID, name: str = "Ada", **period: Any) -> uuid.UUID:
    person: uuid.UUID = (await database.do(CreatePerson(person=NewPerson(display_name=name)))).id
    await database.do(CreateRelationship(type_code="EMPLOYS", source_id=employer, target_id=person, **period))
    return person


async def named(database: PreparedDatabase, customer: Any, person: uuid.UUID, **more: Any) -> Stakeholder:
    given = {"customer_id": customer.id, "person_id": person, "role": StakeholderRole.USER, **more}
    made: Stakeholder = await database.do(AddStakeholder(**given))
    return made


async def test_a_stakeholder_may_be_of_a_part_of_the_organization(database: PreparedDatabase) -> None:
    customer = await company(database)
    part = await database.do(
        CreateOrganization(organization=NewOrganization(legal_name="Works", parent_id=customer.party_id))
    )
    ada = await employee(database, part.id)

    assert (await named(database, customer, ada)).stance is Stance.NEUTRAL


@pytest.mark.parametrize("what", ["an organization", "who has left", "a stranger"])
async def test_who_is_not_of_the_organization_is_refused(database: PreparedDatabase, what: str) -> None:
    customer = await company(database)
    match what:
        case "an organization":
            person = (await company(database, "Other")).party_id
        case "who has left":
            person = await employee(database, customer.party_id, valid_to=NOON - dt.timedelta(days=1))
        case _:
            person = (await database.do(CreatePerson(person=NewPerson(display_name="Sam")))).id

    with pytest.raises(InvalidInput) as refused:
        await named(database, customer, person)

    assert refused.value.path == ("person_id",)


async def test_two_at_once_do_not_both_become_the_economic_buyer(database: PreparedDatabase) -> None:
    customer = await company(database)
    people = [await employee(database, customer.party_id, name) for name in ("Ada", "Bea", "Cai")]

    async def name(person: uuid.UUID) -> bool:
        try:
            await named(database, customer, person, role=StakeholderRole.ECONOMIC_BUYER)
        except Conflict:
            return False
        return True

    assert sum(await asyncio.gather(*(name(person) for person in people))) == 1


async def test_another_role_is_checked_as_a_new_one(database: PreparedDatabase) -> None:
    customer = await company(database)
    ada, bea = [await employee(database, customer.party_id, name) for name in ("Ada", "Bea")]
    await named(database, customer, ada, role=StakeholderRole.ECONOMIC_BUYER)
    user = await named(database, customer, bea)

    with pytest.raises(Conflict) as refused:
        await database.do(UpdateStakeholder(id=user.id, version=1, role=StakeholderRole.ECONOMIC_BUYER))
    with pytest.raises(Conflict):
        await named(database, customer, bea)

    assert "ECONOMIC_BUYER" in refused.value.message


async def test_a_step_is_signed_by_who_has_a_say_in_the_same_deal(database: PreparedDatabase) -> None:
    customer = await company(database)
    ada = await employee(database, customer.party_id)
    one, other = [await database.do(CreateOpportunity(customer_id=customer.id, name=n)) for n in ("One", "Other")]
    step = await database.do(AddApprovalStep(opportunity_id=other.id, name="Board"))

    with pytest.raises(InvalidInput) as refused:
        await named(database, customer, ada, customer_id=None, opportunity_id=one.id, approves_step_id=step.id)
    signs = await named(database, customer, ada, customer_id=None, opportunity_id=other.id, approves_step_id=step.id)

    assert refused.value.path == ("approves_step_id",)
    assert (signs.customer_id, signs.approves_step_id) == (customer.id, step.id)


async def test_who_has_no_say_any_more_is_not_changed_and_may_come_back(database: PreparedDatabase) -> None:
    customer = await company(database)
    ada = await employee(database, customer.party_id)
    user = await named(database, customer, ada, concerns=(NewConcern(text="Noise"),))
    ended = await database.do(EndStakeholder(id=user.id, version=1))

    for command in (
        UpdateStakeholder(id=user.id, version=ended.version, stance=Stance.OPPOSE),
        EndStakeholder(id=user.id, version=ended.version),
        AddConcern(stakeholder_id=user.id, text="Dust"),
    ):
        with pytest.raises(Conflict):
            await database.do(command)

    assert (await named(database, customer, ada)).id != user.id


async def test_a_concern_is_settled_once(database: PreparedDatabase) -> None:
    customer = await company(database)
    user = await named(database, customer, await employee(database, customer.party_id))
    concern = await database.do(AddConcern(stakeholder_id=user.id, text="Noise"))
    settled = await database.do(ResolveConcern(id=concern.id, version=1, resolution="Measured."))

    with pytest.raises(Conflict):
        await database.do(ResolveConcern(id=concern.id, version=settled.version))

    assert settled.resolved_at == NOON


@pytest.mark.parametrize("given", [{}, {"customer_id": uuid.UUID(int=1), "opportunity_id": uuid.UUID(int=2)}])
def test_a_stakeholder_stands_in_one_place(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        AddStakeholder(person_id=uuid.UUID(int=3), role=StakeholderRole.USER, **given)


@pytest.mark.parametrize("influence", [-1, 101])
def test_an_influence_is_0_to_100(influence: int) -> None:
    with pytest.raises(InvalidInput):
        UpdateStakeholder(id=uuid.UUID(int=3), version=1, influence=influence)


# -- goals

_NUMBERS = st.decimals(-1_000_000, 1_000_000, places=3)


@given(_NUMBERS, _NUMBERS, _NUMBERS)
def test_progress_is_bounded_and_1_only_where_the_target_is_reached(
    value: Decimal, baseline: Decimal, target: Decimal
) -> None:
    if baseline == target:
        return
    progress = progress_of(value, baseline=baseline, target=target)

    assert -FARTHEST <= progress <= FARTHEST
    assert (progress >= 1) == (value >= target if target > baseline else value <= target)


@pytest.mark.parametrize(
    ("progress", "before", "wanted", "days", "after"),
    [
        ("0.5", "OPEN", None, 0, "OPEN"),
        ("0.5", "OPEN", "AT_RISK", 0, "AT_RISK"),
        ("0.5", "AT_RISK", None, 0, "AT_RISK"),
        ("0.5", "AT_RISK", "OPEN", 0, "OPEN"),
        ("0.5", "OPEN", None, -1, "MISSED"),
        ("0.5", "MISSED", None, 1, "OPEN"),
        ("0.9", "REACHED", None, 1, "OPEN"),
        ("1", "AT_RISK", None, -1, "REACHED"),
        ("1", "OPEN", "ABANDONED", 1, "ABANDONED"),
        ("0.5", "ABANDONED", None, -1, "ABANDONED"),
    ],
)
def test_the_status_of_a_goal_follows_from_its_number_its_day_and_what_is_said(
    progress: str, before: str, wanted: str | None, days: int, after: str
) -> None:
    found = status_of(
        Decimal(progress),
        before=GoalStatus[before],
        wanted=GoalStatus[wanted] if wanted else None,
        due_on=TODAY + dt.timedelta(days=days),
        today=TODAY,
    )

    assert found is GoalStatus[after]


async def goal(database: PreparedDatabase, **more: Any) -> Goal:
    customer = await company(database)
    given = {
        "name": "Less",
        "unit": "hours",
        "target": Decimal(10),
        "due_on": TODAY,
        "customer_id": customer.id,
        **more,
    }
    made: Goal = await database.do(CreateGoal(**given))
    return made


async def test_a_goal_that_was_given_up_must_be_opened_again(database: PreparedDatabase) -> None:
    made = await goal(database)
    given_up = await database.do(
        RecordGoalProgress(id=made.id, version=1, value=Decimal(1), status=GoalStatus.ABANDONED)
    )

    with pytest.raises(Conflict):
        await database.do(RecordGoalProgress(id=made.id, version=given_up.version, value=Decimal(2)))
    opened = await database.do(
        RecordGoalProgress(id=made.id, version=given_up.version, value=Decimal(2), status=GoalStatus.OPEN)
    )

    assert (opened.status, opened.progress) == (GoalStatus.OPEN, Decimal("0.2"))


async def test_a_later_day_opens_a_goal_that_was_missed(database: PreparedDatabase) -> None:
    made = await goal(database)
    database.clock.advance(dt.timedelta(days=2))
    missed = await database.do(RecordGoalProgress(id=made.id, version=1, value=Decimal(1)))
    opened = await database.do(
        UpdateGoal(id=made.id, version=missed.version, due_on=TODAY + dt.timedelta(days=9), name="Less")
    )

    assert (missed.status, opened.status) == (GoalStatus.MISSED, GoalStatus.OPEN)


async def test_a_goal_belongs_to_a_plan_for_the_same_customer(database: PreparedDatabase) -> None:
    other = await company(database, "Other")
    plan = await database.do(
        CreateAccountPlan(customer_id=other.id, name="Grow", starts_on=TODAY, ends_on=TODAY + dt.timedelta(days=1))
    )

    with pytest.raises(InvalidInput) as refused:
        await goal(database, plan_id=plan.id)

    assert refused.value.path == ("plan_id",)


@pytest.mark.parametrize("number", ["NaN", "0.0001", "1000000000000"])
def test_a_number_that_cannot_be_kept_is_refused(number: str) -> None:
    with pytest.raises(InvalidInput):
        RecordGoalProgress(id=uuid.UUID(int=1), version=1, value=Decimal(number))


# -- needs


@pytest.mark.parametrize(
    ("wanted", "keywords", "name", "category", "points"),
    [
        ("Tools", None, "Saw", "tools", "1"),
        ("Tools", "quiet saw", "Band saw", "Tools", "0.8"),
        (None, "quiet saw", "Band saw", "Tools", "0.5"),
        ("Tools", "quiet", "Band saw", "Garden", "0"),
        ("Tools", None, "Saw", None, "0"),
        (None, None, "Saw", "Tools", "0"),
        (None, "saw saw", "Saw", None, "1"),
    ],
)
def test_a_product_fits_by_category_and_words(
    wanted: str | None, keywords: str | None, name: str, category: str | None, points: str
) -> None:
    assert score(wanted, keywords, name=name, category=category)[0] == Decimal(points)


async def test_a_need_is_no_organization_s_own(database: PreparedDatabase) -> None:
    customer = await company(database)

    with pytest.raises(InvalidInput) as refused:
        await database.do(
            CreateNeed(customer_id=customer.id, name="Light", horizon=Horizon.SHORT, person_id=customer.party_id)
        )

    assert refused.value.path == ("person_id",)
