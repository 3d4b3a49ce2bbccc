"""Contracts.

Revision 0011 of patron.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import tenant_table

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contract",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("number", columns.Words(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("term_from", columns.Day(), nullable=False),
        sa.Column("term_to", columns.Day(), nullable=False),
        sa.Column("notice_days", sa.BigInteger(), nullable=False),
        sa.Column("auto_renew", sa.Boolean(), nullable=False),
        sa.Column("owner", columns.Words(), nullable=True),
        sa.Column("signed_on", columns.Day(), nullable=True),
        sa.Column("cancelled_on", columns.Day(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("monthly_amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("monthly_amount_currency", columns.Words(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("status IN ('ACTIVE', 'CANCELLED', 'ENDED')", name=op.f("ck_contract_status")),
        sa.CheckConstraint("notice_days >= 0", name=op.f("ck_contract_notice_days")),
        sa.CheckConstraint("term_to >= term_from", name=op.f("ck_contract_term")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_contract_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contract")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_contract_tenant_id_number")),
    )
    op.create_index(
        op.f("ix_contract_tenant_id_customer_id_id"), "contract", ["tenant_id", "customer_id", "id"], unique=False
    )
    op.create_index(op.f("ix_contract_tenant_id_owner_id"), "contract", ["tenant_id", "owner", "id"], unique=False)
    op.create_index(
        op.f("ix_contract_tenant_id_status_term_to_id"),
        "contract",
        ["tenant_id", "status", "term_to", "id"],
        unique=False,
    )
    op.create_table(
        "contract_renewal",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("opened_on", columns.Day(), nullable=False),
        sa.Column("term_ends_on", columns.Day(), nullable=False),
        sa.Column("notice_by", columns.Day(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=True),
        sa.Column("decided_at", columns.UtcTime(), nullable=True),
        sa.Column("contract_id", columns.Identifier(), nullable=False),
        sa.Column("expected_amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("expected_amount_currency", columns.Words(), nullable=True),
        sa.Column("agreed_amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("agreed_amount_currency", columns.Words(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("status IN ('OPEN', 'AT_RISK', 'RENEWED', 'LOST')", name=op.f("ck_contract_renewal_status")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contract_id"],
            ["contract.tenant_id", "contract.id"],
            name=op.f("fk_contract_renewal_tenant_id_contract_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contract_renewal")),
        sa.UniqueConstraint(
            "tenant_id",
            "contract_id",
            "term_ends_on",
            name=op.f("uq_contract_renewal_tenant_id_contract_id_term_ends_on"),
        ),
    )
    op.create_index(
        op.f("ix_contract_renewal_tenant_id_contract_id_id"),
        "contract_renewal",
        ["tenant_id", "contract_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contract_renewal_tenant_id_status_notice_by_id"),
        "contract_renewal",
        ["tenant_id", "status", "notice_by", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contract_renewal_tenant_id_term_ends_on_id"),
        "contract_renewal",
        ["tenant_id", "term_ends_on", "id"],
        unique=False,
    )
    op.create_table(
        "contract_subscription",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("product", columns.Words(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("begins_on", columns.Day(), nullable=False),
        sa.Column("ends_on", columns.Day(), nullable=True),
        sa.Column("contract_id", columns.Identifier(), nullable=False),
        sa.Column("monthly_amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("monthly_amount_currency", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contract_id"],
            ["contract.tenant_id", "contract.id"],
            name=op.f("fk_contract_subscription_tenant_id_contract_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contract_subscription")),
    )
    op.create_index(
        op.f("ix_contract_subscription_tenant_id_contract_id_id"),
        "contract_subscription",
        ["tenant_id", "contract_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contract_subscription_tenant_id_product_id"),
        "contract_subscription",
        ["tenant_id", "product", "id"],
        unique=False,
    )
    tenant_table(op, "contract")
    tenant_table(op, "contract_renewal")
    tenant_table(op, "contract_subscription")


def downgrade() -> None:
    op.drop_table("contract_subscription")
    op.drop_table("contract_renewal")
    op.drop_table("contract")
