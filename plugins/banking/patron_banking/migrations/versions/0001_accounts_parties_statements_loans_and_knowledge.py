"""Accounts, parties, statements, loans and knowledge of customers.

Revision 0001 of banking.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import erasable_table, tenant_table

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "banking_account",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("status", columns.Words(), nullable=True),
        sa.Column("iban", columns.Words(), nullable=True),
        sa.Column("number", columns.Words(), nullable=True),
        sa.Column("currency", columns.Words(), nullable=False),
        sa.Column("product", columns.Words(), nullable=True),
        sa.Column("opened_on", columns.Day(), nullable=True),
        sa.Column("branch", columns.Words(), nullable=True),
        sa.Column("statement_frequency", columns.Words(), nullable=True),
        sa.Column("source", columns.Words(), nullable=True),
        sa.Column("source_key", columns.Words(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("settlement_account_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('DEPOSIT', 'SAVINGS', 'LOAN', 'CARD', 'INVESTMENT')", name=op.f("ck_banking_account_kind")
        ),
        sa.CheckConstraint(
            "statement_frequency IN ('MONTHLY', 'WEEKLY', 'EACH_ENTRY')",
            name=op.f("ck_banking_account_statement_frequency"),
        ),
        sa.CheckConstraint(
            "status IN ('PENDING', 'ENABLED', 'BLOCKED', 'CLOSED')", name=op.f("ck_banking_account_status")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_banking_account_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "settlement_account_id"],
            ["banking_account.tenant_id", "banking_account.id"],
            name=op.f("fk_banking_account_tenant_id_settlement_account_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_banking_account")),
        sa.UniqueConstraint("tenant_id", "iban", name=op.f("uq_banking_account_tenant_id_iban")),
        sa.UniqueConstraint(
            "tenant_id", "source", "source_key", name=op.f("uq_banking_account_tenant_id_source_source_key")
        ),
    )
    op.create_index(
        op.f("ix_banking_account_tenant_id_customer_id_id"),
        "banking_account",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_banking_account_tenant_id_kind_id"), "banking_account", ["tenant_id", "kind", "id"], unique=False
    )
    op.create_index(
        op.f("ix_banking_account_tenant_id_number_id"), "banking_account", ["tenant_id", "number", "id"], unique=False
    )
    op.create_index(
        op.f("ix_banking_account_tenant_id_settlement_account_id_id"),
        "banking_account",
        ["tenant_id", "settlement_account_id", "id"],
        unique=False,
    )
    op.create_table(
        "banking_kyc_profile",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("risk_rating", columns.Words(), nullable=False),
        sa.Column("submitted_by", columns.Words(), nullable=False),
        sa.Column("submitted_at", columns.UtcTime(), nullable=False),
        sa.Column("decided_by", columns.Words(), nullable=True),
        sa.Column("decided_at", columns.UtcTime(), nullable=True),
        sa.Column("reason", columns.Words(), nullable=True),
        sa.Column("next_review_on", columns.Day(), nullable=True),
        sa.Column("review_raised_on", columns.Day(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("risk_rating IN ('LOW', 'MEDIUM', 'HIGH')", name=op.f("ck_banking_kyc_profile_risk_rating")),
        sa.CheckConstraint(
            "status IN ('SUBMITTED', 'APPROVED', 'REJECTED')", name=op.f("ck_banking_kyc_profile_status")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_banking_kyc_profile_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_banking_kyc_profile")),
        sa.UniqueConstraint("tenant_id", "customer_id", name=op.f("uq_banking_kyc_profile_tenant_id_customer_id")),
    )
    op.create_index(
        op.f("ix_banking_kyc_profile_tenant_id_next_review_on_id"),
        "banking_kyc_profile",
        ["tenant_id", "next_review_on", "id"],
        unique=False,
    )
    op.create_table(
        "banking_account_party",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("role", columns.Words(), nullable=False),
        sa.Column("share", sa.BigInteger(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("account_id", columns.Identifier(), nullable=False),
        sa.Column("validity_from", columns.UtcTime(), nullable=True),
        sa.Column("validity_to", columns.UtcTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('DEPOSIT', 'SAVINGS', 'LOAN', 'CARD', 'INVESTMENT')", name=op.f("ck_banking_account_party_kind")
        ),
        sa.CheckConstraint(
            "role IN ('OWNER', 'JOINT', 'SIGNATORY', 'BENEFICIARY', 'GUARANTOR')",
            name=op.f("ck_banking_account_party_role"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["banking_account.tenant_id", "banking_account.id"],
            name=op.f("fk_banking_account_party_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_banking_account_party_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_banking_account_party")),
        sa.UniqueConstraint(
            "tenant_id",
            "account_id",
            "customer_id",
            "role",
            name=op.f("uq_banking_account_party_tenant_id_account_id_customer_id_role"),
        ),
    )
    op.create_index(
        op.f("ix_banking_account_party_tenant_id_account_id_id"),
        "banking_account_party",
        ["tenant_id", "account_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_banking_account_party_tenant_id_customer_id_id"),
        "banking_account_party",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_table(
        "banking_loan_terms",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("months", sa.BigInteger(), nullable=False),
        sa.Column("standing", columns.Words(), nullable=False),
        sa.Column("account_id", columns.Identifier(), nullable=False),
        sa.Column("principal_minor", sa.BigInteger(), nullable=False),
        sa.Column("principal_currency", columns.Words(), nullable=False),
        sa.Column("instalment_minor", sa.BigInteger(), nullable=False),
        sa.Column("instalment_currency", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "standing IN ('REPAID', 'DEFAULTED', 'RUNNING', 'IN_ARREARS')", name=op.f("ck_banking_loan_terms_standing")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["banking_account.tenant_id", "banking_account.id"],
            name=op.f("fk_banking_loan_terms_tenant_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_banking_loan_terms")),
        sa.UniqueConstraint("tenant_id", "account_id", name=op.f("uq_banking_loan_terms_tenant_id_account_id")),
    )
    op.create_table(
        "banking_standing_order",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("purpose", columns.Words(), nullable=True),
        sa.Column("payee_bank", columns.Words(), nullable=False),
        sa.Column("payee_account", columns.Words(), nullable=False),
        sa.Column("source", columns.Words(), nullable=True),
        sa.Column("source_key", columns.Words(), nullable=True),
        sa.Column("account_id", columns.Identifier(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('HOUSEHOLD', 'INSURANCE', 'LOAN', 'LEASING')", name=op.f("ck_banking_standing_order_purpose")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["banking_account.tenant_id", "banking_account.id"],
            name=op.f("fk_banking_standing_order_tenant_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_banking_standing_order")),
        sa.UniqueConstraint(
            "tenant_id", "source", "source_key", name=op.f("uq_banking_standing_order_tenant_id_source_source_key")
        ),
    )
    op.create_index(
        op.f("ix_banking_standing_order_tenant_id_account_id_id"),
        "banking_standing_order",
        ["tenant_id", "account_id", "id"],
        unique=False,
    )
    op.create_table(
        "banking_statement",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("number", columns.Words(), nullable=False),
        sa.Column("created_on_bank_at", columns.UtcTime(), nullable=True),
        sa.Column("entry_count", sa.BigInteger(), nullable=False),
        sa.Column("source_key", columns.Words(), nullable=False),
        sa.Column("account_id", columns.Identifier(), nullable=False),
        sa.Column("covers_from", columns.UtcTime(), nullable=True),
        sa.Column("covers_to", columns.UtcTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["banking_account.tenant_id", "banking_account.id"],
            name=op.f("fk_banking_statement_tenant_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_banking_statement")),
        sa.UniqueConstraint(
            "tenant_id", "account_id", "source_key", name=op.f("uq_banking_statement_tenant_id_account_id_source_key")
        ),
    )
    op.create_index(
        op.f("ix_banking_statement_tenant_id_account_id_id"),
        "banking_statement",
        ["tenant_id", "account_id", "id"],
        unique=False,
    )
    op.create_table(
        "banking_account_entry",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("direction", columns.Words(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("reversal", sa.Boolean(), nullable=False),
        sa.Column("booked_on", columns.Day(), nullable=True),
        sa.Column("value_on", columns.Day(), nullable=True),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("bank_transaction_code", columns.Words(), nullable=True),
        sa.Column("servicer_reference", columns.Words(), nullable=True),
        sa.Column("remittance", columns.Words(), nullable=True),
        sa.Column("source_key", columns.Words(), nullable=False),
        sa.Column("account_id", columns.Identifier(), nullable=False),
        sa.Column("statement_id", columns.Identifier(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("direction IN ('CRDT', 'DBIT')", name=op.f("ck_banking_account_entry_direction")),
        sa.CheckConstraint("status IN ('BOOK', 'PDNG', 'INFO', 'FUTR')", name=op.f("ck_banking_account_entry_status")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["banking_account.tenant_id", "banking_account.id"],
            name=op.f("fk_banking_account_entry_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "statement_id"],
            ["banking_statement.tenant_id", "banking_statement.id"],
            name=op.f("fk_banking_account_entry_tenant_id_statement_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_banking_account_entry")),
        sa.UniqueConstraint(
            "tenant_id",
            "account_id",
            "source_key",
            name=op.f("uq_banking_account_entry_tenant_id_account_id_source_key"),
        ),
    )
    op.create_index(
        op.f("ix_banking_account_entry_tenant_id_account_id_id"),
        "banking_account_entry",
        ["tenant_id", "account_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_banking_account_entry_tenant_id_account_id_occurred_at_id"),
        "banking_account_entry",
        ["tenant_id", "account_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_banking_account_entry_tenant_id_account_id_servicer_746230c9"),
        "banking_account_entry",
        ["tenant_id", "account_id", "servicer_reference"],
        unique=False,
    )
    op.create_index(
        op.f("ix_banking_account_entry_tenant_id_booked_on_id"),
        "banking_account_entry",
        ["tenant_id", "booked_on", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_banking_account_entry_tenant_id_occurred_at_id"),
        "banking_account_entry",
        ["tenant_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_banking_account_entry_tenant_id_statement_id_id"),
        "banking_account_entry",
        ["tenant_id", "statement_id", "id"],
        unique=False,
    )
    op.create_table(
        "banking_balance",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("type", columns.Words(), nullable=False),
        sa.Column("as_of", columns.Day(), nullable=False),
        sa.Column("account_id", columns.Identifier(), nullable=False),
        sa.Column("statement_id", columns.Identifier(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "type IN ('OPBD', 'CLBD', 'PRCD', 'ITBD', 'CLAV', 'FWAV', 'OPAV', 'ITAV', 'INFO', 'XPCD')",
            name=op.f("ck_banking_balance_type"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["banking_account.tenant_id", "banking_account.id"],
            name=op.f("fk_banking_balance_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "statement_id"],
            ["banking_statement.tenant_id", "banking_statement.id"],
            name=op.f("fk_banking_balance_tenant_id_statement_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_banking_balance")),
        sa.UniqueConstraint(
            "tenant_id", "statement_id", "number", name=op.f("uq_banking_balance_tenant_id_statement_id_number")
        ),
    )
    op.create_index(
        op.f("ix_banking_balance_tenant_id_account_id_as_of_id"),
        "banking_balance",
        ["tenant_id", "account_id", "as_of", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_banking_balance_tenant_id_account_id_id"),
        "banking_balance",
        ["tenant_id", "account_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_banking_balance_tenant_id_statement_id_id"),
        "banking_balance",
        ["tenant_id", "statement_id", "id"],
        unique=False,
    )
    tenant_table(op, "banking_account")
    tenant_table(op, "banking_kyc_profile")
    tenant_table(op, "banking_account_party")
    tenant_table(op, "banking_loan_terms")
    tenant_table(op, "banking_standing_order")
    tenant_table(op, "banking_statement")
    tenant_table(op, "banking_account_entry")
    tenant_table(op, "banking_balance", append_only=True)
    erasable_table(op, "banking_balance", columns=["account_id", "statement_id"])


def downgrade() -> None:
    op.drop_table("banking_balance")
    op.drop_table("banking_account_entry")
    op.drop_table("banking_statement")
    op.drop_table("banking_standing_order")
    op.drop_table("banking_loan_terms")
    op.drop_table("banking_account_party")
    op.drop_table("banking_kyc_profile")
    op.drop_table("banking_account")
