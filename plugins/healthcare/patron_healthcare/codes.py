"""The closed vocabularies of care, each from FHIR R4 (HL7): a member's value is the FHIR code, its name what the API shows.

Open vocabularies (LOINC, SNOMED CT, CVX, UCUM) are kept as text with the system they come from.
"""

from __future__ import annotations

from patron_core.values import Code

__all__ = [
    "AppointmentStatus",
    "BirthSex",
    "ConditionClinicalStatus",
    "ConditionVerificationStatus",
    "EncounterClass",
    "EncounterStatus",
    "FollowUpStatus",
    "ImmunizationStatus",
    "InterpretationOrigin",
    "ObservationCategory",
    "ObservationInterpretation",
    "ObservationStatus",
]


class BirthSex(Code):
    """Sex assigned at birth (US Core birthsex); decides which reference range holds."""

    FEMALE = "F", "Female."
    MALE = "M", "Male."
    UNKNOWN = "UNK", "Not known."


class EncounterStatus(Code):
    """Where an encounter stands (FHIR R4 EncounterStatus)."""

    PLANNED = "planned", "Has not begun."
    ARRIVED = "arrived", "The patient is there and waits."
    TRIAGED = "triaged", "The patient's urgency was assessed."
    IN_PROGRESS = "in-progress", "Under way."
    ON_LEAVE = "onleave", "Under way, the patient is away for a while."
    FINISHED = "finished", "Over."
    CANCELLED = "cancelled", "Ended before it began."
    ENTERED_IN_ERROR = "entered-in-error", "Never took place."
    UNKNOWN = "unknown", "Not known."


class EncounterClass(Code):
    """The setting of an encounter (HL7 v3 ActCode, as FHIR R4 Encounter.class uses it)."""

    AMBULATORY = "AMB", "The patient comes and goes."
    EMERGENCY = "EMER", "In an emergency department."
    FIELD = "FLD", "Outside, such as at an accident."
    HOME_HEALTH = "HH", "At the patient's home."
    INPATIENT = "IMP", "The patient stays overnight."
    INPATIENT_ACUTE = "ACUTE", "The patient stays for acute care."
    INPATIENT_NON_ACUTE = "NONAC", "The patient stays, not for acute care."
    OBSERVATION = "OBSENC", "The patient stays to be observed."
    PRE_ADMISSION = "PRENC", "Before the patient is admitted."
    SHORT_STAY = "SS", "The patient stays for less than a day."
    VIRTUAL = "VR", "By telephone or video."


class ObservationStatus(Code):
    """How sure an observation is (FHIR R4 ObservationStatus)."""

    REGISTERED = "registered", "Ordered; there is no result yet."
    PRELIMINARY = "preliminary", "A first result."
    FINAL = "final", "Complete."
    AMENDED = "amended", "Changed after it was final."
    CORRECTED = "corrected", "Changed to mend a mistake."
    CANCELLED = "cancelled", "Not made."
    ENTERED_IN_ERROR = "entered-in-error", "Recorded by mistake."
    UNKNOWN = "unknown", "Not known."


class ObservationCategory(Code):
    """What kind of observation it is (FHIR R4 observation-category)."""

    SOCIAL_HISTORY = "social-history", "Occupation, habits, family."
    VITAL_SIGNS = "vital-signs", "Blood pressure, temperature, weight and the like."
    IMAGING = "imaging", "From an image."
    LABORATORY = "laboratory", "From a specimen."
    PROCEDURE = "procedure", "Made during a procedure."
    SURVEY = "survey", "From a questionnaire."
    EXAM = "exam", "Seen or felt by a clinician."
    THERAPY = "therapy", "During therapy."
    ACTIVITY = "activity", "Of movement and exercise."


class ObservationInterpretation(Code):
    """What a value means (HL7 v3 ObservationInterpretation; those that FHIR R4 servers send)."""

    N = "N", "Normal."
    A = "A", "Abnormal."
    AA = "AA", "Critically abnormal."
    H = "H", "High."
    HH = "HH", "Critically high."
    HU = "HU", "Significantly high."
    L = "L", "Low."
    LL = "LL", "Critically low."
    LU = "LU", "Significantly low."
    POS = "POS", "Positive: found. Whether that is bad is not said."
    NEG = "NEG", "Negative: not found."
    IND = "IND", "Indeterminate."


class InterpretationOrigin(Code):
    """Who interpreted a value."""

    SOURCE = "source", "Whoever reported it said so."
    DERIVED = "derived", "Patron compared the value with a reference range."


class ConditionClinicalStatus(Code):
    """Whether a condition is there (FHIR R4 condition-clinical)."""

    ACTIVE = "active", "There."
    RECURRENCE = "recurrence", "Back."
    RELAPSE = "relapse", "Back before it was over."
    INACTIVE = "inactive", "No longer felt; it may come back."
    REMISSION = "remission", "Treated, watched."
    RESOLVED = "resolved", "Over."


class ConditionVerificationStatus(Code):
    """How sure a condition is (FHIR R4 condition-ver-status)."""

    UNCONFIRMED = "unconfirmed", "Not proved."
    PROVISIONAL = "provisional", "A first diagnosis."
    DIFFERENTIAL = "differential", "One of several possible diagnoses."
    CONFIRMED = "confirmed", "Proved."
    REFUTED = "refuted", "Ruled out."
    ENTERED_IN_ERROR = "entered-in-error", "Recorded by mistake."


class ImmunizationStatus(Code):
    """Whether a vaccine was given (FHIR R4 immunization-status)."""

    COMPLETED = "completed", "Given."
    NOT_DONE = "not-done", "Not given."
    ENTERED_IN_ERROR = "entered-in-error", "Recorded by mistake."


class AppointmentStatus(Code):
    """Where an appointment stands (FHIR R4 AppointmentStatus)."""

    PROPOSED = "proposed", "Suggested; nobody has agreed."
    PENDING = "pending", "Some have agreed; the time is kept free."
    BOOKED = "booked", "All have agreed."
    ARRIVED = "arrived", "The patient is there."
    CHECKED_IN = "checked-in", "The patient is there and the papers are done."
    FULFILLED = "fulfilled", "It took place."
    CANCELLED = "cancelled", "Called off; the time is free again."
    NO_SHOW = "noshow", "The patient did not come."
    ENTERED_IN_ERROR = "entered-in-error", "Never meant; the time is free again."
    WAITLIST = "waitlist", "Waits for a time to become free."


class FollowUpStatus(Code):
    """Where a follow-up stands (those of FHIR R4 TaskStatus that are used here)."""

    REQUESTED = "requested", "Somebody has to see to it."
    COMPLETED = "completed", "Closed by a contact with an outcome."
