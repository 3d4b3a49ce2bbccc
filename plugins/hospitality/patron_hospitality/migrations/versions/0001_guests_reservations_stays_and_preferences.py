"""Guests, reservations, stays and preferences.

Revision 0001 of hospitality.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import tenant_table

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hospitality_property",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("timezone", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_hospitality_property")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_hospitality_property_tenant_id_code")),
    )
    op.create_table(
        "hospitality_room_type",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("name", columns.Words(), nullable=True),
        sa.Column("property_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "property_id"],
            ["hospitality_property.tenant_id", "hospitality_property.id"],
            name=op.f("fk_hospitality_room_type_tenant_id_property_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_hospitality_room_type")),
        sa.UniqueConstraint(
            "tenant_id", "property_id", "code", name=op.f("uq_hospitality_room_type_tenant_id_property_id_code")
        ),
    )
    op.create_index(
        op.f("ix_hospitality_room_type_tenant_id_property_id_id"),
        "hospitality_room_type",
        ["tenant_id", "property_id", "id"],
        unique=False,
    )
    op.create_table(
        "hospitality_guest",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("country", columns.Words(), nullable=True),
        sa.Column("pseudonymous", sa.Boolean(), nullable=False),
        sa.Column("repeat_since", columns.Day(), nullable=True),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("blocked_reason", columns.Words(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_hospitality_guest_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_hospitality_guest")),
        sa.UniqueConstraint("tenant_id", "customer_id", name=op.f("uq_hospitality_guest_tenant_id_customer_id")),
    )
    op.create_index(
        op.f("ix_hospitality_guest_tenant_id_repeat_since_id"),
        "hospitality_guest",
        ["tenant_id", "repeat_since", "id"],
        unique=False,
    )
    op.create_table(
        "hospitality_guest_preference",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("category", columns.Words(), nullable=False),
        sa.Column("value", columns.Words(), nullable=False),
        sa.Column("scope", columns.Words(), nullable=False),
        sa.Column("origin", columns.Words(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("recorded_at", columns.UtcTime(), nullable=False),
        sa.Column("agreeing_stays", sa.BigInteger(), nullable=True),
        sa.Column("considered_stays", sa.BigInteger(), nullable=True),
        sa.Column("guest_id", columns.Identifier(), nullable=False),
        sa.Column("property_id", columns.Identifier(), nullable=True),
        sa.Column("settled_by_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "(scope = 'GLOBAL') = (property_id IS NULL)", name=op.f("ck_hospitality_guest_preference_scope_place")
        ),
        sa.CheckConstraint(
            "category IN ('ROOM', 'BED', 'PILLOW', 'FLOOR', 'VIEW', 'TEMPERATURE', 'MEAL')",
            name=op.f("ck_hospitality_guest_preference_category"),
        ),
        sa.CheckConstraint(
            "origin IN ('EXPLICIT', 'INFERRED', 'IMPORTED')", name=op.f("ck_hospitality_guest_preference_origin")
        ),
        sa.CheckConstraint("scope IN ('GLOBAL', 'PROPERTY')", name=op.f("ck_hospitality_guest_preference_scope")),
        sa.CheckConstraint(
            "status IN ('ACTIVE', 'AGREES', 'OVERRULED', 'ENDED')", name=op.f("ck_hospitality_guest_preference_status")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "guest_id"],
            ["hospitality_guest.tenant_id", "hospitality_guest.id"],
            name=op.f("fk_hospitality_guest_preference_tenant_id_guest_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "property_id"],
            ["hospitality_property.tenant_id", "hospitality_property.id"],
            name=op.f("fk_hospitality_guest_preference_tenant_id_property_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "settled_by_id"],
            ["hospitality_guest_preference.tenant_id", "hospitality_guest_preference.id"],
            name=op.f("fk_hospitality_guest_preference_tenant_id_settled_by_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_hospitality_guest_preference")),
    )
    op.create_index(
        op.f("ix_hospitality_guest_preference_tenant_id_guest_id_id"),
        "hospitality_guest_preference",
        ["tenant_id", "guest_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_hospitality_guest_preference_tenant_id_property_id_id"),
        "hospitality_guest_preference",
        ["tenant_id", "property_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_hospitality_guest_preference_tenant_id_settled_by_id_id"),
        "hospitality_guest_preference",
        ["tenant_id", "settled_by_id", "id"],
        unique=False,
    )
    op.create_index(
        "uq_hospitality_guest_preference_global",
        "hospitality_guest_preference",
        ["tenant_id", "guest_id", "category"],
        unique=True,
        sqlite_where=sa.text("status = 'ACTIVE' AND property_id IS NULL"),
        postgresql_where=sa.text("status = 'ACTIVE' AND property_id IS NULL"),
    )
    op.create_index(
        "uq_hospitality_guest_preference_property",
        "hospitality_guest_preference",
        ["tenant_id", "guest_id", "category", "property_id"],
        unique=True,
        sqlite_where=sa.text("status = 'ACTIVE' AND property_id IS NOT NULL"),
        postgresql_where=sa.text("status = 'ACTIVE' AND property_id IS NOT NULL"),
    )
    op.create_table(
        "hospitality_reservation",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("status_on", columns.Day(), nullable=True),
        sa.Column("booked_at", columns.UtcTime(), nullable=False),
        sa.Column("arrival", columns.Day(), nullable=False),
        sa.Column("departure", columns.Day(), nullable=False),
        sa.Column("nights", sa.BigInteger(), nullable=False),
        sa.Column("adults", sa.BigInteger(), nullable=False),
        sa.Column("children", sa.BigInteger(), nullable=True),
        sa.Column("babies", sa.BigInteger(), nullable=True),
        sa.Column("meal", columns.Words(), nullable=True),
        sa.Column("room", columns.Words(), nullable=True),
        sa.Column("market_segment", columns.Words(), nullable=True),
        sa.Column("distribution_channel", columns.Words(), nullable=True),
        sa.Column("special_requests", sa.BigInteger(), nullable=False),
        sa.Column("source", columns.Words(), nullable=True),
        sa.Column("source_key", columns.Words(), nullable=True),
        sa.Column("guest_id", columns.Identifier(), nullable=False),
        sa.Column("property_id", columns.Identifier(), nullable=False),
        sa.Column("rate_minor", sa.BigInteger(), nullable=True),
        sa.Column("rate_currency", columns.Words(), nullable=True),
        sa.Column("reserved_room_type_id", columns.Identifier(), nullable=True),
        sa.Column("assigned_room_type_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "distribution_channel IN ('DIRECT', 'CORPORATE', 'AGENT', 'GDS')",
            name=op.f("ck_hospitality_reservation_distribution_channel"),
        ),
        sa.CheckConstraint(
            "market_segment IN ('DIRECT', 'CORPORATE', 'ONLINE_AGENT', 'OFFLINE_AGENT', 'GROUPS', 'COMPLEMENTARY', 'AVIATION')",
            name=op.f("ck_hospitality_reservation_market_segment"),
        ),
        sa.CheckConstraint("meal IN ('BB', 'HB', 'FB', 'SC')", name=op.f("ck_hospitality_reservation_meal")),
        sa.CheckConstraint(
            "status IN ('INQUIRED', 'CONFIRMED', 'IN_HOUSE', 'CHECKED_OUT', 'CANCELLED', 'NO_SHOW')",
            name=op.f("ck_hospitality_reservation_status"),
        ),
        sa.CheckConstraint("nights >= 0 AND departure >= arrival", name=op.f("ck_hospitality_reservation_dates")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "assigned_room_type_id"],
            ["hospitality_room_type.tenant_id", "hospitality_room_type.id"],
            name=op.f("fk_hospitality_reservation_tenant_id_assigned_room_type_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "guest_id"],
            ["hospitality_guest.tenant_id", "hospitality_guest.id"],
            name=op.f("fk_hospitality_reservation_tenant_id_guest_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "property_id"],
            ["hospitality_property.tenant_id", "hospitality_property.id"],
            name=op.f("fk_hospitality_reservation_tenant_id_property_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reserved_room_type_id"],
            ["hospitality_room_type.tenant_id", "hospitality_room_type.id"],
            name=op.f("fk_hospitality_reservation_tenant_id_reserved_room_type_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_hospitality_reservation")),
        sa.UniqueConstraint(
            "tenant_id", "source", "source_key", name=op.f("uq_hospitality_reservation_tenant_id_source_source_key")
        ),
    )
    op.create_index(
        op.f("ix_hospitality_reservation_tenant_id_arrival_id"),
        "hospitality_reservation",
        ["tenant_id", "arrival", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_hospitality_reservation_tenant_id_assigned_room_type_id_id"),
        "hospitality_reservation",
        ["tenant_id", "assigned_room_type_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_hospitality_reservation_tenant_id_departure_id"),
        "hospitality_reservation",
        ["tenant_id", "departure", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_hospitality_reservation_tenant_id_guest_id_id"),
        "hospitality_reservation",
        ["tenant_id", "guest_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_hospitality_reservation_tenant_id_property_id_arrival_id"),
        "hospitality_reservation",
        ["tenant_id", "property_id", "arrival", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_hospitality_reservation_tenant_id_property_id_id"),
        "hospitality_reservation",
        ["tenant_id", "property_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_hospitality_reservation_tenant_id_reserved_room_type_id_id"),
        "hospitality_reservation",
        ["tenant_id", "reserved_room_type_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_hospitality_reservation_tenant_id_status_arrival_id"),
        "hospitality_reservation",
        ["tenant_id", "status", "arrival", "id"],
        unique=False,
    )
    op.create_table(
        "hospitality_room_night",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("room", columns.Words(), nullable=False),
        sa.Column("night", columns.Day(), nullable=False),
        sa.Column("reservation_id", columns.Identifier(), nullable=False),
        sa.Column("property_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "property_id"],
            ["hospitality_property.tenant_id", "hospitality_property.id"],
            name=op.f("fk_hospitality_room_night_tenant_id_property_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reservation_id"],
            ["hospitality_reservation.tenant_id", "hospitality_reservation.id"],
            name=op.f("fk_hospitality_room_night_tenant_id_reservation_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_hospitality_room_night")),
        sa.UniqueConstraint(
            "tenant_id",
            "property_id",
            "room",
            "night",
            name=op.f("uq_hospitality_room_night_tenant_id_property_id_room_night"),
        ),
    )
    op.create_index(
        op.f("ix_hospitality_room_night_tenant_id_property_id_id"),
        "hospitality_room_night",
        ["tenant_id", "property_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_hospitality_room_night_tenant_id_reservation_id_id"),
        "hospitality_room_night",
        ["tenant_id", "reservation_id", "id"],
        unique=False,
    )
    op.create_table(
        "hospitality_stay",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("check_in", columns.Day(), nullable=False),
        sa.Column("check_out", columns.Day(), nullable=True),
        sa.Column("nights", sa.BigInteger(), nullable=True),
        sa.Column("room", columns.Words(), nullable=True),
        sa.Column("guest_id", columns.Identifier(), nullable=False),
        sa.Column("reservation_id", columns.Identifier(), nullable=False),
        sa.Column("property_id", columns.Identifier(), nullable=False),
        sa.Column("room_type_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("check_out IS NULL OR check_out >= check_in", name=op.f("ck_hospitality_stay_dates")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "guest_id"],
            ["hospitality_guest.tenant_id", "hospitality_guest.id"],
            name=op.f("fk_hospitality_stay_tenant_id_guest_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "property_id"],
            ["hospitality_property.tenant_id", "hospitality_property.id"],
            name=op.f("fk_hospitality_stay_tenant_id_property_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reservation_id"],
            ["hospitality_reservation.tenant_id", "hospitality_reservation.id"],
            name=op.f("fk_hospitality_stay_tenant_id_reservation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "room_type_id"],
            ["hospitality_room_type.tenant_id", "hospitality_room_type.id"],
            name=op.f("fk_hospitality_stay_tenant_id_room_type_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_hospitality_stay")),
        sa.UniqueConstraint("tenant_id", "reservation_id", name=op.f("uq_hospitality_stay_tenant_id_reservation_id")),
    )
    op.create_index(
        op.f("ix_hospitality_stay_tenant_id_check_in_id"),
        "hospitality_stay",
        ["tenant_id", "check_in", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_hospitality_stay_tenant_id_check_out_id"),
        "hospitality_stay",
        ["tenant_id", "check_out", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_hospitality_stay_tenant_id_guest_id_id"),
        "hospitality_stay",
        ["tenant_id", "guest_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_hospitality_stay_tenant_id_property_id_id"),
        "hospitality_stay",
        ["tenant_id", "property_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_hospitality_stay_tenant_id_room_type_id_id"),
        "hospitality_stay",
        ["tenant_id", "room_type_id", "id"],
        unique=False,
    )
    tenant_table(op, "hospitality_property")
    tenant_table(op, "hospitality_room_type")
    tenant_table(op, "hospitality_guest")
    tenant_table(op, "hospitality_guest_preference")
    tenant_table(op, "hospitality_reservation")
    tenant_table(op, "hospitality_room_night")
    tenant_table(op, "hospitality_stay")


def downgrade() -> None:
    op.drop_table("hospitality_stay")
    op.drop_table("hospitality_room_night")
    op.drop_table("hospitality_reservation")
    op.drop_table("hospitality_guest_preference")
    op.drop_table("hospitality_guest")
    op.drop_table("hospitality_room_type")
    op.drop_table("hospitality_property")
