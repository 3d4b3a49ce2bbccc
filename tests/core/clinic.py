"""A patient with a word of their own in each encrypted column, written in each way that rows are written."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from patron_core.customers.commands import CreateCustomer
from patron_core.messages import Actor
from patron_core.parties.commands import NewPerson
from patron_core.unit_of_work import UnitOfWork
from patron_healthcare import codes
from patron_healthcare.commands import RegisterPatient, RegisterPractitioner
from patron_healthcare.models import Appointment, Condition, Encounter, FollowUp, Immunization, Observation
from patron_schema.testing.databases import NOON, PreparedDatabase

__all__ = ["COLUMNS", "Chart", "word", "write_chart"]

#: Every encrypted column there is, as table.column.
COLUMNS = (
    "healthcare_patient.medical_record_number",
    "healthcare_encounter.type_text",
    "healthcare_encounter.reason_text",
    "healthcare_observation.display",
    "healthcare_observation.value_text",
    "healthcare_observation.reference_text",
    "healthcare_condition.display",
    "healthcare_immunization.display",
    "healthcare_appointment.reason",
    "healthcare_follow_up.reason",
    "healthcare_follow_up.outcome",
)


@dataclass(frozen=True, slots=True)
class Chart:
    """The ids of what was written."""

    patient: uuid.UUID
    encounter: uuid.UUID
    observation: uuid.UUID
    condition: uuid.UUID
    appointment: uuid.UUID
    follow_up: uuid.UUID


def word(column: str, whose: str) -> str:
    """What stands in a column, `table.column`: found nowhere else."""
    return f"canary {column.partition('.')[2]} of {column.partition('_')[2].partition('.')[0]} {whose}"


async def write_chart(database: PreparedDatabase, whose: str = "Mira", *, actor: Actor | None = None) -> Chart:
    """Writes a patient called `whose` with one row of each kind: by commands, singly, many at once, and by a change."""
    customer = await database.do(CreateCustomer(person=NewPerson(given_name=whose)), actor=actor)
    number = word("healthcare_patient.medical_record_number", whose)
    patient = await database.do(RegisterPatient(customer_id=customer.id, medical_record_number=number), actor=actor)
    doctor = await database.do(RegisterPractitioner(person=NewPerson(given_name="Dora")), actor=actor)
    name = "healthcare_{}.{}"

    def words(table: str, *columns: str) -> dict[str, str]:
        return {column: word(name.format(table, column), whose) for column in columns}

    def write(uow: UnitOfWork) -> Chart:
        seen = uow.add(
            Encounter(
                patient_id=patient.id, status=codes.EncounterStatus.FINISHED, occurred_at=NOON,
                **words("encounter", "type_text", "reason_text"),
            )
        )  # fmt: skip
        (found,) = uow.add_many(
            Observation,
            [
                {
                    "patient_id": patient.id, "status": codes.ObservationStatus.FINAL, "code": "1-8",
                    "source": whose, "source_key": "1",
                    **words("observation", "display", "value_text", "reference_text"),
                }
            ],
            unless_exists=("source", "source_key"),
        )  # fmt: skip
        (ill,) = uow.add_many(Condition, [{"patient_id": patient.id, **words("condition", "display")}])
        uow.add_many(
            Immunization,
            [
                {
                    "patient_id": patient.id, "status": codes.ImmunizationStatus.COMPLETED,
                    **words("immunization", "display"),
                }
            ],
        )  # fmt: skip
        coming = uow.add(
            Appointment(
                patient_id=patient.id, practitioner_id=doctor.id, status=codes.AppointmentStatus.BOOKED,
                starts_at=NOON, ends_at=NOON + dt.timedelta(minutes=15),
            )
        )  # fmt: skip
        to_see = uow.add(
            FollowUp(
                patient_id=patient.id, based_on_id=found, code="1-8", due_on=NOON.date(),
                status=codes.FollowUpStatus.REQUESTED, **words("follow_up", "reason"),
            )
        )  # fmt: skip
        uow.flush()
        return Chart(patient.id, seen.id, found, ill, coming.id, to_see.id)

    def change(uow: UnitOfWork) -> None:
        uow.get(Appointment, chart.appointment).reason = word("healthcare_appointment.reason", whose)
        uow.get(FollowUp, chart.follow_up).outcome = word("healthcare_follow_up.outcome", whose)

    chart: Chart = await database.do(write, actor=actor)
    await database.do(change, actor=actor)
    return chart
