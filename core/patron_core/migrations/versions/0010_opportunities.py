"""Opportunities.

Revision 0010 of patron.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import erasable_table, tenant_table

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pipeline",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("description", columns.Words(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_pipeline")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_pipeline_tenant_id_code")),
    )
    op.create_table(
        "pipeline_stage",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("probability", sa.BigInteger(), nullable=False),
        sa.Column("forecast_category", columns.Words(), nullable=False),
        sa.Column("outcome", columns.Words(), nullable=False),
        sa.Column("pipeline_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "forecast_category IN ('PIPELINE', 'BEST_CASE', 'COMMIT', 'CLOSED', 'OMITTED')",
            name=op.f("ck_pipeline_stage_forecast_category"),
        ),
        sa.CheckConstraint("outcome IN ('OPEN', 'WON', 'LOST')", name=op.f("ck_pipeline_stage_outcome")),
        sa.CheckConstraint("probability BETWEEN 0 AND 10000", name=op.f("ck_pipeline_stage_probability")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "pipeline_id"],
            ["pipeline.tenant_id", "pipeline.id"],
            name=op.f("fk_pipeline_stage_tenant_id_pipeline_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_pipeline_stage")),
        sa.UniqueConstraint(
            "tenant_id", "pipeline_id", "code", name=op.f("uq_pipeline_stage_tenant_id_pipeline_id_code")
        ),
        sa.UniqueConstraint(
            "tenant_id", "pipeline_id", "position", name=op.f("uq_pipeline_stage_tenant_id_pipeline_id_position")
        ),
    )
    op.create_index(
        op.f("ix_pipeline_stage_tenant_id_pipeline_id_id"),
        "pipeline_stage",
        ["tenant_id", "pipeline_id", "id"],
        unique=False,
    )
    op.create_table(
        "opportunity",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("expected_close_on", columns.Day(), nullable=True),
        sa.Column("decision_on", columns.Day(), nullable=True),
        sa.Column("owner", columns.Words(), nullable=True),
        sa.Column("motivation", columns.Words(), nullable=True),
        sa.Column("competitor", columns.Words(), nullable=True),
        sa.Column("lost_reason", columns.Words(), nullable=True),
        sa.Column("entered_stage_at", columns.UtcTime(), nullable=False),
        sa.Column("closed_at", columns.UtcTime(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("stage_id", columns.Identifier(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("amount_currency", columns.Words(), nullable=True),
        sa.Column("budget_minor", sa.BigInteger(), nullable=True),
        sa.Column("budget_currency", columns.Words(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("motivation IN ('LOGIC', 'MIXED', 'IMPULSE')", name=op.f("ck_opportunity_motivation")),
        sa.CheckConstraint("status IN ('OPEN', 'WON', 'LOST')", name=op.f("ck_opportunity_status")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_opportunity_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "stage_id"],
            ["pipeline_stage.tenant_id", "pipeline_stage.id"],
            name=op.f("fk_opportunity_tenant_id_stage_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_opportunity")),
    )
    op.create_index(
        op.f("ix_opportunity_tenant_id_customer_id_id"), "opportunity", ["tenant_id", "customer_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_opportunity_tenant_id_owner_status_id"),
        "opportunity",
        ["tenant_id", "owner", "status", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_opportunity_tenant_id_stage_id_id"), "opportunity", ["tenant_id", "stage_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_opportunity_tenant_id_status_expected_close_on_id"),
        "opportunity",
        ["tenant_id", "status", "expected_close_on", "id"],
        unique=False,
    )
    op.create_table(
        "pipeline_stage_requirement",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("field", columns.Words(), nullable=False),
        sa.Column("stage_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "field IN ('AMOUNT', 'BUDGET', 'EXPECTED_CLOSE', 'DECISION_DATE', 'OWNER', 'MOTIVATION', 'COMPETITOR', 'APPROVALS')",
            name=op.f("ck_pipeline_stage_requirement_field"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "stage_id"],
            ["pipeline_stage.tenant_id", "pipeline_stage.id"],
            name=op.f("fk_pipeline_stage_requirement_tenant_id_stage_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_pipeline_stage_requirement")),
        sa.UniqueConstraint(
            "tenant_id", "stage_id", "field", name=op.f("uq_pipeline_stage_requirement_tenant_id_stage_id_field")
        ),
    )
    op.create_index(
        op.f("ix_pipeline_stage_requirement_tenant_id_stage_id_id"),
        "pipeline_stage_requirement",
        ["tenant_id", "stage_id", "id"],
        unique=False,
    )
    op.create_table(
        "opportunity_approval_step",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("decided_at", columns.UtcTime(), nullable=True),
        sa.Column("opportunity_id", columns.Identifier(), nullable=False),
        sa.Column("approver_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('PENDING', 'APPROVED', 'REJECTED')", name=op.f("ck_opportunity_approval_step_status")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "approver_id"],
            ["party.tenant_id", "party.id"],
            name=op.f("fk_opportunity_approval_step_tenant_id_approver_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "opportunity_id"],
            ["opportunity.tenant_id", "opportunity.id"],
            name=op.f("fk_opportunity_approval_step_tenant_id_opportunity_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_opportunity_approval_step")),
        sa.UniqueConstraint(
            "tenant_id",
            "opportunity_id",
            "position",
            name=op.f("uq_opportunity_approval_step_tenant_id_opportunity_id_position"),
        ),
    )
    op.create_index(
        op.f("ix_opportunity_approval_step_tenant_id_approver_id_id"),
        "opportunity_approval_step",
        ["tenant_id", "approver_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_opportunity_approval_step_tenant_id_opportunity_id_id"),
        "opportunity_approval_step",
        ["tenant_id", "opportunity_id", "id"],
        unique=False,
    )
    op.create_table(
        "opportunity_stage_change",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("changed_by", columns.Words(), nullable=False),
        sa.Column("duration_seconds", sa.BigInteger(), nullable=True),
        sa.Column("skipped", sa.BigInteger(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=True),
        sa.Column("opportunity_id", columns.Identifier(), nullable=False),
        sa.Column("from_stage_id", columns.Identifier(), nullable=True),
        sa.Column("to_stage_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "from_stage_id"],
            ["pipeline_stage.tenant_id", "pipeline_stage.id"],
            name=op.f("fk_opportunity_stage_change_tenant_id_from_stage_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "opportunity_id"],
            ["opportunity.tenant_id", "opportunity.id"],
            name=op.f("fk_opportunity_stage_change_tenant_id_opportunity_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "to_stage_id"],
            ["pipeline_stage.tenant_id", "pipeline_stage.id"],
            name=op.f("fk_opportunity_stage_change_tenant_id_to_stage_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_opportunity_stage_change")),
    )
    op.create_index(
        op.f("ix_opportunity_stage_change_tenant_id_changed_by_id"),
        "opportunity_stage_change",
        ["tenant_id", "changed_by", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_opportunity_stage_change_tenant_id_from_stage_id_id"),
        "opportunity_stage_change",
        ["tenant_id", "from_stage_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_opportunity_stage_change_tenant_id_occurred_at_id"),
        "opportunity_stage_change",
        ["tenant_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_opportunity_stage_change_tenant_id_opportunity_id_id"),
        "opportunity_stage_change",
        ["tenant_id", "opportunity_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_opportunity_stage_change_tenant_id_to_stage_id_id"),
        "opportunity_stage_change",
        ["tenant_id", "to_stage_id", "id"],
        unique=False,
    )
    tenant_table(op, "pipeline")
    tenant_table(op, "pipeline_stage")
    tenant_table(op, "opportunity")
    tenant_table(op, "pipeline_stage_requirement")
    tenant_table(op, "opportunity_approval_step")
    tenant_table(op, "opportunity_stage_change", append_only=True)
    erasable_table(
        op,
        "opportunity_stage_change",
        columns=["changed_by", "from_stage_id", "opportunity_id", "reason", "to_stage_id"],
    )


def downgrade() -> None:
    op.drop_table("opportunity_stage_change")
    op.drop_table("opportunity_approval_step")
    op.drop_table("pipeline_stage_requirement")
    op.drop_table("opportunity")
    op.drop_table("pipeline_stage")
    op.drop_table("pipeline")
