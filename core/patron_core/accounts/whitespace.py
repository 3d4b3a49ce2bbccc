"""What a customer and the parts of it do not buy while comparable customers do.

In come a unit of work, a customer and thresholds, out come positions (a product or category, and who does not buy it) with their
reasons. Comparable customers are those of the same kind and, for organizations of a known industry, of the same industry; the
customer and its parts are none of them. Bought is what stands in a line of a sale that was not taken back. The number of
statements does not depend on how many customers or products there are.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Select, distinct, func, or_, select
from sqlalchemy.orm import aliased

from patron_core.access.row_limits import seen_customers
from patron_core.customers.models import Customer
from patron_core.errors import InvalidInput
from patron_core.figures import Figure, Input
from patron_core.outbox.telling import outer_id
from patron_core.parties.models import Organization, Party
from patron_core.parties.units import units_below
from patron_core.products.models import Product
from patron_core.transactions.models import Transaction, TransactionKind, TransactionLine
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import within
from patron_core.values import Code

__all__ = [
    "DAYS",
    "FEWEST",
    "MOST_POSITIONS",
    "SHARE",
    "Position",
    "Search",
    "Whitespace",
    "WhitespaceBy",
    "whitespace_of",
]

#: How far back purchases count: a year, so that what is bought once a year is seen.
DAYS: Final = 365
#: Which share of comparable customers must buy something for it to be missed: one in five.
SHARE: Final = Decimal("0.2")
#: How many comparable customers there must be: of fewer, one in five is less than one.
FEWEST: Final = 5
MOST_POSITIONS: Final = 500
_MOST_PEERS: Final = 1_000
_MOST_PRODUCTS: Final = 200
_MOST_UNITS: Final = 50
_METHOD: Final = (
    "Products or categories that at least the given share of comparable customers bought within the days, and the customer or "
    "a part of it did not. Comparable: of the same kind and, where the industry is known, of the same industry; the latest "
    f"{_MOST_PEERS:,} of them, those counted that bought anything."
)


class WhitespaceBy(Code):
    """What is looked for."""

    PRODUCT = "product", "Each product by its stock-keeping unit."
    CATEGORY = "category", "Each category of the catalogue of products."


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for. days: 1 to 3,650. share: of comparable customers, above 0 to 1. first: positions, 1 to 500."""

    by: WhitespaceBy = WhitespaceBy.PRODUCT
    days: int = DAYS
    share: Decimal = SHARE
    first: int = 50

    def __post_init__(self) -> None:
        within(self.days, most=3_650, path="days")
        within(self.first, most=MOST_POSITIONS, path="first")
        if not self.share.is_finite() or not 0 < self.share <= 1:
            raise InvalidInput(
                "The share is above 0 and at most 1. Another number was given. Give 0.2 for one in five.",
                path=("minimumShare",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Something that one part of an account does not buy. key: the stock-keeping unit or the category."""

    key: str
    name: str
    unit_id: uuid.UUID
    party_id: uuid.UUID
    buyers: int
    comparable: int
    share: Decimal
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Whitespace:
    """The open positions, what most comparable customers buy first. truncated: whether there are more than asked for."""

    open_positions: Figure
    positions: tuple[Position, ...]
    truncated: bool


def whitespace_of(uow: UnitOfWork, customer_id: uuid.UUID, search: Search) -> Whitespace:
    """What a customer and those parts of it that are customers do not buy. NOT_FOUND for the customer."""
    customer = uow.get(Customer, customer_id, path=("customerId",))
    since = uow.now - dt.timedelta(days=search.days)
    units = _units(uow, customer)
    peers = _peers(uow, customer, [unit_id for unit_id, _ in units])
    buyers = uow.rows(
        _purchases(since, uow.now, func.count(distinct(Transaction.customer_id))).where(
            Transaction.customer_id.in_(peers)
        )
    )[0][0]
    if buyers < FEWEST:
        return _none(f"Only {buyers} comparable customers bought anything, {FEWEST} are needed.", buyers, uow.now)
    products = _products(uow, peers, search, since, least=_least(search.share, buyers))
    bought = _bought(uow, units, [key for key, _, _ in products], search, since)
    positions = [
        _position(product, unit, buyers, search)
        for product in products
        for unit in units
        if (unit[0], product[0]) not in bought
    ]
    shown = tuple(positions[: search.first])
    figure = _figure(positions, units, buyers, uow.now, products=len(products))
    return Whitespace(open_positions=figure, positions=shown, truncated=len(positions) > len(shown))


def _least(share: Decimal, buyers: int) -> int:
    """How many customers the share is, rounded up."""
    return max(1, int(-(-share * buyers // 1)))


def _units(uow: UnitOfWork, customer: Customer) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """The customer and the parts of its organization that are customers, by level; ids of customer and party."""
    tree = units_below(uow.tenant_id, customer.party_id)
    statement = (
        select(Customer.id, Customer.party_id)
        .join(tree, tree.c.id == Customer.party_id)
        .where(Customer.id != customer.id, *seen_customers(uow))
        .order_by(tree.c.level, Customer.id)
        .limit(_MOST_UNITS - 1)
    )
    found: list[Any] = uow.rows(statement)
    return [(customer.id, customer.party_id), *((row[0], row[1]) for row in found)]


def _peers(uow: UnitOfWork, customer: Customer, own: Sequence[uuid.UUID]) -> Select[*tuple[Any, ...]]:
    """The latest customers that are comparable, as a select of ids."""
    party = uow.get(Party, customer.party_id)
    peers = select(Customer.id).where(
        Customer.kind == customer.kind,
        Customer.id.not_in(own),
        *seen_customers(uow),
    )
    industry = party.industry if isinstance(party, Organization) else None
    if industry is not None:
        alike = aliased(Organization)
        peers = peers.join(alike, alike.id == Customer.party_id).where(alike.industry == industry)
    latest = peers.order_by(Customer.id.desc()).limit(_MOST_PEERS).subquery("peers")
    return select(latest.c.id)


def _purchases(since: dt.datetime, until: dt.datetime, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Sales within the days that were not taken back."""
    back = aliased(Transaction)
    taken_back = select(back.id).where(back.reverses_id == Transaction.id)
    return (
        select(*columns)
        .select_from(Transaction)
        .where(
            Transaction.kind == TransactionKind.SALE,
            Transaction.reverses_id.is_(None),
            Transaction.occurred_at >= since,
            Transaction.occurred_at <= until,
            ~taken_back.exists(),
        )
    )


def _lines(search: Search, since: dt.datetime, until: dt.datetime, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Lines of purchases, with their products where the catalogue has them."""
    found = _purchases(since, until, *columns).join(TransactionLine, TransactionLine.transaction_id == Transaction.id)
    found = found.outerjoin(Product, Product.sku == TransactionLine.sku)
    return found.where(_key(search).is_not(None), TransactionLine.quantity > 0)


def _key(search: Search) -> Any:
    return TransactionLine.sku if search.by is WhitespaceBy.PRODUCT else Product.category


def _products(
    uow: UnitOfWork, peers: Select[*tuple[Any, ...]], search: Search, since: dt.datetime, *, least: int
) -> list[tuple[str, str, int]]:
    """What enough of the comparable customers buy: key, name and how many, most first; at most 200."""
    key, count = _key(search), func.count(distinct(Transaction.customer_id))
    name = func.max(func.coalesce(Product.name, TransactionLine.description))
    statement = (
        _lines(search, since, uow.now, key, name, count)
        .where(Transaction.customer_id.in_(peers))
        .where(or_(Product.id.is_(None), Product.active.is_(True)))
        .group_by(key)
        .having(count >= least)
        .order_by(count.desc(), key)
        .limit(_MOST_PRODUCTS)
    )
    found: list[Any] = uow.rows(statement)
    by_product = search.by is WhitespaceBy.PRODUCT
    return [(row[0], (row[1] if by_product else None) or row[0], row[2]) for row in found]


def _bought(
    uow: UnitOfWork,
    units: Sequence[tuple[uuid.UUID, uuid.UUID]],
    keys: Sequence[str],
    search: Search,
    since: dt.datetime,
) -> set[tuple[uuid.UUID, str]]:
    """Which of the keys each unit bought."""
    statement = _lines(search, since, uow.now, Transaction.customer_id, _key(search)).where(
        Transaction.customer_id.in_([unit_id for unit_id, _ in units]), _key(search).in_(keys)
    )
    found: list[Any] = uow.rows(statement.distinct())
    return {(row[0], row[1]) for row in found}


def _position(
    product: tuple[str, str, int], unit: tuple[uuid.UUID, uuid.UUID], comparable: int, search: Search
) -> Position:
    key, name, buyers = product
    return Position(
        key=key,
        name=name,
        unit_id=unit[0],
        party_id=unit[1],
        buyers=buyers,
        comparable=comparable,
        share=round(Decimal(buyers) / comparable, 4),
        reason=f"{buyers} of {comparable} comparable customers bought it within {search.days} days, this one did not.",
    )


def _figure(
    positions: Sequence[Position],
    units: Sequence[tuple[uuid.UUID, uuid.UUID]],
    buyers: int,
    now: dt.datetime,
    *,
    products: int,
) -> Figure:
    return Figure.of(
        len(positions),
        unit="positions",
        reason=f"{len(positions)} of {products * len(units)} positions are open: {products} products or categories times "
        f"{len(units)} parts of the account.",
        sample_size=buyers,
        method=_METHOD,
        as_of=now,
        inputs=(
            Input(
                name="comparable", value=buyers, description="Comparable customers that bought anything.", rows=buyers
            ),
            Input(name="products", value=products, description="What enough of them bought.", rows=products),
            Input(
                name="units",
                value=len(units),
                description="The customer and its parts that are customers.",
                ids=tuple(outer_id(unit_id, Customer) for unit_id, _ in units),
            ),
        ),
    )


def _none(reason: str, buyers: int, now: dt.datetime) -> Whitespace:
    figure = Figure.none(reason, unit="positions", sample_size=buyers, method=_METHOD, as_of=now)
    return Whitespace(open_positions=figure, positions=(), truncated=False)
