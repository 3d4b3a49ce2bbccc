"""Care through GraphQL: one statement for a chart, filters of customers through it, mutations with their errors, examples."""

from __future__ import annotations

import asyncio
import random
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import patron_healthcare.plugin as plugin
from patron_core.customers.models import EngagementMode
from patron_core.hookspecs import DemoContext
from patron_core.plugins import Plugins
from patron_healthcare.demo import SAMPLES, fill
from patron_healthcare.models import Appointment, FollowUp, Patient
from patron_schema.compose import build_schema
from patron_schema.testing.databases import PreparedDatabase
from patron_schema.testing.service import Patron

from .clinic import all_of, hemoglobin, patient, practitioner, take_in

CHART = """
query Chart {
  customers(
    where: { patient: { followUps: { some: { code: { eq: "8480-6" } } } } }
    orderBy: [{ field: DISPLAY_NAME, direction: ASC }]
  ) {
    totalCount
    nodes {
      displayName
      patient {
        medicalRecordNumber birthSex openFollowUps
        encounters(first: 1, orderBy: [{ field: OCCURRED_AT, direction: ASC }]) {
          totalCount
          nodes { summary typeText practitioner { npi person { displayName } } serviceProvider { displayName }
                  observations(where: { code: { eq: "718-7" } }) { nodes { value unit interpretation } } }
        }
        conditions { nodes { display clinicalStatus } }
        immunizations { nodes { vaccineCode } }
        followUps(orderBy: [{ field: CODE, direction: ASC }]) {
          nodes { code dueOn status basedOn { value interpretationOrigin followUp { code } } }
        }
      }
      timeline(first: 5) { nodes { __typename summary occurredAt } }
    }
  }
}
"""


async def demo(database: PreparedDatabase) -> None:
    await database.do(lambda uow: fill(DemoContext(uow, random.Random(7), database.clock)))


async def test_a_chart_is_one_statement(database: PreparedDatabase, patron: Patron) -> None:
    await take_in(database, [SAMPLES])

    data = await patron.data(CHART)

    assert len(patron.statements) == 1
    (customer,) = data["customers"]["nodes"]
    chart = customer["patient"]
    assert (customer["displayName"], chart["medicalRecordNumber"], chart["birthSex"], chart["openFollowUps"]) == (
        "Mira Testwell",
        "SC-0001",
        "FEMALE",
        4,
    )
    (visit,) = chart["encounters"]["nodes"]
    assert chart["encounters"]["totalCount"] == 2
    assert visit["practitioner"] == {"npi": "1234567893", "person": {"displayName": "Dr. Dora Sampleton"}}
    assert visit["serviceProvider"] == {"displayName": "Sample Street Clinic"}
    assert visit["observations"]["nodes"] == [{"value": "11.400000", "unit": "g/dL", "interpretation": "L"}]
    assert [row["code"] for row in chart["followUps"]["nodes"]] == ["3016-3", "718-7", "8462-4", "8480-6"]
    assert chart["followUps"]["nodes"][0]["basedOn"]["interpretationOrigin"] == "SOURCE"
    assert chart["followUps"]["nodes"][3]["basedOn"]["followUp"] == {"code": "8480-6"}


async def test_encounters_stand_in_the_timeline_without_a_clinical_fact(
    database: PreparedDatabase, patron: Patron
) -> None:
    await take_in(database, [SAMPLES])

    data = await patron.data(CHART)

    entries = data["customers"]["nodes"][0]["timeline"]["nodes"]
    assert [(e["__typename"], e["summary"]) for e in entries] == [("Encounter", "Visit"), ("Encounter", "Visit")]
    assert entries[0]["occurredAt"] > entries[1]["occurredAt"]


async def test_who_is_not_in_care_has_no_patient(database: PreparedDatabase, patron: Patron) -> None:
    made = await patron.data(
        'mutation { customerCreate(input: { person: { givenName: "Ada" } }) { customer { id patient { id } } } }'
    )

    assert made["customerCreate"]["customer"]["patient"] is None


async def test_from_registration_to_a_closed_follow_up(database: PreparedDatabase, patron: Patron) -> None:
    created = await patron.data(
        """mutation { customerCreate(input: { person: { givenName: "Mira", birthDate: "1980-06-01" } })
        { customer { id } userErrors { code } } }"""
    )
    customer_id = created["customerCreate"]["customer"]["id"]
    registered = await patron.data(
        """mutation Register($id: ID!) { patientRegister(input: { customerId: $id, medicalRecordNumber: "7", birthSex: FEMALE })
        { patient { id medicalRecordSystem customer { displayName } } userErrors { code message } } }""",
        {"id": customer_id},
    )
    patient_id = registered["patientRegister"]["patient"]["id"]
    recorded = await patron.data(
        """mutation Record($id: ID!) { observationRecord(input: {
          patientId: $id, code: "718-7", display: "Hemoglobin", value: "9.1", unit: "g/dL", category: LABORATORY
        }) { observation { interpretation interpretationOrigin referenceText followUp { id version dueOn } } userErrors { code } } }""",
        {"id": patient_id},
    )
    observation = recorded["observationRecord"]["observation"]
    called = await patron.data(
        """mutation Call($id: ID!) { touchpointLog(input: { customerId: $id, channel: PHONE, direction: OUTBOUND, topic: "Call" })
        { touchpoint { id } } }""",
        {"id": customer_id},
    )
    closed = await patron.data(
        """mutation Close($id: ID!, $version: Int!, $call: ID!) {
          followUpClose(input: { id: $id, version: $version, outcome: "Iron prescribed", touchpointId: $call }) {
            followUp { status outcome closingTouchpoint { topic } patient { openFollowUps } } userErrors { code message path }
          } }""",
        {
            "id": observation["followUp"]["id"],
            "version": observation["followUp"]["version"],
            "call": called["touchpointLog"]["touchpoint"]["id"],
        },
    )

    assert registered["patientRegister"]["patient"]["medicalRecordSystem"] == "local"
    assert (observation["interpretation"], observation["interpretationOrigin"]) == ("L", "DERIVED")
    assert observation["followUp"]["dueOn"] == "2026-03-28"
    assert closed["followUpClose"] == {
        "followUp": {
            "status": "COMPLETED",
            "outcome": "Iron prescribed",
            "closingTouchpoint": {"topic": "Call"},
            "patient": {"openFollowUps": 0},
        },
        "userErrors": [],
    }


BOOK = """
mutation Book($patient: ID!, $by: ID!, $from: DateTime!, $to: DateTime!) {
  appointmentBook(input: { patientId: $patient, practitionerId: $by, startsAt: $from, endsAt: $to }) {
    appointment { status startsAt endsAt minutes }
    userErrors { code path message }
  }
}
"""


@pytest.mark.parametrize(
    ("begins", "ends", "code"),
    [
        ("2026-03-14T11:00:00Z", "2026-03-14T11:30:00Z", "APPOINTMENT_IN_PAST"),
        ("2026-03-16T09:15:00Z", "2026-03-16T09:45:00Z", "CONFLICT"),
        ("2026-03-16T10:00:00Z", "2026-03-16T09:00:00Z", "INVALID_INPUT"),
        ("2026-03-16T09:30:00Z", "2026-03-16T10:00:00Z", None),
    ],
)
async def test_what_cannot_be_booked_is_a_user_error(
    database: PreparedDatabase, patron: Patron, begins: str, ends: str, code: str | None
) -> None:
    mira, dora = await patient(database), await practitioner(database)
    ids = {"patient": f"pat_{mira.id}", "by": f"prc_{dora.id}"}
    first = await patron.data(BOOK, {**ids, "from": "2026-03-16T09:00:00Z", "to": "2026-03-16T09:30:00Z"})

    second = (await patron.data(BOOK, {**ids, "from": begins, "to": ends}))["appointmentBook"]

    assert first["appointmentBook"]["appointment"]["minutes"] == 30
    assert [error["code"] for error in second["userErrors"]] == ([code] if code else [])
    assert (second["appointment"] is None) == (code is not None)


async def test_demo_data_is_a_small_clinic(database: PreparedDatabase, patron: Patron) -> None:
    await demo(database)

    patients, found = await all_of(database, Patient), await all_of(database, FollowUp)
    assert 40 <= len(patients) <= 60
    assert {row.closed_at is None for row in found} == {True, False}
    assert len(await all_of(database, Appointment)) >= 20


async def test_demo_data_is_the_same_each_time(database: PreparedDatabase) -> None:
    other = await database.tenant("Another clinic")

    made: list[list[str]] = []
    for actor in (database.actor, other):
        await database.do(lambda uow: fill(DemoContext(uow, random.Random(7), database.clock)), actor=actor)
        reasons = await database.do(lambda uow: [f.reason for f in uow.select(select(FollowUp))], actor=actor)
        made.append(sorted(reasons))

    assert made[0] == made[1]


@pytest.mark.parametrize("example", plugin.EXAMPLES, ids=lambda example: example.title)
async def test_example_queries_answer_with_rows_in_one_statement(
    database: PreparedDatabase, patron: Patron, example: Any
) -> None:
    await demo(database)

    data = await patron.data(example.query)

    assert len(patron.statements) == 1
    assert all(root["nodes"] for root in data.values())


async def test_the_query_of_the_readme_answers(database: PreparedDatabase, patron: Patron) -> None:
    await demo(database)
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    (query,) = re.findall(r"```graphql\n(.*?)```", readme, re.DOTALL)

    data = await patron.data(query)

    assert len(data["customers"]["nodes"]) == 3
    assert all(row["patient"]["followUps"]["nodes"] for row in data["customers"]["nodes"])


def test_care_belongs_to_relationships(loaded_plugins: Plugins) -> None:
    relationship = build_schema(loaded_plugins, EngagementMode.RELATIONSHIP).sdl
    transaction = build_schema(loaded_plugins, EngagementMode.TRANSACTION).sdl

    assert "type Patient " in relationship
    assert "Patient" not in transaction


def test_the_plugin_has_no_problems(loaded_plugins: Plugins) -> None:
    assert loaded_plugins.check() == []


async def test_opened_follow_ups_can_be_followed(database: PreparedDatabase, patron: Patron) -> None:
    mira = await patient(database)
    stream = patron.gateway.subscribe(patron.request("subscription { followUpOpened { code dueOn } }"))
    waiting = asyncio.ensure_future(anext(stream))
    while patron.gateway.broadcaster.followers == 0:  # noqa: ASYNC110 - following sets no event to wait for
        await asyncio.sleep(0)

    outcome = await database.execute(hemoglobin(mira, "9.1"))
    patron.gateway.broadcaster.publish(outcome.events)

    assert b'"code":"718-7"' in await asyncio.wait_for(waiting, 10)
    await stream.aclose()  # type: ignore[attr-defined]
