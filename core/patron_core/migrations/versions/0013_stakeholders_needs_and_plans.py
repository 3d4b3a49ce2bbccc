"""Stakeholders, needs and plans.

Revision 0013 of patron.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import erasable_table, tenant_table

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_plan",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("development_stage", columns.Words(), nullable=False),
        sa.Column("starts_on", columns.Day(), nullable=False),
        sa.Column("ends_on", columns.Day(), nullable=False),
        sa.Column("owner", columns.Words(), nullable=True),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("summary", columns.Words(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("target_amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("target_amount_currency", columns.Words(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "development_stage IN ('SUSPECT', 'PROSPECT', 'FIRST_PURCHASE', 'REPEAT', 'PREFERRED', 'PARTNER')",
            name=op.f("ck_account_plan_development_stage"),
        ),
        sa.CheckConstraint("status IN ('DRAFT', 'ACTIVE', 'DONE', 'ABANDONED')", name=op.f("ck_account_plan_status")),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_account_plan_period")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_account_plan_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_account_plan")),
    )
    op.create_index(
        op.f("ix_account_plan_tenant_id_customer_id_id"),
        "account_plan",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_account_plan_tenant_id_owner_status_id"),
        "account_plan",
        ["tenant_id", "owner", "status", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_account_plan_tenant_id_status_ends_on_id"),
        "account_plan",
        ["tenant_id", "status", "ends_on", "id"],
        unique=False,
    )
    op.create_table(
        "customer_need",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("horizon", columns.Words(), nullable=False),
        sa.Column("category", columns.Words(), nullable=True),
        sa.Column("keywords", columns.Words(), nullable=True),
        sa.Column("priority", sa.BigInteger(), nullable=False),
        sa.Column("needed_by", columns.Day(), nullable=True),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("division_id", columns.Identifier(), nullable=True),
        sa.Column("person_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("horizon IN ('SHORT', 'LONG')", name=op.f("ck_customer_need_horizon")),
        sa.CheckConstraint("status IN ('OPEN', 'MATCHED', 'MET', 'DROPPED')", name=op.f("ck_customer_need_status")),
        sa.CheckConstraint("priority BETWEEN 1 AND 5", name=op.f("ck_customer_need_priority")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_customer_need_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "division_id"],
            ["party.tenant_id", "party.id"],
            name=op.f("fk_customer_need_tenant_id_division_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["party.tenant_id", "party.id"],
            name=op.f("fk_customer_need_tenant_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_customer_need")),
    )
    op.create_index(
        op.f("ix_customer_need_tenant_id_category_id"), "customer_need", ["tenant_id", "category", "id"], unique=False
    )
    op.create_index(
        op.f("ix_customer_need_tenant_id_customer_id_id"),
        "customer_need",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_customer_need_tenant_id_division_id_id"),
        "customer_need",
        ["tenant_id", "division_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_customer_need_tenant_id_person_id_id"), "customer_need", ["tenant_id", "person_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_customer_need_tenant_id_status_horizon_id"),
        "customer_need",
        ["tenant_id", "status", "horizon", "id"],
        unique=False,
    )
    op.create_table(
        "account_development_change",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("from_stage", columns.Words(), nullable=True),
        sa.Column("to_stage", columns.Words(), nullable=False),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("changed_by", columns.Words(), nullable=False),
        sa.Column("plan_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "from_stage IN ('SUSPECT', 'PROSPECT', 'FIRST_PURCHASE', 'REPEAT', 'PREFERRED', 'PARTNER')",
            name=op.f("ck_account_development_change_from_stage"),
        ),
        sa.CheckConstraint(
            "to_stage IN ('SUSPECT', 'PROSPECT', 'FIRST_PURCHASE', 'REPEAT', 'PREFERRED', 'PARTNER')",
            name=op.f("ck_account_development_change_to_stage"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "plan_id"],
            ["account_plan.tenant_id", "account_plan.id"],
            name=op.f("fk_account_development_change_tenant_id_plan_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_account_development_change")),
    )
    op.create_index(
        op.f("ix_account_development_change_tenant_id_plan_id_id"),
        "account_development_change",
        ["tenant_id", "plan_id", "id"],
        unique=False,
    )
    op.create_table(
        "account_goal",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("unit", columns.Words(), nullable=False),
        sa.Column("baseline", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.BigInteger(), nullable=False),
        sa.Column("current", sa.BigInteger(), nullable=False),
        sa.Column("progress", sa.BigInteger(), nullable=False),
        sa.Column("due_on", columns.Day(), nullable=False),
        sa.Column("owner", columns.Words(), nullable=True),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("plan_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('OPEN', 'AT_RISK', 'REACHED', 'MISSED', 'ABANDONED')", name=op.f("ck_account_goal_status")
        ),
        sa.CheckConstraint("target <> baseline", name=op.f("ck_account_goal_target")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_account_goal_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "plan_id"],
            ["account_plan.tenant_id", "account_plan.id"],
            name=op.f("fk_account_goal_tenant_id_plan_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_account_goal")),
    )
    op.create_index(
        op.f("ix_account_goal_tenant_id_customer_id_id"),
        "account_goal",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_account_goal_tenant_id_owner_status_id"),
        "account_goal",
        ["tenant_id", "owner", "status", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_account_goal_tenant_id_plan_id_id"), "account_goal", ["tenant_id", "plan_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_account_goal_tenant_id_status_due_on_id"),
        "account_goal",
        ["tenant_id", "status", "due_on", "id"],
        unique=False,
    )
    op.create_table(
        "account_whitespace_item",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("sku", columns.Words(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=True),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("plan_id", columns.Identifier(), nullable=False),
        sa.Column("opportunity_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('OPEN', 'PURSUED', 'SOLD', 'DISMISSED')", name=op.f("ck_account_whitespace_item_status")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "opportunity_id"],
            ["opportunity.tenant_id", "opportunity.id"],
            name=op.f("fk_account_whitespace_item_tenant_id_opportunity_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "plan_id"],
            ["account_plan.tenant_id", "account_plan.id"],
            name=op.f("fk_account_whitespace_item_tenant_id_plan_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_account_whitespace_item")),
        sa.UniqueConstraint(
            "tenant_id", "plan_id", "sku", name=op.f("uq_account_whitespace_item_tenant_id_plan_id_sku")
        ),
    )
    op.create_index(
        op.f("ix_account_whitespace_item_tenant_id_opportunity_id_id"),
        "account_whitespace_item",
        ["tenant_id", "opportunity_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_account_whitespace_item_tenant_id_plan_id_id"),
        "account_whitespace_item",
        ["tenant_id", "plan_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_account_whitespace_item_tenant_id_sku_id"),
        "account_whitespace_item",
        ["tenant_id", "sku", "id"],
        unique=False,
    )
    op.create_table(
        "customer_need_match",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("sku", columns.Words(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=True),
        sa.Column("reason", columns.Words(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("need_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('PROPOSED', 'ACCEPTED', 'DECLINED')", name=op.f("ck_customer_need_match_status")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "need_id"],
            ["customer_need.tenant_id", "customer_need.id"],
            name=op.f("fk_customer_need_match_tenant_id_need_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_customer_need_match")),
        sa.UniqueConstraint("tenant_id", "need_id", "sku", name=op.f("uq_customer_need_match_tenant_id_need_id_sku")),
    )
    op.create_index(
        op.f("ix_customer_need_match_tenant_id_need_id_id"),
        "customer_need_match",
        ["tenant_id", "need_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_customer_need_match_tenant_id_sku_id"), "customer_need_match", ["tenant_id", "sku", "id"], unique=False
    )
    op.create_table(
        "account_goal_change",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("from_status", columns.Words(), nullable=True),
        sa.Column("to_status", columns.Words(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("changed_by", columns.Words(), nullable=False),
        sa.Column("note", columns.Words(), nullable=True),
        sa.Column("goal_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "from_status IN ('OPEN', 'AT_RISK', 'REACHED', 'MISSED', 'ABANDONED')",
            name=op.f("ck_account_goal_change_from_status"),
        ),
        sa.CheckConstraint(
            "to_status IN ('OPEN', 'AT_RISK', 'REACHED', 'MISSED', 'ABANDONED')",
            name=op.f("ck_account_goal_change_to_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "goal_id"],
            ["account_goal.tenant_id", "account_goal.id"],
            name=op.f("fk_account_goal_change_tenant_id_goal_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_account_goal_change")),
    )
    op.create_index(
        op.f("ix_account_goal_change_tenant_id_goal_id_id"),
        "account_goal_change",
        ["tenant_id", "goal_id", "id"],
        unique=False,
    )
    op.create_table(
        "account_milestone",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("due_on", columns.Day(), nullable=True),
        sa.Column("done_on", columns.Day(), nullable=True),
        sa.Column("goal_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "goal_id"],
            ["account_goal.tenant_id", "account_goal.id"],
            name=op.f("fk_account_milestone_tenant_id_goal_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_account_milestone")),
        sa.UniqueConstraint(
            "tenant_id", "goal_id", "position", name=op.f("uq_account_milestone_tenant_id_goal_id_position")
        ),
    )
    op.create_index(
        op.f("ix_account_milestone_tenant_id_due_on_id"),
        "account_milestone",
        ["tenant_id", "due_on", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_account_milestone_tenant_id_goal_id_id"),
        "account_milestone",
        ["tenant_id", "goal_id", "id"],
        unique=False,
    )
    op.create_table(
        "stakeholder",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("role", columns.Words(), nullable=False),
        sa.Column("stance", columns.Words(), nullable=False),
        sa.Column("influence", sa.BigInteger(), nullable=True),
        sa.Column("responsibility", columns.Words(), nullable=True),
        sa.Column("external", sa.Boolean(), nullable=False),
        sa.Column("ended_at", columns.UtcTime(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("opportunity_id", columns.Identifier(), nullable=True),
        sa.Column("person_id", columns.Identifier(), nullable=False),
        sa.Column("approves_step_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "role IN ('DECISION_MAKER', 'ECONOMIC_BUYER', 'APPROVER', 'REVIEWER', 'INFLUENCER', 'USER', 'GATEKEEPER', 'CHAMPION')",
            name=op.f("ck_stakeholder_role"),
        ),
        sa.CheckConstraint(
            "stance IN ('SUPPORT', 'FAVORABLE', 'NEUTRAL', 'SKEPTICAL', 'OPPOSE')", name=op.f("ck_stakeholder_stance")
        ),
        sa.CheckConstraint(
            "influence IS NULL OR (influence >= 0 AND influence <= 100)", name=op.f("ck_stakeholder_influence")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "approves_step_id"],
            ["opportunity_approval_step.tenant_id", "opportunity_approval_step.id"],
            name=op.f("fk_stakeholder_tenant_id_approves_step_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_stakeholder_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "opportunity_id"],
            ["opportunity.tenant_id", "opportunity.id"],
            name=op.f("fk_stakeholder_tenant_id_opportunity_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"], ["party.tenant_id", "party.id"], name=op.f("fk_stakeholder_tenant_id_person_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_stakeholder")),
    )
    op.create_index(
        op.f("ix_stakeholder_tenant_id_approves_step_id_id"),
        "stakeholder",
        ["tenant_id", "approves_step_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_stakeholder_tenant_id_customer_id_id"), "stakeholder", ["tenant_id", "customer_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_stakeholder_tenant_id_opportunity_id_id"),
        "stakeholder",
        ["tenant_id", "opportunity_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_stakeholder_tenant_id_person_id_id"), "stakeholder", ["tenant_id", "person_id", "id"], unique=False
    )
    op.create_table(
        "stakeholder_concern",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("text", columns.Words(), nullable=False),
        sa.Column("resolved_at", columns.UtcTime(), nullable=True),
        sa.Column("resolution", columns.Words(), nullable=True),
        sa.Column("stakeholder_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "stakeholder_id"],
            ["stakeholder.tenant_id", "stakeholder.id"],
            name=op.f("fk_stakeholder_concern_tenant_id_stakeholder_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_stakeholder_concern")),
    )
    op.create_index(
        op.f("ix_stakeholder_concern_tenant_id_stakeholder_id_id"),
        "stakeholder_concern",
        ["tenant_id", "stakeholder_id", "id"],
        unique=False,
    )
    op.create_table(
        "stakeholder_stance_change",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("from_stance", columns.Words(), nullable=True),
        sa.Column("to_stance", columns.Words(), nullable=False),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("changed_by", columns.Words(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=True),
        sa.Column("stakeholder_id", columns.Identifier(), nullable=False),
        sa.Column("stage_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "from_stance IN ('SUPPORT', 'FAVORABLE', 'NEUTRAL', 'SKEPTICAL', 'OPPOSE')",
            name=op.f("ck_stakeholder_stance_change_from_stance"),
        ),
        sa.CheckConstraint(
            "to_stance IN ('SUPPORT', 'FAVORABLE', 'NEUTRAL', 'SKEPTICAL', 'OPPOSE')",
            name=op.f("ck_stakeholder_stance_change_to_stance"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "stage_id"],
            ["pipeline_stage.tenant_id", "pipeline_stage.id"],
            name=op.f("fk_stakeholder_stance_change_tenant_id_stage_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "stakeholder_id"],
            ["stakeholder.tenant_id", "stakeholder.id"],
            name=op.f("fk_stakeholder_stance_change_tenant_id_stakeholder_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_stakeholder_stance_change")),
    )
    op.create_index(
        op.f("ix_stakeholder_stance_change_tenant_id_occurred_at_id"),
        "stakeholder_stance_change",
        ["tenant_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_stakeholder_stance_change_tenant_id_stage_id_id"),
        "stakeholder_stance_change",
        ["tenant_id", "stage_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_stakeholder_stance_change_tenant_id_stakeholder_id_id"),
        "stakeholder_stance_change",
        ["tenant_id", "stakeholder_id", "id"],
        unique=False,
    )
    tenant_table(op, "account_plan")
    tenant_table(op, "customer_need")
    tenant_table(op, "account_development_change", append_only=True)
    erasable_table(op, "account_development_change", columns=["changed_by", "plan_id"])
    tenant_table(op, "account_goal")
    tenant_table(op, "account_whitespace_item")
    tenant_table(op, "customer_need_match")
    tenant_table(op, "account_goal_change", append_only=True)
    erasable_table(op, "account_goal_change", columns=["changed_by", "goal_id", "note"])
    tenant_table(op, "account_milestone")
    tenant_table(op, "stakeholder")
    tenant_table(op, "stakeholder_concern")
    tenant_table(op, "stakeholder_stance_change", append_only=True)
    erasable_table(op, "stakeholder_stance_change", columns=["changed_by", "reason", "stage_id", "stakeholder_id"])


def downgrade() -> None:
    op.drop_table("stakeholder_stance_change")
    op.drop_table("stakeholder_concern")
    op.drop_table("stakeholder")
    op.drop_table("account_milestone")
    op.drop_table("account_goal_change")
    op.drop_table("customer_need_match")
    op.drop_table("account_whitespace_item")
    op.drop_table("account_goal")
    op.drop_table("account_development_change")
    op.drop_table("customer_need")
    op.drop_table("account_plan")
