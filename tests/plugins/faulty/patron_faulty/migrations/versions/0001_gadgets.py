"""Gadgets.

Revision 0001 of faulty.
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
        "faulty_gadget",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("label", columns.Words(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_faulty_gadget_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_faulty_gadget")),
        sa.UniqueConstraint("tenant_id", "customer_id", name=op.f("uq_faulty_gadget_tenant_id_customer_id")),
    )
    tenant_table(op, "faulty_gadget")


def downgrade() -> None:
    op.drop_table("faulty_gadget")
