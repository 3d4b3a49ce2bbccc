"""Consent, holds and requests about personal data.

Revision 0004 of patron.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import erasable_table, not_erasable, tenant_table

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

#: What an erasure may change of the append-only tables there are.
_ERASABLE = {
    "ledger_transaction": ["customer_id", "receipt_number", "reverses_id", "source", "source_key"],
    "ledger_transaction_line": ["description", "sku", "transaction_id"],
    "lifecycle_change": ["customer_id", "reason"],
}


def upgrade() -> None:
    op.create_table(
        "consent",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("purpose", columns.Words(), nullable=False),
        sa.Column("channel", columns.Words(), nullable=True),
        sa.Column("lawful_basis", columns.Words(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("decided_at", columns.UtcTime(), nullable=False),
        sa.Column("given_at", columns.UtcTime(), nullable=True),
        sa.Column("withdrawn_at", columns.UtcTime(), nullable=True),
        sa.Column("text_version", columns.Words(), nullable=True),
        sa.Column("evidence", columns.Words(), nullable=True),
        sa.Column("recorded_by", columns.Words(), nullable=False),
        sa.Column("party_id", columns.Identifier(), nullable=False),
        sa.Column("validity_from", columns.UtcTime(), nullable=True),
        sa.Column("validity_to", columns.UtcTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('WEB', 'STORE', 'PHONE', 'EMAIL', 'MAIL', 'CHAT', 'SOCIAL', 'FIELD', 'PARTNER')",
            name=op.f("ck_consent_channel"),
        ),
        sa.CheckConstraint(
            "lawful_basis IN ('CONSENT', 'CONTRACT', 'LEGAL_OBLIGATION', 'VITAL_INTERESTS', 'PUBLIC_TASK', 'LEGITIMATE_INTERESTS')",
            name=op.f("ck_consent_lawful_basis"),
        ),
        sa.CheckConstraint(
            "purpose IN ('SERVICE', 'MARKETING', 'PROFILING', 'RESEARCH', 'SHARING')", name=op.f("ck_consent_purpose")
        ),
        sa.CheckConstraint("status = 'GIVEN' OR withdrawn_at IS NOT NULL", name=op.f("ck_consent_withdrawn")),
        sa.CheckConstraint("status IN ('GIVEN', 'WITHDRAWN', 'DENIED')", name=op.f("ck_consent_status")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"], ["party.tenant_id", "party.id"], name=op.f("fk_consent_tenant_id_party_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_tenant_id_party_id_id"), "consent", ["tenant_id", "party_id", "id"], unique=False)
    op.create_index(
        op.f("ix_consent_tenant_id_party_id_purpose_decided_at_id"),
        "consent",
        ["tenant_id", "party_id", "purpose", "decided_at", "id"],
        unique=False,
    )
    op.create_table(
        "erasure",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("outcome", columns.Words(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=False),
        sa.Column("requested_at", columns.UtcTime(), nullable=False),
        sa.Column("carried_out_at", columns.UtcTime(), nullable=False),
        sa.Column("actor", columns.Words(), nullable=False),
        sa.Column("due_on", columns.Day(), nullable=True),
        sa.Column("party_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("outcome IN ('COMPLETE', 'PARTIAL', 'HELD')", name=op.f("ck_erasure_outcome")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"], ["party.tenant_id", "party.id"], name=op.f("fk_erasure_tenant_id_party_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_erasure")),
    )
    op.create_index(op.f("ix_erasure_tenant_id_party_id_id"), "erasure", ["tenant_id", "party_id", "id"], unique=False)
    op.create_table(
        "legal_hold",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=False),
        sa.Column("matter", columns.Words(), nullable=True),
        sa.Column("placed_at", columns.UtcTime(), nullable=False),
        sa.Column("placed_by", columns.Words(), nullable=False),
        sa.Column("released_at", columns.UtcTime(), nullable=True),
        sa.Column("released_by", columns.Words(), nullable=True),
        sa.Column("party_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"], ["party.tenant_id", "party.id"], name=op.f("fk_legal_hold_tenant_id_party_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_legal_hold")),
    )
    op.create_index(
        op.f("ix_legal_hold_tenant_id_party_id_id"), "legal_hold", ["tenant_id", "party_id", "id"], unique=False
    )
    op.create_table(
        "erasure_entry",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("record_type", columns.Words(), nullable=False),
        sa.Column("deleted", sa.BigInteger(), nullable=False),
        sa.Column("emptied", sa.BigInteger(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("kept_reason", columns.Words(), nullable=True),
        sa.Column("kept_until", columns.Day(), nullable=True),
        sa.Column("erasure_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "erasure_id"],
            ["erasure.tenant_id", "erasure.id"],
            name=op.f("fk_erasure_entry_tenant_id_erasure_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_erasure_entry")),
    )
    op.create_index(
        op.f("ix_erasure_entry_tenant_id_erasure_id_id"),
        "erasure_entry",
        ["tenant_id", "erasure_id", "id"],
        unique=False,
    )
    tenant_table(op, "consent", append_only=True)
    erasable_table(op, "consent", columns=["evidence", "party_id", "recorded_by", "text_version"])
    tenant_table(op, "erasure", append_only=True)
    tenant_table(op, "legal_hold")
    tenant_table(op, "erasure_entry", append_only=True)
    for table, names in _ERASABLE.items():
        erasable_table(op, table, columns=names)


def downgrade() -> None:
    for table, names in _ERASABLE.items():
        not_erasable(op, table, columns=names)
    op.drop_table("erasure_entry")
    op.drop_table("legal_hold")
    op.drop_table("erasure")
    op.drop_table("consent")
