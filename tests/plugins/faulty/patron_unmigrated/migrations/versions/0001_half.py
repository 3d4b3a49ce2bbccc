"""A table, and then a mistake.

Revision 0001 of unmigrated.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("unmigrated_half", sa.Column("id", sa.BigInteger(), primary_key=True))
    op.execute("ALTER TABLE nowhere_to_be_found ADD COLUMN canary_4711 integer")


def downgrade() -> None:
    op.drop_table("unmigrated_half")
