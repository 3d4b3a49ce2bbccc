"""What happens to products: they are made and changed, priced, and their prices found, inside the caller's unit of work.

A product's row is locked while it is priced, so that no two prices of a list hold at once.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import select

from patron_core.errors import Conflict, InvalidInput, NotFound
from patron_core.hookspecs import CommandHandler
from patron_core.products import events
from patron_core.products.commands import (
    CreatePriceList,
    CreateProduct,
    EndPrice,
    SetPrice,
    UpdateProduct,
)
from patron_core.products.models import Price, PriceList, Product
from patron_core.products.permissions import PRODUCT_WRITE
from patron_core.unit_of_work import UnitOfWork
from patron_core.updates import apply_update
from patron_core.validation import in_order, same_version, unused
from patron_core.values import UNSET, Period

__all__ = [
    "HANDLERS",
    "STANDARD",
    "create_price_list",
    "create_product",
    "end_price",
    "is_sold",
    "price_of",
    "set_price",
    "update_product",
]

#: The price list every tenant has from its first price on.
STANDARD: Final = "STANDARD"


def create_product(command: CreateProduct, uow: UnitOfWork) -> Product:
    """Makes a product. CONFLICT where its sku is taken."""
    unused(uow, Product, sku=command.sku)
    product = uow.add(
        Product(
            sku=command.sku,
            name=command.name,
            category=command.category,
            kind=command.kind,
            unit_cost=command.unit_cost,
            active=command.active,
            validity=Period(command.valid_from, command.valid_to),
        )
    )
    uow.emit(events.ProductCreated(product_id=product.id))
    return product


def update_product(command: UpdateProduct, uow: UnitOfWork) -> Product:
    """Changes a product."""
    product = uow.get(Product, command.id, path=("id",))
    same_version(product, version=command.version)
    before = Period(product.validity_from, product.validity_to)
    start = before.start if command.valid_from is UNSET else command.valid_from
    end = before.end if command.valid_to is UNSET else command.valid_to
    in_order(start, end, path="valid_to")
    changed = apply_update(command, to=product, but=("valid_from", "valid_to"))
    if Period(start, end) != before:
        product.validity = Period(start, end)
        changed = (*changed, "validity")
    if changed:
        uow.emit(events.ProductChanged(product_id=product.id, fields=changed))
    return product


def create_price_list(command: CreatePriceList, uow: UnitOfWork) -> PriceList:
    """Makes a list of prices. CONFLICT where its code is taken."""
    unused(uow, PriceList, reserved=(STANDARD,), code=command.code)
    return uow.add(PriceList(code=command.code, name=command.name))


def set_price(command: SetPrice, uow: UnitOfWork) -> Price:
    """Sets a price from an instant on. CONFLICT where another price of the list and currency holds in that time."""
    product = uow.get(Product, command.product_id, lock=True, path=("product_id",))
    listed = _price_list(command.price_list_code, uow)
    wanted = Period(command.valid_from or uow.now, command.valid_to)
    in_order(wanted.start, wanted.end, path="valid_to")
    for other in _prices(product, listed, command.amount.currency_code, uow):
        held = Period(other.validity_from, other.validity_to)
        if held.end is None and held.start is not None and wanted.start is not None and held.start < wanted.start:
            other.validity = Period(held.start, wanted.start)
        elif held.overlaps(wanted):
            raise Conflict(
                "Another price holds in that time. Its period overlaps with the one that was given. End it first.",
                path=("valid_from",),
            )
    uow.flush()
    price = uow.add(Price(product_id=product.id, price_list_id=listed.id, amount=command.amount, validity=wanted))
    uow.emit(events.PriceChanged(product_id=product.id, price_id=price.id))
    return price


def end_price(command: EndPrice, uow: UnitOfWork) -> Price:
    """Ends a price. INVALID_INPUT for an end before its beginning, or after the end it has."""
    price = uow.get(Price, command.id, path=("id",))
    uow.get(Product, price.product_id, lock=True)
    same_version(price, version=command.version)
    end = command.valid_to or uow.now
    if (price.validity_from is not None and end <= price.validity_from) or (
        price.validity_to is not None and end > price.validity_to
    ):
        raise InvalidInput(
            "A price cannot end then. The instant is before it began or after its end. Give one between.",
            path=("valid_to",),
        )
    price.validity = Period(price.validity_from, end)
    uow.emit(events.PriceChanged(product_id=price.product_id, price_id=price.id))
    return price


def price_of(
    product: Product, currency_code: str, uow: UnitOfWork, *, at: dt.datetime | None = None, price_list: str = STANDARD
) -> Price | None:
    """The price of a product that holds at an instant, now where none is given; None where there is none."""
    listed = uow.find(PriceList, code=price_list)
    if listed is None:
        return None
    moment = at or uow.now
    for price in _prices(product, listed, currency_code, uow):
        if Period(price.validity_from, price.validity_to).contains(moment):
            return price
    return None


def is_sold(product: Product, *, at: dt.datetime) -> bool:
    """Whether a product may be sold at an instant."""
    return product.active and Period(product.validity_from, product.validity_to).contains(at)


def _prices(product: Product, listed: PriceList, currency_code: str, uow: UnitOfWork) -> list[Price]:
    statement = select(Price).where(Price.product_id == product.id, Price.price_list_id == listed.id)
    return uow.select(statement.where(Price.amount_currency == currency_code).order_by(Price.validity_from, Price.id))


def _price_list(code: str, uow: UnitOfWork) -> PriceList:
    found = uow.find(PriceList, code=code)
    if found is None and code == STANDARD:
        uow.add_many(PriceList, [{"code": STANDARD, "name": "Standard"}], unless_exists=("code",))
        found = uow.find(PriceList, code=code)
    if found is None:
        raise NotFound(
            "There is no such price list. The code names none. Make it, or use one of the list.",
            path=("price_list_code",),
        )
    return found


HANDLERS: Final = (
    CommandHandler(command=CreateProduct, handler=create_product, permission=PRODUCT_WRITE),
    CommandHandler(command=UpdateProduct, handler=update_product, permission=PRODUCT_WRITE),
    CommandHandler(command=CreatePriceList, handler=create_price_list, permission=PRODUCT_WRITE),
    CommandHandler(command=SetPrice, handler=set_price, permission=PRODUCT_WRITE),
    CommandHandler(command=EndPrice, handler=end_price, permission=PRODUCT_WRITE),
)
