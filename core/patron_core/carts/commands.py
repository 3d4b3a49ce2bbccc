"""What may be asked about carts: open one, put an item in or out, come back to it, make an order of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final

from patron_core import validation
from patron_core.carts.models import Cart
from patron_core.customers.commands import CustomerId
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.orders.commands import check_quantity
from patron_core.touchpoints.models import Channel
from patron_core.validation import key, not_negative, one_line, within
from patron_core.values import Money

__all__ = ["ABANDON_AFTER_MINUTES", "CartId", "ConvertCart", "OpenCart", "RecoverCart", "SetCartLine"]

CartId = Annotated[uuid.UUID, IdOf(Cart)]

#: An hour without activity: the usual first reminder of shops, such as Klaviyo's and Salesforce's default flows.
ABANDON_AFTER_MINUTES: Final = 60
_LONGEST_MINUTES: Final = 30 * 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCart(Command):
    """Opens an empty cart."""

    customer_id: CustomerId | None = argument("Whose cart; null while nobody said who they are.", default=None)
    channel: Channel | None = argument("Where it is filled.", default=None)
    currency_code: str = argument("The currency of its amounts, such as EUR.")
    abandon_after_minutes: int = argument(
        "After how many minutes without activity it counts as abandoned, 1 to 43,200.", default=ABANDON_AFTER_MINUTES
    )
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        key(self, "idempotency_key")
        validation.currency(self.currency_code, path="currency_code")
        within(self.abandon_after_minutes, most=_LONGEST_MINUTES, path="abandon_after_minutes")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCartLine(Command):
    """Sets how many of a sku are in a cart; zero takes it out. An abandoned cart is recovered by it."""

    id: CartId = argument("The cart.")
    version: int = argument("The version the change was made from.")
    sku: str = argument("Stock-keeping unit.")
    quantity: Decimal = argument("How many, with up to 3 decimals; zero takes it out.", default=Decimal(1))
    description: str | None = argument("What it is; the product's name when left out.", default=None)
    unit_price: Money | None = argument("Price of one; that of the standard price list when left out.", default=None)

    def __post_init__(self) -> None:
        one_line(self, "sku", maximum=100)
        one_line(self, "description", maximum=500)
        if self.quantity != 0:
            check_quantity(self.quantity, path="quantity")
        not_negative(self.unit_price, path="unit_price")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoverCart(Command):
    """Comes back to an abandoned cart: it is open again, with what is in it."""

    id: CartId = argument("The cart.")
    version: int = argument("The version the change was made from.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertCart(Command):
    """Makes an order of a cart, as a draft."""

    id: CartId = argument("The cart.")
    version: int = argument("The version the change was made from.")
    customer_id: CustomerId | None = argument("Who orders, where the cart does not know.", default=None)
    idempotency_key: str | None = argument("Repeats with the same key give the first result.", default=None)

    def __post_init__(self) -> None:
        key(self, "idempotency_key")
