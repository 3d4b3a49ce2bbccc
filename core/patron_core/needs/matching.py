"""Which products of the catalogue would meet a need, how well, and why: by its category and its words, always the same way.

`score` is a pure function; `matches_of` reads the catalogue in one statement and asks it for each product.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import or_, select

from patron_core.needs.models import Need
from patron_core.products.models import Product
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import within

__all__ = ["METHOD", "MOST_MATCHES", "MOST_PRODUCTS", "Matches", "ProductMatch", "matches_of", "score"]

MOST_MATCHES: Final = 100
MOST_PRODUCTS: Final = 5_000
_CATEGORY: Final = Decimal("0.6")
_WORDS: Final = Decimal("0.4")
METHOD: Final = (
    "The same category counts 0.6 and the share of the need's words that the product's name has 0.4; where the need has only one "
    "of them, that counts whole. Of the active products in the order of their stock-keeping units, at most 5,000."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductMatch:
    """A product that would meet a need. score: above 0 to 1."""

    sku: str
    name: str
    category: str | None
    score: Decimal
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """What would meet a need, the best first. reason: why there is something or nothing."""

    matches: tuple[ProductMatch, ...]
    reason: str
    truncated: bool


def matches_of(uow: UnitOfWork, need: Need, *, first: int) -> Matches:
    """The products that would meet a need. first: how many, 1 to 100."""
    within(first, most=MOST_MATCHES, path="first")
    if need.category is None and not _words(need.keywords):
        return Matches(matches=(), reason="The need has neither a category nor words to match by.", truncated=False)
    statement = (
        select(Product.sku, Product.name, Product.category)
        .where(Product.active.is_(True))
        .where(or_(Product.validity_from.is_(None), Product.validity_from <= uow.now))
        .where(or_(Product.validity_to.is_(None), Product.validity_to > uow.now))
        .order_by(Product.sku)
        .limit(MOST_PRODUCTS + 1)
    )
    products: list[Any] = uow.rows(statement)
    found = list(_scored(need, ((row[0], row[1], row[2]) for row in products[:MOST_PRODUCTS])))
    found.sort(key=lambda each: (-each.score, each.sku))
    reason = f"{len(found)} of {min(len(products), MOST_PRODUCTS)} products fit by category or words."
    return Matches(
        matches=tuple(found[:first]), reason=reason, truncated=len(products) > MOST_PRODUCTS or len(found) > first
    )


def _scored(need: Need, products: Iterable[tuple[str, str, str | None]]) -> Iterable[ProductMatch]:
    for sku, name, category in products:
        points, reason = score(need.category, need.keywords, name=name, category=category)
        if points > 0:
            yield ProductMatch(sku=sku, name=name, category=category, score=points, reason=reason)


def score(wanted: str | None, keywords: str | None, *, name: str, category: str | None) -> tuple[Decimal, str]:
    """How well a product fits, 0 to 1, and why. wanted: the need's category. keywords: its words."""
    words = _words(keywords)
    there = [word for word in words if word in name.casefold()]
    same = wanted is not None and category is not None and wanted.casefold() == category.casefold()
    whole = (_CATEGORY if wanted is not None else Decimal(0)) + (_WORDS if words else Decimal(0))
    if not whole:
        return Decimal(0), "There is nothing to match by."
    share = Decimal(len(there)) / len(words) if words else Decimal(0)
    points = ((_CATEGORY if same else Decimal(0)) + _WORDS * share) / whole
    said = []
    if same:
        said.append(f"Its category is the one needed, {category}.")
    if there:
        said.append(f"Its name has {len(there)} of {len(words)} words: {', '.join(there)}.")
    return round(points, 4), " ".join(said) or "Neither category nor words fit."


def _words(keywords: str | None) -> list[str]:
    return list(dict.fromkeys((keywords or "").casefold().split()))
