"""Leads, quotes and forecasts.

Revision 0015 of patron.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import erasable_table, tenant_table

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exchange_rate",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("base_currency", columns.Words(), nullable=False),
        sa.Column("quote_currency", columns.Words(), nullable=False),
        sa.Column("day", columns.Day(), nullable=False),
        sa.Column("rate", sa.BigInteger(), nullable=False),
        sa.Column("source", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("rate > 0", name=op.f("ck_exchange_rate_rate")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_exchange_rate")),
        sa.UniqueConstraint(
            "tenant_id",
            "base_currency",
            "quote_currency",
            "day",
            name=op.f("uq_exchange_rate_tenant_id_base_currency_quote_currency_day"),
        ),
    )
    op.create_table(
        "forecast_snapshot",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("taken_at", columns.UtcTime(), nullable=False),
        sa.Column("cause", columns.Words(), nullable=False),
        sa.Column("period_from", columns.Day(), nullable=False),
        sa.Column("period_to", columns.Day(), nullable=False),
        sa.Column("currency_code", columns.Words(), nullable=False),
        sa.Column("owner", columns.Words(), nullable=True),
        sa.Column("expected_minor", sa.BigInteger(), nullable=True),
        sa.Column("expected_currency", columns.Words(), nullable=True),
        sa.Column("pessimistic_minor", sa.BigInteger(), nullable=True),
        sa.Column("pessimistic_currency", columns.Words(), nullable=True),
        sa.Column("optimistic_minor", sa.BigInteger(), nullable=True),
        sa.Column("optimistic_currency", columns.Words(), nullable=True),
        sa.Column("booked_minor", sa.BigInteger(), nullable=True),
        sa.Column("booked_currency", columns.Words(), nullable=True),
        sa.Column("run_rate_minor", sa.BigInteger(), nullable=True),
        sa.Column("run_rate_currency", columns.Words(), nullable=True),
        sa.Column("closed_minor", sa.BigInteger(), nullable=True),
        sa.Column("closed_currency", columns.Words(), nullable=True),
        sa.Column("commit_minor", sa.BigInteger(), nullable=True),
        sa.Column("commit_currency", columns.Words(), nullable=True),
        sa.Column("best_case_minor", sa.BigInteger(), nullable=True),
        sa.Column("best_case_currency", columns.Words(), nullable=True),
        sa.Column("pipeline_minor", sa.BigInteger(), nullable=True),
        sa.Column("pipeline_currency", columns.Words(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("cause IN ('JOB', 'REQUEST')", name=op.f("ck_forecast_snapshot_cause")),
        sa.CheckConstraint("period_to > period_from", name=op.f("ck_forecast_snapshot_period")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_forecast_snapshot")),
    )
    op.create_index(
        op.f("ix_forecast_snapshot_tenant_id_period_to_id"),
        "forecast_snapshot",
        ["tenant_id", "period_to", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_forecast_snapshot_tenant_id_taken_at_id"),
        "forecast_snapshot",
        ["tenant_id", "taken_at", "id"],
        unique=False,
    )
    op.create_table(
        "lead_response_target",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("channel", columns.Words(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('WEB', 'STORE', 'PHONE', 'EMAIL', 'MAIL', 'CHAT', 'SOCIAL', 'FIELD', 'PARTNER')",
            name=op.f("ck_lead_response_target_channel"),
        ),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_lead_response_target_minutes")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_lead_response_target")),
        sa.UniqueConstraint("tenant_id", "channel", name=op.f("uq_lead_response_target_tenant_id_channel")),
    )
    op.create_table(
        "competing_offer",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("competitor", columns.Words(), nullable=False),
        sa.Column("offered_at", columns.UtcTime(), nullable=False),
        sa.Column("source", columns.Words(), nullable=False),
        sa.Column("opportunity_id", columns.Identifier(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "opportunity_id"],
            ["opportunity.tenant_id", "opportunity.id"],
            name=op.f("fk_competing_offer_tenant_id_opportunity_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_competing_offer")),
    )
    op.create_index(
        op.f("ix_competing_offer_tenant_id_offered_at_id"),
        "competing_offer",
        ["tenant_id", "offered_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_competing_offer_tenant_id_opportunity_id_id"),
        "competing_offer",
        ["tenant_id", "opportunity_id", "id"],
        unique=False,
    )
    op.create_table(
        "lead",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("given_name", columns.Words(), nullable=True),
        sa.Column("family_name", columns.Words(), nullable=True),
        sa.Column("organization_name", columns.Words(), nullable=True),
        sa.Column("email", columns.Words(), nullable=True),
        sa.Column("phone", columns.Words(), nullable=True),
        sa.Column("interest", columns.Words(), nullable=True),
        sa.Column("source", columns.Words(), nullable=False),
        sa.Column("source_key", columns.Words(), nullable=True),
        sa.Column("channel", columns.Words(), nullable=False),
        sa.Column("motivation", columns.Words(), nullable=True),
        sa.Column("decision_on", columns.Day(), nullable=True),
        sa.Column("owner", columns.Words(), nullable=True),
        sa.Column("state", columns.Words(), nullable=False),
        sa.Column("disqualified_reason", columns.Words(), nullable=True),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("received_at", columns.UtcTime(), nullable=False),
        sa.Column("first_response_minutes", sa.BigInteger(), nullable=False),
        sa.Column("first_response_due_at", columns.UtcTime(), nullable=False),
        sa.Column("responded_at", columns.UtcTime(), nullable=True),
        sa.Column("response_minutes", sa.BigInteger(), nullable=True),
        sa.Column("breached_at", columns.UtcTime(), nullable=True),
        sa.Column("qualified_at", columns.UtcTime(), nullable=True),
        sa.Column("closed_at", columns.UtcTime(), nullable=True),
        sa.Column("party_id", columns.Identifier(), nullable=True),
        sa.Column("budget_minor", sa.BigInteger(), nullable=True),
        sa.Column("budget_currency", columns.Words(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=True),
        sa.Column("opportunity_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('WEB', 'STORE', 'PHONE', 'EMAIL', 'MAIL', 'CHAT', 'SOCIAL', 'FIELD', 'PARTNER')",
            name=op.f("ck_lead_channel"),
        ),
        sa.CheckConstraint("motivation IN ('LOGIC', 'MIXED', 'IMPULSE')", name=op.f("ck_lead_motivation")),
        sa.CheckConstraint(
            "state IN ('NEW', 'WORKING', 'QUALIFIED', 'CONVERTED', 'DISQUALIFIED')", name=op.f("ck_lead_state")
        ),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_lead_score")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_lead_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "opportunity_id"],
            ["opportunity.tenant_id", "opportunity.id"],
            name=op.f("fk_lead_tenant_id_opportunity_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"], ["party.tenant_id", "party.id"], name=op.f("fk_lead_tenant_id_party_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_lead")),
        sa.UniqueConstraint("tenant_id", "source", "source_key", name=op.f("uq_lead_tenant_id_source_source_key")),
    )
    op.create_index(
        "ix_lead_waiting",
        "lead",
        ["tenant_id", "first_response_due_at", "id"],
        unique=False,
        sqlite_where=sa.text("responded_at IS NULL AND breached_at IS NULL"),
        postgresql_where=sa.text("responded_at IS NULL AND breached_at IS NULL"),
    )
    op.create_index(op.f("ix_lead_tenant_id_customer_id_id"), "lead", ["tenant_id", "customer_id", "id"], unique=False)
    op.create_index(op.f("ix_lead_tenant_id_email_id"), "lead", ["tenant_id", "email", "id"], unique=False)
    op.create_index(
        op.f("ix_lead_tenant_id_opportunity_id_id"), "lead", ["tenant_id", "opportunity_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_lead_tenant_id_organization_name_id"), "lead", ["tenant_id", "organization_name", "id"], unique=False
    )
    op.create_index(
        op.f("ix_lead_tenant_id_owner_state_id"), "lead", ["tenant_id", "owner", "state", "id"], unique=False
    )
    op.create_index(op.f("ix_lead_tenant_id_party_id_id"), "lead", ["tenant_id", "party_id", "id"], unique=False)
    op.create_index(op.f("ix_lead_tenant_id_received_at_id"), "lead", ["tenant_id", "received_at", "id"], unique=False)
    op.create_index(op.f("ix_lead_tenant_id_score_id"), "lead", ["tenant_id", "score", "id"], unique=False)
    op.create_index(
        op.f("ix_lead_tenant_id_state_score_id"), "lead", ["tenant_id", "state", "score", "id"], unique=False
    )
    op.create_table(
        "quote",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("number", columns.Words(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("state", columns.Words(), nullable=False),
        sa.Column("valid_until", columns.Day(), nullable=False),
        sa.Column("sent_at", columns.UtcTime(), nullable=True),
        sa.Column("decided_at", columns.UtcTime(), nullable=True),
        sa.Column("decline_reason", columns.Words(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("opportunity_id", columns.Identifier(), nullable=True),
        sa.Column("supersedes_id", columns.Identifier(), nullable=True),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_currency", columns.Words(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_currency", columns.Words(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_currency", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('DRAFT', 'SENT', 'ACCEPTED', 'DECLINED', 'EXPIRED', 'SUPERSEDED')", name=op.f("ck_quote_state")
        ),
        sa.CheckConstraint("revision > 0", name=op.f("ck_quote_revision")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_quote_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "opportunity_id"],
            ["opportunity.tenant_id", "opportunity.id"],
            name=op.f("fk_quote_tenant_id_opportunity_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "supersedes_id"],
            ["quote.tenant_id", "quote.id"],
            name=op.f("fk_quote_tenant_id_supersedes_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_quote")),
        sa.UniqueConstraint("tenant_id", "number", "revision", name=op.f("uq_quote_tenant_id_number_revision")),
        sa.UniqueConstraint("tenant_id", "supersedes_id", name=op.f("uq_quote_tenant_id_supersedes_id")),
    )
    op.create_index(
        op.f("ix_quote_tenant_id_customer_id_id"), "quote", ["tenant_id", "customer_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_quote_tenant_id_opportunity_id_id"), "quote", ["tenant_id", "opportunity_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_quote_tenant_id_state_valid_until_id"),
        "quote",
        ["tenant_id", "state", "valid_until", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_quote_tenant_id_valid_until_id"), "quote", ["tenant_id", "valid_until", "id"], unique=False
    )
    op.create_table(
        "lead_consent",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("purpose", columns.Words(), nullable=False),
        sa.Column("channel", columns.Words(), nullable=True),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("decided_at", columns.UtcTime(), nullable=False),
        sa.Column("text_version", columns.Words(), nullable=True),
        sa.Column("lead_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('WEB', 'STORE', 'PHONE', 'EMAIL', 'MAIL', 'CHAT', 'SOCIAL', 'FIELD', 'PARTNER')",
            name=op.f("ck_lead_consent_channel"),
        ),
        sa.CheckConstraint(
            "purpose IN ('SERVICE', 'MARKETING', 'PROFILING', 'RESEARCH', 'SHARING')",
            name=op.f("ck_lead_consent_purpose"),
        ),
        sa.CheckConstraint("status IN ('GIVEN', 'WITHDRAWN', 'DENIED')", name=op.f("ck_lead_consent_status")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "lead_id"], ["lead.tenant_id", "lead.id"], name=op.f("fk_lead_consent_tenant_id_lead_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_lead_consent")),
    )
    op.create_index(
        op.f("ix_lead_consent_tenant_id_lead_id_id"), "lead_consent", ["tenant_id", "lead_id", "id"], unique=False
    )
    op.create_table(
        "lead_motivator",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("lead_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "lead_id"], ["lead.tenant_id", "lead.id"], name=op.f("fk_lead_motivator_tenant_id_lead_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_lead_motivator")),
    )
    op.create_index(
        op.f("ix_lead_motivator_tenant_id_lead_id_id"), "lead_motivator", ["tenant_id", "lead_id", "id"], unique=False
    )
    op.create_table(
        "lead_score_factor",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=False),
        sa.Column("lead_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "code IN ('BUDGET', 'TIMING', 'NEED', 'EMAIL', 'PHONE', 'MOTIVATION', 'CHANNEL', 'KNOWN')",
            name=op.f("ck_lead_score_factor_code"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "lead_id"], ["lead.tenant_id", "lead.id"], name=op.f("fk_lead_score_factor_tenant_id_lead_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_lead_score_factor")),
        sa.UniqueConstraint("tenant_id", "lead_id", "code", name=op.f("uq_lead_score_factor_tenant_id_lead_id_code")),
    )
    op.create_index(
        op.f("ix_lead_score_factor_tenant_id_lead_id_id"),
        "lead_score_factor",
        ["tenant_id", "lead_id", "id"],
        unique=False,
    )
    op.create_table(
        "quote_line",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("sku", columns.Words(), nullable=True),
        sa.Column("description", columns.Words(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("discount_rate", sa.BigInteger(), nullable=False),
        sa.Column("tax_rate", sa.BigInteger(), nullable=False),
        sa.Column("quote_id", columns.Identifier(), nullable=False),
        sa.Column("unit_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("unit_price_currency", columns.Words(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_currency", columns.Words(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_currency", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("discount_rate BETWEEN 0 AND 10000", name=op.f("ck_quote_line_discount_rate")),
        sa.CheckConstraint("tax_rate BETWEEN 0 AND 10000", name=op.f("ck_quote_line_tax_rate")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "quote_id"], ["quote.tenant_id", "quote.id"], name=op.f("fk_quote_line_tenant_id_quote_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_quote_line")),
        sa.UniqueConstraint(
            "tenant_id", "quote_id", "position", name=op.f("uq_quote_line_tenant_id_quote_id_position")
        ),
    )
    op.create_index(
        op.f("ix_quote_line_tenant_id_quote_id_id"), "quote_line", ["tenant_id", "quote_id", "id"], unique=False
    )
    tenant_table(op, "exchange_rate")
    tenant_table(op, "forecast_snapshot", append_only=True)
    tenant_table(op, "lead_response_target")
    tenant_table(op, "competing_offer", append_only=True)
    erasable_table(op, "competing_offer", columns=["competitor", "opportunity_id", "source"])
    tenant_table(op, "lead")
    tenant_table(op, "quote")
    tenant_table(op, "lead_consent")
    tenant_table(op, "lead_motivator")
    tenant_table(op, "lead_score_factor")
    tenant_table(op, "quote_line")


def downgrade() -> None:
    op.drop_table("quote_line")
    op.drop_table("lead_score_factor")
    op.drop_table("lead_motivator")
    op.drop_table("lead_consent")
    op.drop_table("quote")
    op.drop_table("lead")
    op.drop_table("competing_offer")
    op.drop_table("lead_response_target")
    op.drop_table("forecast_snapshot")
    op.drop_table("exchange_rate")
