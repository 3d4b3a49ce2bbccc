"""What may be asked about products: make and change one, make a list of prices, set a price and end it."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Annotated

from patron_core import validation
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.products.models import Price, PriceList, Product, ProductKind
from patron_core.validation import aware, in_order, key, not_negative, not_null, one_line
from patron_core.values import UNSET, Money, Unset

__all__ = [
    "CreatePriceList",
    "CreateProduct",
    "EndPrice",
    "PriceId",
    "PriceListId",
    "ProductId",
    "SetPrice",
    "UpdateProduct",
]

ProductId = Annotated[uuid.UUID, IdOf(Product)]
PriceListId = Annotated[uuid.UUID, IdOf(PriceList)]
PriceId = Annotated[uuid.UUID, IdOf(Price)]

LONGEST_SKU = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateProduct(Command):
    """Makes a product."""

    sku: str = argument("Stock-keeping unit, unique.")
    name: str = argument("Name to show.")
    category: str | None = argument("The group it belongs to.", default=None)
    kind: ProductKind = argument("Goods or a service.", default=ProductKind.GOODS)
    unit_cost: Money | None = argument("What one costs us; margins need it.", default=None)
    active: bool = argument("Whether it may be sold.", default=True)
    valid_from: dt.datetime | None = argument("From when it may be sold; null for always.", default=None)
    valid_to: dt.datetime | None = argument("First instant from which it may not; null for never.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "sku", "category", maximum=LONGEST_SKU)
        one_line(self, "name")
        aware(self, "valid_from", "valid_to")
        key(self, "idempotency_key")
        not_negative(self.unit_cost, path="unit_cost")
        in_order(self.valid_from, self.valid_to, path="valid_to")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateProduct(Command):
    """Changes a product: fields that are left out stay as they are, null empties them. What was sold keeps its cost."""

    id: ProductId = argument("The product.")
    version: int = argument("The version the change was made from.")
    name: str | Unset = argument("Name to show.", default=UNSET)
    category: str | Unset | None = argument("The group it belongs to.", default=UNSET)
    unit_cost: Money | Unset | None = argument("What one costs us; margins need it.", default=UNSET)
    active: bool | Unset = argument("Whether it may be sold.", default=UNSET)
    valid_from: dt.datetime | Unset | None = argument("From when it may be sold; null for always.", default=UNSET)
    valid_to: dt.datetime | Unset | None = argument("First instant from which it may not.", default=UNSET)

    def __post_init__(self) -> None:
        not_null(self, "name", "active")
        one_line(self, "category", maximum=LONGEST_SKU)
        one_line(self, "name")
        aware(self, "valid_from", "valid_to")
        not_negative(self.unit_cost, path="unit_cost")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePriceList(Command):
    """Makes a list of prices. `STANDARD` comes into being with its first price."""

    code: str = argument("Stable code in capitals, such as WHOLESALE.")
    name: str = argument("Name to show.")
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        validation.code(self, "code")
        one_line(self, "name", maximum=80)
        key(self, "idempotency_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPrice(Command):
    """Sets what one of a product costs from an instant on; a price without an end that began before ends there."""

    product_id: ProductId = argument("The product.")
    price_list_code: str = argument("The list.", default="STANDARD")
    amount: Money = argument("For one, without tax.")
    valid_from: dt.datetime | None = argument("From when it holds; now when left out.", default=None)
    valid_to: dt.datetime | None = argument("First instant from which it does not; null for no end.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "price_list_code", maximum=50)
        aware(self, "valid_from", "valid_to")
        key(self, "idempotency_key")
        not_negative(self.amount, path="amount")
        in_order(self.valid_from, self.valid_to, path="valid_to")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPrice(Command):
    """Ends a price at an instant."""

    id: PriceId = argument("The price.")
    version: int = argument("The version the change was made from.")
    valid_to: dt.datetime | None = argument(
        "First instant from which it does not hold; now when left out.", default=None
    )

    def __post_init__(self) -> None:
        aware(self, "valid_to")
