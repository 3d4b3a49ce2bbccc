"""Segments and monitoring.

Revision 0017 of patron.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import tenant_table

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "segment",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("description", columns.Words(), nullable=True),
        sa.Column("target", columns.Words(), nullable=False),
        sa.Column("condition", columns.Words(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("problem", columns.Words(), nullable=True),
        sa.Column("refreshed_at", columns.UtcTime(), nullable=True),
        sa.Column("member_count", sa.BigInteger(), nullable=True),
        sa.Column("created_by", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("status IN ('ACTIVE', 'BROKEN', 'RETIRED')", name=op.f("ck_segment_status")),
        sa.CheckConstraint("target IN ('CUSTOMER', 'PARTY')", name=op.f("ck_segment_target")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_segment")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_segment_tenant_id_name")),
    )
    op.create_table(
        "segment_revision",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("condition", columns.Words(), nullable=False),
        sa.Column("defined_by", columns.Words(), nullable=False),
        sa.Column("segment_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "segment_id"],
            ["segment.tenant_id", "segment.id"],
            name=op.f("fk_segment_revision_tenant_id_segment_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_segment_revision")),
        sa.UniqueConstraint(
            "tenant_id", "segment_id", "number", name=op.f("uq_segment_revision_tenant_id_segment_id_number")
        ),
    )
    op.create_index(
        op.f("ix_segment_revision_tenant_id_segment_id_id"),
        "segment_revision",
        ["tenant_id", "segment_id", "id"],
        unique=False,
    )
    op.create_table(
        "segment_membership",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("entered_at", columns.UtcTime(), nullable=False),
        sa.Column("left_at", columns.UtcTime(), nullable=True),
        sa.Column("entered_revision", sa.BigInteger(), nullable=False),
        sa.Column("left_revision", sa.BigInteger(), nullable=True),
        sa.Column("segment_id", columns.Identifier(), nullable=False),
        sa.Column("party_id", columns.Identifier(), nullable=False),
        sa.Column("customer_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("left_at >= entered_at", name=op.f("ck_segment_membership_left_at")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_segment_membership_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"],
            ["party.tenant_id", "party.id"],
            name=op.f("fk_segment_membership_tenant_id_party_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "segment_id"],
            ["segment.tenant_id", "segment.id"],
            name=op.f("fk_segment_membership_tenant_id_segment_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_segment_membership")),
    )
    op.create_index(
        op.f("ix_segment_membership_tenant_id_customer_id_id"),
        "segment_membership",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_segment_membership_tenant_id_party_id_id"),
        "segment_membership",
        ["tenant_id", "party_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_segment_membership_tenant_id_segment_id_entered_at_id"),
        "segment_membership",
        ["tenant_id", "segment_id", "entered_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_segment_membership_tenant_id_segment_id_id"),
        "segment_membership",
        ["tenant_id", "segment_id", "id"],
        unique=False,
    )
    op.create_index(
        "uq_segment_membership_open",
        "segment_membership",
        ["tenant_id", "segment_id", "party_id"],
        unique=True,
        sqlite_where=sa.text("left_at IS NULL"),
        postgresql_where=sa.text("left_at IS NULL"),
    )
    tenant_table(op, "segment")
    tenant_table(op, "segment_revision", append_only=True)
    tenant_table(op, "segment_membership")
    op.create_table(
        "monitoring_rule",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("description", columns.Words(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("condition", columns.Words(), nullable=True),
        sa.Column("behaviour", columns.Words(), nullable=False),
        sa.Column("currency", columns.Words(), nullable=True),
        sa.Column("baseline_days", sa.BigInteger(), nullable=False),
        sa.Column("current_days", sa.BigInteger(), nullable=False),
        sa.Column("direction", columns.Words(), nullable=False),
        sa.Column("threshold_share", sa.BigInteger(), nullable=True),
        sa.Column("threshold_absolute", sa.BigInteger(), nullable=True),
        sa.Column("minimum_sample", sa.BigInteger(), nullable=False),
        sa.Column("cooldown_days", sa.BigInteger(), nullable=False),
        sa.Column("severity", columns.Words(), nullable=False),
        sa.Column("evaluated_at", columns.UtcTime(), nullable=True),
        sa.Column("opened", sa.BigInteger(), nullable=True),
        sa.Column("problem", columns.Words(), nullable=True),
        sa.Column("created_by", columns.Words(), nullable=False),
        sa.Column("segment_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "behaviour IN ('TRANSACTIONS', 'SPEND', 'AVERAGE_SALE', 'MARGIN', 'TOUCHPOINTS', 'INBOUND_TOUCHPOINTS', "
            "'COMPLAINTS')",
            name=op.f("ck_monitoring_rule_behaviour"),
        ),
        sa.CheckConstraint("direction IN ('UP', 'DOWN', 'EITHER')", name=op.f("ck_monitoring_rule_direction")),
        sa.CheckConstraint("severity IN ('LOW', 'MEDIUM', 'HIGH')", name=op.f("ck_monitoring_rule_severity")),
        sa.CheckConstraint("baseline_days >= 1", name=op.f("ck_monitoring_rule_baseline_days")),
        sa.CheckConstraint("current_days >= 1", name=op.f("ck_monitoring_rule_current_days")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "segment_id"],
            ["segment.tenant_id", "segment.id"],
            name=op.f("fk_monitoring_rule_tenant_id_segment_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_monitoring_rule")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_monitoring_rule_tenant_id_name")),
    )
    op.create_index(
        op.f("ix_monitoring_rule_tenant_id_segment_id_id"),
        "monitoring_rule",
        ["tenant_id", "segment_id", "id"],
        unique=False,
    )
    op.create_table(
        "alert",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("severity", columns.Words(), nullable=False),
        sa.Column("behaviour", columns.Words(), nullable=False),
        sa.Column("currency", columns.Words(), nullable=True),
        sa.Column("baseline_value", sa.BigInteger(), nullable=False),
        sa.Column("current_value", sa.BigInteger(), nullable=False),
        sa.Column("change_share", sa.BigInteger(), nullable=True),
        sa.Column("sample_size", sa.BigInteger(), nullable=False),
        sa.Column("baseline_from", columns.UtcTime(), nullable=False),
        sa.Column("current_from", columns.UtcTime(), nullable=False),
        sa.Column("current_to", columns.UtcTime(), nullable=False),
        sa.Column("requirements", columns.Words(), nullable=True),
        sa.Column("evidence_ids", columns.Words(), nullable=False),
        sa.Column("opened_at", columns.UtcTime(), nullable=False),
        sa.Column("owner", columns.Words(), nullable=True),
        sa.Column("closed_at", columns.UtcTime(), nullable=True),
        sa.Column("outcome", columns.Words(), nullable=True),
        sa.Column("note", columns.Words(), nullable=True),
        sa.Column("rule_id", columns.Identifier(), nullable=False),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "behaviour IN ('TRANSACTIONS', 'SPEND', 'AVERAGE_SALE', 'MARGIN', 'TOUCHPOINTS', 'INBOUND_TOUCHPOINTS', "
            "'COMPLAINTS')",
            name=op.f("ck_alert_behaviour"),
        ),
        sa.CheckConstraint("outcome IN ('ACTED', 'EXPLAINED', 'FALSE_ALARM')", name=op.f("ck_alert_outcome")),
        sa.CheckConstraint("severity IN ('LOW', 'MEDIUM', 'HIGH')", name=op.f("ck_alert_severity")),
        sa.CheckConstraint("status IN ('OPEN', 'ACKNOWLEDGED', 'CLOSED')", name=op.f("ck_alert_status")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_alert_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "rule_id"],
            ["monitoring_rule.tenant_id", "monitoring_rule.id"],
            name=op.f("fk_alert_tenant_id_rule_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_alert")),
    )
    op.create_index(
        op.f("ix_alert_tenant_id_customer_id_id"), "alert", ["tenant_id", "customer_id", "id"], unique=False
    )
    op.create_index(op.f("ix_alert_tenant_id_opened_at_id"), "alert", ["tenant_id", "opened_at", "id"], unique=False)
    op.create_index(op.f("ix_alert_tenant_id_rule_id_id"), "alert", ["tenant_id", "rule_id", "id"], unique=False)
    op.create_index(
        op.f("ix_alert_tenant_id_status_opened_at_id"),
        "alert",
        ["tenant_id", "status", "opened_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_alert_open",
        "alert",
        ["tenant_id", "rule_id", "customer_id"],
        unique=True,
        sqlite_where=sa.text("status <> 'CLOSED'"),
        postgresql_where=sa.text("status <> 'CLOSED'"),
    )
    op.create_table(
        "monitoring_requirement",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("behaviour", columns.Words(), nullable=False),
        sa.Column("months", sa.BigInteger(), nullable=False),
        sa.Column("monthly", sa.Boolean(), nullable=False),
        sa.Column("more_than", sa.BigInteger(), nullable=False),
        sa.Column("rule_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "behaviour IN ('TRANSACTIONS', 'SPEND', 'AVERAGE_SALE', 'MARGIN', 'TOUCHPOINTS', 'INBOUND_TOUCHPOINTS', "
            "'COMPLAINTS')",
            name=op.f("ck_monitoring_requirement_behaviour"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "rule_id"],
            ["monitoring_rule.tenant_id", "monitoring_rule.id"],
            name=op.f("fk_monitoring_requirement_tenant_id_rule_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_monitoring_requirement")),
        sa.UniqueConstraint(
            "tenant_id", "rule_id", "number", name=op.f("uq_monitoring_requirement_tenant_id_rule_id_number")
        ),
    )
    op.create_index(
        op.f("ix_monitoring_requirement_tenant_id_rule_id_id"),
        "monitoring_requirement",
        ["tenant_id", "rule_id", "id"],
        unique=False,
    )
    tenant_table(op, "monitoring_rule")
    tenant_table(op, "alert")
    tenant_table(op, "monitoring_requirement")


def downgrade() -> None:
    op.drop_table("monitoring_requirement")
    op.drop_table("alert")
    op.drop_table("monitoring_rule")
    op.drop_table("segment_membership")
    op.drop_table("segment_revision")
    op.drop_table("segment")
