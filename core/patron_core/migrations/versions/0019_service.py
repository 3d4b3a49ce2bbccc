"""Grades of service, cases, feedback and health.

Revision 0019 of patron.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import erasable_table, tenant_table

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "health_weight",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("factor", columns.Words(), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "factor IN ('CONTACT', 'COMPLAINTS', 'RENEWAL', 'FEEDBACK', 'TREND')", name=op.f("ck_health_weight_factor")
        ),
        sa.CheckConstraint("weight BETWEEN 0 AND 10000", name=op.f("ck_health_weight_weight")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_health_weight")),
        sa.UniqueConstraint("tenant_id", "factor", name=op.f("uq_health_weight_tenant_id_factor")),
    )
    op.create_table(
        "service_level",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("description", columns.Words(), nullable=True),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("rank >= 0", name=op.f("ck_service_level_rank")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_service_level")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_service_level_tenant_id_code")),
        sa.UniqueConstraint("tenant_id", "rank", name=op.f("uq_service_level_tenant_id_rank")),
    )
    op.create_table(
        "channel_policy",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("purpose", columns.Words(), nullable=True),
        sa.Column("channel", columns.Words(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=False),
        sa.Column("service_level_id", columns.Identifier(), nullable=True),
        sa.Column("segment_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('WEB', 'STORE', 'PHONE', 'EMAIL', 'MAIL', 'CHAT', 'SOCIAL', 'FIELD', 'PARTNER')",
            name=op.f("ck_channel_policy_channel"),
        ),
        sa.CheckConstraint(
            "purpose IN ('SERVICE', 'MARKETING', 'PROFILING', 'RESEARCH', 'SHARING')",
            name=op.f("ck_channel_policy_purpose"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "segment_id"],
            ["segment.tenant_id", "segment.id"],
            name=op.f("fk_channel_policy_tenant_id_segment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "service_level_id"],
            ["service_level.tenant_id", "service_level.id"],
            name=op.f("fk_channel_policy_tenant_id_service_level_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_channel_policy")),
        sa.UniqueConstraint("tenant_id", "position", name=op.f("uq_channel_policy_tenant_id_position")),
    )
    op.create_index(
        op.f("ix_channel_policy_tenant_id_segment_id_id"),
        "channel_policy",
        ["tenant_id", "segment_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_channel_policy_tenant_id_service_level_id_id"),
        "channel_policy",
        ["tenant_id", "service_level_id", "id"],
        unique=False,
    )
    op.create_table(
        "service_entitlement",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("service_level_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "service_level_id"],
            ["service_level.tenant_id", "service_level.id"],
            name=op.f("fk_service_entitlement_tenant_id_service_level_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_service_entitlement")),
        sa.UniqueConstraint(
            "tenant_id", "service_level_id", "code", name=op.f("uq_service_entitlement_tenant_id_service_level_id_code")
        ),
    )
    op.create_index(
        op.f("ix_service_entitlement_tenant_id_service_level_id_id"),
        "service_entitlement",
        ["tenant_id", "service_level_id", "id"],
        unique=False,
    )
    op.create_table(
        "service_level_rule",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("metric", columns.Words(), nullable=False),
        sa.Column("window_days", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("service_level_id", columns.Identifier(), nullable=False),
        sa.Column("segment_id", columns.Identifier(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("amount_currency", columns.Words(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "metric IN ('VOLUME', 'PROFIT', 'PURCHASES', 'SEGMENT')", name=op.f("ck_service_level_rule_metric")
        ),
        sa.CheckConstraint("window_days BETWEEN 1 AND 3650", name=op.f("ck_service_level_rule_window_days")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "segment_id"],
            ["segment.tenant_id", "segment.id"],
            name=op.f("fk_service_level_rule_tenant_id_segment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "service_level_id"],
            ["service_level.tenant_id", "service_level.id"],
            name=op.f("fk_service_level_rule_tenant_id_service_level_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_service_level_rule")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_service_level_rule_tenant_id_code")),
    )
    op.create_index(
        op.f("ix_service_level_rule_tenant_id_segment_id_id"),
        "service_level_rule",
        ["tenant_id", "segment_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_service_level_rule_tenant_id_service_level_id_id"),
        "service_level_rule",
        ["tenant_id", "service_level_id", "id"],
        unique=False,
    )
    op.create_table(
        "service_target",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("severity", columns.Words(), nullable=False),
        sa.Column("first_response_minutes", sa.BigInteger(), nullable=False),
        sa.Column("resolution_minutes", sa.BigInteger(), nullable=False),
        sa.Column("service_level_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "severity IN ('LOW', 'NORMAL', 'HIGH', 'CRITICAL')", name=op.f("ck_service_target_severity")
        ),
        sa.CheckConstraint(
            "first_response_minutes > 0 AND resolution_minutes >= first_response_minutes",
            name=op.f("ck_service_target_minutes"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "service_level_id"],
            ["service_level.tenant_id", "service_level.id"],
            name=op.f("fk_service_target_tenant_id_service_level_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_service_target")),
        sa.UniqueConstraint(
            "tenant_id",
            "service_level_id",
            "severity",
            name=op.f("uq_service_target_tenant_id_service_level_id_severity"),
        ),
    )
    op.create_index(
        op.f("ix_service_target_tenant_id_service_level_id_id"),
        "service_target",
        ["tenant_id", "service_level_id", "id"],
        unique=False,
    )
    op.create_table(
        "health_snapshot",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("taken_on", columns.Day(), nullable=False),
        sa.Column("latest", sa.Boolean(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=True),
        sa.Column("sample_size", sa.BigInteger(), nullable=False),
        sa.Column("factors", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_health_snapshot_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_health_snapshot")),
        sa.UniqueConstraint(
            "tenant_id", "customer_id", "taken_on", name=op.f("uq_health_snapshot_tenant_id_customer_id_taken_on")
        ),
    )
    op.create_index(
        op.f("ix_health_snapshot_tenant_id_customer_id_id"),
        "health_snapshot",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_health_snapshot_tenant_id_latest_value_id"),
        "health_snapshot",
        ["tenant_id", "latest", "value", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_health_snapshot_tenant_id_taken_on_id"),
        "health_snapshot",
        ["tenant_id", "taken_on", "id"],
        unique=False,
    )
    op.create_table(
        "service_case",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("severity", columns.Words(), nullable=False),
        sa.Column("state", columns.Words(), nullable=False),
        sa.Column("channel", columns.Words(), nullable=True),
        sa.Column("topic", columns.Words(), nullable=False),
        sa.Column("description", columns.Words(), nullable=True),
        sa.Column("owner", columns.Words(), nullable=True),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("response_due_at", columns.UtcTime(), nullable=True),
        sa.Column("resolution_due_at", columns.UtcTime(), nullable=True),
        sa.Column("responded_at", columns.UtcTime(), nullable=True),
        sa.Column("response_minutes", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", columns.UtcTime(), nullable=True),
        sa.Column("resolution_minutes", sa.BigInteger(), nullable=True),
        sa.Column("paused_at", columns.UtcTime(), nullable=True),
        sa.Column("paused_seconds", sa.BigInteger(), nullable=False),
        sa.Column("response_breached_at", columns.UtcTime(), nullable=True),
        sa.Column("resolution_breached_at", columns.UtcTime(), nullable=True),
        sa.Column("reopened_count", sa.BigInteger(), nullable=False),
        sa.Column("root_cause", columns.Words(), nullable=True),
        sa.Column("resolution", columns.Words(), nullable=True),
        sa.Column("source", columns.Words(), nullable=True),
        sa.Column("source_key", columns.Words(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("service_level_id", columns.Identifier(), nullable=True),
        sa.Column("compensation_minor", sa.BigInteger(), nullable=True),
        sa.Column("compensation_currency", columns.Words(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("state <> 'WAITING_CUSTOMER' OR paused_at IS NOT NULL", name=op.f("ck_service_case_paused")),
        sa.CheckConstraint(
            "channel IN ('WEB', 'STORE', 'PHONE', 'EMAIL', 'MAIL', 'CHAT', 'SOCIAL', 'FIELD', 'PARTNER')",
            name=op.f("ck_service_case_channel"),
        ),
        sa.CheckConstraint(
            "kind <> 'COMPLAINT' OR state NOT IN ('RESOLVED', 'CLOSED') OR (root_cause IS NOT NULL AND resolution IS NOT NULL)",
            name=op.f("ck_service_case_resolved"),
        ),
        sa.CheckConstraint("kind IN ('COMPLAINT', 'REQUEST', 'QUESTION')", name=op.f("ck_service_case_kind")),
        sa.CheckConstraint("severity IN ('LOW', 'NORMAL', 'HIGH', 'CRITICAL')", name=op.f("ck_service_case_severity")),
        sa.CheckConstraint(
            "state IN ('NEW', 'OPEN', 'WAITING_CUSTOMER', 'RESOLVED', 'CLOSED')", name=op.f("ck_service_case_state")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_service_case_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "service_level_id"],
            ["service_level.tenant_id", "service_level.id"],
            name=op.f("fk_service_case_tenant_id_service_level_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_service_case")),
        sa.UniqueConstraint(
            "tenant_id", "source", "source_key", name=op.f("uq_service_case_tenant_id_source_source_key")
        ),
    )
    op.create_index(
        op.f("ix_service_case_tenant_id_customer_id_id"),
        "service_case",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_service_case_tenant_id_customer_id_occurred_at_id"),
        "service_case",
        ["tenant_id", "customer_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_service_case_tenant_id_occurred_at_id"),
        "service_case",
        ["tenant_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_service_case_tenant_id_owner_state_id"),
        "service_case",
        ["tenant_id", "owner", "state", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_service_case_tenant_id_root_cause_id"), "service_case", ["tenant_id", "root_cause", "id"], unique=False
    )
    op.create_index(
        op.f("ix_service_case_tenant_id_service_level_id_id"),
        "service_case",
        ["tenant_id", "service_level_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_service_case_tenant_id_state_resolution_due_at_id"),
        "service_case",
        ["tenant_id", "state", "resolution_due_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_service_case_tenant_id_state_response_due_at_id"),
        "service_case",
        ["tenant_id", "state", "response_due_at", "id"],
        unique=False,
    )
    op.create_table(
        "service_level_assignment",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("origin", columns.Words(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=False),
        sa.Column("assigned_by", columns.Words(), nullable=False),
        sa.Column("measured_count", sa.BigInteger(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("service_level_id", columns.Identifier(), nullable=False),
        sa.Column("rule_id", columns.Identifier(), nullable=True),
        sa.Column("validity_from", columns.UtcTime(), nullable=True),
        sa.Column("validity_to", columns.UtcTime(), nullable=True),
        sa.Column("measured_minor", sa.BigInteger(), nullable=True),
        sa.Column("measured_currency", columns.Words(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("origin IN ('MANUAL', 'RULE')", name=op.f("ck_service_level_assignment_origin")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_service_level_assignment_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "rule_id"],
            ["service_level_rule.tenant_id", "service_level_rule.id"],
            name=op.f("fk_service_level_assignment_tenant_id_rule_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "service_level_id"],
            ["service_level.tenant_id", "service_level.id"],
            name=op.f("fk_service_level_assignment_tenant_id_service_level_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_service_level_assignment")),
    )
    op.create_index(
        op.f("ix_service_level_assignment_tenant_id_assigned_by_id"),
        "service_level_assignment",
        ["tenant_id", "assigned_by", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_service_level_assignment_tenant_id_customer_id_id"),
        "service_level_assignment",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_service_level_assignment_tenant_id_rule_id_id"),
        "service_level_assignment",
        ["tenant_id", "rule_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_service_level_assignment_tenant_id_service_level_id_id"),
        "service_level_assignment",
        ["tenant_id", "service_level_id", "id"],
        unique=False,
    )
    op.create_table(
        "warning_sign",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("severity", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("threshold", sa.BigInteger(), nullable=False),
        sa.Column("unit", columns.Words(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=False),
        sa.Column("raised_at", columns.UtcTime(), nullable=False),
        sa.Column("as_of", columns.UtcTime(), nullable=False),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('COMPLAINTS', 'SILENCE', 'WALLET_SHARE', 'SERVICE_COST', 'RETURNS')",
            name=op.f("ck_warning_sign_kind"),
        ),
        sa.CheckConstraint("severity BETWEEN 0 AND 10000", name=op.f("ck_warning_sign_severity")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_warning_sign_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_warning_sign")),
        sa.UniqueConstraint(
            "tenant_id", "customer_id", "kind", name=op.f("uq_warning_sign_tenant_id_customer_id_kind")
        ),
    )
    op.create_index(
        op.f("ix_warning_sign_tenant_id_customer_id_id"),
        "warning_sign",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_warning_sign_tenant_id_severity_id"), "warning_sign", ["tenant_id", "severity", "id"], unique=False
    )
    op.create_table(
        "customer_service",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("preferred_channel", columns.Words(), nullable=True),
        sa.Column("wallet_estimated_on", columns.Day(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("service_level_id", columns.Identifier(), nullable=True),
        sa.Column("assignment_id", columns.Identifier(), nullable=True),
        sa.Column("wallet_minor", sa.BigInteger(), nullable=True),
        sa.Column("wallet_currency", columns.Words(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "preferred_channel IN ('WEB', 'STORE', 'PHONE', 'EMAIL', 'MAIL', 'CHAT', 'SOCIAL', 'FIELD', 'PARTNER')",
            name=op.f("ck_customer_service_preferred_channel"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "assignment_id"],
            ["service_level_assignment.tenant_id", "service_level_assignment.id"],
            name=op.f("fk_customer_service_tenant_id_assignment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_customer_service_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "service_level_id"],
            ["service_level.tenant_id", "service_level.id"],
            name=op.f("fk_customer_service_tenant_id_service_level_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_customer_service")),
        sa.UniqueConstraint("tenant_id", "customer_id", name=op.f("uq_customer_service_tenant_id_customer_id")),
    )
    op.create_index(
        op.f("ix_customer_service_tenant_id_assignment_id_id"),
        "customer_service",
        ["tenant_id", "assignment_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_customer_service_tenant_id_service_level_id_id"),
        "customer_service",
        ["tenant_id", "service_level_id", "id"],
        unique=False,
    )
    op.create_table(
        "feedback",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("comment", columns.Words(), nullable=True),
        sa.Column("channel", columns.Words(), nullable=True),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("touchpoint_id", columns.Identifier(), nullable=True),
        sa.Column("case_id", columns.Identifier(), nullable=True),
        sa.Column("purchase_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'NPS' AND score BETWEEN 0 AND 10) OR score BETWEEN 1 AND 5", name=op.f("ck_feedback_score")
        ),
        sa.CheckConstraint(
            "channel IN ('WEB', 'STORE', 'PHONE', 'EMAIL', 'MAIL', 'CHAT', 'SOCIAL', 'FIELD', 'PARTNER')",
            name=op.f("ck_feedback_channel"),
        ),
        sa.CheckConstraint("kind IN ('NPS', 'CSAT', 'STARS')", name=op.f("ck_feedback_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "case_id"],
            ["service_case.tenant_id", "service_case.id"],
            name=op.f("fk_feedback_tenant_id_case_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_feedback_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "purchase_id"],
            ["ledger_transaction.tenant_id", "ledger_transaction.id"],
            name=op.f("fk_feedback_tenant_id_purchase_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "touchpoint_id"],
            ["touchpoint.tenant_id", "touchpoint.id"],
            name=op.f("fk_feedback_tenant_id_touchpoint_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_feedback")),
        sa.UniqueConstraint(
            "tenant_id", "customer_id", "kind", "case_id", name=op.f("uq_feedback_tenant_id_customer_id_kind_case_id")
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "customer_id",
            "kind",
            "purchase_id",
            name=op.f("uq_feedback_tenant_id_customer_id_kind_purchase_id"),
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "customer_id",
            "kind",
            "touchpoint_id",
            name=op.f("uq_feedback_tenant_id_customer_id_kind_touchpoint_id"),
        ),
    )
    op.create_index(op.f("ix_feedback_tenant_id_case_id_id"), "feedback", ["tenant_id", "case_id", "id"], unique=False)
    op.create_index(
        op.f("ix_feedback_tenant_id_customer_id_id"), "feedback", ["tenant_id", "customer_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_feedback_tenant_id_kind_occurred_at_id"),
        "feedback",
        ["tenant_id", "kind", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_feedback_tenant_id_occurred_at_id"), "feedback", ["tenant_id", "occurred_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_feedback_tenant_id_purchase_id_id"), "feedback", ["tenant_id", "purchase_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_feedback_tenant_id_touchpoint_id_id"), "feedback", ["tenant_id", "touchpoint_id", "id"], unique=False
    )
    op.create_table(
        "service_case_change",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("from_state", columns.Words(), nullable=True),
        sa.Column("to_state", columns.Words(), nullable=False),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("changed_by", columns.Words(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=True),
        sa.Column("case_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "from_state IN ('NEW', 'OPEN', 'WAITING_CUSTOMER', 'RESOLVED', 'CLOSED')",
            name=op.f("ck_service_case_change_from_state"),
        ),
        sa.CheckConstraint(
            "to_state IN ('NEW', 'OPEN', 'WAITING_CUSTOMER', 'RESOLVED', 'CLOSED')",
            name=op.f("ck_service_case_change_to_state"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "case_id"],
            ["service_case.tenant_id", "service_case.id"],
            name=op.f("fk_service_case_change_tenant_id_case_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_service_case_change")),
    )
    op.create_index(
        op.f("ix_service_case_change_tenant_id_case_id_id"),
        "service_case_change",
        ["tenant_id", "case_id", "id"],
        unique=False,
    )
    op.create_table(
        "service_case_pause",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("paused_at", columns.UtcTime(), nullable=False),
        sa.Column("resumed_at", columns.UtcTime(), nullable=True),
        sa.Column("reason", columns.Words(), nullable=True),
        sa.Column("case_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "case_id"],
            ["service_case.tenant_id", "service_case.id"],
            name=op.f("fk_service_case_pause_tenant_id_case_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_service_case_pause")),
    )
    op.create_index(
        op.f("ix_service_case_pause_tenant_id_case_id_id"),
        "service_case_pause",
        ["tenant_id", "case_id", "id"],
        unique=False,
    )
    tenant_table(op, "health_weight")
    tenant_table(op, "service_level")
    tenant_table(op, "channel_policy")
    tenant_table(op, "service_entitlement")
    tenant_table(op, "service_level_rule")
    tenant_table(op, "service_target")
    tenant_table(op, "health_snapshot")
    tenant_table(op, "service_case")
    tenant_table(op, "service_level_assignment")
    tenant_table(op, "warning_sign")
    tenant_table(op, "customer_service")
    tenant_table(op, "feedback")
    tenant_table(op, "service_case_change", append_only=True)
    erasable_table(op, "service_case_change", columns=["case_id", "changed_by", "reason"])
    tenant_table(op, "service_case_pause")


def downgrade() -> None:
    op.drop_table("service_case_pause")
    op.drop_table("service_case_change")
    op.drop_table("feedback")
    op.drop_table("customer_service")
    op.drop_table("warning_sign")
    op.drop_table("service_level_assignment")
    op.drop_table("service_case")
    op.drop_table("health_snapshot")
    op.drop_table("service_target")
    op.drop_table("service_level_rule")
    op.drop_table("service_entitlement")
    op.drop_table("channel_policy")
    op.drop_table("service_level")
    op.drop_table("health_weight")
