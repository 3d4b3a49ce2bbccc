"""Webhooks.

Revision 0007 of patron.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import found_by_relay, tenant_table

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_OPEN = sa.text("status IN ('WAITING', 'RUNNING')")


def upgrade() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("url", columns.Words(), nullable=False),
        sa.Column("description", columns.Words(), nullable=True),
        sa.Column("event_types", columns.Words(), nullable=False),
        sa.Column("condition", columns.Words(), nullable=True),
        sa.Column("scopes", columns.Words(), nullable=False),
        sa.Column("purpose", columns.Words(), nullable=True),
        sa.Column("payload", columns.Words(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("disabled_reason", columns.Words(), nullable=True),
        sa.Column("disabled_at", columns.UtcTime(), nullable=True),
        sa.Column("secret", columns.EncryptedText(), nullable=False),
        sa.Column("previous_secret", columns.EncryptedText(), nullable=True),
        sa.Column("previous_until", columns.UtcTime(), nullable=True),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("pauses", sa.BigInteger(), nullable=False),
        sa.Column("paused_until", columns.UtcTime(), nullable=True),
        sa.Column("created_by", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "disabled_reason IN ('BY_HAND', 'GONE', 'FILTER')", name=op.f("ck_webhook_endpoint_disabled_reason")
        ),
        sa.CheckConstraint("payload IN ('THIN', 'FULL')", name=op.f("ck_webhook_endpoint_payload")),
        sa.CheckConstraint("status IN ('ENABLED', 'DISABLED')", name=op.f("ck_webhook_endpoint_status")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("event_id", columns.Identifier(), nullable=False),
        sa.Column("event_type", columns.Words(), nullable=False),
        sa.Column("customer_id", columns.Identifier(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("queued_at", columns.UtcTime(), nullable=False),
        sa.Column("finished_at", columns.UtcTime(), nullable=True),
        sa.Column("parked_reason", columns.Words(), nullable=True),
        sa.Column("endpoint_id", columns.Identifier(), nullable=False),
        sa.Column("due_at", columns.UtcTime(), nullable=False),
        sa.Column("leased_until", columns.UtcTime(), nullable=True),
        sa.Column("lease", columns.Identifier(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "parked_reason IN ('TRIED_LONG_ENOUGH', 'ENDPOINT_DISABLED', 'EVENT_FORGOTTEN', 'NOT_OPEN')",
            name=op.f("ck_webhook_delivery_parked_reason"),
        ),
        sa.CheckConstraint(
            "status IN ('WAITING', 'RUNNING', 'DELIVERED', 'SKIPPED', 'PARKED')",
            name=op.f("ck_webhook_delivery_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "endpoint_id"],
            ["webhook_endpoint.tenant_id", "webhook_endpoint.id"],
            name=op.f("fk_webhook_delivery_tenant_id_endpoint_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint(
            "tenant_id", "endpoint_id", "event_id", name=op.f("uq_webhook_delivery_tenant_id_endpoint_id_event_id")
        ),
    )
    op.create_index(
        "ix_webhook_delivery_due",
        "webhook_delivery",
        ["status", "due_at"],
        unique=False,
        postgresql_where=_OPEN,
        sqlite_where=_OPEN,
    )
    op.create_index(
        "ix_webhook_delivery_open",
        "webhook_delivery",
        ["tenant_id", "status", "due_at"],
        unique=False,
        postgresql_where=_OPEN,
        sqlite_where=_OPEN,
    )
    op.create_index(
        "ix_webhook_delivery_order",
        "webhook_delivery",
        ["tenant_id", "endpoint_id", "customer_id", "position"],
        unique=False,
        postgresql_where=_OPEN,
        sqlite_where=_OPEN,
    )
    op.create_index(
        op.f("ix_webhook_delivery_tenant_id_customer_id_id"),
        "webhook_delivery",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_webhook_delivery_tenant_id_endpoint_id_id"),
        "webhook_delivery",
        ["tenant_id", "endpoint_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_webhook_delivery_tenant_id_event_type_id"),
        "webhook_delivery",
        ["tenant_id", "event_type", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_webhook_delivery_tenant_id_status_id"), "webhook_delivery", ["tenant_id", "status", "id"], unique=False
    )
    op.create_table(
        "webhook_attempt",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("attempted_at", columns.UtcTime(), nullable=False),
        sa.Column("outcome", columns.Words(), nullable=False),
        sa.Column("http_status", sa.BigInteger(), nullable=True),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.Column("delivery_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('DELIVERED', 'REFUSED', 'TIMEOUT', 'UNRESOLVED', 'UNREACHABLE', 'TLS', 'PROTOCOL', 'ADDRESS')",
            name=op.f("ck_webhook_attempt_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "delivery_id"],
            ["webhook_delivery.tenant_id", "webhook_delivery.id"],
            name=op.f("fk_webhook_attempt_tenant_id_delivery_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_webhook_attempt")),
    )
    op.create_index(
        op.f("ix_webhook_attempt_tenant_id_delivery_id_id"),
        "webhook_attempt",
        ["tenant_id", "delivery_id", "id"],
        unique=False,
    )
    tenant_table(op, "webhook_endpoint")
    tenant_table(op, "webhook_delivery")
    found_by_relay(op, "webhook_delivery")
    tenant_table(op, "webhook_attempt")


def downgrade() -> None:
    op.drop_table("webhook_attempt")
    op.drop_table("webhook_delivery")
    op.drop_table("webhook_endpoint")
