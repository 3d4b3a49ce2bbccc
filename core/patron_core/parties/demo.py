"""Demo rows of this slice: one company also sells to us."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.parties.commands import AddPartyRole
from patron_core.parties.models import PartyRoleKind

__all__ = ["fill"]


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Makes the first company a supplier, and the second a distributor."""
    since = demo.clock.now() - dt.timedelta(days=400)
    for company, kind in zip(companies, (PartyRoleKind.SUPPLIER, PartyRoleKind.DISTRIBUTOR), strict=False):
        demo.uow.handle(AddPartyRole(party_id=company.party_id, kind=kind, valid_from=since))
