"""Profits and measures.

Revision 0018 of patron.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import tenant_table

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("ledger_transaction_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cost_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("cost_currency", columns.Words(), nullable=True))

    op.create_table(
        "acquisition_cost",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("spent_on", columns.Day(), nullable=False),
        sa.Column("source", columns.Words(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_acquisition_cost")),
    )
    op.create_index(
        op.f("ix_acquisition_cost_tenant_id_spent_on_id"),
        "acquisition_cost",
        ["tenant_id", "spent_on", "id"],
        unique=False,
    )
    op.create_table(
        "profit_month",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("month", columns.Day(), nullable=False),
        sa.Column("built_at", columns.UtcTime(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_profit_month")),
        sa.UniqueConstraint("tenant_id", "month", name=op.f("uq_profit_month_tenant_id_month")),
    )
    op.create_table(
        "programme",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("indicator", columns.Words(), nullable=False),
        sa.Column("direction", columns.Words(), nullable=False),
        sa.Column("baseline_from", columns.Day(), nullable=False),
        sa.Column("baseline_to", columns.Day(), nullable=False),
        sa.Column("started_on", columns.Day(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.Column("cost_currency", columns.Words(), nullable=False),
        sa.Column("monthly_cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("monthly_cost_currency", columns.Words(), nullable=True),
        sa.Column("value_of_one_minor", sa.BigInteger(), nullable=True),
        sa.Column("value_of_one_currency", columns.Words(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("direction IN ('UP', 'DOWN')", name=op.f("ck_programme_direction")),
        sa.CheckConstraint("baseline_to > baseline_from", name=op.f("ck_programme_baseline")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_programme")),
    )
    op.create_table(
        "scorecard",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_scorecard")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_scorecard_tenant_id_code")),
    )
    op.create_table(
        "value_model",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("applicable", sa.Boolean(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=False),
        sa.Column("method", columns.Words(), nullable=False),
        sa.Column("sample_size", sa.BigInteger(), nullable=False),
        sa.Column("currency", columns.Words(), nullable=True),
        sa.Column("as_of", columns.Day(), nullable=False),
        sa.Column("horizon_days", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("kind IN ('RFM', 'CLV')", name=op.f("ck_value_model_kind")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_value_model")),
        sa.UniqueConstraint("tenant_id", "kind", name=op.f("uq_value_model_tenant_id_kind")),
    )
    op.create_table(
        "scorecard_objective",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("perspective", columns.Words(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("indicator", columns.Words(), nullable=True),
        sa.Column("target", sa.BigInteger(), nullable=False),
        sa.Column("direction", columns.Words(), nullable=False),
        sa.Column("entered", sa.BigInteger(), nullable=True),
        sa.Column("entered_at", columns.UtcTime(), nullable=True),
        sa.Column("scorecard_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("direction IN ('UP', 'DOWN')", name=op.f("ck_scorecard_objective_direction")),
        sa.CheckConstraint(
            "perspective IN ('FINANCIAL', 'CUSTOMER', 'PROCESS', 'LEARNING')",
            name=op.f("ck_scorecard_objective_perspective"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "scorecard_id"],
            ["scorecard.tenant_id", "scorecard.id"],
            name=op.f("fk_scorecard_objective_tenant_id_scorecard_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_scorecard_objective")),
    )
    op.create_index(
        op.f("ix_scorecard_objective_tenant_id_scorecard_id_id"),
        "scorecard_objective",
        ["tenant_id", "scorecard_id", "id"],
        unique=False,
    )
    op.create_table(
        "value_parameter",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("model_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "model_id"],
            ["value_model.tenant_id", "value_model.id"],
            name=op.f("fk_value_parameter_tenant_id_model_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_value_parameter")),
        sa.UniqueConstraint("tenant_id", "model_id", "name", name=op.f("uq_value_parameter_tenant_id_model_id_name")),
    )
    op.create_index(
        op.f("ix_value_parameter_tenant_id_model_id_id"),
        "value_parameter",
        ["tenant_id", "model_id", "id"],
        unique=False,
    )
    op.create_table(
        "clv_score",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("applicable", sa.Boolean(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=False),
        sa.Column("expected_purchases", sa.BigInteger(), nullable=True),
        sa.Column("alive", sa.BigInteger(), nullable=True),
        sa.Column("purchases", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("model_id", columns.Identifier(), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=True),
        sa.Column("value_currency", columns.Words(), nullable=True),
        sa.Column("expected_spend_minor", sa.BigInteger(), nullable=True),
        sa.Column("expected_spend_currency", columns.Words(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_clv_score_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "model_id"],
            ["value_model.tenant_id", "value_model.id"],
            name=op.f("fk_clv_score_tenant_id_model_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_clv_score")),
        sa.UniqueConstraint("tenant_id", "customer_id", name=op.f("uq_clv_score_tenant_id_customer_id")),
    )
    op.create_index(
        op.f("ix_clv_score_tenant_id_model_id_id"), "clv_score", ["tenant_id", "model_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_clv_score_tenant_id_value_minor_id"), "clv_score", ["tenant_id", "value_minor", "id"], unique=False
    )
    op.create_table(
        "profit_contribution",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("month", columns.Day(), nullable=False),
        sa.Column("granularity", columns.Words(), nullable=False),
        sa.Column("coverage", sa.BigInteger(), nullable=True),
        sa.Column("ledger_rows", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("revenue_minor", sa.BigInteger(), nullable=False),
        sa.Column("revenue_currency", columns.Words(), nullable=False),
        sa.Column("cost_of_goods_minor", sa.BigInteger(), nullable=False),
        sa.Column("cost_of_goods_currency", columns.Words(), nullable=False),
        sa.Column("cost_to_serve_minor", sa.BigInteger(), nullable=False),
        sa.Column("cost_to_serve_currency", columns.Words(), nullable=False),
        sa.Column("contribution_minor", sa.BigInteger(), nullable=False),
        sa.Column("contribution_currency", columns.Words(), nullable=False),
        sa.Column("allocated_minor", sa.BigInteger(), nullable=False),
        sa.Column("allocated_currency", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "granularity IN ('TRANSACTION', 'ALLOCATED', 'ESTIMATED')", name=op.f("ck_profit_contribution_granularity")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_profit_contribution_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_profit_contribution")),
        sa.UniqueConstraint(
            "tenant_id",
            "customer_id",
            "month",
            "revenue_currency",
            name=op.f("uq_profit_contribution_tenant_id_customer_id_month_rev_ce4856a0"),
        ),
    )
    op.create_index(
        op.f("ix_profit_contribution_tenant_id_customer_id_id"),
        "profit_contribution",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_profit_contribution_tenant_id_month_revenue_currency_id"),
        "profit_contribution",
        ["tenant_id", "month", "revenue_currency", "id"],
        unique=False,
    )
    op.create_table(
        "rfm_score",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("applicable", sa.Boolean(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("recency", sa.BigInteger(), nullable=True),
        sa.Column("frequency", sa.BigInteger(), nullable=True),
        sa.Column("monetary", sa.BigInteger(), nullable=True),
        sa.Column("last_purchase_on", columns.Day(), nullable=True),
        sa.Column("purchases", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("model_id", columns.Identifier(), nullable=False),
        sa.Column("spent_minor", sa.BigInteger(), nullable=True),
        sa.Column("spent_currency", columns.Words(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_rfm_score_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "model_id"],
            ["value_model.tenant_id", "value_model.id"],
            name=op.f("fk_rfm_score_tenant_id_model_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_rfm_score")),
        sa.UniqueConstraint("tenant_id", "customer_id", name=op.f("uq_rfm_score_tenant_id_customer_id")),
    )
    op.create_index(
        op.f("ix_rfm_score_tenant_id_model_id_id"), "rfm_score", ["tenant_id", "model_id", "id"], unique=False
    )
    op.create_index(op.f("ix_rfm_score_tenant_id_value_id"), "rfm_score", ["tenant_id", "value", "id"], unique=False)
    tenant_table(op, "acquisition_cost")
    tenant_table(op, "profit_month")
    tenant_table(op, "programme")
    tenant_table(op, "scorecard")
    tenant_table(op, "value_model")
    tenant_table(op, "scorecard_objective")
    tenant_table(op, "value_parameter")
    tenant_table(op, "clv_score")
    tenant_table(op, "profit_contribution")
    tenant_table(op, "rfm_score")


def downgrade() -> None:
    op.drop_table("rfm_score")
    op.drop_table("profit_contribution")
    op.drop_table("clv_score")
    op.drop_table("value_parameter")
    op.drop_table("scorecard_objective")
    op.drop_table("value_model")
    op.drop_table("scorecard")
    op.drop_table("programme")
    op.drop_table("profit_month")
    op.drop_table("acquisition_cost")

    with op.batch_alter_table("ledger_transaction_line", schema=None) as batch_op:
        batch_op.drop_column("cost_currency")
        batch_op.drop_column("cost_minor")
