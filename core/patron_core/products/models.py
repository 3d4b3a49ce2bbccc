"""Goods and services, what one of them costs us, and the prices of price lists, each in one currency and for a time."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..records import FINANCIAL, PUBLIC, Record, column, money, period, reference
from ..values import Code, Money, Period

__all__ = ["Price", "PriceList", "Product", "ProductKind"]

_OURS = "What we sell and for how much, the same for all customers."


class ProductKind(Code):
    """What is sold."""

    GOODS = "goods", "A thing that is delivered."
    SERVICE = "service", "Work that is done."


class Product(Record):
    """Something that is sold."""

    __tablename__ = "product"
    id_prefix = "prd"
    not_about_a_party = _OURS
    without_index = (
        (
            "name kind active validity_from validity_to unit_cost_minor unit_cost_currency",
            "A catalogue is read through.",
        ),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "sku"),
        CheckConstraint("unit_cost_minor IS NULL OR unit_cost_minor >= 0", name="unit_cost_minor"),
    )

    sku: Mapped[str] = column(PUBLIC, doc="Stock-keeping unit, unique.", filterable=True, orderable=True)
    name: Mapped[str] = column(PUBLIC, doc="Name to show.", filterable=True, orderable=True)
    category: Mapped[str | None] = column(
        PUBLIC, doc="The group it belongs to.", filterable=True, orderable=True, index=True
    )
    kind: Mapped[ProductKind] = column(PUBLIC, doc="Goods or a service.", filterable=True)
    unit_cost: Mapped[Money | None] = money(
        FINANCIAL, doc="What one costs us; margins need it.", optional=True, filterable=True, orderable=True, ours=True
    )
    active: Mapped[bool] = column(PUBLIC, doc="Whether it may be sold.", filterable=True)
    validity: Mapped[Period] = period(PUBLIC, doc="When it may be sold.", filterable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        validity_from: Mapped[dt.datetime | None]
        validity_to: Mapped[dt.datetime | None]


class PriceList(Record):
    """A list of prices, such as those of the shop or of one group of customers."""

    __tablename__ = "price_list"
    id_prefix = "prl"
    not_about_a_party = _OURS
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    code: Mapped[str] = column(
        PUBLIC, doc="Stable code in capitals, such as STANDARD.", filterable=True, orderable=True
    )
    name: Mapped[str] = column(PUBLIC, doc="Name to show.")


class Price(Record):
    """What one of a product costs in a list, in one currency and for a time; two never hold at once."""

    __tablename__ = "product_price"
    id_prefix = "pri"
    not_about_a_party = _OURS
    without_index = (
        ("validity_from validity_to amount_minor amount_currency", "Asked of one product's or one list's prices."),
    )
    __table_args__ = (
        UniqueConstraint("tenant_id", "product_id", "price_list_id", "amount_currency", "validity_from"),
        CheckConstraint("amount_minor >= 0", name="amount_minor"),
        CheckConstraint("validity_to IS NULL OR validity_from < validity_to", name="validity"),
    )

    product: Mapped[Product] = reference(Product, doc="What it is the price of.")
    price_list: Mapped[PriceList] = reference(PriceList, doc="In which list.")
    amount: Mapped[Money] = money(PUBLIC, doc="For one, without tax.", filterable=True, orderable=True)
    validity: Mapped[Period] = period(PUBLIC, doc="When it holds.", filterable=True, orderable=True)

    if TYPE_CHECKING:  # the columns that references and composites make
        product_id: Mapped[uuid.UUID]
        price_list_id: Mapped[uuid.UUID]
        amount_minor: Mapped[int]
        amount_currency: Mapped[str]
        validity_from: Mapped[dt.datetime | None]
        validity_to: Mapped[dt.datetime | None]
