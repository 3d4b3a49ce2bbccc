"""Through which states an order may go. Pure: in come two states, out comes nothing or an error that names what may be done."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from patron_core.errors import Conflict
from patron_core.orders.models import OrderStatus

__all__ = ["NEXT", "check_move"]

#: Where an order may go from each state. One on account is fulfilled before it is paid; its invoice says when it was.
NEXT: Final[Mapping[OrderStatus, frozenset[OrderStatus]]] = MappingProxyType(
    {
        OrderStatus.DRAFT: frozenset({OrderStatus.PLACED, OrderStatus.CANCELLED}),
        OrderStatus.PLACED: frozenset({OrderStatus.PAID, OrderStatus.FULFILLED, OrderStatus.CANCELLED}),
        OrderStatus.PAID: frozenset({OrderStatus.FULFILLED, OrderStatus.CANCELLED}),
        OrderStatus.FULFILLED: frozenset({OrderStatus.CLOSED, OrderStatus.RETURNED}),
        OrderStatus.CLOSED: frozenset({OrderStatus.RETURNED}),
        OrderStatus.CANCELLED: frozenset(),
        OrderStatus.RETURNED: frozenset(),
    }
)


def check_move(before: OrderStatus, after: OrderStatus, *, path: str = "id") -> None:
    """CONFLICT where an order may not go from one state to another."""
    if after not in NEXT[before]:
        allowed = ", ".join(sorted(status.name for status in NEXT[before])) or "nowhere"
        raise Conflict(
            f"The order cannot go there. It is {before.name} and was to be {after.name}. It may go to: {allowed}.",
            path=(path,),
        )
