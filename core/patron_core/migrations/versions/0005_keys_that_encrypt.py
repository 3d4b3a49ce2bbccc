"""Keys that encrypt columns.

Revision 0005 of patron.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import tenant_table

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tenant_key",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("purpose", columns.Words(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("wrapped", columns.Words(), nullable=False),
        sa.Column("master", columns.Words(), nullable=False),
        sa.Column("retired_at", columns.UtcTime(), nullable=True),
        sa.Column("destroyed_at", columns.UtcTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("purpose IN ('ENCRYPT', 'BLIND')", name=op.f("ck_tenant_key_purpose")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tenant_key")),
        sa.UniqueConstraint("tenant_id", "purpose", "number", name=op.f("uq_tenant_key_tenant_id_purpose_number")),
    )
    tenant_table(op, "tenant_key")


def downgrade() -> None:
    op.drop_table("tenant_key")
