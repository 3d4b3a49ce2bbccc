"""Roles, issuers of tokens and agreements.

Revision 0002 of patron.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import tenant_table

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_role",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("description", columns.Words(), nullable=False),
        sa.Column("scopes", columns.Words(), nullable=False),
        sa.Column("grants", columns.Json(), nullable=False),
        sa.Column("rows", columns.Words(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_access_role")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_access_role_tenant_id_name")),
    )
    op.create_table(
        "token_epoch",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("subject", columns.Words(), nullable=False),
        sa.Column("signed_out_at", columns.UtcTime(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_token_epoch")),
        sa.UniqueConstraint("tenant_id", "subject", name=op.f("uq_token_epoch_tenant_id_subject")),
    )
    op.create_table(
        "sharing_agreement",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.Column("partner_id", columns.Identifier(), nullable=False),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("validity_from", columns.UtcTime(), nullable=True),
        sa.Column("validity_to", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_sharing_agreement_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "partner_id"],
            ["party.tenant_id", "party.id"],
            name=op.f("fk_sharing_agreement_tenant_id_partner_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sharing_agreement")),
    )
    op.create_index(
        op.f("ix_sharing_agreement_tenant_id_customer_id_id"),
        "sharing_agreement",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sharing_agreement_tenant_id_partner_id_id"),
        "sharing_agreement",
        ["tenant_id", "partner_id", "id"],
        unique=False,
    )
    with op.batch_alter_table("api_key") as batch_op:
        batch_op.add_column(sa.Column("purposes", columns.Words(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("networks", columns.Words(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("last_used_at", columns.UtcTime(), nullable=True))
        batch_op.add_column(sa.Column("previous_sha256", columns.Words(), nullable=True))
        batch_op.add_column(sa.Column("previous_until", columns.UtcTime(), nullable=True))
        batch_op.add_column(sa.Column("acts_as", columns.Words(), nullable=True))
        batch_op.add_column(sa.Column("impersonator", columns.Words(), nullable=True))
        batch_op.add_column(sa.Column("reason", columns.Words(), nullable=True))
        batch_op.add_column(sa.Column("party_id", columns.Identifier(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_api_key_tenant_id_party_id"), "party", ["tenant_id", "party_id"], ["tenant_id", "id"]
        )
    with op.batch_alter_table("api_key") as batch_op:  # the default was for the keys there are
        batch_op.alter_column("purposes", server_default=None)
        batch_op.alter_column("networks", server_default=None)
    op.create_index(op.f("ix_api_key_tenant_id_party_id_id"), "api_key", ["tenant_id", "party_id", "id"], unique=False)
    tenant_table(op, "access_role")
    tenant_table(op, "token_epoch")
    tenant_table(op, "sharing_agreement")


def downgrade() -> None:
    op.drop_index(op.f("ix_api_key_tenant_id_party_id_id"), table_name="api_key")
    with op.batch_alter_table("api_key") as batch_op:
        batch_op.drop_constraint(op.f("fk_api_key_tenant_id_party_id"), type_="foreignkey")
        for name in (
            "party_id",
            "reason",
            "impersonator",
            "acts_as",
            "previous_until",
            "previous_sha256",
            "last_used_at",
            "networks",
            "purposes",
        ):
            batch_op.drop_column(name)
    op.drop_table("sharing_agreement")
    op.drop_table("token_epoch")
    op.drop_table("access_role")
