"""Jobs.

Revision 0008 of patron.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import found_by_relay, not_found_by_relay, tenant_table

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_OPEN = sa.text("status IN ('WAITING', 'RUNNING')")


def upgrade() -> None:
    op.create_table(
        "job_run",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("planned_for", columns.UtcTime(), nullable=True),
        sa.Column("key", columns.Words(), nullable=True),
        sa.Column("arguments", columns.Json(), nullable=False),
        sa.Column("state", columns.Json(), nullable=False),
        sa.Column("progress_done", sa.BigInteger(), nullable=False),
        sa.Column("progress_total", sa.BigInteger(), nullable=True),
        sa.Column("message", columns.Words(), nullable=True),
        sa.Column("error", columns.Words(), nullable=True),
        sa.Column("started_at", columns.UtcTime(), nullable=True),
        sa.Column("finished_at", columns.UtcTime(), nullable=True),
        sa.Column("due_at", columns.UtcTime(), nullable=False),
        sa.Column("leased_until", columns.UtcTime(), nullable=True),
        sa.Column("lease", columns.Identifier(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('WAITING', 'RUNNING', 'DONE', 'PARKED', 'CANCELLED')", name=op.f("ck_job_run_status")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_job_run")),
        sa.UniqueConstraint("tenant_id", "name", "key", name=op.f("uq_job_run_tenant_id_name_key")),
        sa.UniqueConstraint("tenant_id", "name", "planned_for", name=op.f("uq_job_run_tenant_id_name_planned_for")),
    )
    for name, keys in (
        ("ix_job_run_open", ["tenant_id", "status", "due_at"]),
        ("ix_job_run_due", ["status", "due_at"]),
    ):
        op.create_index(name, "job_run", keys, unique=False, postgresql_where=_OPEN, sqlite_where=_OPEN)
    op.create_index(op.f("ix_job_run_tenant_id_status_id"), "job_run", ["tenant_id", "status", "id"], unique=False)
    tenant_table(op, "job_run")
    found_by_relay(op, "job_run")
    found_by_relay(op, "tenant", columns=["id"])


def downgrade() -> None:
    not_found_by_relay(op, "tenant")
    op.drop_table("job_run")
