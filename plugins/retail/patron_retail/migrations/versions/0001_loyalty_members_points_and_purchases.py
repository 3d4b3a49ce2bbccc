"""Loyalty members, points and purchases.

Revision 0001 of retail.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import erasable_table, tenant_table

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "retail_loyalty_member",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("enrolled_at", columns.UtcTime(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("tier", columns.Words(), nullable=False),
        sa.Column("tier_points", sa.BigInteger(), nullable=False),
        sa.Column("next_tier_at", sa.BigInteger(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "tier IN ('BRONZE', 'SILVER', 'GOLD', 'PLATINUM')", name=op.f("ck_retail_loyalty_member_tier")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_retail_loyalty_member_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_retail_loyalty_member")),
        sa.UniqueConstraint("tenant_id", "customer_id", name=op.f("uq_retail_loyalty_member_tenant_id_customer_id")),
    )
    op.create_index(
        op.f("ix_retail_loyalty_member_tenant_id_points_id"),
        "retail_loyalty_member",
        ["tenant_id", "points", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_retail_loyalty_member_tenant_id_tier_id"),
        "retail_loyalty_member",
        ["tenant_id", "tier", "id"],
        unique=False,
    )
    op.create_table(
        "retail_points_entry",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("delta", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=True),
        sa.Column("member_id", columns.Identifier(), nullable=False),
        sa.Column("transaction_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'EARN' AND delta > 0) OR (kind IN ('BURN', 'REVERSE') AND delta < 0) OR (kind = 'ADJUST' AND delta <> 0)",
            name=op.f("ck_retail_points_entry_sign_of_kind"),
        ),
        sa.CheckConstraint("kind IN ('EARN', 'BURN', 'REVERSE', 'ADJUST')", name=op.f("ck_retail_points_entry_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["retail_loyalty_member.tenant_id", "retail_loyalty_member.id"],
            name=op.f("fk_retail_points_entry_tenant_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["ledger_transaction.tenant_id", "ledger_transaction.id"],
            name=op.f("fk_retail_points_entry_tenant_id_transaction_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_retail_points_entry")),
        sa.UniqueConstraint(
            "tenant_id", "transaction_id", "kind", name=op.f("uq_retail_points_entry_tenant_id_transaction_id_kind")
        ),
    )
    op.create_index(
        op.f("ix_retail_points_entry_tenant_id_member_id_id"),
        "retail_points_entry",
        ["tenant_id", "member_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_retail_points_entry_tenant_id_member_id_occurred_at_id"),
        "retail_points_entry",
        ["tenant_id", "member_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_retail_points_entry_tenant_id_transaction_id_id"),
        "retail_points_entry",
        ["tenant_id", "transaction_id", "id"],
        unique=False,
    )
    op.create_table(
        "retail_purchase",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=True),
        sa.Column("products", sa.BigInteger(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=True),
        sa.Column("transaction_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_retail_purchase_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["ledger_transaction.tenant_id", "ledger_transaction.id"],
            name=op.f("fk_retail_purchase_tenant_id_transaction_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_retail_purchase")),
        sa.UniqueConstraint("tenant_id", "transaction_id", name=op.f("uq_retail_purchase_tenant_id_transaction_id")),
    )
    op.create_index(
        op.f("ix_retail_purchase_tenant_id_customer_id_id"),
        "retail_purchase",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_retail_purchase_tenant_id_customer_id_occurred_at_id"),
        "retail_purchase",
        ["tenant_id", "customer_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_retail_purchase_tenant_id_occurred_at_id"),
        "retail_purchase",
        ["tenant_id", "occurred_at", "id"],
        unique=False,
    )
    tenant_table(op, "retail_loyalty_member")
    tenant_table(op, "retail_points_entry", append_only=True)
    erasable_table(op, "retail_points_entry", columns=["member_id", "reason", "transaction_id"])
    tenant_table(op, "retail_purchase")


def downgrade() -> None:
    op.drop_table("retail_purchase")
    op.drop_table("retail_points_entry")
    op.drop_table("retail_loyalty_member")
