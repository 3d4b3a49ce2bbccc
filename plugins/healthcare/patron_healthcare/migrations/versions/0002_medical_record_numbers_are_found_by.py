"""Medical record numbers are found by keyed hashes.

Revision 0002 of healthcare.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("healthcare_patient", schema=None) as batch_op:
        batch_op.add_column(sa.Column("medical_record_number_bidx", columns.Words(), nullable=True))
        batch_op.drop_index(batch_op.f("ix_healthcare_patient_tenant_id_medical_record_number_id"))
        batch_op.drop_constraint(batch_op.f("uq_healthcare_patient_medical_record"), type_="unique")
        batch_op.create_unique_constraint(
            "uq_healthcare_patient_medical_record", ["tenant_id", "medical_record_system", "medical_record_number_bidx"]
        )
        batch_op.create_index(
            batch_op.f("ix_healthcare_patient_tenant_id_medical_record_number_bidx_id"),
            ["tenant_id", "medical_record_number_bidx", "id"],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("healthcare_patient", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_healthcare_patient_tenant_id_medical_record_number_bidx_id"))
        batch_op.drop_constraint("uq_healthcare_patient_medical_record", type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_healthcare_patient_medical_record"),
            ["tenant_id", "medical_record_system", "medical_record_number"],
        )
        batch_op.create_index(
            batch_op.f("ix_healthcare_patient_tenant_id_medical_record_number_id"),
            ["tenant_id", "medical_record_number", "id"],
            unique=False,
        )
        batch_op.drop_column("medical_record_number_bidx")
