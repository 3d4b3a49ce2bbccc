"""Imports and inbound.

Revision 0009 of patron.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import not_removable, removable_table, tenant_table

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_STATUS = "status IN ('RUNNING', 'FINISHED', 'FAILED'{})"
_KEY = ["tenant_id", "format", "content_sha256", "options_sha256"]


def upgrade() -> None:
    with op.batch_alter_table("import_run") as batch_op:
        batch_op.add_column(sa.Column("attempt", sa.BigInteger(), nullable=False, server_default="1"))
        batch_op.drop_constraint("ck_import_run_status", type_="check")
        batch_op.create_check_constraint(op.f("ck_import_run_status"), _STATUS.format(", 'UNDOING', 'UNDONE'"))
        batch_op.drop_constraint("uq_import_run_tenant_id_format_content_sha256_options_sha256", type_="unique")
        batch_op.create_unique_constraint("uq_import_run_file", [*_KEY, "attempt"])
    with op.batch_alter_table("import_run") as batch_op:  # the default was for the runs there are
        batch_op.alter_column("attempt", server_default=None)
    removable_table(op, "lifecycle_change")
    op.create_table(
        "inbound_source",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("address", columns.Words(), nullable=False),
        sa.Column("mapping", columns.Words(), nullable=False),
        sa.Column("scopes", columns.Words(), nullable=False),
        sa.Column("secret", columns.EncryptedText(), nullable=False),
        sa.Column("previous_secret", columns.EncryptedText(), nullable=True),
        sa.Column("previous_until", columns.UtcTime(), nullable=True),
        sa.Column("disabled_at", columns.UtcTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_inbound_source")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_inbound_source_tenant_id_name")),
    )
    op.create_table(
        "inbound_message",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("webhook_id", columns.Words(), nullable=False),
        sa.Column("body_sha256", columns.Words(), nullable=False),
        sa.Column("received_at", columns.UtcTime(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("errors", columns.Words(), nullable=False),
        sa.Column("source_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("status IN ('ACCEPTED', 'PARTLY', 'REFUSED')", name=op.f("ck_inbound_message_status")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_inbound_message")),
        sa.UniqueConstraint(
            "tenant_id", "source_id", "webhook_id", name=op.f("uq_inbound_message_tenant_id_source_id_webhook_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "source_id"],
            ["inbound_source.tenant_id", "inbound_source.id"],
            name=op.f("fk_inbound_message_tenant_id_source_id"),
        ),
    )
    op.create_index(
        op.f("ix_inbound_message_tenant_id_source_id_id"), "inbound_message", ["tenant_id", "source_id", "id"]
    )
    op.create_index(
        op.f("ix_inbound_message_tenant_id_received_at_id"), "inbound_message", ["tenant_id", "received_at", "id"]
    )
    tenant_table(op, "inbound_source")
    tenant_table(op, "inbound_message", append_only=True)


def downgrade() -> None:
    op.drop_table("inbound_message")
    op.drop_table("inbound_source")
    not_removable(op, "lifecycle_change")
    op.execute("DELETE FROM import_run WHERE attempt > 1 OR status IN ('UNDOING', 'UNDONE')")
    with op.batch_alter_table("import_run") as batch_op:
        batch_op.drop_constraint("uq_import_run_file", type_="unique")
        batch_op.create_unique_constraint(op.f("uq_import_run_tenant_id_format_content_sha256_options_sha256"), _KEY)
        batch_op.drop_constraint("ck_import_run_status", type_="check")
        batch_op.create_check_constraint(op.f("ck_import_run_status"), _STATUS.format(""))
        batch_op.drop_column("attempt")
