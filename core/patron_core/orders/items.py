"""New lines of an order, filled up from the catalogue: the product by id or sku, its name, its cost, its price."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from patron_core.errors import InvalidInput, NotFound
from patron_core.orders.commands import NewOrderLine
from patron_core.products.models import Price, PriceList, Product
from patron_core.products.service import is_sold
from patron_core.transactions.amounts import times
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import not_negative
from patron_core.values import Money, Period

__all__ = ["Item", "items_of"]


@dataclass(frozen=True, slots=True)
class Item:
    """A line with all that an order keeps of it."""

    line: NewOrderLine
    product: Product | None
    unit_price: Money
    unit_cost: Money | None
    amount: Money
    discount: Money
    tax: Money


def items_of(lines: Sequence[NewOrderLine], currency_code: str, uow: UnitOfWork, *, price_list_code: str) -> list[Item]:
    """The lines filled up, in a few statements for any number.

    NOT_FOUND for a product nobody has; INVALID_INPUT for one that is not sold now or has no price, for an amount below
    zero, and for a discount beyond the amount.
    """
    products = _products(lines, uow)
    prices = _prices(list(products.values()), currency_code, uow, price_list_code=price_list_code)
    return [
        _item(line, product, prices.get(product.id) if product is not None else None, position, uow, currency_code)
        for position, (line, product) in enumerate(_matched(lines, products))
    ]


def _products(lines: Sequence[NewOrderLine], uow: UnitOfWork) -> dict[uuid.UUID | str, Product]:
    """The products the lines name, by id and by sku."""
    ids = {line.product_id for line in lines if line.product_id is not None}
    skus = {line.sku for line in lines if line.sku is not None}
    found: dict[uuid.UUID | str, Product] = {}
    for key, wanted in ((Product.id, ids), (Product.sku, skus)):
        if wanted:
            for product in uow.select(select(Product).where(uow.among(key, wanted))):
                found[product.id if key is Product.id else product.sku] = product
    return found


def _matched(
    lines: Sequence[NewOrderLine], products: Mapping[uuid.UUID | str, Product]
) -> list[tuple[NewOrderLine, Product | None]]:
    matched = []
    for position, line in enumerate(lines):
        named = line.product_id if line.product_id is not None else line.sku
        product = None if named is None else products.get(named)
        if line.product_id is not None and product is None:
            raise NotFound(
                "There is no such product. The id names none that you may see. Check the id.",
                path=("lines", position, "product_id"),
            )
        matched.append((line, product))
    return matched


def _prices(
    products: Sequence[Product], currency_code: str, uow: UnitOfWork, *, price_list_code: str
) -> dict[uuid.UUID, Money]:
    """What one of each costs now."""
    listed = uow.find(PriceList, code=price_list_code)
    if listed is None or not products:
        return {}
    statement = select(Price).where(
        Price.price_list_id == listed.id,
        Price.amount_currency == currency_code,
        uow.among(Price.product_id, {product.id for product in products}),
    )
    return {
        price.product_id: price.amount
        for price in uow.select(statement)
        if Period(price.validity_from, price.validity_to).contains(uow.now)
    }


def _item(
    line: NewOrderLine,
    product: Product | None,
    price: Money | None,
    position: int,
    uow: UnitOfWork,
    currency_code: str,
) -> Item:
    for name in ("unit_price", "unit_cost", "discount", "tax"):
        not_negative(getattr(line, name), path=("lines", position, name))
    if product is not None and not is_sold(product, at=uow.now):
        raise InvalidInput(
            "The product is not sold now. It is inactive, or outside of its time. Choose another one.",
            path=("lines", position, "product_id" if line.product_id is not None else "sku"),
        )
    unit_price = line.unit_price if line.unit_price is not None else price
    if unit_price is None:
        raise InvalidInput(
            "The line has no price. None was given, and the price list has none for it now. Give one.",
            path=("lines", position, "unit_price"),
        )
    amount = times(unit_price, line.quantity)
    nothing = Money(0, currency_code)
    discount = line.discount or nothing
    if discount.minor > amount.minor:
        raise InvalidInput(
            "The discount is too large. It is above quantity times price. Give less.",
            path=("lines", position, "discount"),
        )
    return Item(line, product, unit_price, _cost(line, product, currency_code), amount, discount, line.tax or nothing)


def _cost(line: NewOrderLine, product: Product | None, currency_code: str) -> Money | None:
    """What one costs us; unknown where the product's cost is in another currency."""
    cost = line.unit_cost if line.unit_cost is not None or product is None else product.unit_cost
    return None if cost is None or cost.currency_code != currency_code else cost
