"""The lines of a transaction as rows of their table."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from patron_core.transactions.commands import NewLine

__all__ = ["line_values"]


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
        }
        for number, line in enumerate(lines, start=1)
    ]
