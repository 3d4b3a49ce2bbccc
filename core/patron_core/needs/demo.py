"""Demo rows: two divisions below the first company, and what they and the whole need, soon and later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.needs.commands import CreateNeed
from patron_core.needs.models import Horizon
from patron_core.parties.commands import CreateOrganization, NewOrganization
from patron_core.parties.models import UnitKind

__all__ = ["fill"]

_NEEDS: Final = (
    ("Works", "Light at each bench", Horizon.SHORT, "Home", "lamp"),
    ("Works", "Somebody who repairs", Horizon.LONG, "Service", "repair"),
    ("Canteen", "Tea for sixty", Horizon.SHORT, "Pantry", "tea"),
    (None, "One time in all rooms", Horizon.LONG, "Home", "clock"),
)


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Notes what the first company needs."""
    for company in companies[:1]:
        divisions = {
            name: demo.uow.handle(
                CreateOrganization(
                    organization=NewOrganization(
                        legal_name=name, unit_kind=UnitKind.DIVISION, parent_id=company.party_id
                    )
                )
            )
            for name in ("Works", "Canteen")
        }
        demo.uow.flush()
        for division, name, horizon, category, keywords in _NEEDS:
            demo.uow.handle(
                CreateNeed(
                    customer_id=company.id,
                    division_id=None if division is None else divisions[division].id,
                    name=name,
                    horizon=horizon,
                    category=category,
                    keywords=keywords,
                )
            )
