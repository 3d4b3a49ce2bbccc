"""Demo rows: two rules, one of which has opened alerts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.monitoring.commands import CreateMonitoringRule, NewRequirement, RunMonitoringRule
from patron_core.monitoring.models import Behaviour, ChangeDirection, Severity

__all__ = ["fill"]


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Defines the rules and evaluates them once."""
    watched = (
        CreateMonitoringRule(
            name="Good customers who change",
            description="Only of customers with a margin of more than 1,000 EUR and five transactions a month.",
            behaviour=Behaviour.TRANSACTIONS,
            currency_code="EUR",
            threshold_share=Decimal("0.5"),
            requirements=(
                NewRequirement(behaviour=Behaviour.MARGIN, months=12, more_than=Decimal(1_000)),
                NewRequirement(behaviour=Behaviour.TRANSACTIONS, months=12, monthly=True, more_than=Decimal(5)),
            ),
            severity=Severity.HIGH,
        ),
        CreateMonitoringRule(
            name="Buys no more",
            description="Bought at least twice in the ten months before, and nothing for two.",
            behaviour=Behaviour.SPEND,
            currency_code="EUR",
            baseline_days=300,
            current_days=60,
            direction=ChangeDirection.DOWN,
            threshold_share=Decimal(1),
            minimum_sample=2,
        ),
    )
    for command in watched:
        rule = demo.uow.handle(command)
        demo.uow.flush()
        demo.uow.handle(RunMonitoringRule(id=rule.id))
