"""Parties twice and together.

Revision 0012 of patron.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import tenant_table

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_lifecycle_change_tenant_id_occurred_at_id"),
        "lifecycle_change",
        ["tenant_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_table(
        "household",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("validity_from", columns.UtcTime(), nullable=True),
        sa.Column("validity_to", columns.UtcTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('HOUSEHOLD', 'FAMILY', 'BUYING_GROUP', 'ASSOCIATION')", name=op.f("ck_household_kind")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_household")),
    )
    op.create_index(op.f("ix_household_tenant_id_name_id"), "household", ["tenant_id", "name", "id"], unique=False)
    op.create_table(
        "duplicate_candidate",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("name_similarity", sa.BigInteger(), nullable=False),
        sa.Column("same_email", sa.Boolean(), nullable=False),
        sa.Column("same_phone", sa.Boolean(), nullable=False),
        sa.Column("same_birth_date", sa.Boolean(), nullable=True),
        sa.Column("same_identifier", sa.Boolean(), nullable=False),
        sa.Column("similar_address", sa.Boolean(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("decided_at", columns.UtcTime(), nullable=True),
        sa.Column("decided_by", columns.Words(), nullable=True),
        sa.Column("reason", columns.Words(), nullable=True),
        sa.Column("first_id", columns.Identifier(), nullable=False),
        sa.Column("second_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("status IN ('OPEN', 'DISMISSED')", name=op.f("ck_duplicate_candidate_status")),
        sa.CheckConstraint("score >= 0 AND score <= 100", name=op.f("ck_duplicate_candidate_score")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "first_id"],
            ["party.tenant_id", "party.id"],
            name=op.f("fk_duplicate_candidate_tenant_id_first_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "second_id"],
            ["party.tenant_id", "party.id"],
            name=op.f("fk_duplicate_candidate_tenant_id_second_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_duplicate_candidate")),
        sa.UniqueConstraint(
            "tenant_id", "first_id", "second_id", name=op.f("uq_duplicate_candidate_tenant_id_first_id_second_id")
        ),
    )
    op.create_index(
        op.f("ix_duplicate_candidate_tenant_id_first_id_id"),
        "duplicate_candidate",
        ["tenant_id", "first_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_duplicate_candidate_tenant_id_score_id"),
        "duplicate_candidate",
        ["tenant_id", "score", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_duplicate_candidate_tenant_id_second_id_id"),
        "duplicate_candidate",
        ["tenant_id", "second_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_duplicate_candidate_tenant_id_status_score_id"),
        "duplicate_candidate",
        ["tenant_id", "status", "score", "id"],
        unique=False,
    )
    op.create_table(
        "household_member",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("role", columns.Words(), nullable=False),
        sa.Column("household_id", columns.Identifier(), nullable=False),
        sa.Column("party_id", columns.Identifier(), nullable=False),
        sa.Column("validity_from", columns.UtcTime(), nullable=True),
        sa.Column("validity_to", columns.UtcTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("role IN ('MEMBER', 'HEAD', 'DEPENDENT', 'PAYER')", name=op.f("ck_household_member_role")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "household_id"],
            ["household.tenant_id", "household.id"],
            name=op.f("fk_household_member_tenant_id_household_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"],
            ["party.tenant_id", "party.id"],
            name=op.f("fk_household_member_tenant_id_party_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_household_member")),
    )
    op.create_index(
        op.f("ix_household_member_tenant_id_household_id_id"),
        "household_member",
        ["tenant_id", "household_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_household_member_tenant_id_party_id_id"),
        "household_member",
        ["tenant_id", "party_id", "id"],
        unique=False,
    )
    op.create_index(
        "uq_household_member_head",
        "household_member",
        ["tenant_id", "household_id"],
        unique=True,
        sqlite_where=sa.text("validity_to IS NULL AND role = 'HEAD'"),
        postgresql_where=sa.text("validity_to IS NULL AND role = 'HEAD'"),
    )
    op.create_index(
        "uq_household_member_open",
        "household_member",
        ["tenant_id", "household_id", "party_id"],
        unique=True,
        sqlite_where=sa.text("validity_to IS NULL"),
        postgresql_where=sa.text("validity_to IS NULL"),
    )
    op.create_table(
        "match_key",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("key", columns.Words(), nullable=False),
        sa.Column("party_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"], ["party.tenant_id", "party.id"], name=op.f("fk_match_key_tenant_id_party_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_match_key")),
        sa.UniqueConstraint("tenant_id", "party_id", "key", name=op.f("uq_match_key_tenant_id_party_id_key")),
    )
    op.create_index(op.f("ix_match_key_tenant_id_key_id"), "match_key", ["tenant_id", "key", "id"], unique=False)
    op.create_index(
        op.f("ix_match_key_tenant_id_party_id_id"), "match_key", ["tenant_id", "party_id", "id"], unique=False
    )
    op.create_table(
        "party_merge",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("loser_customer_id", columns.Identifier(), nullable=False),
        sa.Column("merged_at", columns.UtcTime(), nullable=False),
        sa.Column("merged_by", columns.Words(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("survivor_id", columns.Identifier(), nullable=False),
        sa.Column("loser_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "loser_id"], ["party.tenant_id", "party.id"], name=op.f("fk_party_merge_tenant_id_loser_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "survivor_id"],
            ["party.tenant_id", "party.id"],
            name=op.f("fk_party_merge_tenant_id_survivor_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_party_merge")),
    )
    op.create_index(
        op.f("ix_party_merge_tenant_id_loser_id_id"), "party_merge", ["tenant_id", "loser_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_party_merge_tenant_id_survivor_id_id"), "party_merge", ["tenant_id", "survivor_id", "id"], unique=False
    )
    op.create_table(
        "party_role",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("notes", columns.Words(), nullable=True),
        sa.Column("party_id", columns.Identifier(), nullable=False),
        sa.Column("validity_from", columns.UtcTime(), nullable=True),
        sa.Column("validity_to", columns.UtcTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('SUPPLIER', 'PARTNER', 'DISTRIBUTOR', 'CALL_CENTER')", name=op.f("ck_party_role_kind")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"], ["party.tenant_id", "party.id"], name=op.f("fk_party_role_tenant_id_party_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_party_role")),
    )
    op.create_index(op.f("ix_party_role_tenant_id_kind_id"), "party_role", ["tenant_id", "kind", "id"], unique=False)
    op.create_index(
        op.f("ix_party_role_tenant_id_party_id_id"), "party_role", ["tenant_id", "party_id", "id"], unique=False
    )
    op.create_index(
        "uq_party_role_open",
        "party_role",
        ["tenant_id", "party_id", "kind"],
        unique=True,
        sqlite_where=sa.text("validity_to IS NULL"),
        postgresql_where=sa.text("validity_to IS NULL"),
    )
    op.create_table(
        "merged_row",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("table_name", columns.Words(), nullable=False),
        sa.Column("record_id", columns.Identifier(), nullable=False),
        sa.Column("change", columns.Words(), nullable=False),
        sa.Column("column_name", columns.Words(), nullable=True),
        sa.Column("previous_id", columns.Identifier(), nullable=True),
        sa.Column("before", columns.EncryptedText(), nullable=True),
        sa.Column("version_before", sa.BigInteger(), nullable=True),
        sa.Column("version_after", sa.BigInteger(), nullable=True),
        sa.Column("merge_id", columns.Identifier(), nullable=False),
        sa.Column("party_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("change IN ('MOVED', 'CHANGED', 'DROPPED')", name=op.f("ck_merged_row_change")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "merge_id"],
            ["party_merge.tenant_id", "party_merge.id"],
            name=op.f("fk_merged_row_tenant_id_merge_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"], ["party.tenant_id", "party.id"], name=op.f("fk_merged_row_tenant_id_party_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_merged_row")),
    )
    op.create_index(
        op.f("ix_merged_row_tenant_id_merge_id_id"), "merged_row", ["tenant_id", "merge_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_merged_row_tenant_id_party_id_id"), "merged_row", ["tenant_id", "party_id", "id"], unique=False
    )
    op.create_table(
        "party_merge_undo",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("undone_at", columns.UtcTime(), nullable=False),
        sa.Column("undone_by", columns.Words(), nullable=False),
        sa.Column("merge_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "merge_id"],
            ["party_merge.tenant_id", "party_merge.id"],
            name=op.f("fk_party_merge_undo_tenant_id_merge_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_party_merge_undo")),
        sa.UniqueConstraint("tenant_id", "merge_id", name=op.f("uq_party_merge_undo_tenant_id_merge_id")),
    )
    with op.batch_alter_table("contact_medium", schema=None) as batch_op:
        batch_op.add_column(sa.Column("verified_by", columns.Words(), nullable=True))

    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("deleted_at", columns.UtcTime(), nullable=True))

    with op.batch_alter_table("lifecycle_change", schema=None) as batch_op:
        batch_op.add_column(sa.Column("duration_seconds", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("party", schema=None) as batch_op:
        batch_op.add_column(sa.Column("deleted_at", columns.UtcTime(), nullable=True))
        batch_op.add_column(sa.Column("merged_into_id", columns.Identifier(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_party_tenant_id_merged_into_id_id"), ["tenant_id", "merged_into_id", "id"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_party_tenant_id_merged_into_id"),
            "party",
            ["tenant_id", "merged_into_id"],
            ["tenant_id", "id"],
        )

    tenant_table(op, "household")
    tenant_table(op, "duplicate_candidate")
    tenant_table(op, "household_member")
    tenant_table(op, "match_key")
    tenant_table(op, "party_merge", append_only=True)
    tenant_table(op, "party_role")
    tenant_table(op, "merged_row")
    tenant_table(op, "party_merge_undo", append_only=True)


def downgrade() -> None:
    op.drop_index(op.f("ix_lifecycle_change_tenant_id_occurred_at_id"), table_name="lifecycle_change")
    with op.batch_alter_table("party", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_party_tenant_id_merged_into_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_party_tenant_id_merged_into_id_id"))
        batch_op.drop_column("merged_into_id")
        batch_op.drop_column("deleted_at")

    with op.batch_alter_table("lifecycle_change", schema=None) as batch_op:
        batch_op.drop_column("duration_seconds")

    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.drop_column("deleted_at")

    with op.batch_alter_table("contact_medium", schema=None) as batch_op:
        batch_op.drop_column("verified_by")

    op.drop_table("party_merge_undo")
    op.drop_table("merged_row")
    op.drop_table("party_role")
    op.drop_table("party_merge")
    op.drop_table("match_key")
    op.drop_table("household_member")
    op.drop_table("duplicate_candidate")
    op.drop_table("household")
