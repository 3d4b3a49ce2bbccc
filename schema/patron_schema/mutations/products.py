"""Making products and pricing them."""

from __future__ import annotations

import strawberry

from patron_core.products import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.products import Price, PriceBook, Product

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class ProductPayload:
    """What a mutation of a product gives."""

    product: Product | None = strawberry.field(description="The product, as it is now.")


@payload
class PriceListPayload:
    """What a mutation of a price list gives."""

    price_list: PriceBook | None = strawberry.field(description="The list.")


@payload
class PricePayload:
    """What a mutation of a price gives."""

    price: Price | None = strawberry.field(description="The price, as it is now.")


@extends(Mutation)
class ProductMutation:
    product_create: ProductPayload = mutation(commands.CreateProduct, description="Makes a product.")
    product_update: ProductPayload = mutation(commands.UpdateProduct, description="Changes a product.")
    price_list_create: PriceListPayload = mutation(commands.CreatePriceList, description="Makes a list of prices.")
    price_set: PricePayload = mutation(
        commands.SetPrice, description="Sets a price from an instant on; the one that held without an end ends there."
    )
    price_end: PricePayload = mutation(commands.EndPrice, description="Ends a price at an instant.")


TYPES = (ProductPayload, PriceListPayload, PricePayload)
EXTENSIONS = (ProductMutation,)
