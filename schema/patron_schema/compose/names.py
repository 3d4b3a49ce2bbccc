"""Names between Python, GraphQL and order keys."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["DERIVED", "camel", "capital", "code_name"]

#: What is made for a type beside it, each called like it with one of these endings: its lists, filters, orders and figures.
DERIVED: Final = (
    *("Connection", "Edge", "Where", "ListWhere", "Order", "OrderField", "Aggregate", "AggregateOrder"),
    *("GroupBy", "GroupField", "GroupKey", "MeasureField", "Having"),
    *("Figures", "Extremes", "FiguresHaving", "ExtremesHaving"),
)


def camel(name: str) -> str:
    """snake_case to camelCase, as Strawberry does."""
    return re.sub(r"_+([a-z0-9])", lambda match: match[1].upper(), name)


def capital(name: str) -> str:
    """A name with its first letter in capitals."""
    return name[:1].upper() + name[1:]


def code_name(name: str) -> str:
    """camelCase to CODE_NAME: the key of a field in `orderBy`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).upper()
