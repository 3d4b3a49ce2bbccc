"""Filling carts, coming back to them and ordering what is in them."""

from __future__ import annotations

import strawberry

from patron_core.carts import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.carts import Cart

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class CartPayload:
    """What a mutation of a cart gives."""

    cart: Cart | None = strawberry.field(description="The cart, as it is now.")


@extends(Mutation)
class CartMutation:
    cart_open: CartPayload = mutation(commands.OpenCart, description="Opens an empty cart.")
    cart_line_set: CartPayload = mutation(
        commands.SetCartLine, description="Sets how many of a sku are in a cart; an abandoned one is recovered by it."
    )
    cart_recover: CartPayload = mutation(commands.RecoverCart, description="Opens an abandoned cart again.")
    cart_convert: CartPayload = mutation(commands.ConvertCart, description="Makes a draft of an order of a cart.")


TYPES = (CartPayload,)
EXTENSIONS = (CartMutation,)
