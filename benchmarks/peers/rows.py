"""Single values of a peer's rows in Patron's forms: ids with their prefix, times in UTC with Z, whole numbers, money as a decimal.

What stands nested is for each peer to place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["money", "row"]

_WHOLE: Final = frozenset({"version", "points", "earned", "influence"})
_TIMES: Final = frozenset({"createdAt", "updatedAt", "occurredAt", "enrolledAt"})


def row(found: Mapping[str, Any], *, prefix: str, id_name: str = "id") -> dict[str, Any]:
    """A copy with `id`, times and numbers in Patron's form. id_name: what the id is called there."""
    made: dict[str, Any] = {}
    for name, value in found.items():
        if name == id_name:
            made["id"] = f"{prefix}_{value}"
        elif value is not None and name in _WHOLE:
            made[name] = int(value)
        elif value is not None and name in _TIMES:
            made[name] = _time(value)
        else:
            made[name] = value
    return made


def _time(text: str) -> str:
    """Six digits of a second, as Patron always writes them."""
    head = text.removesuffix("Z").removesuffix("+00:00")
    return f"{head}Z" if "." in head else f"{head}.000000Z"


def money(made: dict[str, Any]) -> dict[str, Any]:
    """`amountMinor` and `amountCurrency`, of a currency with two digits, become `amount`."""
    units, cents = divmod(int(made.pop("amountMinor")), 100)
    made["amount"] = {"amount": f"{units}.{cents:02}", "currencyCode": made.pop("amountCurrency")}
    return made
