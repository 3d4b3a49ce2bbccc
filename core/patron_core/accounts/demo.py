"""Demo rows: a plan for each of three companies, with a product to offer and a goal that is half reached."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from patron_core.accounts.commands import (
    AddWhitespaceItem,
    CreateAccountPlan,
    CreateGoal,
    NewMilestone,
    RecordGoalProgress,
    UpdateAccountPlan,
)
from patron_core.accounts.models import DevelopmentStage, PlanStatus
from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.values import Money

__all__ = ["fill"]

_STAGES: Final = (DevelopmentStage.FIRST_PURCHASE, DevelopmentStage.REPEAT, DevelopmentStage.PREFERRED)


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Plans for the first three companies."""
    today = demo.clock.now().date()
    for company, stage in zip(companies, _STAGES, strict=False):
        plan = demo.uow.handle(
            CreateAccountPlan(
                customer_id=company.id,
                name="From trying to trusting",
                target_amount=Money(demo.random.randrange(2, 9) * 1_000_000, "EUR"),
                starts_on=today.replace(month=1, day=1),
                ends_on=today.replace(year=today.year + 1, month=1, day=1),
                owner="key accounts",
                summary="They tried us this year; next year they should ask us first.",
            )
        )
        demo.uow.flush()
        active = UpdateAccountPlan(id=plan.id, version=plan.version, status=PlanStatus.ACTIVE, development_stage=stage)
        demo.uow.handle(active)
        demo.uow.handle(AddWhitespaceItem(plan_id=plan.id, sku="WRK-01", reason="Their machines are old."))
        goal = demo.uow.handle(
            CreateGoal(
                customer_id=company.id,
                plan_id=plan.id,
                name="Fewer hours without light",
                unit="hours",
                baseline=Decimal(40),
                target=Decimal(10),
                due_on=today + dt.timedelta(days=200),
                owner="key accounts",
                milestones=(NewMilestone(name="Count them"), NewMilestone(name="Change the lamps")),
            )
        )
        demo.uow.flush()
        demo.uow.handle(RecordGoalProgress(id=goal.id, version=goal.version, value=Decimal(25)))
