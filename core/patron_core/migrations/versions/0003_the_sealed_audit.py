"""The sealed audit, reads and emergency access.

Revision 0003 of patron.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import audit_table, never_changed, tenant_table, unguarded

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_read",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("actor", columns.Words(), nullable=False),
        sa.Column("actor_kind", columns.Words(), nullable=False),
        sa.Column("impersonator", columns.Words(), nullable=True),
        sa.Column("reason", columns.Words(), nullable=True),
        sa.Column("purpose", columns.Words(), nullable=True),
        sa.Column("break_glass", columns.Identifier(), nullable=True),
        sa.Column("request_id", columns.Words(), nullable=True),
        sa.Column("document", columns.Words(), nullable=True),
        sa.Column("operation", columns.Words(), nullable=True),
        sa.Column("classes", columns.Words(), nullable=False),
        sa.Column("types", columns.Words(), nullable=False),
        sa.Column("fields", columns.Words(), nullable=False),
        sa.Column("subjects", columns.Words(), nullable=False),
        sa.Column("subject_count", sa.BigInteger(), nullable=False),
        sa.Column("subjects_sha256", columns.Words(), nullable=True),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_audit_read")),
    )
    op.create_index(
        op.f("ix_audit_read_tenant_id_occurred_at_id"), "audit_read", ["tenant_id", "occurred_at", "id"], unique=False
    )
    op.create_table(
        "audit_seal",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("previous_hash", columns.Words(), nullable=False),
        sa.Column("hash", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("kind IN ('CHANGE', 'READ')", name=op.f("ck_audit_seal_kind")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("tenant_id", "previous_hash", name=op.f("uq_audit_seal_tenant_id_previous_hash")),
        sa.UniqueConstraint("tenant_id", "sequence", name=op.f("uq_audit_seal_tenant_id_sequence")),
    )
    op.create_table(
        "emergency_access",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("actor", columns.Words(), nullable=False),
        sa.Column("impersonator", columns.Words(), nullable=True),
        sa.Column("reason", columns.Words(), nullable=False),
        sa.Column("expires_at", columns.UtcTime(), nullable=False),
        sa.Column("reviewed_by", columns.Words(), nullable=True),
        sa.Column("reviewed_at", columns.UtcTime(), nullable=True),
        sa.Column("outcome", columns.Words(), nullable=True),
        sa.Column("note", columns.Words(), nullable=True),
        sa.Column("party_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("outcome IN ('JUSTIFIED', 'NOT_JUSTIFIED')", name=op.f("ck_emergency_access_outcome")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"],
            ["party.tenant_id", "party.id"],
            name=op.f("fk_emergency_access_tenant_id_party_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_emergency_access")),
    )
    op.create_index(
        op.f("ix_emergency_access_tenant_id_created_at_id"),
        "emergency_access",
        ["tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_emergency_access_tenant_id_party_id_id"),
        "emergency_access",
        ["tenant_id", "party_id", "id"],
        unique=False,
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("impersonator", columns.Words(), nullable=True))
        batch_op.add_column(sa.Column("purpose", columns.Words(), nullable=True))
        batch_op.add_column(sa.Column("operation", columns.Words(), nullable=True))
    tenant_table(op, "audit_read", append_only=True)
    audit_table(op, "audit_read")
    tenant_table(op, "audit_seal", append_only=True)
    tenant_table(op, "emergency_access")
    for table in ("audit_entry", "audit_read", "audit_seal"):
        never_changed(op, table)


def downgrade() -> None:
    for table in ("audit_entry", "audit_read", "audit_seal"):
        unguarded(op, table)
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_column("operation")
        batch_op.drop_column("purpose")
        batch_op.drop_column("impersonator")
    op.drop_table("emergency_access")
    op.drop_table("audit_seal")
    op.drop_table("audit_read")
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION patron_never_changed()")
