"""Demo rows: a contract with each company, some of whose renewals are open, with what is subscribed to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from patron_core.contracts.commands import AddSubscription, CreateContract
from patron_core.contracts.models import Contract
from patron_core.contracts.renewing import open_renewals
from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext, Step
from patron_core.values import Money

__all__ = ["fill"]

_PLANS: Final = (("SUPPORT", 240_00), ("STORAGE", 90_00))


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Makes the contracts; their terms end from next month on, a month apart."""
    today = demo.clock.now().date()
    for at, company in enumerate(companies):
        ends = today + dt.timedelta(days=30 * (at + 1))
        begins = ends - dt.timedelta(days=365)
        plans = _PLANS[: 1 + at % 2]
        contract: Contract = demo.uow.handle(
            CreateContract(
                customer_id=company.id,
                number=f"C-{at + 1:04}",
                name="Support and storage",
                term_from=begins,
                term_to=ends,
                notice_days=30,
                auto_renew=at % 2 == 0,
                monthly_amount=Money(sum(price for _, price in plans), "EUR"),
                owner=company.owner,
                signed_on=begins,
            )
        )
        demo.uow.flush()
        for product, price in plans:
            demo.uow.handle(
                AddSubscription(
                    contract_id=contract.id, product=product, monthly_amount=Money(price, "EUR"), begins_on=begins
                )
            )
    demo.uow.flush()
    open_renewals(Step(arguments={}, state={}, done=0), demo.uow)
