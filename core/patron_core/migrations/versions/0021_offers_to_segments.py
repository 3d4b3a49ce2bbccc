"""Offers to segments: what is offered, to whom it was presented, and who had it.

Revision 0021 of patron.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import erasable_table, tenant_table

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "offer",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("description", columns.Words(), nullable=True),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("purpose", columns.Words(), nullable=False),
        sa.Column("channel", columns.Words(), nullable=True),
        sa.Column("max_redemptions", sa.BigInteger(), nullable=True),
        sa.Column("max_per_customer", sa.BigInteger(), nullable=False),
        sa.Column("redeemed_count", sa.BigInteger(), nullable=False),
        sa.Column("segment_id", columns.Identifier(), nullable=True),
        sa.Column("validity_from", columns.UtcTime(), nullable=True),
        sa.Column("validity_to", columns.UtcTime(), nullable=True),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.Column("cost_currency", columns.Words(), nullable=False),
        sa.Column("budget_minor", sa.BigInteger(), nullable=True),
        sa.Column("budget_currency", columns.Words(), nullable=True),
        sa.Column("spent_minor", sa.BigInteger(), nullable=False),
        sa.Column("spent_currency", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('WEB', 'STORE', 'PHONE', 'EMAIL', 'MAIL', 'CHAT', 'SOCIAL', 'FIELD', 'PARTNER')",
            name=op.f("ck_offer_channel"),
        ),
        sa.CheckConstraint(
            "purpose IN ('SERVICE', 'MARKETING', 'PROFILING', 'RESEARCH', 'SHARING')", name=op.f("ck_offer_purpose")
        ),
        sa.CheckConstraint("status IN ('DRAFT', 'ACTIVE', 'PAUSED', 'ENDED', 'EXPIRED')", name=op.f("ck_offer_status")),
        sa.CheckConstraint("budget_minor IS NULL OR spent_minor <= budget_minor", name=op.f("ck_offer_budget")),
        sa.CheckConstraint(
            "max_redemptions IS NULL OR redeemed_count <= max_redemptions", name=op.f("ck_offer_max_redemptions")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "segment_id"], ["segment.tenant_id", "segment.id"], name=op.f("fk_offer_tenant_id_segment_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_offer")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_offer_tenant_id_code")),
    )
    op.create_index(op.f("ix_offer_tenant_id_segment_id_id"), "offer", ["tenant_id", "segment_id", "id"], unique=False)
    op.create_index(op.f("ix_offer_tenant_id_status_id"), "offer", ["tenant_id", "status", "id"], unique=False)
    op.create_table(
        "offer_presentation",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("channel", columns.Words(), nullable=True),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("presented_at", columns.UtcTime(), nullable=False),
        sa.Column("answered_at", columns.UtcTime(), nullable=True),
        sa.Column("reason", columns.Words(), nullable=True),
        sa.Column("offer_id", columns.Identifier(), nullable=False),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('WEB', 'STORE', 'PHONE', 'EMAIL', 'MAIL', 'CHAT', 'SOCIAL', 'FIELD', 'PARTNER')",
            name=op.f("ck_offer_presentation_channel"),
        ),
        sa.CheckConstraint(
            "status IN ('PRESENTED', 'ACCEPTED', 'DECLINED', 'REDEEMED', 'EXPIRED')",
            name=op.f("ck_offer_presentation_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_offer_presentation_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "offer_id"],
            ["offer.tenant_id", "offer.id"],
            name=op.f("fk_offer_presentation_tenant_id_offer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_offer_presentation")),
        sa.UniqueConstraint(
            "tenant_id", "offer_id", "customer_id", name=op.f("uq_offer_presentation_tenant_id_offer_id_customer_id")
        ),
    )
    op.create_index(
        op.f("ix_offer_presentation_tenant_id_customer_id_id"),
        "offer_presentation",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_offer_presentation_tenant_id_offer_id_id"),
        "offer_presentation",
        ["tenant_id", "offer_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_offer_presentation_tenant_id_status_presented_at_id"),
        "offer_presentation",
        ["tenant_id", "status", "presented_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_offer_presentation_tenant_id_presented_at_id"),
        "offer_presentation",
        ["tenant_id", "presented_at", "id"],
        unique=False,
    )
    op.create_table(
        "offer_redemption",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("redeemed_at", columns.UtcTime(), nullable=False),
        sa.Column("presentation_id", columns.Identifier(), nullable=False),
        sa.Column("order_id", columns.Identifier(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"],
            ["customer_order.tenant_id", "customer_order.id"],
            name=op.f("fk_offer_redemption_tenant_id_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "presentation_id"],
            ["offer_presentation.tenant_id", "offer_presentation.id"],
            name=op.f("fk_offer_redemption_tenant_id_presentation_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_offer_redemption")),
    )
    op.create_index(
        op.f("ix_offer_redemption_tenant_id_order_id_id"),
        "offer_redemption",
        ["tenant_id", "order_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_offer_redemption_tenant_id_presentation_id_id"),
        "offer_redemption",
        ["tenant_id", "presentation_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_offer_redemption_tenant_id_redeemed_at_id"),
        "offer_redemption",
        ["tenant_id", "redeemed_at", "id"],
        unique=False,
    )
    tenant_table(op, "offer")
    tenant_table(op, "offer_presentation")
    tenant_table(op, "offer_redemption", append_only=True)
    erasable_table(op, "offer_redemption", columns=["order_id", "presentation_id"])


def downgrade() -> None:
    op.drop_table("offer_redemption")
    op.drop_table("offer_presentation")
    op.drop_table("offer")
