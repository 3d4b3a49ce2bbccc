"""Tasks and rhythms of contact: which rhythm holds, what a contact moves, and why a customer is called."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from sqlalchemy import select

from patron_core.cases.commands import OpenCase
from patron_core.cases.models import CaseKind
from patron_core.customers.commands import CreateCustomer, DeleteCustomer
from patron_core.customers.models import Customer, EngagementMode, LifecycleStage
from patron_core.errors import InvalidInput, NotFound
from patron_core.hookspecs import Step
from patron_core.parties.commands import CreatePerson, NewOrganization, NewPerson
from patron_core.privacy.commands import RecordConsent
from patron_core.privacy.models import ConsentDecision, ConsentPurpose
from patron_core.tasks import reasons
from patron_core.tasks.calls import daily_call_list
from patron_core.tasks.commands import CompleteTask, CreateTask, DefineCadence, UpdateCadence
from patron_core.tasks.models import Cadence, ContactPlan, Task, TaskPriority
from patron_core.tasks.plans import closest, plan_contacts
from patron_core.tasks.reasons import CallReason, ranked
from patron_core.touchpoints.commands import LogTouchpoint
from patron_core.touchpoints.models import Channel, Direction
from patron_schema.testing.databases import NOON, PreparedDatabase

FIRST = Step(arguments={}, state={}, done=0)
TODAY = NOON.date()

UNKNOWN = uuid.UUID(int=7)


def day(count: int) -> dt.date:
    return TODAY + dt.timedelta(days=count)


async def customer(database: PreparedDatabase, **given: Any) -> Customer:
    made: Customer = await database.do(
        CreateCustomer(organization=NewOrganization(legal_name="Engines"), **{"owner": "ada", **given})
    )
    return made


def rule(days: int, *, customer_id: uuid.UUID | None = None, owner: str | None = None) -> Cadence:
    return Cadence(id=uuid.uuid4(), every_days=days, customer_id=customer_id, owner=owner, name=str(days))


ID = uuid.uuid4()


@pytest.mark.parametrize(
    ("given", "rules", "days"),
    [
        ({}, [rule(7), rule(30, owner="ada"), rule(90, customer_id=ID)], 90),
        ({}, [rule(7), rule(30, owner="ada"), rule(60, owner="ada")], 30),
        ({}, [rule(7), rule(30, owner="bob"), rule(90, customer_id=uuid.uuid4())], 7),
        ({"owner": None}, [rule(30, owner="ada")], None),
        ({"engagement_mode": EngagementMode.TRANSACTION}, [rule(7)], None),
        ({"lifecycle_stage": LifecycleStage.CHURNED}, [rule(7), rule(90, customer_id=ID)], 90),
        ({"deleted_at": NOON}, [rule(7), rule(90, customer_id=ID)], None),
    ],
)
def test_the_closest_rhythm_holds(given: dict[str, Any], rules: list[Cadence], days: int | None) -> None:
    defaults = {"owner": "ada", "engagement_mode": EngagementMode.HYBRID, "lifecycle_stage": LifecycleStage.ACTIVE}

    found = closest(Customer(id=ID, **{**defaults, **given}), rules)

    assert (None if found is None else found.every_days) == days


async def plan_of(database: PreparedDatabase, customer_id: uuid.UUID) -> ContactPlan | None:
    found: ContactPlan | None = await database.do(lambda uow: uow.find(ContactPlan, customer_id=customer_id))
    return found


async def test_a_done_task_of_a_rhythm_counts_as_contact_and_no_second_task_is_opened(
    database: PreparedDatabase,
) -> None:
    theirs = await customer(database)
    await database.do(DefineCadence(name="Monthly", every_days=30, owner="ada", priority=TaskPriority.HIGH))
    database.clock.advance(dt.timedelta(days=31))
    await database.do(lambda uow: plan_contacts(FIRST, uow))
    (task,) = await database.do(lambda uow: uow.select(select(Task)))
    assert (task.title, task.priority, task.assignee) == ("Contact: Monthly", TaskPriority.HIGH, "ada")

    await database.do(CompleteTask(id=task.id, version=task.version, outcome="They are well."))
    await database.do(lambda uow: plan_contacts(FIRST, uow))

    plan = await plan_of(database, theirs.id)
    assert plan is not None
    assert (plan.gap_since, plan.last_contact_at) == (None, database.clock.now())
    assert plan.next_touch_due == database.clock.now() + dt.timedelta(days=30)
    assert len(await database.do(lambda uow: uow.select(select(Task)))) == 1


async def test_an_older_contact_moves_no_plan_back(database: PreparedDatabase) -> None:
    theirs = await customer(database)
    await database.do(DefineCadence(name="Monthly", every_days=30))
    contact = {"customer_id": theirs.id, "channel": Channel.WEB, "direction": Direction.INBOUND, "topic": "Asked"}
    await database.do(LogTouchpoint(**contact))
    await database.do(lambda uow: plan_contacts(FIRST, uow))

    await database.do(LogTouchpoint(**contact, occurred_at=NOON - dt.timedelta(days=9)))

    plan = await plan_of(database, theirs.id)
    assert plan is not None
    assert plan.last_contact_at == NOON


async def test_a_rhythm_that_no_longer_counts_takes_its_plans_along(database: PreparedDatabase) -> None:
    theirs = await customer(database)
    cadence = await database.do(DefineCadence(name="Monthly", every_days=30))
    await database.do(lambda uow: plan_contacts(FIRST, uow))
    assert await plan_of(database, theirs.id) is not None

    await database.do(UpdateCadence(id=cadence.id, version=1, active=False))
    await database.do(lambda uow: plan_contacts(FIRST, uow))

    assert await plan_of(database, theirs.id) is None


@pytest.mark.parametrize(
    "given", [{"every_days": 0}, {"every_days": 3651}, {"owner": "ada", "customer_id": uuid.uuid4()}]
)
def test_a_rhythm_that_makes_no_sense_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        DefineCadence(**{"name": "Monthly", "every_days": 30, **given})


@pytest.mark.parametrize(
    ("about", "error"),
    [("nonsense", InvalidInput), (f"cus_{UNKNOWN}", NotFound), (f"zzz_{UNKNOWN}", NotFound)],
)
async def test_a_task_about_nothing_is_refused(database: PreparedDatabase, about: str, error: type[Exception]) -> None:
    with pytest.raises(error) as refused:
        await database.do(CreateTask(title="Call", due_at=NOON, about_id=about))

    assert refused.value.path == ("about_id",)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("reason", "points"),
    [
        (reasons.task_due("t", due_on=day(0), priority=TaskPriority.NORMAL, on=TODAY), 40),
        (reasons.task_due("t", due_on=day(-99), priority=TaskPriority.URGENT, on=TODAY), 80),
        (reasons.gap("g", due_on=day(0), every_days=30, on=TODAY), 20),
        (reasons.gap("g", due_on=day(-15), every_days=30, on=TODAY), 30),
        (reasons.gap("g", due_on=day(-300), every_days=30, on=TODAY), 40),
        (reasons.renewal("r", at_risk=True, notice_by=day(80), within_days=90, on=TODAY), 35),
        (reasons.renewal("r", at_risk=False, notice_by=day(90), within_days=90, on=TODAY), 15),
        (reasons.renewal("r", at_risk=False, notice_by=day(-1), within_days=90, on=TODAY), 30),
        (reasons.closing("d", close_on=day(-1), on=TODAY), 25),
        (reasons.complaint("c", came_on=day(-3), on=TODAY), 30),
        (reasons.stuck("d", entered_on=day(-40), on=TODAY), 15),
        (reasons.value("c", minor=50, largest=100, sales=2), 5),
    ],
)
def test_a_reason_weighs_what_the_method_says(reason: reasons.Reason, points: int) -> None:
    assert reason.points == points


def test_the_strongest_reason_of_a_kind_counts_with_the_evidence_of_all_and_ties_go_by_id() -> None:
    low, high = sorted((uuid.uuid4(), uuid.uuid4()))
    first = reasons.task_due("tsk_1", due_on=day(0), priority=TaskPriority.NORMAL, on=TODAY)
    second = reasons.task_due("tsk_2", due_on=day(-2), priority=TaskPriority.NORMAL, on=TODAY)

    entries = ranked({high: [first, second], low: [second]})

    assert [entry.customer_id for entry in entries] == [low, high]
    assert entries[1].score == 42
    assert entries[1].reasons[0].evidence == ("tsk_2", "tsk_1")


@pytest.mark.parametrize(
    ("purpose", "channel", "listed"),
    [
        (ConsentPurpose.SERVICE, Channel.PHONE, False),
        (ConsentPurpose.MARKETING, Channel.PHONE, False),
        (ConsentPurpose.SERVICE, None, False),
        (ConsentPurpose.MARKETING, None, True),
        (ConsentPurpose.SERVICE, Channel.EMAIL, True),
    ],
)
async def test_who_said_no_to_calls_is_not_listed_and_counted(
    database: PreparedDatabase, purpose: ConsentPurpose, channel: Channel | None, listed: bool
) -> None:
    theirs = await customer(database)
    await database.do(CreateTask(title="Call", due_at=NOON, customer_id=theirs.id))
    await database.do(
        RecordConsent(party_id=theirs.party_id, purpose=purpose, channel=channel, status=ConsentDecision.DENIED)
    )

    found = await database.do(lambda uow: daily_call_list(uow, owner="ada"))

    assert [entry.customer_id for entry in found.entries] == ([theirs.id] if listed else [])
    assert [(each.code, each.customers) for each in found.left_out] == ([] if listed else [("NO_CONSENT", 1)])


async def test_who_was_taken_out_of_lists_is_not_called(database: PreparedDatabase) -> None:
    theirs = await customer(database)
    await database.do(CreateTask(title="Call", due_at=NOON, customer_id=theirs.id))
    await database.do(DeleteCustomer(id=theirs.id, version=theirs.version))

    found = await database.do(lambda uow: daily_call_list(uow, owner="ada"))

    assert (found.considered, found.entries) == (0, ())


@pytest.mark.parametrize(
    ("kind", "days", "listed"),
    [(CaseKind.COMPLAINT, 3, True), (CaseKind.COMPLAINT, 20, False), (CaseKind.QUESTION, 3, False)],
)
async def test_who_complained_lately_is_called(
    database: PreparedDatabase, kind: CaseKind, days: int, listed: bool
) -> None:
    theirs = await customer(database)
    case = await database.do(
        OpenCase(customer_id=theirs.id, kind=kind, topic="It rattles", occurred_at=NOON - dt.timedelta(days=days))
    )

    found = await database.do(lambda uow: daily_call_list(uow, owner="ada"))

    evidence = [entry.reasons[0].evidence for entry in found.entries]
    assert evidence == ([(f"{case.id_prefix}_{case.id}",)] if listed else [])


async def test_the_latest_word_counts(database: PreparedDatabase) -> None:
    theirs = await customer(database)
    await database.do(CreateTask(title="Call", due_at=NOON, customer_id=theirs.id))
    for status in (ConsentDecision.DENIED, ConsentDecision.GIVEN):
        database.clock.advance(dt.timedelta(minutes=1))
        await database.do(
            RecordConsent(
                party_id=theirs.party_id, purpose=ConsentPurpose.SERVICE, channel=Channel.PHONE, status=status
            )
        )

    found = await database.do(lambda uow: daily_call_list(uow, owner="ada"))

    assert [entry.reasons[0].code for entry in found.entries] == [CallReason.TASK_DUE]


async def test_a_task_for_a_person_who_is_no_customer_is_of_our_own(database: PreparedDatabase) -> None:
    person = await database.do(CreatePerson(person=NewPerson(display_name="Ada")))

    task = await database.do(CreateTask(title="Write", due_at=NOON, about_id=f"pty_{person.id}"))

    assert task.customer_id is None
