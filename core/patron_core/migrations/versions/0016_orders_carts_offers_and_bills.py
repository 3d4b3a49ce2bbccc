"""Products, orders, carts, offers and bills.

Revision 0016 of patron.
"""

import sqlalchemy as sa
from alembic import op

from patron_core import columns
from patron_core.migrations.tables import erasable_table, tenant_table

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "price_list",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_price_list")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_price_list_tenant_id_code")),
    )
    op.create_table(
        "product",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("sku", columns.Words(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("category", columns.Words(), nullable=True),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("unit_cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("unit_cost_currency", columns.Words(), nullable=True),
        sa.Column("validity_from", columns.UtcTime(), nullable=True),
        sa.Column("validity_to", columns.UtcTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("kind IN ('GOODS', 'SERVICE')", name=op.f("ck_product_kind")),
        sa.CheckConstraint("unit_cost_minor IS NULL OR unit_cost_minor >= 0", name=op.f("ck_product_unit_cost_minor")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_product")),
        sa.UniqueConstraint("tenant_id", "sku", name=op.f("uq_product_tenant_id_sku")),
    )
    op.create_index(op.f("ix_product_tenant_id_category_id"), "product", ["tenant_id", "category", "id"], unique=False)
    op.create_table(
        "product_price",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("product_id", columns.Identifier(), nullable=False),
        sa.Column("price_list_id", columns.Identifier(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", columns.Words(), nullable=False),
        sa.Column("validity_from", columns.UtcTime(), nullable=True),
        sa.Column("validity_to", columns.UtcTime(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_product_price_amount_minor")),
        sa.CheckConstraint(
            "validity_to IS NULL OR validity_from < validity_to", name=op.f("ck_product_price_validity")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "price_list_id"],
            ["price_list.tenant_id", "price_list.id"],
            name=op.f("fk_product_price_tenant_id_price_list_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["product.tenant_id", "product.id"],
            name=op.f("fk_product_price_tenant_id_product_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_product_price")),
        sa.UniqueConstraint(
            "tenant_id",
            "product_id",
            "price_list_id",
            "amount_currency",
            "validity_from",
            name=op.f("uq_product_price_tenant_id_product_id_price_list_id_am_b9e34242"),
        ),
    )
    op.create_index(
        op.f("ix_product_price_tenant_id_price_list_id_id"),
        "product_price",
        ["tenant_id", "price_list_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_product_price_tenant_id_product_id_id"),
        "product_price",
        ["tenant_id", "product_id", "id"],
        unique=False,
    )
    op.create_table(
        "payment",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("received_on", columns.Day(), nullable=False),
        sa.Column("method", columns.Words(), nullable=False),
        sa.Column("remittance", columns.Words(), nullable=True),
        sa.Column("source", columns.Words(), nullable=True),
        sa.Column("source_key", columns.Words(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", columns.Words(), nullable=False),
        sa.Column("allocated_minor", sa.BigInteger(), nullable=False),
        sa.Column("allocated_currency", columns.Words(), nullable=False),
        sa.Column("unallocated_minor", sa.BigInteger(), nullable=False),
        sa.Column("unallocated_currency", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "method IN ('TRANSFER', 'DIRECT_DEBIT', 'CARD', 'CASH', 'OTHER')", name=op.f("ck_payment_method")
        ),
        sa.CheckConstraint("amount_minor = allocated_minor + unallocated_minor", name=op.f("ck_payment_unallocated")),
        sa.CheckConstraint(
            "amount_minor > 0 AND allocated_minor >= 0 AND unallocated_minor >= 0", name=op.f("ck_payment_amounts")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_payment_tenant_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_payment")),
        sa.UniqueConstraint("tenant_id", "source", "source_key", name=op.f("uq_payment_tenant_id_source_source_key")),
    )
    op.create_index(
        op.f("ix_payment_tenant_id_customer_id_id"), "payment", ["tenant_id", "customer_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_payment_tenant_id_received_on_id"), "payment", ["tenant_id", "received_on", "id"], unique=False
    )
    op.create_table(
        "customer_order",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("number", columns.Words(), nullable=False),
        sa.Column("channel", columns.Words(), nullable=True),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("placed_at", columns.UtcTime(), nullable=True),
        sa.Column("fulfilled_at", columns.UtcTime(), nullable=True),
        sa.Column("source", columns.Words(), nullable=True),
        sa.Column("source_key", columns.Words(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("subtotal_minor", sa.BigInteger(), nullable=False),
        sa.Column("subtotal_currency", columns.Words(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("discount_currency", columns.Words(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_currency", columns.Words(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_currency", columns.Words(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_currency", columns.Words(), nullable=False),
        sa.Column("sale_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('WEB', 'STORE', 'PHONE', 'EMAIL', 'MAIL', 'CHAT', 'SOCIAL', 'FIELD', 'PARTNER')",
            name=op.f("ck_customer_order_channel"),
        ),
        sa.CheckConstraint(
            "status IN ('DRAFT', 'PLACED', 'PAID', 'FULFILLED', 'CLOSED', 'CANCELLED', 'RETURNED')",
            name=op.f("ck_customer_order_status"),
        ),
        sa.CheckConstraint("refunded_minor >= 0", name=op.f("ck_customer_order_refunded")),
        sa.CheckConstraint(
            "total_minor = subtotal_minor - discount_minor + tax_minor", name=op.f("ck_customer_order_total")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_customer_order_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sale_id"],
            ["ledger_transaction.tenant_id", "ledger_transaction.id"],
            name=op.f("fk_customer_order_tenant_id_sale_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_customer_order")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_customer_order_tenant_id_number")),
        sa.UniqueConstraint("tenant_id", "sale_id", name=op.f("uq_customer_order_tenant_id_sale_id")),
        sa.UniqueConstraint(
            "tenant_id", "source", "source_key", name=op.f("uq_customer_order_tenant_id_source_source_key")
        ),
    )
    op.create_index(
        op.f("ix_customer_order_tenant_id_customer_id_id"),
        "customer_order",
        ["tenant_id", "customer_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_customer_order_tenant_id_status_placed_at_id"),
        "customer_order",
        ["tenant_id", "status", "placed_at", "id"],
        unique=False,
    )
    op.create_table(
        "cart",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("channel", columns.Words(), nullable=True),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("line_count", sa.BigInteger(), nullable=False),
        sa.Column("last_activity_at", columns.UtcTime(), nullable=False),
        sa.Column("abandon_after_minutes", sa.BigInteger(), nullable=False),
        sa.Column("abandons_at", columns.UtcTime(), nullable=False),
        sa.Column("abandoned_at", columns.UtcTime(), nullable=True),
        sa.Column("recovered_at", columns.UtcTime(), nullable=True),
        sa.Column("converted_at", columns.UtcTime(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=True),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_currency", columns.Words(), nullable=False),
        sa.Column("order_id", columns.Identifier(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("(status = 'CONVERTED') = (order_id IS NOT NULL)", name=op.f("ck_cart_converted")),
        sa.CheckConstraint(
            "channel IN ('WEB', 'STORE', 'PHONE', 'EMAIL', 'MAIL', 'CHAT', 'SOCIAL', 'FIELD', 'PARTNER')",
            name=op.f("ck_cart_channel"),
        ),
        sa.CheckConstraint("status IN ('OPEN', 'ABANDONED', 'CONVERTED', 'EXPIRED')", name=op.f("ck_cart_status")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_cart_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"],
            ["customer_order.tenant_id", "customer_order.id"],
            name=op.f("fk_cart_tenant_id_order_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_cart")),
        sa.UniqueConstraint("tenant_id", "order_id", name=op.f("uq_cart_tenant_id_order_id")),
    )
    op.create_index(op.f("ix_cart_tenant_id_customer_id_id"), "cart", ["tenant_id", "customer_id", "id"], unique=False)
    op.create_index(
        op.f("ix_cart_tenant_id_status_abandons_at_id"),
        "cart",
        ["tenant_id", "status", "abandons_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_cart_tenant_id_abandons_at_id"), "cart", ["tenant_id", "abandons_at", "id"], unique=False)
    op.create_table(
        "customer_order_line",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("sku", columns.Words(), nullable=True),
        sa.Column("description", columns.Words(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.BigInteger(), nullable=False),
        sa.Column("order_id", columns.Identifier(), nullable=False),
        sa.Column("product_id", columns.Identifier(), nullable=True),
        sa.Column("unit_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("unit_price_currency", columns.Words(), nullable=False),
        sa.Column("unit_cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("unit_cost_currency", columns.Words(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", columns.Words(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("discount_currency", columns.Words(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_currency", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "quantity > 0 AND returned >= 0 AND returned <= quantity", name=op.f("ck_customer_order_line_returned")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"],
            ["customer_order.tenant_id", "customer_order.id"],
            name=op.f("fk_customer_order_line_tenant_id_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["product.tenant_id", "product.id"],
            name=op.f("fk_customer_order_line_tenant_id_product_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_customer_order_line")),
        sa.UniqueConstraint(
            "tenant_id", "order_id", "number", name=op.f("uq_customer_order_line_tenant_id_order_id_number")
        ),
    )
    op.create_index(
        op.f("ix_customer_order_line_tenant_id_order_id_id"),
        "customer_order_line",
        ["tenant_id", "order_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_customer_order_line_tenant_id_product_id_id"),
        "customer_order_line",
        ["tenant_id", "product_id", "id"],
        unique=False,
    )
    op.create_table(
        "customer_order_return",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=True),
        sa.Column("order_id", columns.Identifier(), nullable=False),
        sa.Column("refund_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"],
            ["customer_order.tenant_id", "customer_order.id"],
            name=op.f("fk_customer_order_return_tenant_id_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "refund_id"],
            ["ledger_transaction.tenant_id", "ledger_transaction.id"],
            name=op.f("fk_customer_order_return_tenant_id_refund_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_customer_order_return")),
        sa.UniqueConstraint("tenant_id", "refund_id", name=op.f("uq_customer_order_return_tenant_id_refund_id")),
    )
    op.create_index(
        op.f("ix_customer_order_return_tenant_id_occurred_at_id"),
        "customer_order_return",
        ["tenant_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_customer_order_return_tenant_id_order_id_id"),
        "customer_order_return",
        ["tenant_id", "order_id", "id"],
        unique=False,
    )
    op.create_table(
        "customer_order_status_change",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("from_status", columns.Words(), nullable=True),
        sa.Column("to_status", columns.Words(), nullable=False),
        sa.Column("occurred_at", columns.UtcTime(), nullable=False),
        sa.Column("changed_by", columns.Words(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=True),
        sa.Column("order_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "from_status IN ('DRAFT', 'PLACED', 'PAID', 'FULFILLED', 'CLOSED', 'CANCELLED', 'RETURNED')",
            name=op.f("ck_customer_order_status_change_from_status"),
        ),
        sa.CheckConstraint(
            "to_status IN ('DRAFT', 'PLACED', 'PAID', 'FULFILLED', 'CLOSED', 'CANCELLED', 'RETURNED')",
            name=op.f("ck_customer_order_status_change_to_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"],
            ["customer_order.tenant_id", "customer_order.id"],
            name=op.f("fk_customer_order_status_change_tenant_id_order_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_customer_order_status_change")),
    )
    op.create_index(
        op.f("ix_customer_order_status_change_tenant_id_occurred_at_id"),
        "customer_order_status_change",
        ["tenant_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_customer_order_status_change_tenant_id_order_id_id"),
        "customer_order_status_change",
        ["tenant_id", "order_id", "id"],
        unique=False,
    )
    op.create_table(
        "invoice",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("number", columns.Words(), nullable=False),
        sa.Column("issued_on", columns.Day(), nullable=False),
        sa.Column("due_on", columns.Day(), nullable=False),
        sa.Column("status", columns.Words(), nullable=False),
        sa.Column("paid_on", columns.Day(), nullable=True),
        sa.Column("overdue_at", columns.UtcTime(), nullable=True),
        sa.Column("void_reason", columns.Words(), nullable=True),
        sa.Column("source", columns.Words(), nullable=True),
        sa.Column("source_key", columns.Words(), nullable=True),
        sa.Column("customer_id", columns.Identifier(), nullable=False),
        sa.Column("order_id", columns.Identifier(), nullable=True),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_currency", columns.Words(), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_currency", columns.Words(), nullable=False),
        sa.Column("outstanding_minor", sa.BigInteger(), nullable=False),
        sa.Column("outstanding_currency", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "status = 'VOID' OR total_minor = paid_minor + outstanding_minor", name=op.f("ck_invoice_outstanding")
        ),
        sa.CheckConstraint("status IN ('OPEN', 'PARTLY_PAID', 'PAID', 'VOID')", name=op.f("ck_invoice_status")),
        sa.CheckConstraint("issued_on <= due_on", name=op.f("ck_invoice_due_on")),
        sa.CheckConstraint(
            "total_minor >= 0 AND paid_minor >= 0 AND outstanding_minor >= 0", name=op.f("ck_invoice_amounts")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "customer_id"],
            ["customer.tenant_id", "customer.id"],
            name=op.f("fk_invoice_tenant_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"],
            ["customer_order.tenant_id", "customer_order.id"],
            name=op.f("fk_invoice_tenant_id_order_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_invoice_tenant_id_number")),
        sa.UniqueConstraint("tenant_id", "source", "source_key", name=op.f("uq_invoice_tenant_id_source_source_key")),
    )
    op.create_index(
        op.f("ix_invoice_tenant_id_customer_id_id"), "invoice", ["tenant_id", "customer_id", "id"], unique=False
    )
    op.create_index(op.f("ix_invoice_tenant_id_order_id_id"), "invoice", ["tenant_id", "order_id", "id"], unique=False)
    op.create_index(
        op.f("ix_invoice_tenant_id_status_due_on_id"), "invoice", ["tenant_id", "status", "due_on", "id"], unique=False
    )
    op.create_index(op.f("ix_invoice_tenant_id_due_on_id"), "invoice", ["tenant_id", "due_on", "id"], unique=False)
    op.create_table(
        "cart_line",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("sku", columns.Words(), nullable=False),
        sa.Column("description", columns.Words(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("cart_id", columns.Identifier(), nullable=False),
        sa.Column("product_id", columns.Identifier(), nullable=True),
        sa.Column("unit_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("unit_price_currency", columns.Words(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_cart_line_quantity")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "cart_id"], ["cart.tenant_id", "cart.id"], name=op.f("fk_cart_line_tenant_id_cart_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["product.tenant_id", "product.id"],
            name=op.f("fk_cart_line_tenant_id_product_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_cart_line")),
        sa.UniqueConstraint("tenant_id", "cart_id", "sku", name=op.f("uq_cart_line_tenant_id_cart_id_sku")),
    )
    op.create_index(
        op.f("ix_cart_line_tenant_id_cart_id_id"), "cart_line", ["tenant_id", "cart_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_cart_line_tenant_id_product_id_id"), "cart_line", ["tenant_id", "product_id", "id"], unique=False
    )
    op.create_table(
        "customer_order_return_line",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("order_return_id", columns.Identifier(), nullable=False),
        sa.Column("line_id", columns.Identifier(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "line_id"],
            ["customer_order_line.tenant_id", "customer_order_line.id"],
            name=op.f("fk_customer_order_return_line_tenant_id_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_return_id"],
            ["customer_order_return.tenant_id", "customer_order_return.id"],
            name=op.f("fk_customer_order_return_line_tenant_id_order_return_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_customer_order_return_line")),
        sa.UniqueConstraint(
            "tenant_id",
            "order_return_id",
            "line_id",
            name=op.f("uq_customer_order_return_line_tenant_id_order_return_id_line_id"),
        ),
    )
    op.create_index(
        op.f("ix_customer_order_return_line_tenant_id_line_id_id"),
        "customer_order_return_line",
        ["tenant_id", "line_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_customer_order_return_line_tenant_id_order_return_id_id"),
        "customer_order_return_line",
        ["tenant_id", "order_return_id", "id"],
        unique=False,
    )
    op.create_table(
        "payment_allocation",
        sa.Column("tenant_id", columns.Identifier(), nullable=False),
        sa.Column("id", columns.Identifier(), nullable=False),
        sa.Column("payment_id", columns.Identifier(), nullable=False),
        sa.Column("invoice_id", columns.Identifier(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", columns.Words(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("updated_at", columns.UtcTime(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payment_allocation_amount_minor")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoice.tenant_id", "invoice.id"],
            name=op.f("fk_payment_allocation_tenant_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "payment_id"],
            ["payment.tenant_id", "payment.id"],
            name=op.f("fk_payment_allocation_tenant_id_payment_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_payment_allocation")),
    )
    op.create_index(
        op.f("ix_payment_allocation_tenant_id_invoice_id_id"),
        "payment_allocation",
        ["tenant_id", "invoice_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_payment_allocation_tenant_id_payment_id_id"),
        "payment_allocation",
        ["tenant_id", "payment_id", "id"],
        unique=False,
    )
    with op.batch_alter_table("ledger_transaction", schema=None) as batch_op:
        batch_op.add_column(sa.Column("margin_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("margin_currency", columns.Words(), nullable=True))

    with op.batch_alter_table("ledger_transaction_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("margin_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("margin_currency", columns.Words(), nullable=True))

    tenant_table(op, "price_list")
    tenant_table(op, "product")
    tenant_table(op, "product_price")
    tenant_table(op, "payment")
    tenant_table(op, "customer_order")
    tenant_table(op, "cart")
    tenant_table(op, "customer_order_line")
    tenant_table(op, "customer_order_return", append_only=True)
    erasable_table(op, "customer_order_return", columns=["order_id", "reason", "refund_id"])
    tenant_table(op, "customer_order_status_change", append_only=True)
    erasable_table(op, "customer_order_status_change", columns=["changed_by", "order_id", "reason"])
    tenant_table(op, "invoice")
    tenant_table(op, "cart_line")
    tenant_table(op, "customer_order_return_line", append_only=True)
    erasable_table(op, "customer_order_return_line", columns=["line_id", "order_return_id"])
    tenant_table(op, "payment_allocation", append_only=True)
    erasable_table(op, "payment_allocation", columns=["invoice_id", "payment_id"])


def downgrade() -> None:
    with op.batch_alter_table("ledger_transaction_line", schema=None) as batch_op:
        batch_op.drop_column("margin_currency")
        batch_op.drop_column("margin_minor")

    with op.batch_alter_table("ledger_transaction", schema=None) as batch_op:
        batch_op.drop_column("margin_currency")
        batch_op.drop_column("margin_minor")

    op.drop_table("payment_allocation")
    op.drop_table("customer_order_return_line")
    op.drop_table("cart_line")
    op.drop_table("invoice")
    op.drop_table("customer_order_status_change")
    op.drop_table("customer_order_return")
    op.drop_table("customer_order_line")
    op.drop_table("cart")
    op.drop_table("customer_order")
    op.drop_table("payment")
    op.drop_table("product_price")
    op.drop_table("product")
    op.drop_table("price_list")
