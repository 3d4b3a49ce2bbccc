"""Demo rows: a floor and a level above it, a rule that gives it, a policy of channels, and who asked for which channel."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.service_levels.assigning import apply_rules
from patron_core.service_levels.commands import (
    AssignServiceLevel,
    DefineChannelPolicy,
    DefineServiceLevel,
    DefineServiceLevelRule,
    NewEntitlement,
    NewTarget,
    UpdateCustomerService,
)
from patron_core.service_levels.models import SELF_SERVICE, CaseSeverity, RuleMetric
from patron_core.touchpoints.models import Channel
from patron_core.values import Money

__all__ = ["fill"]

_MINUTES = {CaseSeverity.LOW: 2_880, CaseSeverity.NORMAL: 960, CaseSeverity.HIGH: 240, CaseSeverity.CRITICAL: 60}
_HELP = NewEntitlement(code="HELPLINE", name="A helpline")


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Two levels, and what the ledger of the demo earns."""
    uow = demo.uow
    floor = uow.handle(_level("FLOOR", "For everybody", rank=0, share=1, more=()))
    visits = NewEntitlement(code="VISITS", name="Visits a year", quantity=Decimal(4))
    own = NewEntitlement(code=SELF_SERVICE, name="Your own figures")
    gold = uow.handle(_level("GOLD", "Gold", rank=10, share=4, more=(visits, own)))
    uow.handle(
        DefineServiceLevelRule(
            code="BIG_VOLUME", service_level_id=gold.id, metric=RuleMetric.VOLUME, amount=Money(50_000, "EUR")
        )
    )
    uow.handle(
        DefineChannelPolicy(
            position=1, service_level_id=floor.id, channel=Channel.CHAT, reason="Somebody answers in chat at once."
        )
    )
    uow.handle(DefineChannelPolicy(position=2, channel=Channel.PHONE, reason="We call."))
    for customer in people[:2]:
        uow.handle(UpdateCustomerService(customer_id=customer.id, preferred_channel=Channel.STORE))
    for customer in companies[:1]:
        uow.handle(UpdateCustomerService(customer_id=customer.id, wallet=Money(2_000_000, "EUR")))
        uow.handle(
            AssignServiceLevel(customer_id=customer.id, service_level_id=gold.id, reason="Our first customer of all.")
        )
    uow.flush()
    apply_rules(uow, [customer.id for customer in [*people, *companies]])


def _level(code: str, name: str, *, rank: int, share: int, more: tuple[NewEntitlement, ...]) -> DefineServiceLevel:
    """A level that is `share` times as fast as the floor."""
    targets = tuple(
        NewTarget(severity=severity, first_response_minutes=minutes // share, resolution_minutes=minutes * 4 // share)
        for severity, minutes in _MINUTES.items()
    )
    return DefineServiceLevel(code=code, name=name, rank=rank, targets=targets, entitlements=(_HELP, *more))
