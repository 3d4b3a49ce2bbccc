"""Patients and what happens to them.

Revision 0001 of healthcare.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import tenant_table

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "healthcare_practitioner",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("npi", columns.Words(), nullable=True),
        sa.Column("person_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["party.tenant_id", "party.id"],
            name=op.f("fk_healthcare_practitioner_tenant_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_healthcare_practitioner")),
        sa.UniqueConstraint("tenant_id", "person_id", name=op.f("uq_healthcare_practitioner_tenant_id_person_id")),
    )
    op.create_table(
        "healthcare_patient",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("medical_record_number", columns.Words(), nullable=True),
        sa.Column("medical_record_system", columns.Words(), nullable=True),
        sa.Column("birth_sex", columns.Words(), nullable=True),
        sa.Column("deceased", sa.Boolean(), nullable=False),
        sa.Column("deceased_at", columns.UtcTime(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("birth_sex IN ('FEMALE', 'MALE', 'UNKNOWN')", name=op.f("ck_healthcare_patient_birth_sex")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_healthcare_patient_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_healthcare_patient")),
        sa.UniqueConstraint("tenant_id", "customer_id", name=op.f("uq_healthcare_patient_tenant_id_customer_id")),
        sa.UniqueConstraint(
            "tenant_id", "medical_record_system", "medical_record_number", name="uq_healthcare_patient_medical_record"
        ),
    )
    op.create_index(
        op.f("ix_healthcare_patient_tenant_id_medical_record_number_id"),
        "healthcare_patient",
        ["tenant_id", "medical_record_number", "id"],
        unique=False,
    )
    op.create_table(
        "healthcare_appointment",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("starts_at", columns.UtcTime(), nullable=False),
        sa.Column("ends_at", columns.UtcTime(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=True),
        sa.Column("cancellation_reason", columns.Words(), nullable=True),
        sa.Column("patient_id", columns.Identifier(), nullable=False),
        sa.Column("practitioner_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('PROPOSED', 'PENDING', 'BOOKED', 'ARRIVED', 'CHECKED_IN', 'FULFILLED', 'CANCELLED', 'NO_SHOW', 'ENTERED_IN_ERROR', 'WAITLIST')",
            name=op.f("ck_healthcare_appointment_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "patient_id"],
            ["healthcare_patient.tenant_id", "healthcare_patient.id"],
            name=op.f("fk_healthcare_appointment_tenant_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "practitioner_id"],
            ["healthcare_practitioner.tenant_id", "healthcare_practitioner.id"],
            name=op.f("fk_healthcare_appointment_tenant_id_practitioner_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_healthcare_appointment")),
    )
    op.create_index(
        "ix_healthcare_appointment_practitioner",
        "healthcare_appointment",
        ["tenant_id", "practitioner_id", "starts_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_appointment_tenant_id_patient_id_id"),
        "healthcare_appointment",
        ["tenant_id", "patient_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_appointment_tenant_id_patient_id_starts_at_id"),
        "healthcare_appointment",
        ["tenant_id", "patient_id", "starts_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_appointment_tenant_id_practitioner_id_id"),
        "healthcare_appointment",
        ["tenant_id", "practitioner_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_appointment_tenant_id_starts_at_id"),
        "healthcare_appointment",
        ["tenant_id", "starts_at", "id"],
        unique=False,
    )
    op.create_table(
        "healthcare_encounter",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("encounter_class", columns.Words(), nullable=True),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("ended_at", columns.UtcTime(), nullable=True),
        sa.Column("type_code", columns.Words(), nullable=True),
        sa.Column("type_system", columns.Words(), nullable=True),
        sa.Column("type_text", columns.Words(), nullable=True),
        sa.Column("reason_code", columns.Words(), nullable=True),
        sa.Column("reason_system", columns.Words(), nullable=True),
        sa.Column("reason_text", columns.Words(), nullable=True),
        sa.Column("source", columns.Words(), nullable=True),
        sa.Column("source_key", columns.Words(), nullable=True),
        sa.Column("patient_id", columns.Identifier(), nullable=False),
        sa.Column("practitioner_id", columns.Identifier(), nullable=True),
        sa.Column("service_provider_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "encounter_class IN ('AMBULATORY', 'EMERGENCY', 'FIELD', 'HOME_HEALTH', 'INPATIENT', 'INPATIENT_ACUTE', 'INPATIENT_NON_ACUTE', 'OBSERVATION', 'PRE_ADMISSION', 'SHORT_STAY', 'VIRTUAL')",
            name=op.f("ck_healthcare_encounter_encounter_class"),
        ),
        sa.CheckConstraint(
            "status IN ('PLANNED', 'ARRIVED', 'TRIAGED', 'IN_PROGRESS', 'ON_LEAVE', 'FINISHED', 'CANCELLED', 'ENTERED_IN_ERROR', 'UNKNOWN')",
            name=op.f("ck_healthcare_encounter_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "patient_id"],
            ["healthcare_patient.tenant_id", "healthcare_patient.id"],
            name=op.f("fk_healthcare_encounter_tenant_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "practitioner_id"],
            ["healthcare_practitioner.tenant_id", "healthcare_practitioner.id"],
            name=op.f("fk_healthcare_encounter_tenant_id_practitioner_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "service_provider_id"],
            ["party.tenant_id", "party.id"],
            name=op.f("fk_healthcare_encounter_tenant_id_service_provider_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_healthcare_encounter")),
        sa.UniqueConstraint(
            "tenant_id", "source", "source_key", name=op.f("uq_healthcare_encounter_tenant_id_source_source_key")
        ),
    )
    op.create_index(
        op.f("ix_healthcare_encounter_tenant_id_occurred_at_id"),
        "healthcare_encounter",
        ["tenant_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_encounter_tenant_id_patient_id_id"),
        "healthcare_encounter",
        ["tenant_id", "patient_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_encounter_tenant_id_patient_id_occurred_at_id"),
        "healthcare_encounter",
        ["tenant_id", "patient_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_encounter_tenant_id_practitioner_id_id"),
        "healthcare_encounter",
        ["tenant_id", "practitioner_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_encounter_tenant_id_service_provider_id_id"),
        "healthcare_encounter",
        ["tenant_id", "service_provider_id", "id"],
        unique=False,
    )
    op.create_table(
        "healthcare_condition",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("clinical_status", columns.Words(), nullable=True),
        sa.Column("verification_status", columns.Words(), nullable=True),
        sa.Column("code", columns.Words(), nullable=True),
        sa.Column("code_system", columns.Words(), nullable=True),
        sa.Column("display", columns.Words(), nullable=False),
        sa.Column("onset_at", columns.UtcTime(), nullable=True),
        sa.Column("abated_at", columns.UtcTime(), nullable=True),
        sa.Column("recorded_at", columns.UtcTime(), nullable=True),
        sa.Column("source", columns.Words(), nullable=True),
        sa.Column("source_key", columns.Words(), nullable=True),
        sa.Column("patient_id", columns.Identifier(), nullable=False),
        sa.Column("encounter_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "clinical_status IN ('ACTIVE', 'RECURRENCE', 'RELAPSE', 'INACTIVE', 'REMISSION', 'RESOLVED')",
            name=op.f("ck_healthcare_condition_clinical_status"),
        ),
        sa.CheckConstraint(
            "verification_status IN ('UNCONFIRMED', 'PROVISIONAL', 'DIFFERENTIAL', 'CONFIRMED', 'REFUTED', 'ENTERED_IN_ERROR')",
            name=op.f("ck_healthcare_condition_verification_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "encounter_id"],
            ["healthcare_encounter.tenant_id", "healthcare_encounter.id"],
            name=op.f("fk_healthcare_condition_tenant_id_encounter_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "patient_id"],
            ["healthcare_patient.tenant_id", "healthcare_patient.id"],
            name=op.f("fk_healthcare_condition_tenant_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_healthcare_condition")),
        sa.UniqueConstraint(
            "tenant_id", "source", "source_key", name=op.f("uq_healthcare_condition_tenant_id_source_source_key")
        ),
    )
    op.create_index(
        op.f("ix_healthcare_condition_tenant_id_code_id"),
        "healthcare_condition",
        ["tenant_id", "code", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_condition_tenant_id_encounter_id_id"),
        "healthcare_condition",
        ["tenant_id", "encounter_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_condition_tenant_id_patient_id_id"),
        "healthcare_condition",
        ["tenant_id", "patient_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_condition_tenant_id_patient_id_onset_at_id"),
        "healthcare_condition",
        ["tenant_id", "patient_id", "onset_at", "id"],
        unique=False,
    )
    op.create_table(
        "healthcare_immunization",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("vaccine_code", columns.Words(), nullable=True),
        sa.Column("vaccine_system", columns.Words(), nullable=True),
        sa.Column("display", columns.Words(), nullable=False),
        sa.Column("occurred_at", columns.UtcTime(), nullable=True),
        sa.Column("primary_source", sa.Boolean(), nullable=True),
        sa.Column("source", columns.Words(), nullable=True),
        sa.Column("source_key", columns.Words(), nullable=True),
        sa.Column("patient_id", columns.Identifier(), nullable=False),
        sa.Column("encounter_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('COMPLETED', 'NOT_DONE', 'ENTERED_IN_ERROR')", name=op.f("ck_healthcare_immunization_status")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "encounter_id"],
            ["healthcare_encounter.tenant_id", "healthcare_encounter.id"],
            name=op.f("fk_healthcare_immunization_tenant_id_encounter_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "patient_id"],
            ["healthcare_patient.tenant_id", "healthcare_patient.id"],
            name=op.f("fk_healthcare_immunization_tenant_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_healthcare_immunization")),
        sa.UniqueConstraint(
            "tenant_id", "source", "source_key", name=op.f("uq_healthcare_immunization_tenant_id_source_source_key")
        ),
    )
    op.create_index(
        op.f("ix_healthcare_immunization_tenant_id_encounter_id_id"),
        "healthcare_immunization",
        ["tenant_id", "encounter_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_immunization_tenant_id_patient_id_id"),
        "healthcare_immunization",
        ["tenant_id", "patient_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_immunization_tenant_id_patient_id_occurred_at_id"),
        "healthcare_immunization",
        ["tenant_id", "patient_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_table(
        "healthcare_observation",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("category", columns.Words(), nullable=True),
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("code_system", columns.Words(), nullable=True),
        sa.Column("display", columns.Words(), nullable=False),
        sa.Column("panel_code", columns.Words(), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("unit", columns.Words(), nullable=True),
        sa.Column("value_text", columns.Words(), nullable=True),
        sa.Column("effective_at", columns.UtcTime(), nullable=True),
        sa.Column("interpretation", columns.Words(), nullable=True),
        sa.Column("interpretation_origin", columns.Words(), nullable=True),
        sa.Column("reference_low", sa.BigInteger(), nullable=True),
        sa.Column("reference_high", sa.BigInteger(), nullable=True),
        sa.Column("reference_text", columns.Words(), nullable=True),
        sa.Column("source", columns.Words(), nullable=True),
        sa.Column("source_key", columns.Words(), nullable=True),
        sa.Column("patient_id", columns.Identifier(), nullable=False),
        sa.Column("encounter_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "category IN ('SOCIAL_HISTORY', 'VITAL_SIGNS', 'IMAGING', 'LABORATORY', 'PROCEDURE', 'SURVEY', 'EXAM', 'THERAPY', 'ACTIVITY')",
            name=op.f("ck_healthcare_observation_category"),
        ),
        sa.CheckConstraint(
            "interpretation IN ('N', 'A', 'AA', 'H', 'HH', 'HU', 'L', 'LL', 'LU', 'POS', 'NEG', 'IND')",
            name=op.f("ck_healthcare_observation_interpretation"),
        ),
        sa.CheckConstraint(
            "interpretation_origin IN ('SOURCE', 'DERIVED')",
            name=op.f("ck_healthcare_observation_interpretation_origin"),
        ),
        sa.CheckConstraint(
            "status IN ('REGISTERED', 'PRELIMINARY', 'FINAL', 'AMENDED', 'CORRECTED', 'CANCELLED', 'ENTERED_IN_ERROR', 'UNKNOWN')",
            name=op.f("ck_healthcare_observation_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "encounter_id"],
            ["healthcare_encounter.tenant_id", "healthcare_encounter.id"],
            name=op.f("fk_healthcare_observation_tenant_id_encounter_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "patient_id"],
            ["healthcare_patient.tenant_id", "healthcare_patient.id"],
            name=op.f("fk_healthcare_observation_tenant_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_healthcare_observation")),
        sa.UniqueConstraint(
            "tenant_id", "source", "source_key", name=op.f("uq_healthcare_observation_tenant_id_source_source_key")
        ),
    )
    op.create_index(
        "ix_healthcare_observation_patient",
        "healthcare_observation",
        ["tenant_id", "patient_id", "code", "effective_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_observation_tenant_id_code_effective_at_id"),
        "healthcare_observation",
        ["tenant_id", "code", "effective_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_observation_tenant_id_effective_at_id"),
        "healthcare_observation",
        ["tenant_id", "effective_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_observation_tenant_id_encounter_id_id"),
        "healthcare_observation",
        ["tenant_id", "encounter_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_observation_tenant_id_patient_id_id"),
        "healthcare_observation",
        ["tenant_id", "patient_id", "id"],
        unique=False,
    )
    op.create_table(
        "healthcare_follow_up",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=False),
        sa.Column("due_on", columns.Day(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("closed_at", columns.UtcTime(), nullable=True),
        sa.Column("outcome", columns.Words(), nullable=True),
        sa.Column("patient_id", columns.Identifier(), nullable=False),
        sa.Column("based_on_id", columns.Identifier(), nullable=False),
        sa.Column("closing_encounter_id", columns.Identifier(), nullable=True),
        sa.Column("closing_touchpoint_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("status IN ('REQUESTED', 'COMPLETED')", name=op.f("ck_healthcare_follow_up_status")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "based_on_id"],
            ["healthcare_observation.tenant_id", "healthcare_observation.id"],
            name=op.f("fk_healthcare_follow_up_tenant_id_based_on_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "closing_encounter_id"],
            ["healthcare_encounter.tenant_id", "healthcare_encounter.id"],
            name=op.f("fk_healthcare_follow_up_tenant_id_closing_encounter_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "closing_touchpoint_id"],
            ["touchpoint.tenant_id", "touchpoint.id"],
            name=op.f("fk_healthcare_follow_up_tenant_id_closing_touchpoint_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "patient_id"],
            ["healthcare_patient.tenant_id", "healthcare_patient.id"],
            name=op.f("fk_healthcare_follow_up_tenant_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_healthcare_follow_up")),
        sa.UniqueConstraint("tenant_id", "based_on_id", name=op.f("uq_healthcare_follow_up_tenant_id_based_on_id")),
    )
    op.create_index(
        op.f("ix_healthcare_follow_up_tenant_id_closing_encounter_id_id"),
        "healthcare_follow_up",
        ["tenant_id", "closing_encounter_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_follow_up_tenant_id_closing_touchpoint_id_id"),
        "healthcare_follow_up",
        ["tenant_id", "closing_touchpoint_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_follow_up_tenant_id_patient_id_due_on_id"),
        "healthcare_follow_up",
        ["tenant_id", "patient_id", "due_on", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_follow_up_tenant_id_patient_id_id"),
        "healthcare_follow_up",
        ["tenant_id", "patient_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_healthcare_follow_up_tenant_id_status_due_on_id"),
        "healthcare_follow_up",
        ["tenant_id", "status", "due_on", "id"],
        unique=False,
    )
    op.create_index(
        "uq_healthcare_follow_up_open",
        "healthcare_follow_up",
        ["tenant_id", "patient_id", "code"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    tenant_table(op, "healthcare_practitioner")
    tenant_table(op, "healthcare_patient")
    tenant_table(op, "healthcare_appointment")
    tenant_table(op, "healthcare_encounter")
    tenant_table(op, "healthcare_condition")
    tenant_table(op, "healthcare_immunization")
    tenant_table(op, "healthcare_observation")
    tenant_table(op, "healthcare_follow_up")


def downgrade() -> None:
    op.drop_table("healthcare_follow_up")
    op.drop_table("healthcare_observation")
    op.drop_table("healthcare_immunization")
    op.drop_table("healthcare_condition")
    op.drop_table("healthcare_encounter")
    op.drop_table("healthcare_appointment")
    op.drop_table("healthcare_patient")
    op.drop_table("healthcare_practitioner")
