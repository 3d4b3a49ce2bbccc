"""Indicators computed: of some days, month by month, all of them, and for who may not read what they are made from a reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from patron_core import validation
from patron_core.access.grants import reads
from patron_core.errors import NotFound
from patron_core.figures import Figure
from patron_core.measures.indicator import Indicator, Span, indicator_named, indicators
from patron_core.profits.commands import check_days
from patron_core.profits.consumers import main_currency
from patron_core.profits.days import months, next_month
from patron_core.unit_of_work import UnitOfWork

__all__ = ["MOST_MONTHS", "Computed", "compute", "compute_all", "computed", "span_of"]

#: Months that one question shows at most.
MOST_MONTHS: Final = 24


@dataclass(frozen=True, slots=True)
class Computed:
    """An indicator with its figure. months: the same by month, where it was asked for."""

    indicator: Indicator
    figure: Figure
    months: tuple[tuple[dt.date, Figure], ...] = ()


def span_of(uow: UnitOfWork, start: dt.date, end: dt.date, currency: str | None) -> Span:
    """Days and a currency; that of most sales where none is given."""
    check_days(start, end, path="to")
    if currency is not None:
        validation.currency(currency)
    return Span(start, end, currency or main_currency(uow))


def compute_all(uow: UnitOfWork, span: Span) -> list[Computed]:
    """The whole catalogue."""
    return [Computed(indicator, computed(indicator, uow, span)) for indicator in indicators()]


def compute(uow: UnitOfWork, code: str, span: Span, *, by_month: bool) -> Computed:
    """One indicator. NOT_FOUND where the catalogue has none of that code. by_month: also of each month, at most 24 of them."""
    indicator = indicator_named(code)
    if indicator is None:
        raise NotFound("There is no such indicator. The code names none. Use one that `kpis` lists.", path=("code",))
    parts: list[tuple[dt.date, Figure]] = []
    if by_month:
        check_days(span.start, span.end, path="to", most=MOST_MONTHS * 31)
        for month in list(months(span.start, span.end))[:MOST_MONTHS]:
            part = Span(max(month, span.start), min(next_month(month), span.end), span.currency)
            parts.append((month, computed(indicator, uow, part)))
    return Computed(indicator, computed(indicator, uow, span), tuple(parts))


def computed(indicator: Indicator, uow: UnitOfWork, span: Span) -> Figure:
    """The figure of an indicator; none for an actor that may not read what it is made from."""
    if not reads(uow.actor.opened, indicator.classification):
        none = f"You may not read {indicator.classification.name} columns, of which it is made."
        return Figure.none(none, method=indicator.formula, as_of=uow.now)
    return indicator.compute(uow, span)
