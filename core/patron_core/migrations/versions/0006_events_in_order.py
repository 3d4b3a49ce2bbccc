"""Events in order: each gets its place among its customer's, and when it is handed on, among the tenant's.

Revision 0006 of patron. Events that are there already have no place among their customer's; they wait, and are handed on
in the order of their ids.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import found_by_relay, not_found_by_relay, relay_table, tenant_table

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_counter",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_event_counter")),
    )
    tenant_table(op, "event_counter")
    with op.batch_alter_table("outbox_event") as batch:
        batch.add_column(sa.Column("customer_sequence", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("position", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("handed_on_at", columns.UtcTime(), nullable=True))
        batch.create_unique_constraint(op.f("uq_outbox_event_tenant_id_position"), ["tenant_id", "position"])
        batch.drop_index(op.f("ix_outbox_event_tenant_id_status_id"))
    op.create_index(
        op.f("ix_outbox_event_tenant_id_id"),
        "outbox_event",
        ["tenant_id", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'PENDING'"),
        sqlite_where=sa.text("status = 'PENDING'"),
    )
    not_found_by_relay(op, "outbox_event")
    found_by_relay(op, "outbox_event", columns=("tenant_id", "status", "occurred_at"))


def downgrade() -> None:
    not_found_by_relay(op, "outbox_event")
    relay_table(op, "outbox_event")
    op.drop_index(op.f("ix_outbox_event_tenant_id_id"), table_name="outbox_event")
    with op.batch_alter_table("outbox_event") as batch:
        batch.create_index(op.f("ix_outbox_event_tenant_id_status_id"), ["tenant_id", "status", "id"], unique=False)
        batch.drop_constraint(op.f("uq_outbox_event_tenant_id_position"), type_="unique")
        batch.drop_column("handed_on_at")
        batch.drop_column("position")
        batch.drop_column("customer_sequence")
    op.drop_table("event_counter")
