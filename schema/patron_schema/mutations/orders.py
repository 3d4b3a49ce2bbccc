"""Making orders, moving them, and taking items back."""

from __future__ import annotations

import strawberry

from patron_core.orders import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.orders import Order, OrderReturn

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class OrderPayload:
    """What a mutation of an order gives."""

    order: Order | None = strawberry.field(description="The order, as it is now.")


@payload
class OrderReturnPayload:
    """What taking items back gives."""

    order_return: OrderReturn | None = strawberry.field(description="What came back, with its refund.")


@extends(Mutation)
class OrderMutation:
    order_create: OrderPayload = mutation(
        commands.CreateOrder, description="Makes an order as a draft; the same source key twice is one order."
    )
    order_lines_set: OrderPayload = mutation(
        commands.SetOrderLines, description="Puts other items in the place of those of a draft."
    )
    order_place: OrderPayload = mutation(
        commands.PlaceOrder, description="Places an order: its sale stands in the ledger, with the margin of each item."
    )
    order_move: OrderPayload = mutation(commands.MoveOrder, description="Moves an order to PAID, FULFILLED or CLOSED.")
    order_cancel: OrderPayload = mutation(
        commands.CancelOrder, description="Calls an order off; a sale is taken back in the ledger."
    )
    order_return: OrderReturnPayload = mutation(
        commands.ReturnOrder,
        description="Takes items back: the refund stands in the ledger; never more than was bought.",
    )


TYPES = (OrderPayload, OrderReturnPayload)
EXTENSIONS = (OrderMutation,)
