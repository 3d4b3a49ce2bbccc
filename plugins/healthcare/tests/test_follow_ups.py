"""Follow-ups: opened by abnormal observations, one open for a patient and a code, closed only by a contact."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from decimal import Decimal

import pytest

from patron_core.errors import Conflict, Forbidden, InvalidInput, NotFound
from patron_core.messages import Actor
from patron_core.touchpoints.commands import LogTouchpoint
from patron_core.touchpoints.models import Channel, Direction
from patron_healthcare import advice
from patron_healthcare.codes import (
    BirthSex,
    EncounterStatus,
    FollowUpStatus,
    InterpretationOrigin,
    ObservationInterpretation,
    ObservationStatus,
)
from patron_healthcare.commands import CloseFollowUp, RecordObservation
from patron_healthcare.events import FollowUpClosed, FollowUpOpened, ObservationRecorded
from patron_healthcare.follow_ups import Abnormal, Known, decide
from patron_healthcare.models import FollowUp, Observation, Patient
from patron_schema.testing.databases import NOON, PreparedDatabase

from .clinic import all_of, encounter, follow_ups, hemoglobin, patient

DAY = dt.timedelta(days=1)
H, L, N = ObservationInterpretation.H, ObservationInterpretation.L, ObservationInterpretation.N


async def opened(database: PreparedDatabase) -> tuple[Patient, FollowUp]:
    mira = await patient(database)
    await database.do(hemoglobin(mira, "9.1", at=NOON - DAY))
    (follow_up,) = await follow_ups(database)
    return mira, follow_up


async def call(database: PreparedDatabase, customer_id: uuid.UUID, *, at: dt.datetime = NOON) -> uuid.UUID:
    logged = await database.do(
        LogTouchpoint(
            customer_id=customer_id, channel=Channel.PHONE, direction=Direction.OUTBOUND, topic="Call", occurred_at=at
        )
    )
    return uuid.UUID(str(logged.id))


async def test_an_abnormal_value_opens_a_follow_up_and_says_why(database: PreparedDatabase) -> None:
    mira = await patient(database)

    outcome = await database.execute(hemoglobin(mira, "9.1", at=NOON - DAY))

    observation: Observation = outcome.value
    assert (observation.interpretation, observation.interpretation_origin) == (L, InterpretationOrigin.DERIVED)
    assert (observation.reference_low, observation.reference_high) == (Decimal("12.3"), Decimal("15.3"))
    (follow_up,) = await follow_ups(database)
    assert (follow_up.patient_id, follow_up.based_on_id, follow_up.code) == (mira.id, observation.id, "718-7")
    assert follow_up.due_on == (NOON + 13 * DAY).date()
    assert follow_up.status is FollowUpStatus.REQUESTED
    assert follow_up.reason.startswith("Hemoglobin 9.1 g/dL: low (normal: 12.3 to 15.3 g/dL, female adults; ")
    assert [type(committed.event) for committed in outcome.events] == [ObservationRecorded, FollowUpOpened]
    assert {committed.event.customer_id for committed in outcome.events} == {mira.customer_id}
    assert "9.1" not in str([committed.event.payload() for committed in outcome.events])


async def test_a_normal_value_opens_none(database: PreparedDatabase) -> None:
    mira = await patient(database)

    observation = await database.do(hemoglobin(mira, "13.5"))

    assert (observation.interpretation, observation.interpretation_origin) == (N, InterpretationOrigin.DERIVED)
    assert await follow_ups(database) == []


async def test_what_the_source_says_goes_before_the_ranges(database: PreparedDatabase) -> None:
    mira = await patient(database)

    low = await database.do(hemoglobin(mira, "13.5", interpretation=L))
    await database.do(hemoglobin(mira, "2", interpretation=N, at=NOON + dt.timedelta(hours=1)))

    assert (low.interpretation_origin, low.reference_text) == (InterpretationOrigin.SOURCE, None)
    assert [follow_up.based_on_id for follow_up in await follow_ups(database)] == [low.id]


@pytest.mark.parametrize(
    ("born", "sex", "unit", "status"),
    [
        (dt.date(2015, 1, 1), BirthSex.FEMALE, "g/dL", ObservationStatus.FINAL),
        (None, BirthSex.FEMALE, "g/dL", ObservationStatus.FINAL),
        (dt.date(1980, 1, 1), None, "g/dL", ObservationStatus.FINAL),
        (dt.date(1980, 1, 1), BirthSex.FEMALE, "g/L", ObservationStatus.FINAL),
        (dt.date(1980, 1, 1), BirthSex.FEMALE, "g/dL", ObservationStatus.ENTERED_IN_ERROR),
    ],
)
async def test_what_no_range_fits_is_not_interpreted(
    database: PreparedDatabase, born: dt.date | None, sex: BirthSex | None, unit: str, status: ObservationStatus
) -> None:
    mira = await patient(database, born=born, sex=sex)

    observation = await database.do(hemoglobin(mira, "9.1", unit=unit, status=status))

    assert (observation.interpretation, observation.interpretation_origin) == (None, None)
    assert await follow_ups(database) == []


async def test_a_later_abnormal_value_moves_the_open_follow_up_and_leaves_its_day(database: PreparedDatabase) -> None:
    mira, first = await opened(database)

    later = await database.do(hemoglobin(mira, "8.2", at=NOON))
    earlier = await database.do(hemoglobin(mira, "7", at=NOON - 5 * DAY))

    (follow_up,) = await follow_ups(database)
    assert (follow_up.id, follow_up.based_on_id, follow_up.due_on) == (first.id, later.id, first.due_on)
    assert "8.2" in follow_up.reason
    assert earlier.interpretation is L


async def test_a_later_normal_value_closes_nothing(database: PreparedDatabase) -> None:
    mira, first = await opened(database)

    await database.do(hemoglobin(mira, "13.5", at=NOON))

    assert [(f.id, f.closed_at) for f in await follow_ups(database)] == [(first.id, None)]


async def test_each_code_has_a_follow_up_of_its_own(database: PreparedDatabase) -> None:
    mira, _ = await opened(database)

    await database.do(
        RecordObservation(
            patient_id=mira.id, code="8480-6", display="Systolic", value=Decimal(171), unit="mm[Hg]", effective_at=NOON
        )
    )

    assert sorted(follow_up.code for follow_up in await follow_ups(database)) == ["718-7", "8480-6"]


async def test_the_same_source_key_is_one_observation(database: PreparedDatabase) -> None:
    mira = await patient(database)
    command = hemoglobin(mira, "9.1", source="lab", source_key="17")

    first = await database.execute(command)
    again = await database.execute(command)

    assert again.value.id == first.value.id
    assert again.events == ()
    assert len(await all_of(database, Observation)) == 1


async def test_two_abnormal_values_at_once_open_one_follow_up(database: PreparedDatabase) -> None:
    mira = await patient(database)

    await asyncio.gather(
        *(database.do(hemoglobin(mira, f"9.{n}", at=NOON - n * dt.timedelta(minutes=1))) for n in range(6))
    )

    (follow_up,) = await follow_ups(database)
    observations = {row.id: row.value for row in await all_of(database, Observation)}
    assert observations[follow_up.based_on_id] == Decimal("9.0")


async def test_closing_and_a_new_abnormal_value_at_once_leave_no_value_unseen(database: PreparedDatabase) -> None:
    mira, follow_up = await opened(database)
    called = await call(database, mira.customer_id)
    close = CloseFollowUp(id=follow_up.id, version=follow_up.version, outcome="Explained.", touchpoint_id=called)

    closed, later = await asyncio.gather(
        database.do(close), database.do(hemoglobin(mira, "8.8")), return_exceptions=True
    )

    waiting = [found for found in await follow_ups(database) if found.closed_at is None]
    assert isinstance(closed, FollowUp | Conflict)  # the later value moved it first: it has another version by then
    assert [found.based_on_id for found in waiting] == [later.id]


async def test_nobody_is_asked_to_see_to_the_dead(database: PreparedDatabase) -> None:
    mira = await patient(database)
    await database.do(lambda uow: uow.update_rows(Patient, Patient.id == mira.id, values={"deceased": True}))

    await database.do(hemoglobin(mira, "9.1"))

    assert await follow_ups(database) == []


async def test_an_encounter_with_an_outcome_closes_a_follow_up(database: PreparedDatabase) -> None:
    mira, follow_up = await opened(database)
    visit = await encounter(database, mira)

    outcome = await database.execute(
        CloseFollowUp(id=follow_up.id, version=follow_up.version, outcome="Iron prescribed.", encounter_id=visit.id)
    )

    closed: FollowUp = outcome.value
    assert (closed.status, closed.closed_at, closed.outcome) == (FollowUpStatus.COMPLETED, NOON, "Iron prescribed.")
    assert (closed.closing_encounter_id, closed.closing_touchpoint_id) == (visit.id, None)
    assert [type(committed.event) for committed in outcome.events] == [FollowUpClosed]


async def test_a_call_closes_a_follow_up_and_the_next_abnormal_value_opens_another(database: PreparedDatabase) -> None:
    mira, follow_up = await opened(database)
    called = await call(database, mira.customer_id)

    await database.do(
        CloseFollowUp(id=follow_up.id, version=follow_up.version, outcome="Explained.", touchpoint_id=called)
    )
    await database.do(hemoglobin(mira, "9.0", at=NOON - 2 * DAY))
    known_by_then = len(await follow_ups(database))
    await database.do(hemoglobin(mira, "9.0", at=NOON))

    assert known_by_then == 1
    assert [f.closed_at is None for f in await follow_ups(database)] == [False, True]


async def test_a_closed_follow_up_stays_closed(database: PreparedDatabase) -> None:
    mira, follow_up = await opened(database)
    called = await call(database, mira.customer_id)
    closed = await database.do(
        CloseFollowUp(id=follow_up.id, version=follow_up.version, outcome="Explained.", touchpoint_id=called)
    )

    with pytest.raises(Conflict):
        await database.do(CloseFollowUp(id=closed.id, version=closed.version, outcome="Again.", touchpoint_id=called))


async def test_a_contact_that_does_not_fit_closes_nothing(database: PreparedDatabase) -> None:
    mira, follow_up = await opened(database)
    other = await patient(database, "Otto")
    strangers = await encounter(database, other)
    planned = await encounter(database, mira, status=EncounterStatus.PLANNED)
    before = await encounter(database, mira, at=NOON - 3 * DAY)
    others_call = await call(database, other.customer_id)
    early_call = await call(database, mira.customer_id, at=NOON - 2 * DAY)

    for contact in (
        {"encounter_id": strangers.id},
        {"encounter_id": planned.id},
        {"encounter_id": before.id},
        {"touchpoint_id": others_call},
        {"touchpoint_id": early_call},
    ):
        with pytest.raises(InvalidInput) as refused:
            await database.do(
                CloseFollowUp(id=follow_up.id, version=follow_up.version, outcome="x", **contact)  # type: ignore[arg-type]
            )
        assert refused.value.path == tuple(contact)
    with pytest.raises(NotFound):
        await database.do(
            CloseFollowUp(id=follow_up.id, version=follow_up.version, outcome="x", encounter_id=uuid.uuid4())
        )
    assert [f.closed_at for f in await follow_ups(database)] == [None]


def test_a_follow_up_is_closed_by_one_contact_with_an_outcome() -> None:
    some = uuid.uuid4()
    for given in ({}, {"encounter_id": some, "touchpoint_id": some}):
        with pytest.raises(InvalidInput):
            CloseFollowUp(id=some, version=1, outcome="x", **given)
    with pytest.raises(InvalidInput):
        CloseFollowUp(id=some, version=1, outcome=" ", encounter_id=some)


async def test_an_old_version_is_refused(database: PreparedDatabase) -> None:
    mira, follow_up = await opened(database)
    called = await call(database, mira.customer_id)

    with pytest.raises(Conflict):
        await database.do(
            CloseFollowUp(id=follow_up.id, version=follow_up.version + 1, outcome="x", touchpoint_id=called)
        )


async def test_who_may_book_may_not_record(database: PreparedDatabase) -> None:
    mira = await patient(database)
    reception = Actor(database.tenant_id, "reception", "user", scopes=("healthcare:book",))

    with pytest.raises(Forbidden):
        await database.do(hemoglobin(mira, "9.1"), actor=reception)


@pytest.mark.parametrize(
    "given",
    [
        {"value": None, "unit": None},
        {"value_text": "both"},
        {"value": None, "value_text": "x", "unit": "g/dL"},
        {"value": Decimal("0.0000001")},
        {"value": Decimal("NaN")},
        {"value": Decimal(10) ** 12},
        {"code": " "},
        {"effective_at": dt.datetime(2026, 1, 1)},  # noqa: DTZ001
        {"source": "lab"},
    ],
)
def test_a_senseless_observation_is_refused_when_the_command_is_made(given: dict[str, object]) -> None:
    values: dict[str, object] = {
        "patient_id": uuid.uuid4(), "code": "718-7", "display": "Hb", "value": Decimal(9), "unit": "g/dL"
    }  # fmt: skip

    with pytest.raises(InvalidInput):
        RecordObservation(**(values | given))  # type: ignore[arg-type]


async def test_an_observation_from_tomorrow_and_of_anothers_encounter_is_refused(database: PreparedDatabase) -> None:
    mira, otto = await patient(database), await patient(database, "Otto")
    visit = await encounter(database, otto)

    with pytest.raises(InvalidInput) as future:
        await database.do(hemoglobin(mira, "9.1", at=NOON + 2 * DAY))
    with pytest.raises(InvalidInput) as foreign:
        await database.do(hemoglobin(mira, "9.1", encounter_id=visit.id))

    assert (future.value.path, foreign.value.path) == (("effective_at",), ("encounter_id",))


async def test_late_follow_ups_lower_the_score_and_ask_for_an_appointment(database: PreparedDatabase) -> None:
    mira, follow_up = await opened(database)
    fresh = await database.do(lambda uow: advice.punctuality(mira.customer_id, uow))
    quiet = await database.do(lambda uow: list(advice.recommend(mira.customer_id, uow)))

    database.clock.advance(30 * DAY)
    late = await database.do(lambda uow: advice.punctuality(mira.customer_id, uow))
    (advised,) = await database.do(lambda uow: list(advice.recommend(mira.customer_id, uow)))

    assert (fresh.value, fresh.sample_size, quiet) == (None, 0, [])
    assert (late.value, late.sample_size) == (Decimal(0), 1)
    assert (advised.code, advised.facts) == ("HEALTHCARE_BOOK_FOLLOW_UP", (follow_up.id,))
    assert "Hemoglobin" not in advised.reason


def test_the_rule_is_the_same_in_any_order() -> None:
    who, other = uuid.UUID(int=1), uuid.UUID(int=2)

    def seen(number: int, *, day: int, of: uuid.UUID = who, code: str = "718-7") -> Abnormal:
        return Abnormal(
            observation_id=uuid.UUID(int=number), patient_id=of, customer_id=of, code=code, display="x",
            interpretation=H, effective_at=NOON + day * DAY,
        )  # fmt: skip

    found = [
        seen(1, day=1),
        seen(2, day=3),
        seen(3, day=2),
        seen(4, day=3),
        seen(5, day=1, of=other),
        seen(6, day=0, code="1"),
    ]
    closed = Known(follow_up_id=other, patient_id=other, code="718-7", effective_at=NOON + DAY, is_open=False)
    open_ = Known(follow_up_id=who, patient_id=who, code="1", effective_at=NOON - DAY, is_open=True)

    for order in (found, found[::-1]):
        decision = decide(order, known=[closed, open_])
        assert [a.observation_id.int for a in decision.opened] == [4]
        assert [(id_, a.observation_id.int) for id_, a in decision.moved] == [(who, 6)]
