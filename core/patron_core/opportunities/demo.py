"""Demo rows: deals of companies in every stage of the pipeline, with what the stages require, one that skipped, won and lost ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.opportunities.commands import AddApprovalStep, CreateOpportunity, DecideApproval, MoveOpportunity
from patron_core.opportunities.models import Motivation, Opportunity
from patron_core.values import Money

__all__ = ["fill"]

#: The ways deals went; the last stage is where they stand.
_WAYS: Final = (
    ("DISCOVER", "PROPOSE", "NEGOTIATE"),
    ("DISCOVER", "PROPOSE"),
    ("DISCOVER",),
    (),
    ("DISCOVER", "PROPOSE", "NEGOTIATE", "WON"),
    ("PROPOSE", "WON"),  # left stages out
    ("DISCOVER", "LOST"),
)
_NAMES: Final = ("A year of supplies", "A new workshop", "Lamps for all rooms", "Training of the staff")
_RIVALS: Final = ("Acme", "Bolt & Sons", None)


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Makes two deals with each company, and one with every eighth person."""
    customers = [*companies, *companies, *people[::8]]
    for at, customer in enumerate(customers):
        _walk(demo, _deal(demo, customer, at), _WAYS[at % len(_WAYS)])


def _deal(demo: DemoContext, customer: Customer, at: int) -> Opportunity:
    today = demo.clock.now().date()
    amount = Money(demo.random.randrange(20, 400) * 100_00, "EUR")
    deal: Opportunity = demo.uow.handle(
        CreateOpportunity(
            customer_id=customer.id,
            name=_NAMES[at % len(_NAMES)],
            amount=amount,
            budget=Money(amount.minor * 11 // 10, "EUR"),
            expected_close_on=today + dt.timedelta(days=demo.random.randrange(1, 50)),
            decision_on=today + dt.timedelta(days=demo.random.randrange(1, 40)),
            owner=customer.owner,
            motivation=list(Motivation)[at % len(Motivation)],
            competitor=_RIVALS[at % len(_RIVALS)],
        )
    )
    demo.uow.flush()
    if at % 3 == 0:
        for name in ("The budget", "The contract"):
            step = demo.uow.handle(AddApprovalStep(opportunity_id=deal.id, name=name))
            demo.uow.flush()
            demo.uow.handle(DecideApproval(id=step.id, version=step.version, approved=True))
    return deal


def _walk(demo: DemoContext, deal: Opportunity, stages: Sequence[str]) -> None:
    for stage in stages:
        demo.uow.flush()
        reason = "Another offer was cheaper." if stage == "LOST" else None
        demo.uow.handle(MoveOpportunity(id=deal.id, version=deal.version, stage_code=stage, reason=reason))
    demo.uow.flush()
