"""The lines of a transaction as rows of their table, and the margin that they sum to."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from patron_core.transactions.commands import NewLine
from patron_core.values import Money

__all__ = ["line_values", "margin_of"]


def line_values(transaction_id: uuid.UUID, lines: Sequence[NewLine]) -> list[Mapping[str, Any]]:
    """Values for `UnitOfWork.add_many`, the lines numbered from 1 in their order."""
    return [
        {
            "transaction_id": transaction_id,
            "number": number,
            "sku": line.sku,
            "description": line.description,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            "amount": line.total,
            "cost": line.cost,
            "margin": line.margin,
        }
        for number, line in enumerate(lines, start=1)
    ]


def margin_of(lines: Sequence[NewLine]) -> Money | None:
    """The margin of a transaction with these lines; None without lines, and where the cost of one is not known."""
    known = [margin for margin in (line.margin for line in lines) if margin is not None]
    if not known or len(known) < len(lines):
        return None
    return Money(sum(margin.minor for margin in known), known[0].currency_code)
