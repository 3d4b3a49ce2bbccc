"""What can have happened to products and prices. Events carry ids and codes, never amounts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event

__all__ = ["PriceChanged", "ProductChanged", "ProductCreated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductCreated(Event):
    """There is a product."""

    type: ClassVar[str] = "product.created"
    product_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChanged(Event):
    """Some fields of a product changed."""

    type: ClassVar[str] = "product.changed"
    product_id: uuid.UUID
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChanged(Event):
    """A product has a new price, or one of its prices ended."""

    type: ClassVar[str] = "product.price_changed"
    product_id: uuid.UUID
    price_id: uuid.UUID
