"""Writing in care."""

from __future__ import annotations

import strawberry

from patron_healthcare import commands, events
from patron_healthcare.types import Appointment, FollowUp, Observation, Patient, Practitioner
from patron_schema.declare import Mutation, Subscription, extends, mutation, payload, subscription

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class PatientPayload:
    """What registering a patient gives."""

    patient: Patient | None = strawberry.field(description="The patient.")


@payload
class PractitionerPayload:
    """What registering a practitioner gives."""

    practitioner: Practitioner | None = strawberry.field(description="The practitioner.")


@payload
class AppointmentPayload:
    """What booking or changing an appointment gives."""

    appointment: Appointment | None = strawberry.field(description="The appointment.")


@payload
class ObservationPayload:
    """What recording an observation gives."""

    observation: Observation | None = strawberry.field(
        description="The observation, new or already known by its source key; its follow-up is `followUp`."
    )


@payload
class FollowUpPayload:
    """What closing a follow-up gives."""

    follow_up: FollowUp | None = strawberry.field(description="The follow-up.")


@extends(Mutation)
class HealthcareMutation:
    """Where changing of care starts."""

    patient_register: PatientPayload = mutation(
        commands.RegisterPatient, description="Takes a customer, who must be a person, into care."
    )
    practitioner_register: PractitionerPayload = mutation(
        commands.RegisterPractitioner, description="Makes a person who cares for patients known."
    )
    appointment_book: AppointmentPayload = mutation(
        commands.BookAppointment,
        description="Keeps a time of a practitioner for a patient; APPOINTMENT_IN_PAST before now, CONFLICT when taken.",
    )
    appointment_status_change: AppointmentPayload = mutation(
        commands.ChangeAppointmentStatus,
        description="Moves an appointment to a state that may follow the one it is in.",
    )
    observation_record: ObservationPayload = mutation(
        commands.RecordObservation,
        description="Records what was measured or found; an abnormal value opens a follow-up.",
    )
    follow_up_close: FollowUpPayload = mutation(
        commands.CloseFollowUp,
        description="Closes a follow-up by an encounter or a communication, with what came of it.",
    )


@extends(Subscription)
class HealthcareSubscription:
    """What of care can be followed."""

    follow_up_opened: FollowUp = subscription(
        events.FollowUpOpened, node_id="follow_up_id", description="Each follow-up that is opened."
    )


TYPES = (PatientPayload, PractitionerPayload, AppointmentPayload, ObservationPayload, FollowUpPayload)
EXTENSIONS = (HealthcareMutation, HealthcareSubscription)
