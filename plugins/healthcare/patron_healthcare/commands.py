"""What may be asked of care: register patients and practitioners, book, record what was measured, close follow-ups.

Commands check their own form; other rows and the clock are the business of `service`, appointments' times of
`appointments`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final

from patron_core.customers.commands import CustomerId
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.parties.commands import NewPerson
from patron_core.touchpoints.commands import TouchpointId, check_source
from patron_core.validation import aware, key, one_line, paragraphs
from patron_healthcare.codes import (
    AppointmentStatus,
    BirthSex,
    ObservationCategory,
    ObservationInterpretation,
    ObservationStatus,
)
from patron_healthcare.identifiers import valid_npi
from patron_healthcare.models import Appointment, Encounter, FollowUp, Patient, Practitioner

__all__ = [
    "LOINC",
    "MOST_DIGITS",
    "AppointmentId",
    "BookAppointment",
    "ChangeAppointmentStatus",
    "CloseFollowUp",
    "EncounterId",
    "FollowUpId",
    "PatientId",
    "PractitionerId",
    "RecordObservation",
    "RegisterPatient",
    "RegisterPractitioner",
]

PatientId = Annotated[uuid.UUID, IdOf(Patient)]
PractitionerId = Annotated[uuid.UUID, IdOf(Practitioner)]
EncounterId = Annotated[uuid.UUID, IdOf(Encounter)]
AppointmentId = Annotated[uuid.UUID, IdOf(Appointment)]
FollowUpId = Annotated[uuid.UUID, IdOf(FollowUp)]

LOINC: Final = "http://loinc.org"
#: Values are kept as 64-bit integers of a millionth.
MOST_DIGITS: Final = Decimal(10) ** 12
_LONGEST_APPOINTMENT: Final = dt.timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPatient(Command):
    """Takes a customer, who must be a person, into care; once."""

    customer_id: CustomerId = argument("Who comes into care.")
    medical_record_number: str | None = argument("Number of the medical record.", default=None)
    medical_record_system: str | None = argument(
        "Who gave the number, as a URI or a short name; `local` when left out.", default=None
    )
    birth_sex: BirthSex | None = argument("Sex assigned at birth.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "medical_record_number", "medical_record_system")
        key(self, "idempotency_key")
        if self.medical_record_number is None and self.medical_record_system is not None:
            raise InvalidInput(
                "A medical record has no number. Only who gave it was named. Give the number, or neither.",
                path=("medical_record_number",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPractitioner(Command):
    """Makes a person who cares for patients known."""

    person: NewPerson = argument("Who it is.")
    npi: str | None = argument("National Provider Identifier (US), ten digits with its check digit.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        key(self, "idempotency_key")
        if self.npi is not None and not valid_npi(self.npi):
            raise InvalidInput(
                "The NPI is not valid. It has not ten digits, or its check digit is wrong. Correct it or leave it out.",
                path=("npi",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class BookAppointment(Command):
    """Keeps a time of a practitioner for a patient: from the first instant up to, and not with, the last."""

    patient_id: PatientId = argument("Who comes.")
    practitioner_id: PractitionerId = argument("Who keeps the time.")
    starts_at: dt.datetime = argument("When it begins; not in the past.")
    ends_at: dt.datetime = argument("First instant after it: the next appointment may begin then.")
    reason: str | None = argument("Why the patient comes.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        aware(self, "starts_at", "ends_at")
        paragraphs(self, "reason", maximum=1_000)
        key(self, "idempotency_key")
        if not dt.timedelta(0) < self.ends_at - self.starts_at <= _LONGEST_APPOINTMENT:
            raise InvalidInput(
                "The appointment does not end after it begins, or lasts more than 24 hours. Its end was given so. "
                "Correct the times.",
                path=("ends_at",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAppointmentStatus(Command):
    """Moves an appointment on, calls it off, or says that the patient did not come."""

    id: AppointmentId = argument("The appointment.")
    version: int = argument("The version the change was made from.")
    status: AppointmentStatus = argument("Where it stands now.")
    reason: str | None = argument("Why it is called off; only with CANCELLED.", default=None)

    def __post_init__(self) -> None:
        paragraphs(self, "reason", maximum=1_000)
        if self.reason is not None and self.status is not AppointmentStatus.CANCELLED:
            raise InvalidInput(
                f"A reason belongs to calling off. It was given with {self.status.name}. Leave it out.",
                path=("reason",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordObservation(Command):
    """Records what was measured or found; an abnormal value asks for a follow-up.

    Without an interpretation the value is compared with a reference range that fits its code, unit, and the patient's
    sex and age, if there is one.
    """

    patient_id: PatientId = argument("Whose.")
    encounter_id: EncounterId | None = argument("During which encounter.", default=None)
    code: str = argument("What was observed, a LOINC code such as 718-7.")
    display: str = argument("What was observed, in words.")
    category: ObservationCategory | None = argument("What kind it is.", default=None)
    value: Decimal | None = argument("The measured number, with up to 6 decimals.", default=None)
    unit: str | None = argument("Its unit, UCUM, such as g/dL or mm[Hg].", default=None)
    value_text: str | None = argument("What was found where it is no number.", default=None)
    effective_at: dt.datetime | None = argument("When it held true; now when left out.", default=None)
    status: ObservationStatus = argument("How sure it is.", default=ObservationStatus.FINAL)
    interpretation: ObservationInterpretation | None = argument("What it means, if it was said.", default=None)
    source: str | None = argument("The system that reports it.", default=None)
    source_key: str | None = argument("Its key there; needs a source.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "code", "unit", maximum=60)
        one_line(self, "display", maximum=500)
        paragraphs(self, "value_text")
        aware(self, "effective_at")
        key(self, "source", "source_key", "idempotency_key")
        check_source(self.source, self.source_key)
        _check_value(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseFollowUp(Command):
    """Closes a follow-up by the contact in which somebody saw to it, with what came of it."""

    id: FollowUpId = argument("The follow-up.")
    version: int = argument("The version the change was made from.")
    outcome: str = argument("What came of it.")
    encounter_id: EncounterId | None = argument("The encounter in which it was seen to.", default=None)
    touchpoint_id: TouchpointId | None = argument(
        "The communication in which it was seen to, such as a call.", default=None
    )

    def __post_init__(self) -> None:
        paragraphs(self, "outcome", maximum=4_000)
        if (self.encounter_id is None) == (self.touchpoint_id is None):
            given = "Neither" if self.encounter_id is None else "Both"
            raise InvalidInput(
                "A follow-up is closed by one contact. "
                f"{given} encounter and communication were given. Give exactly one of them.",
                path=("encounter_id",),
            )


def _check_value(command: Any) -> None:
    if (command.value is None) == (command.value_text is None):
        raise InvalidInput(
            "An observation has one value. Neither or both of value and value text were given. Give one of them.",
            path=("value",),
        )
    if command.value is None and command.unit is not None:
        raise InvalidInput("A unit belongs to a number. It was given without one. Leave it out.", path=("unit",))
    value = command.value
    if value is not None and not (value.is_finite() and abs(value) < MOST_DIGITS and value == round(value, 6)):
        raise InvalidInput(
            "The value cannot be kept exactly. It has more than 6 decimals or more than 12 digits before them. "
            "Round it or use another unit.",
            path=("value",),
        )
