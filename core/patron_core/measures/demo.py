"""Demo rows: what winning customers costs, a balanced scorecard, a programme."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.measures.commands import CreateProgramme, DefineScorecard, EnterAcquisitionCost, NewObjective
from patron_core.measures.models import Perspective, TargetDirection
from patron_core.values import Money

__all__ = ["fill"]

_OBJECTIVES: Final = (
    NewObjective(
        perspective=Perspective.FINANCIAL, name="Earn with customers", indicator="CONTRIBUTION", target=Decimal(2_000)
    ),
    NewObjective(
        perspective=Perspective.CUSTOMER, name="Be chosen again", indicator="REPEAT_RATE", target=Decimal("0.8")
    ),
    NewObjective(
        perspective=Perspective.PROCESS,
        name="Win customers cheaply",
        indicator="ACQUISITION_COST",
        target=Decimal(40),
        direction=TargetDirection.DOWN,
    ),
    NewObjective(perspective=Perspective.LEARNING, name="Days of training for each of us", target=Decimal(5)),
)


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Enters some costs, a scorecard and a programme."""
    today = demo.clock.now().date()
    for number, source in enumerate(("Spring fair", "Leaflets", "Search advertising"), start=1):
        amount = Money(15_000 * number, "EUR")
        demo.uow.handle(
            EnterAcquisitionCost(spent_on=today - dt.timedelta(days=60 * number), amount=amount, source=source)
        )
    demo.uow.handle(DefineScorecard(code="COMPANY", name="The company", objectives=_OBJECTIVES))
    demo.uow.handle(
        CreateProgramme(
            name="Call back within a day",
            indicator="REVENUE",
            baseline_from=today - dt.timedelta(days=360),
            baseline_to=today - dt.timedelta(days=180),
            started_on=today - dt.timedelta(days=180),
            cost=Money(50_000, "EUR"),
            monthly_cost=Money(2_000, "EUR"),
        )
    )
