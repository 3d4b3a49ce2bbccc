"""Purchases: what sales say about goods, read from their lines or told by an importer that knows more.

In come rows of the core's ledger, out go rows of `Purchase`, for one sale or a thousand in the same statements.
"""

from __future__ import annotations

import uuid
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import case, func, or_, select

from patron_core.transactions.models import TransactionLine
from patron_core.unit_of_work import UnitOfWork
from patron_retail.models import Purchase
from patron_retail.sales import Sold
from patron_retail.settings import RetailSettings

__all__ = ["note_purchases", "units_told"]

_TOLD: Final = "retail.units_told"
_UNKNOWN: Final[Mapping[str, Any]] = {"units": None, "products": None}


def note_purchases(uow: UnitOfWork, sold: Sequence[Sold]) -> None:
    """Notes the sales among these rows as purchases; one that is noted stays as it is."""
    sales = [row for row in sold if row.is_purchase]
    if not sales:
        return
    goods = _told(uow, sales) or _goods(uow, [sale.id for sale in sales])
    rows = [
        {
            "transaction_id": sale.id,
            "customer_id": sale.customer_id,
            "occurred_at": sale.occurred_at,
            **goods.get(sale.id, _UNKNOWN),
        }
        for sale in sales
    ]
    uow.add_many(Purchase, rows, unless_exists=("transaction_id",))


@contextmanager
def units_told(uow: UnitOfWork, source: str, units: Mapping[str, Decimal]) -> Generator[None, None, None]:
    """Tells the units of the sales that are recorded inside, by source key, for a source that names units but no lines."""
    uow.session.info[_TOLD] = (source, units)
    try:
        yield
    finally:
        del uow.session.info[_TOLD]


def _told(uow: UnitOfWork, sales: Sequence[Sold]) -> dict[uuid.UUID, dict[str, Any]]:
    source, units = uow.session.info.get(_TOLD, (None, {}))
    return {
        sale.id: {"units": units[sale.source_key], "products": None}
        for sale in sales
        if sale.source == source and sale.source_key in units
    }


def _goods(uow: UnitOfWork, transaction_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """Units and products by transaction, of those that have lines. Lines without a SKU leave the products unknown."""
    services = uow.plugins.settings(RetailSettings).services
    line = TransactionLine
    is_goods = or_(line.sku.is_(None), line.sku.not_in(services))
    lines = select(
        line.transaction_id,
        func.sum(case((is_goods, line.quantity), else_=0)).label("units"),
        func.count(case((is_goods, line.sku)).distinct()).label("products"),
        func.count(case((line.sku.is_(None), 1))).label("without_sku"),
    ).group_by(line.transaction_id)
    return {
        row.transaction_id: {"units": row.units, "products": None if row.without_sku else row.products}
        for row in uow.look_up(lines, line.transaction_id, transaction_ids)
    }
