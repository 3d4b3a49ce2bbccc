"""Goods and services, and their prices, as the API shows them."""

from __future__ import annotations

from patron_core.products import models
from patron_core.values import Money, Period

from ..declare import Connection, Query, extends, planned, related, root
from ..nodes import Node

__all__ = ["EXTENSIONS", "TYPES", "Price", "PriceBook", "Product"]


@planned(models.Product)
class Product(Node):
    """Something that is sold."""

    sku: str
    name: str
    category: str | None
    kind: models.ProductKind
    unit_cost: Money | None
    active: bool
    validity: Period
    version: int
    prices: Connection[Price] = related(models.Price.product, description="Its prices, of all lists and times.")


@planned(models.PriceList)
class PriceBook(Node):
    """A list of prices, such as those of the shop or of one group of customers."""

    code: str
    name: str
    version: int
    prices: Connection[Price] = related(models.Price.price_list, description="The prices in it.")


@planned(models.Price)
class Price(Node):
    """What one of a product costs in a list, in one currency and for a time; two never hold at once."""

    product: Product
    price_list: PriceBook
    amount: Money
    validity: Period
    version: int


@extends(Query)
class ProductQuery:
    product: Product | None = root(description="A product by its id.")
    products: Connection[Product] = root(description="What is sold.")
    price_lists: Connection[PriceBook] = root(description="The lists of prices.")


TYPES = (Product, PriceBook, Price)
EXTENSIONS = (ProductQuery,)
