"""Preferences, campaigns, decisions and distribution.

Revision 0020 of patron.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import tenant_table

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("purpose", columns.Words(), nullable=False),
        sa.Column("channel", columns.Words(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("control_share", sa.BigInteger(), nullable=False),
        sa.Column("outcome_days", sa.BigInteger(), nullable=False),
        sa.Column("owner", columns.Words(), nullable=True),
        sa.Column("started_at", columns.UtcTime(), nullable=True),
        sa.Column("ended_at", columns.UtcTime(), nullable=True),
        sa.Column("segment_id", columns.Identifier(), nullable=True),
        sa.Column("cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("cost_currency", columns.Words(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('WEB', 'STORE', 'PHONE', 'EMAIL', 'MAIL', 'CHAT', 'SOCIAL', 'FIELD', 'PARTNER')",
            name=op.f("ck_campaign_channel"),
        ),
        sa.CheckConstraint(
            "purpose IN ('SERVICE', 'MARKETING', 'PROFILING', 'RESEARCH', 'SHARING')", name=op.f("ck_campaign_purpose")
        ),
        sa.CheckConstraint("status IN ('DRAFT', 'RUNNING', 'ENDED')", name=op.f("ck_campaign_status")),
        sa.CheckConstraint("control_share BETWEEN 0 AND 9000", name=op.f("ck_campaign_control_share")),
        sa.CheckConstraint("outcome_days BETWEEN 1 AND 366", name=op.f("ck_campaign_outcome_days")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "segment_id"],
            ["segment.tenant_id", "segment.id"],
            name=op.f("fk_campaign_tenant_id_segment_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_campaign_tenant_id_code")),
    )
    op.create_index(
        op.f("ix_campaign_tenant_id_segment_id_id"), "campaign", ["tenant_id", "segment_id", "id"], unique=False
    )
    op.create_table(
        "sell_through",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("to_end_customer", sa.Boolean(), nullable=False),
        sa.Column("sku", columns.Words(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("sold_on", columns.Day(), nullable=False),
        sa.Column("source", columns.Words(), nullable=False),
        sa.Column("source_key", columns.Words(), nullable=False),
        sa.Column("seller_id", columns.Identifier(), nullable=False),
        sa.Column("buyer_id", columns.Identifier(), nullable=True),
        sa.Column("upstream_id", columns.Identifier(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("amount_currency", columns.Words(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_sell_through_quantity")),
        sa.CheckConstraint("step >= 1", name=op.f("ck_sell_through_step")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "buyer_id"], ["party.tenant_id", "party.id"], name=op.f("fk_sell_through_tenant_id_buyer_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "seller_id"],
            ["party.tenant_id", "party.id"],
            name=op.f("fk_sell_through_tenant_id_seller_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "upstream_id"],
            ["sell_through.tenant_id", "sell_through.id"],
            name=op.f("fk_sell_through_tenant_id_upstream_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sell_through")),
        sa.UniqueConstraint(
            "tenant_id", "source", "source_key", name=op.f("uq_sell_through_tenant_id_source_source_key")
        ),
    )
    op.create_index(
        op.f("ix_sell_through_tenant_id_buyer_id_id"), "sell_through", ["tenant_id", "buyer_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_sell_through_tenant_id_seller_id_id"), "sell_through", ["tenant_id", "seller_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_sell_through_tenant_id_seller_id_sold_on_id"),
        "sell_through",
        ["tenant_id", "seller_id", "sold_on", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sell_through_tenant_id_sku_sold_on_id"),
        "sell_through",
        ["tenant_id", "sku", "sold_on", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sell_through_tenant_id_sold_on_id"), "sell_through", ["tenant_id", "sold_on", "id"], unique=False
    )
    op.create_index(
        op.f("ix_sell_through_tenant_id_to_end_customer_id"),
        "sell_through",
        ["tenant_id", "to_end_customer", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sell_through_tenant_id_upstream_id_id"),
        "sell_through",
        ["tenant_id", "upstream_id", "id"],
        unique=False,
    )
    op.create_table(
        "action_decision",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("source", columns.Words(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=False),
        sa.Column("evidence", columns.Words(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("verdict", columns.Words(), nullable=False),
        sa.Column("why", columns.Words(), nullable=True),
        sa.Column("decided_by", columns.Words(), nullable=False),
        sa.Column("decided_at", columns.UtcTime(), nullable=False),
        sa.Column("outcome", columns.Words(), nullable=True),
        sa.Column("outcome_at", columns.UtcTime(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("outcome IN ('SUCCESS', 'NOTHING', 'HARM')", name=op.f("ck_action_decision_outcome")),
        sa.CheckConstraint("verdict IN ('ACCEPTED', 'REJECTED')", name=op.f("ck_action_decision_verdict")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_action_decision_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_action_decision")),
    )
    op.create_index(
        op.f("ix_action_decision_tenant_id_code_decided_at_id"),
        "action_decision",
        ["tenant_id", "code", "decided_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_action_decision_tenant_id_customer_id_id"),
        "action_decision",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_action_decision_tenant_id_decided_at_id"),
        "action_decision",
        ["tenant_id", "decided_at", "id"],
        unique=False,
    )
    op.create_table(
        "campaign_member",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("arm", columns.Words(), nullable=False),
        sa.Column("drawn_arm", columns.Words(), nullable=False),
        sa.Column("assigned_at", columns.UtcTime(), nullable=False),
        sa.Column("outcome_until", columns.UtcTime(), nullable=False),
        sa.Column("contacted_at", columns.UtcTime(), nullable=True),
        sa.Column("response", columns.Words(), nullable=True),
        sa.Column("responded_at", columns.UtcTime(), nullable=True),
        sa.Column("campaign_id", columns.Identifier(), nullable=False),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("arm IN ('TREATMENT', 'CONTROL', 'EXCLUDED')", name=op.f("ck_campaign_member_arm")),
        sa.CheckConstraint(
            "drawn_arm IN ('TREATMENT', 'CONTROL', 'EXCLUDED')", name=op.f("ck_campaign_member_drawn_arm")
        ),
        sa.CheckConstraint("response IN ('POSITIVE', 'NEGATIVE', 'OPT_OUT')", name=op.f("ck_campaign_member_response")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "campaign_id"],
            ["campaign.tenant_id", "campaign.id"],
            name=op.f("fk_campaign_member_tenant_id_campaign_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_campaign_member_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_campaign_member")),
        sa.UniqueConstraint(
            "tenant_id", "campaign_id", "customer_id", name=op.f("uq_campaign_member_tenant_id_campaign_id_customer_id")
        ),
    )
    op.create_index(
        op.f("ix_campaign_member_tenant_id_campaign_id_arm_id"),
        "campaign_member",
        ["tenant_id", "campaign_id", "arm", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_campaign_member_tenant_id_campaign_id_id"),
        "campaign_member",
        ["tenant_id", "campaign_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_campaign_member_tenant_id_customer_id_id"),
        "campaign_member",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_table(
        "preference",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("key", columns.Words(), nullable=False),
        sa.Column("scope", columns.Words(), nullable=False),
        sa.Column("preferred", columns.Words(), nullable=False),
        sa.Column("origin", columns.Words(), nullable=False),
        sa.Column("confidence", sa.BigInteger(), nullable=False),
        sa.Column("standing", columns.Words(), nullable=False),
        sa.Column("evidence", columns.Words(), nullable=True),
        sa.Column("recorded_at", columns.UtcTime(), nullable=False),
        sa.Column("valid_until", columns.UtcTime(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("origin IN ('EXPLICIT', 'INFERRED', 'IMPORTED')", name=op.f("ck_preference_origin")),
        sa.CheckConstraint(
            "standing IN ('ACTIVE', 'AGREES', 'OVERRULED', 'ENDED')", name=op.f("ck_preference_standing")
        ),
        sa.CheckConstraint("confidence BETWEEN 0 AND 10000", name=op.f("ck_preference_confidence")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_preference_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_preference")),
    )
    op.create_index(
        op.f("ix_preference_tenant_id_customer_id_id"), "preference", ["tenant_id", "customer_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_preference_tenant_id_customer_id_key_id"),
        "preference",
        ["tenant_id", "customer_id", "key", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_preference_tenant_id_key_standing_id"),
        "preference",
        ["tenant_id", "key", "standing", "id"],
        unique=False,
    )
    tenant_table(op, "campaign")
    tenant_table(op, "sell_through")
    tenant_table(op, "action_decision")
    tenant_table(op, "campaign_member")
    tenant_table(op, "preference")


def downgrade() -> None:
    op.drop_table("preference")
    op.drop_table("campaign_member")
    op.drop_table("action_decision")
    op.drop_table("sell_through")
    op.drop_table("campaign")
