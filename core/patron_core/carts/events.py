"""What can have happened to carts. Events carry ids, never what is in a cart. `customer_id` is set where one is known."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event

__all__ = ["CartAbandoned", "CartChanged", "CartConverted", "CartExpired", "CartOpened", "CartRecovered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CartOpened(Event):
    """There is a cart."""

    type: ClassVar[str] = "cart.opened"
    cart_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CartChanged(Event):
    """Something was put into a cart or taken out."""

    type: ClassVar[str] = "cart.changed"
    cart_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CartAbandoned(Event):
    """Nobody touched a cart for its time."""

    type: ClassVar[str] = "cart.abandoned"
    cart_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CartRecovered(Event):
    """Somebody came back to an abandoned cart."""

    type: ClassVar[str] = "cart.recovered"
    cart_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CartConverted(Event):
    """A cart became an order."""

    type: ClassVar[str] = "cart.converted"
    cart_id: uuid.UUID
    order_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CartExpired(Event):
    """A cart is too old to be bought as it is."""

    type: ClassVar[str] = "cart.expired"
    cart_id: uuid.UUID
