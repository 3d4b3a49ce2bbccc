"""Tasks, knowledge and reviews.

Revision 0014 of patron.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import tenant_table

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("unit_cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("unit_cost_currency", columns.Words(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('WEB', 'STORE', 'PHONE', 'EMAIL', 'MAIL', 'CHAT', 'SOCIAL', 'FIELD', 'PARTNER')",
            name=op.f("ck_channel_kind"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_channel")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_channel_tenant_id_code")),
    )
    op.create_table(
        "knowledge_asset",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("edition", sa.BigInteger(), nullable=False),
        sa.Column("title", columns.Words(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("language", columns.Words(), nullable=False),
        sa.Column("body", columns.Words(), nullable=True),
        sa.Column("url", columns.Words(), nullable=True),
        sa.Column("state", columns.Words(), nullable=False),
        sa.Column("published_at", columns.UtcTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('ARTICLE', 'GUIDE', 'VIDEO', 'COURSE', 'CASE_STUDY')", name=op.f("ck_knowledge_asset_kind")
        ),
        sa.CheckConstraint("state IN ('DRAFT', 'PUBLISHED', 'RETIRED')", name=op.f("ck_knowledge_asset_state")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_knowledge_asset")),
        sa.UniqueConstraint("tenant_id", "code", "edition", name=op.f("uq_knowledge_asset_tenant_id_code_edition")),
    )
    op.create_table(
        "attachment",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("about_id", columns.Words(), nullable=False),
        sa.Column("holds", columns.Words(), nullable=False),
        sa.Column("content_type", columns.Words(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("file_name", columns.Words(), nullable=True),
        sa.Column("content", columns.EncryptedText(), nullable=True),
        sa.Column("sha256", columns.Words(), nullable=True),
        sa.Column("health_file_name", columns.EncryptedText(), nullable=True),
        sa.Column("health_content", columns.EncryptedText(), nullable=True),
        sa.Column("health_sha256", columns.EncryptedText(), nullable=True),
        sa.Column("added_by", columns.Words(), nullable=False),
        sa.Column("party_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("holds IN ('PERSONAL', 'HEALTH')", name=op.f("ck_attachment_holds")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"], ["party.tenant_id", "party.id"], name=op.f("fk_attachment_tenant_id_party_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_attachment")),
    )
    op.create_index(
        op.f("ix_attachment_tenant_id_about_id_id"), "attachment", ["tenant_id", "about_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_attachment_tenant_id_party_id_id"), "attachment", ["tenant_id", "party_id", "id"], unique=False
    )
    op.create_table(
        "cadence",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("owner", columns.Words(), nullable=True),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("every_days", sa.BigInteger(), nullable=False),
        sa.Column("channel", columns.Words(), nullable=True),
        sa.Column("priority", columns.Words(), nullable=False),
        sa.Column("team", columns.Words(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("customer_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('WEB', 'STORE', 'PHONE', 'EMAIL', 'MAIL', 'CHAT', 'SOCIAL', 'FIELD', 'PARTNER')",
            name=op.f("ck_cadence_channel"),
        ),
        sa.CheckConstraint("priority IN ('LOW', 'NORMAL', 'HIGH', 'URGENT')", name=op.f("ck_cadence_priority")),
        sa.CheckConstraint("every_days BETWEEN 1 AND 3650", name=op.f("ck_cadence_every_days")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_cadence_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_cadence")),
    )
    op.create_index(
        op.f("ix_cadence_tenant_id_customer_id_id"), "cadence", ["tenant_id", "customer_id", "id"], unique=False
    )
    op.create_table(
        "knowledge_delivery",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("title", columns.Words(), nullable=False),
        sa.Column("channel", columns.Words(), nullable=True),
        sa.Column("about_id", columns.Words(), nullable=True),
        sa.Column("delivered_by", columns.Words(), nullable=False),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("opened_at", columns.UtcTime(), nullable=True),
        sa.Column("finished_at", columns.UtcTime(), nullable=True),
        sa.Column("asset_id", columns.Identifier(), nullable=False),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("recipient_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('WEB', 'STORE', 'PHONE', 'EMAIL', 'MAIL', 'CHAT', 'SOCIAL', 'FIELD', 'PARTNER')",
            name=op.f("ck_knowledge_delivery_channel"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "asset_id"],
            ["knowledge_asset.tenant_id", "knowledge_asset.id"],
            name=op.f("fk_knowledge_delivery_tenant_id_asset_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_knowledge_delivery_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "recipient_id"],
            ["party.tenant_id", "party.id"],
            name=op.f("fk_knowledge_delivery_tenant_id_recipient_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_knowledge_delivery")),
    )
    op.create_index(
        op.f("ix_knowledge_delivery_tenant_id_asset_id_id"),
        "knowledge_delivery",
        ["tenant_id", "asset_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_knowledge_delivery_tenant_id_customer_id_id"),
        "knowledge_delivery",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_knowledge_delivery_tenant_id_customer_id_occurred_at_id"),
        "knowledge_delivery",
        ["tenant_id", "customer_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_knowledge_delivery_tenant_id_occurred_at_id"),
        "knowledge_delivery",
        ["tenant_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_knowledge_delivery_tenant_id_recipient_id_id"),
        "knowledge_delivery",
        ["tenant_id", "recipient_id", "id"],
        unique=False,
    )
    op.create_table(
        "task",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("about_id", columns.Words(), nullable=True),
        sa.Column("title", columns.Words(), nullable=False),
        sa.Column("note", columns.Words(), nullable=True),
        sa.Column("due_at", columns.UtcTime(), nullable=False),
        sa.Column("remind_at", columns.UtcTime(), nullable=False),
        sa.Column("reminded_at", columns.UtcTime(), nullable=True),
        sa.Column("assignee", columns.Words(), nullable=True),
        sa.Column("team", columns.Words(), nullable=True),
        sa.Column("priority", columns.Words(), nullable=False),
        sa.Column("channel", columns.Words(), nullable=True),
        sa.Column("state", columns.Words(), nullable=False),
        sa.Column("outcome", columns.Words(), nullable=True),
        sa.Column("done_at", columns.UtcTime(), nullable=True),
        sa.Column("done_by", columns.Words(), nullable=True),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("customer_id", columns.Identifier(), nullable=True),
        sa.Column("touchpoint_id", columns.Identifier(), nullable=True),
        sa.Column("cadence_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('WEB', 'STORE', 'PHONE', 'EMAIL', 'MAIL', 'CHAT', 'SOCIAL', 'FIELD', 'PARTNER')",
            name=op.f("ck_task_channel"),
        ),
        sa.CheckConstraint("priority IN ('LOW', 'NORMAL', 'HIGH', 'URGENT')", name=op.f("ck_task_priority")),
        sa.CheckConstraint("state <> 'DONE' OR outcome IS NOT NULL", name=op.f("ck_task_outcome")),
        sa.CheckConstraint("state IN ('OPEN', 'DONE', 'CANCELLED')", name=op.f("ck_task_state")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "cadence_id"], ["cadence.tenant_id", "cadence.id"], name=op.f("fk_task_tenant_id_cadence_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_task_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "touchpoint_id"],
            ["touchpoint.tenant_id", "touchpoint.id"],
            name=op.f("fk_task_tenant_id_touchpoint_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_task")),
    )
    op.create_index(op.f("ix_task_tenant_id_about_id_id"), "task", ["tenant_id", "about_id", "id"], unique=False)
    op.create_index(
        op.f("ix_task_tenant_id_assignee_state_due_at_id"),
        "task",
        ["tenant_id", "assignee", "state", "due_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_task_tenant_id_cadence_id_id"), "task", ["tenant_id", "cadence_id", "id"], unique=False)
    op.create_index(op.f("ix_task_tenant_id_customer_id_id"), "task", ["tenant_id", "customer_id", "id"], unique=False)
    op.create_index(
        op.f("ix_task_tenant_id_customer_id_occurred_at_id"),
        "task",
        ["tenant_id", "customer_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_task_tenant_id_occurred_at_id"), "task", ["tenant_id", "occurred_at", "id"], unique=False)
    op.create_index(
        op.f("ix_task_tenant_id_state_due_at_id"), "task", ["tenant_id", "state", "due_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_task_tenant_id_state_remind_at_id"), "task", ["tenant_id", "state", "remind_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_task_tenant_id_team_state_due_at_id"),
        "task",
        ["tenant_id", "team", "state", "due_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_task_tenant_id_touchpoint_id_id"), "task", ["tenant_id", "touchpoint_id", "id"], unique=False
    )
    op.create_table(
        "touchpoint_review",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("agent", columns.Words(), nullable=True),
        sa.Column("reviewer", columns.Words(), nullable=False),
        sa.Column("reviewed_at", columns.UtcTime(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("note", columns.Words(), nullable=True),
        sa.Column("touchpoint_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_touchpoint_review_score")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "touchpoint_id"],
            ["touchpoint.tenant_id", "touchpoint.id"],
            name=op.f("fk_touchpoint_review_tenant_id_touchpoint_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_touchpoint_review")),
        sa.UniqueConstraint(
            "tenant_id", "touchpoint_id", "reviewer", name=op.f("uq_touchpoint_review_tenant_id_touchpoint_id_reviewer")
        ),
    )
    op.create_index(
        op.f("ix_touchpoint_review_tenant_id_agent_reviewed_at_id"),
        "touchpoint_review",
        ["tenant_id", "agent", "reviewed_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_touchpoint_review_tenant_id_reviewed_at_id"),
        "touchpoint_review",
        ["tenant_id", "reviewed_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_touchpoint_review_tenant_id_reviewer_id"),
        "touchpoint_review",
        ["tenant_id", "reviewer", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_touchpoint_review_tenant_id_touchpoint_id_id"),
        "touchpoint_review",
        ["tenant_id", "touchpoint_id", "id"],
        unique=False,
    )
    op.create_table(
        "contact_plan",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("last_contact_at", columns.UtcTime(), nullable=True),
        sa.Column("next_touch_due", columns.UtcTime(), nullable=False),
        sa.Column("gap_since", columns.UtcTime(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("cadence_id", columns.Identifier(), nullable=False),
        sa.Column("task_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "cadence_id"],
            ["cadence.tenant_id", "cadence.id"],
            name=op.f("fk_contact_plan_tenant_id_cadence_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_contact_plan_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "task_id"], ["task.tenant_id", "task.id"], name=op.f("fk_contact_plan_tenant_id_task_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contact_plan")),
        sa.UniqueConstraint("tenant_id", "customer_id", name=op.f("uq_contact_plan_tenant_id_customer_id")),
    )
    op.create_index(
        op.f("ix_contact_plan_tenant_id_cadence_id_id"), "contact_plan", ["tenant_id", "cadence_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_contact_plan_tenant_id_next_touch_due_id"),
        "contact_plan",
        ["tenant_id", "next_touch_due", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contact_plan_tenant_id_task_id_id"), "contact_plan", ["tenant_id", "task_id", "id"], unique=False
    )
    op.create_table(
        "touchpoint_review_criterion",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("lived", sa.Boolean(), nullable=False),
        sa.Column("review_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "review_id"],
            ["touchpoint_review.tenant_id", "touchpoint_review.id"],
            name=op.f("fk_touchpoint_review_criterion_tenant_id_review_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_touchpoint_review_criterion")),
        sa.UniqueConstraint(
            "tenant_id", "review_id", "code", name=op.f("uq_touchpoint_review_criterion_tenant_id_review_id_code")
        ),
    )
    op.create_index(
        op.f("ix_touchpoint_review_criterion_tenant_id_code_id"),
        "touchpoint_review_criterion",
        ["tenant_id", "code", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_touchpoint_review_criterion_tenant_id_review_id_id"),
        "touchpoint_review_criterion",
        ["tenant_id", "review_id", "id"],
        unique=False,
    )
    with op.batch_alter_table("touchpoint", schema=None) as batch_op:
        batch_op.add_column(sa.Column("about_id", columns.Words(), nullable=True))
        batch_op.add_column(sa.Column("agent", columns.Words(), nullable=True))
        batch_op.add_column(sa.Column("team", columns.Words(), nullable=True))
        batch_op.add_column(sa.Column("sentiment", columns.Words(), nullable=True))
        batch_op.add_column(sa.Column("channel_definition_id", columns.Identifier(), nullable=True))
        batch_op.create_check_constraint(
            batch_op.f("ck_touchpoint_sentiment"), "sentiment IN ('NEGATIVE', 'NEUTRAL', 'POSITIVE')"
        )
        batch_op.create_index(
            batch_op.f("ix_touchpoint_tenant_id_about_id_id"), ["tenant_id", "about_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_touchpoint_tenant_id_channel_definition_id_id"),
            ["tenant_id", "channel_definition_id", "id"],
            unique=False,
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_touchpoint_tenant_id_channel_definition_id"),
            "channel",
            ["tenant_id", "channel_definition_id"],
            ["tenant_id", "id"],
        )

    tenant_table(op, "channel")
    tenant_table(op, "knowledge_asset")
    tenant_table(op, "attachment")
    tenant_table(op, "cadence")
    tenant_table(op, "knowledge_delivery")
    tenant_table(op, "task")
    tenant_table(op, "touchpoint_review")
    tenant_table(op, "contact_plan")
    tenant_table(op, "touchpoint_review_criterion")


def downgrade() -> None:
    with op.batch_alter_table("touchpoint", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_touchpoint_tenant_id_channel_definition_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_touchpoint_tenant_id_channel_definition_id_id"))
        batch_op.drop_index(batch_op.f("ix_touchpoint_tenant_id_about_id_id"))
        batch_op.drop_constraint(batch_op.f("ck_touchpoint_sentiment"), type_="check")
        batch_op.drop_column("channel_definition_id")
        batch_op.drop_column("sentiment")
        batch_op.drop_column("team")
        batch_op.drop_column("agent")
        batch_op.drop_column("about_id")

    op.drop_table("touchpoint_review_criterion")
    op.drop_table("contact_plan")
    op.drop_table("touchpoint_review")
    op.drop_table("task")
    op.drop_table("knowledge_delivery")
    op.drop_table("cadence")
    op.drop_table("attachment")
    op.drop_table("knowledge_asset")
    op.drop_table("channel")
