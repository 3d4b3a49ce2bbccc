"""Purchases: what sales say about goods, read from their lines or told by an importer that knows more.

In come ids of rows of the core's ledger, out go rows of `Purchase`, for one sale or a thousand in the same statements.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import case, func, or_, select

from patron_core.transactions.models import Transaction, TransactionKind, TransactionLine
from patron_core.unit_of_work import UnitOfWork
from patron_retail.models import Purchase
from patron_retail.settings import RetailSettings

__all__ = ["note_purchases", "set_units"]


def note_purchases(uow: UnitOfWork, transaction_ids: Sequence[uuid.UUID]) -> None:
    """Notes the sales among these transactions as purchases; one that is noted stays as it is."""
    sales = uow.rows(
        select(Transaction.id, Transaction.customer_id, Transaction.occurred_at).where(
            Transaction.id.in_(transaction_ids),
            Transaction.kind == TransactionKind.SALE,
            Transaction.reverses_id.is_(None),
        )
    )
    goods = _goods(uow, [sale.id for sale in sales])
    rows = [
        {
            "transaction_id": sale.id,
            "customer_id": sale.customer_id,
            "occurred_at": sale.occurred_at,
            **goods.get(sale.id, {"units": None, "products": None}),
        }
        for sale in sales
    ]
    uow.add_many(Purchase, rows, unless_exists=("transaction_id",))


def set_units(uow: UnitOfWork, units: Mapping[uuid.UUID, Decimal]) -> None:
    """Sets the units of purchases, by transaction, for a source that names units but no lines."""
    transactions: dict[Decimal, list[uuid.UUID]] = {}
    for transaction_id, count in units.items():
        transactions.setdefault(count, []).append(transaction_id)
    for count, ids in transactions.items():
        uow.update_rows(Purchase, Purchase.transaction_id.in_(ids), values={"units": count})


def _goods(uow: UnitOfWork, transaction_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """Units and products by transaction, of those that have lines. Lines without a SKU leave the products unknown."""
    services = uow.plugins.settings(RetailSettings).services
    line = TransactionLine
    is_goods = or_(line.sku.is_(None), line.sku.not_in(services))
    lines = (
        select(
            line.transaction_id,
            func.sum(case((is_goods, line.quantity), else_=0)).label("units"),
            func.count(case((is_goods, line.sku)).distinct()).label("products"),
            func.count(case((line.sku.is_(None), 1))).label("without_sku"),
        )
        .where(line.transaction_id.in_(transaction_ids))
        .group_by(line.transaction_id)
    )
    return {
        row.transaction_id: {"units": row.units, "products": None if row.without_sku else row.products}
        for row in uow.rows(lines)
    }
