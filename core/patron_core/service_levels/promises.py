"""The rule that nobody is served below the floor, as a decision on values.

In come what a level promises and what the floor does, out comes what is below, by name; nothing where all is well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from patron_core.service_levels.commands import NewEntitlement, NewTarget
from patron_core.service_levels.models import CaseSeverity, ServiceEntitlement, ServiceTarget

__all__ = ["Promises", "below", "promised"]


@dataclass(frozen=True, slots=True)
class Promises:
    """What a level promises. targets: minutes to answer and to solve. entitlements: how much, None for no limit."""

    targets: Mapping[CaseSeverity, tuple[int, int]]
    entitlements: Mapping[str, Decimal | None]


def promised(
    targets: Iterable[NewTarget | ServiceTarget], entitlements: Iterable[NewEntitlement | ServiceEntitlement]
) -> Promises:
    """What rows or inputs say as promises."""
    return Promises(
        {each.severity: (each.first_response_minutes, each.resolution_minutes) for each in targets},
        {each.code: each.quantity for each in entitlements},
    )


def below(level: Promises, floor: Promises) -> list[str]:
    """What a level promises less of than the floor: severities and benefits by name, in their order."""
    out: list[str] = []
    for severity, (response, resolution) in floor.targets.items():
        own = level.targets.get(severity)
        if own is None:
            out.append(f"targets {severity.name}")
            continue
        if own[0] > response:
            out.append(f"first response {severity.name}")
        if own[1] > resolution:
            out.append(f"resolution {severity.name}")
    for code, quantity in floor.entitlements.items():
        if code not in level.entitlements or _less(level.entitlements[code], quantity):
            out.append(f"entitlement {code}")
    return sorted(out)


def _less(own: Decimal | None, wanted: Decimal | None) -> bool:
    """Whether a quantity is less than another, where None is without limit."""
    return own is not None and (wanted is None or own < wanted)
