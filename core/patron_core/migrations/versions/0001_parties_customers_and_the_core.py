"""Parties, customers and the core.

Revision 0001 of patron.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import audit_table, relay_table, tenant_directory, tenant_table

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("secret_sha256", columns.Words(), nullable=False),
        sa.Column("last_four", columns.Words(), nullable=False),
        sa.Column("roles", columns.Words(), nullable=False),
        sa.Column("scopes", columns.Words(), nullable=False),
        sa.Column("purpose", columns.Words(), nullable=True),
        sa.Column("expires_at", columns.UtcTime(), nullable=True),
        sa.Column("revoked_at", columns.UtcTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_api_key")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("actor", columns.Words(), nullable=False),
        sa.Column("actor_kind", columns.Words(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=True),
        sa.Column("action", columns.Words(), nullable=False),
        sa.Column("record_type", columns.Words(), nullable=False),
        sa.Column("record_id", columns.Identifier(), nullable=False),
        sa.Column("columns", columns.Json(), nullable=False),
        sa.Column("request_id", columns.Words(), nullable=True),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_audit_entry")),
    )
    op.create_index(
        op.f("ix_audit_entry_tenant_id_occurred_at_id"), "audit_entry", ["tenant_id", "occurred_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_audit_entry_tenant_id_record_id_id"), "audit_entry", ["tenant_id", "record_id", "id"], unique=False
    )
    op.create_table(
        "idempotency_record",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("actor", columns.Words(), nullable=False),
        sa.Column("key", columns.Words(), nullable=False),
        sa.Column("command", columns.Words(), nullable=False),
        sa.Column("content_sha256", columns.Words(), nullable=False),
        sa.Column("result", columns.Json(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_idempotency_record")),
        sa.UniqueConstraint("tenant_id", "actor", "key", name=op.f("uq_idempotency_record_tenant_id_actor_key")),
    )
    op.create_table(
        "import_run",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("format", columns.Words(), nullable=False),
        sa.Column("content_sha256", columns.Words(), nullable=False),
        sa.Column("options_sha256", columns.Words(), nullable=False),
        sa.Column("file_name", columns.Words(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("rows_done", sa.BigInteger(), nullable=False),
        sa.Column("counts", columns.Json(), nullable=False),
        sa.Column("finished_at", columns.UtcTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("status IN ('RUNNING', 'FINISHED', 'FAILED')", name=op.f("ck_import_run_status")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_import_run")),
        sa.UniqueConstraint(
            "tenant_id",
            "format",
            "content_sha256",
            "options_sha256",
            name=op.f("uq_import_run_tenant_id_format_content_sha256_options_sha256"),
        ),
    )
    op.create_table(
        "outbox_event",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("type", columns.Words(), nullable=False),
        sa.Column("type_version", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", columns.Identifier(), nullable=True),
        sa.Column("payload", columns.Json(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("status IN ('PENDING', 'DELIVERED')", name=op.f("ck_outbox_event_status")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_outbox_event")),
    )
    op.create_index(
        op.f("ix_outbox_event_tenant_id_customer_id_id"),
        "outbox_event",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_outbox_event_tenant_id_status_id"), "outbox_event", ["tenant_id", "status", "id"], unique=False
    )
    op.create_table(
        "party",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("display_name", columns.Words(), nullable=False),
        sa.Column("language", columns.Words(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.Column("given_name", columns.Words(), nullable=True),
        sa.Column("family_name", columns.Words(), nullable=True),
        sa.Column("birth_date", columns.Day(), nullable=True),
        sa.Column("gender", columns.Words(), nullable=True),
        sa.Column("legal_name", columns.Words(), nullable=True),
        sa.Column("industry", columns.Words(), nullable=True),
        sa.Column("unit_kind", columns.Words(), nullable=True),
        sa.Column("parent_id", columns.Identifier(), nullable=True),
        sa.CheckConstraint("gender IN ('MALE', 'FEMALE', 'OTHER', 'UNKNOWN')", name=op.f("ck_party_gender")),
        sa.CheckConstraint("kind IN ('PERSON', 'ORGANIZATION')", name=op.f("ck_party_kind")),
        sa.CheckConstraint(
            "unit_kind IN ('COMPANY', 'GROUP', 'DIVISION', 'DEPARTMENT', 'BRANCH')", name=op.f("ck_party_unit_kind")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"], ["party.tenant_id", "party.id"], name=op.f("fk_party_tenant_id_parent_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_party")),
    )
    op.create_index(
        op.f("ix_party_tenant_id_display_name_id"), "party", ["tenant_id", "display_name", "id"], unique=False
    )
    op.create_index(
        op.f("ix_party_tenant_id_family_name_id"), "party", ["tenant_id", "family_name", "id"], unique=False
    )
    op.create_index(op.f("ix_party_tenant_id_parent_id_id"), "party", ["tenant_id", "parent_id", "id"], unique=False)
    op.create_table(
        "relationship_type",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("forward_name", columns.Words(), nullable=False),
        sa.Column("inverse_name", columns.Words(), nullable=False),
        sa.Column("source_kind", columns.Words(), nullable=True),
        sa.Column("target_kind", columns.Words(), nullable=True),
        sa.Column("symmetric", sa.Boolean(), nullable=False),
        sa.Column("reflexive", sa.Boolean(), nullable=False),
        sa.Column("max_active_per_source", sa.BigInteger(), nullable=True),
        sa.Column("max_active_per_target", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("source_kind IN ('PERSON', 'ORGANIZATION')", name=op.f("ck_relationship_type_source_kind")),
        sa.CheckConstraint("target_kind IN ('PERSON', 'ORGANIZATION')", name=op.f("ck_relationship_type_target_kind")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_relationship_type")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_relationship_type_tenant_id_code")),
    )
    op.create_table(
        "tenant",
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("mode", columns.Words(), nullable=False),
        sa.Column("plugins", columns.Json(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("mode IN ('RELATIONSHIP', 'TRANSACTION', 'HYBRID')", name=op.f("ck_tenant_mode")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
        sa.UniqueConstraint("name", name=op.f("uq_tenant_name")),
    )
    op.create_table(
        "trusted_document",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("document_id", columns.Words(), nullable=False),
        sa.Column("sha256", columns.Words(), nullable=False),
        sa.Column("text", columns.Words(), nullable=False),
        sa.Column("operations", columns.Words(), nullable=False),
        sa.Column("source", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_trusted_document")),
        sa.UniqueConstraint("tenant_id", "document_id", name=op.f("uq_trusted_document_tenant_id_document_id")),
    )
    op.create_index(
        op.f("ix_trusted_document_tenant_id_sha256_id"), "trusted_document", ["tenant_id", "sha256", "id"], unique=False
    )
    op.create_table(
        "contact_medium",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("value", columns.Words(), nullable=False),
        sa.Column("preferred", sa.Boolean(), nullable=False),
        sa.Column("verified_at", columns.UtcTime(), nullable=True),
        sa.Column("party_id", columns.Identifier(), nullable=False),
        sa.Column("validity_from", columns.UtcTime(), nullable=True),
        sa.Column("validity_to", columns.UtcTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("kind IN ('EMAIL', 'PHONE', 'ADDRESS')", name=op.f("ck_contact_medium_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"],
            ["party.tenant_id", "party.id"],
            name=op.f("fk_contact_medium_tenant_id_party_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contact_medium")),
    )
    op.create_index(
        op.f("ix_contact_medium_tenant_id_party_id_id"), "contact_medium", ["tenant_id", "party_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_contact_medium_tenant_id_value_id"), "contact_medium", ["tenant_id", "value", "id"], unique=False
    )
    op.create_index(
        "uq_contact_medium_preferred",
        "contact_medium",
        ["tenant_id", "party_id", "kind"],
        unique=True,
        sqlite_where=sa.text("preferred = 1 AND validity_to IS NULL"),
        postgresql_where=sa.text("preferred AND validity_to IS NULL"),
    )
    op.create_table(
        "customer",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("engagement_mode", columns.Words(), nullable=False),
        sa.Column("lifecycle_stage", columns.Words(), nullable=False),
        sa.Column("owner", columns.Words(), nullable=True),
        sa.Column("since", columns.Day(), nullable=True),
        sa.Column("party_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "engagement_mode IN ('RELATIONSHIP', 'TRANSACTION', 'HYBRID')", name=op.f("ck_customer_engagement_mode")
        ),
        sa.CheckConstraint("kind IN ('B2B', 'B2C')", name=op.f("ck_customer_kind")),
        sa.CheckConstraint(
            "lifecycle_stage IN ('PROSPECT', 'ACTIVE', 'DORMANT', 'CHURNED')", name=op.f("ck_customer_lifecycle_stage")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"], ["party.tenant_id", "party.id"], name=op.f("fk_customer_tenant_id_party_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_customer")),
        sa.UniqueConstraint("tenant_id", "party_id", name=op.f("uq_customer_tenant_id_party_id")),
    )
    op.create_index(
        op.f("ix_customer_tenant_id_lifecycle_stage_id"),
        "customer",
        ["tenant_id", "lifecycle_stage", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_customer_tenant_id_owner_id"), "customer", ["tenant_id", "owner", "id"], unique=False)
    op.create_table(
        "external_identifier",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("system", columns.Words(), nullable=False),
        sa.Column("value", columns.Words(), nullable=False),
        sa.Column("party_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"],
            ["party.tenant_id", "party.id"],
            name=op.f("fk_external_identifier_tenant_id_party_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_external_identifier")),
        sa.UniqueConstraint("tenant_id", "system", "value", name=op.f("uq_external_identifier_tenant_id_system_value")),
    )
    op.create_index(
        op.f("ix_external_identifier_tenant_id_party_id_id"),
        "external_identifier",
        ["tenant_id", "party_id", "id"],
        unique=False,
    )
    op.create_table(
        "relationship",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("role_title", columns.Words(), nullable=True),
        sa.Column("influence", sa.BigInteger(), nullable=True),
        sa.Column("notes", columns.Words(), nullable=True),
        sa.Column("type_id", columns.Identifier(), nullable=False),
        sa.Column("source_id", columns.Identifier(), nullable=False),
        sa.Column("target_id", columns.Identifier(), nullable=False),
        sa.Column("validity_from", columns.UtcTime(), nullable=True),
        sa.Column("validity_to", columns.UtcTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "influence IS NULL OR (influence >= 0 AND influence <= 100)", name=op.f("ck_relationship_influence")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "source_id"],
            ["party.tenant_id", "party.id"],
            name=op.f("fk_relationship_tenant_id_source_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "target_id"],
            ["party.tenant_id", "party.id"],
            name=op.f("fk_relationship_tenant_id_target_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "type_id"],
            ["relationship_type.tenant_id", "relationship_type.id"],
            name=op.f("fk_relationship_tenant_id_type_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_relationship")),
    )
    op.create_index(
        op.f("ix_relationship_tenant_id_source_id_id"), "relationship", ["tenant_id", "source_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_relationship_tenant_id_target_id_id"), "relationship", ["tenant_id", "target_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_relationship_tenant_id_type_id_id"), "relationship", ["tenant_id", "type_id", "id"], unique=False
    )
    op.create_table(
        "ledger_transaction",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("channel", columns.Words(), nullable=True),
        sa.Column("receipt_number", columns.Words(), nullable=True),
        sa.Column("source", columns.Words(), nullable=True),
        sa.Column("source_key", columns.Words(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", columns.Words(), nullable=False),
        sa.Column("reverses_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('WEB', 'STORE', 'PHONE', 'EMAIL', 'MAIL', 'CHAT', 'SOCIAL', 'FIELD', 'PARTNER')",
            name=op.f("ck_ledger_transaction_channel"),
        ),
        sa.CheckConstraint(
            "kind IN ('SALE', 'REFUND', 'FEE', 'COST_TO_SERVE', 'ADJUSTMENT')", name=op.f("ck_ledger_transaction_kind")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_ledger_transaction_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reverses_id"],
            ["ledger_transaction.tenant_id", "ledger_transaction.id"],
            name=op.f("fk_ledger_transaction_tenant_id_reverses_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ledger_transaction")),
        sa.UniqueConstraint("tenant_id", "reverses_id", name=op.f("uq_ledger_transaction_tenant_id_reverses_id")),
        sa.UniqueConstraint(
            "tenant_id", "source", "source_key", name=op.f("uq_ledger_transaction_tenant_id_source_source_key")
        ),
    )
    op.create_index(
        op.f("ix_ledger_transaction_tenant_id_customer_id_id"),
        "ledger_transaction",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_ledger_transaction_tenant_id_customer_id_occurred_at_id"),
        "ledger_transaction",
        ["tenant_id", "customer_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_ledger_transaction_tenant_id_occurred_at_id"),
        "ledger_transaction",
        ["tenant_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_ledger_transaction_tenant_id_receipt_number_id"),
        "ledger_transaction",
        ["tenant_id", "receipt_number", "id"],
        unique=False,
    )
    op.create_table(
        "lifecycle_change",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("from_stage", columns.Words(), nullable=True),
        sa.Column("to_stage", columns.Words(), nullable=False),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "from_stage IN ('PROSPECT', 'ACTIVE', 'DORMANT', 'CHURNED')", name=op.f("ck_lifecycle_change_from_stage")
        ),
        sa.CheckConstraint(
            "to_stage IN ('PROSPECT', 'ACTIVE', 'DORMANT', 'CHURNED')", name=op.f("ck_lifecycle_change_to_stage")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_lifecycle_change_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_lifecycle_change")),
    )
    op.create_index(
        op.f("ix_lifecycle_change_tenant_id_customer_id_id"),
        "lifecycle_change",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_table(
        "touchpoint",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("channel", columns.Words(), nullable=False),
        sa.Column("direction", columns.Words(), nullable=False),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("topic", columns.Words(), nullable=False),
        sa.Column("outcome", columns.Words(), nullable=True),
        sa.Column("source", columns.Words(), nullable=True),
        sa.Column("source_key", columns.Words(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('WEB', 'STORE', 'PHONE', 'EMAIL', 'MAIL', 'CHAT', 'SOCIAL', 'FIELD', 'PARTNER')",
            name=op.f("ck_touchpoint_channel"),
        ),
        sa.CheckConstraint("direction IN ('INBOUND', 'OUTBOUND')", name=op.f("ck_touchpoint_direction")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_touchpoint_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_touchpoint")),
        sa.UniqueConstraint(
            "tenant_id", "source", "source_key", name=op.f("uq_touchpoint_tenant_id_source_source_key")
        ),
    )
    op.create_index(
        op.f("ix_touchpoint_tenant_id_customer_id_id"), "touchpoint", ["tenant_id", "customer_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_touchpoint_tenant_id_customer_id_occurred_at_id"),
        "touchpoint",
        ["tenant_id", "customer_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_touchpoint_tenant_id_occurred_at_id"), "touchpoint", ["tenant_id", "occurred_at", "id"], unique=False
    )
    op.create_table(
        "ledger_transaction_line",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("sku", columns.Words(), nullable=True),
        sa.Column("description", columns.Words(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("transaction_id", columns.Identifier(), nullable=False),
        sa.Column("unit_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("unit_price_currency", columns.Words(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["ledger_transaction.tenant_id", "ledger_transaction.id"],
            name=op.f("fk_ledger_transaction_line_tenant_id_transaction_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ledger_transaction_line")),
        sa.UniqueConstraint(
            "tenant_id",
            "transaction_id",
            "number",
            name=op.f("uq_ledger_transaction_line_tenant_id_transaction_id_number"),
        ),
    )
    op.create_index(
        op.f("ix_ledger_transaction_line_tenant_id_transaction_id_id"),
        "ledger_transaction_line",
        ["tenant_id", "transaction_id", "id"],
        unique=False,
    )
    op.create_table(
        "touchpoint_participant",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("role", columns.Words(), nullable=True),
        sa.Column("touchpoint_id", columns.Identifier(), nullable=False),
        sa.Column("party_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"],
            ["party.tenant_id", "party.id"],
            name=op.f("fk_touchpoint_participant_tenant_id_party_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "touchpoint_id"],
            ["touchpoint.tenant_id", "touchpoint.id"],
            name=op.f("fk_touchpoint_participant_tenant_id_touchpoint_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_touchpoint_participant")),
        sa.UniqueConstraint(
            "tenant_id",
            "touchpoint_id",
            "party_id",
            name=op.f("uq_touchpoint_participant_tenant_id_touchpoint_id_party_id"),
        ),
    )
    op.create_index(
        op.f("ix_touchpoint_participant_tenant_id_party_id_id"),
        "touchpoint_participant",
        ["tenant_id", "party_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_touchpoint_participant_tenant_id_touchpoint_id_id"),
        "touchpoint_participant",
        ["tenant_id", "touchpoint_id", "id"],
        unique=False,
    )
    tenant_table(op, "api_key")
    tenant_table(op, "audit_entry", append_only=True)
    audit_table(op, "audit_entry")
    tenant_table(op, "idempotency_record")
    tenant_table(op, "import_run")
    tenant_table(op, "outbox_event")
    relay_table(op, "outbox_event")
    tenant_table(op, "party")
    tenant_table(op, "relationship_type")
    tenant_directory(op, "tenant")
    tenant_table(op, "trusted_document")
    tenant_table(op, "contact_medium")
    tenant_table(op, "customer")
    tenant_table(op, "external_identifier")
    tenant_table(op, "relationship")
    tenant_table(op, "ledger_transaction", append_only=True)
    tenant_table(op, "lifecycle_change", append_only=True)
    tenant_table(op, "touchpoint")
    tenant_table(op, "ledger_transaction_line", append_only=True)
    tenant_table(op, "touchpoint_participant")


def downgrade() -> None:
    op.drop_table("touchpoint_participant")
    op.drop_table("ledger_transaction_line")
    op.drop_table("touchpoint")
    op.drop_table("lifecycle_change")
    op.drop_table("ledger_transaction")
    op.drop_table("relationship")
    op.drop_table("external_identifier")
    op.drop_table("customer")
    op.drop_table("contact_medium")
    op.drop_table("trusted_document")
    op.drop_table("tenant")
    op.drop_table("relationship_type")
    op.drop_table("party")
    op.drop_table("outbox_event")
    op.drop_table("import_run")
    op.drop_table("idempotency_record")
    op.drop_table("audit_entry")
    op.drop_table("api_key")
