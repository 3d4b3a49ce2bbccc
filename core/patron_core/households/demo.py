"""Demo rows of this slice: two people who live together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.households.commands import AddHouseholdMember, CreateHousehold
from patron_core.households.models import HouseholdRole

__all__ = ["fill"]


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Lets the first two people be a household."""
    if len(people) < 2:
        return
    since = demo.clock.now() - dt.timedelta(days=700)
    household = demo.uow.handle(CreateHousehold(name="Lakeside 12", valid_from=since))
    for customer, role in zip(people, (HouseholdRole.HEAD, HouseholdRole.MEMBER), strict=False):
        demo.uow.handle(
            AddHouseholdMember(household_id=household.id, party_id=customer.party_id, role=role, valid_from=since)
        )
