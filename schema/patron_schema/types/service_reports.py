"""Why a customer has its level of service, whether levels are given fairly, what other thresholds would do, and which channel to
offer. These are resolved in Python, each in a fixed number of statements.
"""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Annotated, Any

import strawberry

from patron_core import validation
from patron_core.access.grants import reads
from patron_core.customers.models import Customer, CustomerKind
from patron_core.privacy.models import ConsentPurpose
from patron_core.records import PII
from patron_core.service_levels import channels, explaining, fairness, models, simulating
from patron_core.service_levels.permissions import SERVICE_LEVEL_DEFINE, SERVICE_LEVEL_READ
from patron_core.touchpoints.models import Channel

from ..compose.commands import decode_id
from ..declare import Query, extends, resolver
from .figures import Figure, shown

__all__ = ["EXTENSIONS", "ServiceLevelExplanation", "explained"]

_LONGEST_DAYS = 3_650


@strawberry.type(description="A rule as it stands for a customer.")
class RuleExplanation:
    rule_code: str = strawberry.field(description="Which rule.")
    level_code: str = strawberry.field(description="The level it gives.")
    metric: models.RuleMetric = strawberry.field(description="What it looks at.")
    window_days: int = strawberry.field(description="Over how many days.")
    holds: bool = strawberry.field(description="Whether it holds.")
    measured: Figure = strawberry.field(description="What it measures now.")
    missing: Figure = strawberry.field(description="What is missing until it holds.")


@strawberry.type(description="Why a customer has the level of service it has, and what is missing to the next one.")
class ServiceLevelExplanation:
    level_code: str | None = strawberry.field(description="The level; null before any is defined.")
    level_rank: int | None = strawberry.field(description="Its rank, 0 for the floor.")
    origin: models.AssignmentOrigin | None = strawberry.field(
        description="Who gave it: a rule or somebody; null for the floor."
    )
    reason: str | None = strawberry.field(description="Why; null where you may not read it.")
    decided_by: str | None = strawberry.field(description="Who decided.")
    since: dt.datetime | None = strawberry.field(description="Since when.")
    until: dt.datetime | None = strawberry.field(description="Until when; null for no end.")
    next_level_code: str | None = strawberry.field(description="The next level that a rule gives.")
    rules: list[RuleExplanation] = strawberry.field(description="The rules, those of the best level first.")


@strawberry.type(description="How many customers of a kind and an age have a level.")
class ServiceLevelShare:
    level_code: str | None = strawberry.field(description="The level.")
    kind: CustomerKind = strawberry.field(description="Business or consumer.")
    age: fairness.Age = strawberry.field(description="How long they have been customers.")
    customers: int = strawberry.field(description="How many.")
    by_hand: int = strawberry.field(description="To how many of them somebody gave it by hand.")


@strawberry.type(description="How cases of a level's customers went.")
class ServiceLevelPerformance:
    level_code: str | None = strawberry.field(description="The level they had; null where none was defined.")
    cases: int = strawberry.field(description="How many.")
    complaints: int = strawberry.field(description="How many were complaints.")
    reopened: int = strawberry.field(description="How many were opened again.")
    answered_late: int = strawberry.field(description="How many were not answered in time.")
    solved_late: int = strawberry.field(description="How many were not solved in time.")
    mean_response_minutes: Decimal | None = strawberry.field(description="Mean minutes to the first answer.")
    mean_resolution_minutes: Decimal | None = strawberry.field(description="Mean minutes to the solution.")


@strawberry.type(description="How often somebody gave levels by hand.")
class ServiceLevelDecider:
    subject: str = strawberry.field(description="Who.")
    assignments: int = strawberry.field(description="How often.")
    above_floor: int = strawberry.field(description="How often a level above the floor.")


@strawberry.type(description="Whether service is given fairly: who has which level, how they are served, who decided.")
class ServiceLevelFairness:
    since: dt.datetime = strawberry.field(description="From when on cases and decisions count.")
    as_of: dt.datetime = strawberry.field(description="Up to when; customers are those of then.")
    shares: list[ServiceLevelShare] = strawberry.field(description="Customers by level, kind and age.")
    performance: list[ServiceLevelPerformance] = strawberry.field(description="Cases by level.")
    deciders: list[ServiceLevelDecider] = strawberry.field(description="Who decided by hand, the most often first.")


@strawberry.input(description="An amount with its currency, for a threshold to try.")
class ThresholdAmountInput:
    amount: Decimal = strawberry.field(description="How much.")
    currency_code: str = strawberry.field(description="ISO 4217 code.")


@strawberry.input(description="Another threshold of a rule, to try. What is left out stays as it is.")
class ThresholdChangeInput:
    rule_code: str = strawberry.field(description="Which rule.")
    amount: ThresholdAmountInput | None = strawberry.field(description="The least amount.", default=None)
    count: int | None = strawberry.field(description="The least number of purchases.", default=None)
    window_days: int | None = strawberry.field(description="Over how many days, 1 to 3650.", default=None)
    active: bool = strawberry.field(description="false takes the rule away.", default=True)


@strawberry.type(description="How many customers would come from one level to another.")
class ServiceLevelMove:
    from_level_code: str = strawberry.field(description="The level they have.")
    to_level_code: str = strawberry.field(description="The level they would have; the same where they stay.")
    customers: int = strawberry.field(description="How many.")


@strawberry.type(description="What customers are promised on average of cases of a severity, now and then.")
class ServiceTargetEffect:
    severity: models.CaseSeverity = strawberry.field(description="Of which cases.")
    response_minutes_before: Decimal = strawberry.field(description="Mean minutes to the first answer now.")
    response_minutes_after: Decimal = strawberry.field(description="And then.")
    resolution_minutes_before: Decimal = strawberry.field(description="Mean minutes to the solution now.")
    resolution_minutes_after: Decimal = strawberry.field(description="And then.")


@strawberry.type(description="What other thresholds would do. Nothing was written.")
class ServiceLevelSimulation:
    customers: int = strawberry.field(description="How many customers were looked at.")
    gaining: int = strawberry.field(description="How many would rise.")
    losing: int = strawberry.field(description="How many would fall.")
    decided_by_hand: int = strawberry.field(description="How many stay because somebody decided their level.")
    moves: list[ServiceLevelMove] = strawberry.field(description="From which level to which.")
    targets: list[ServiceTargetEffect] = strawberry.field(
        description="What they are promised, for severities that all their levels promise something for."
    )
    as_of: dt.datetime = strawberry.field(description="As of when.")


@strawberry.type(description="A channel that was considered.")
class ConsideredChannel:
    channel: Channel = strawberry.field(description="Which.")
    origin: channels.ChannelOrigin = strawberry.field(
        description="Whether the customer asked for it or a policy offers it."
    )
    allowed: bool = strawberry.field(description="Whether consent allows it.")
    reason: str = strawberry.field(description="Why.")


@strawberry.type(description="Which channel to offer a customer, and why.")
class ChannelChoice:
    channel: Channel | None = strawberry.field(description="The channel; null where none may be offered.")
    origin: channels.ChannelOrigin | None = strawberry.field(description="Why it was considered.")
    reason: str = strawberry.field(description="Why it was chosen, or why none was.")
    considered: list[ConsideredChannel] = strawberry.field(description="All in their order, the chosen one too.")


Whose = Annotated[strawberry.ID, strawberry.argument(description="The customer.")]
Days = Annotated[int, strawberry.argument(description=f"Cases and decisions of how many days, 1 to {_LONGEST_DAYS}.")]
Changes = Annotated[
    list[ThresholdChangeInput],
    strawberry.argument(description="What to try, at most 20; none shows what the rules say now."),
]
What = Annotated[ConsentPurpose, strawberry.argument(description="What the contact is for.")]


@extends(Query)
class ServiceReportQuery:
    @resolver(scope=SERVICE_LEVEL_READ)
    async def service_level_explanation(
        self, info: strawberry.Info[Any, Any], customer_id: Whose
    ) -> ServiceLevelExplanation | None:
        """Why a customer has the level it has, by which rule and numbers, and what is missing to the next one."""
        wanted: uuid.UUID = decode_id(customer_id, Customer.id_prefix)
        found: explaining.Explanation = await info.context.read(lambda uow: explaining.explain(wanted, uow))
        return explained(found, words=reads(info.context.actor.opened, PII))

    @resolver(scope=SERVICE_LEVEL_READ)
    async def service_level_fairness(
        self, info: strawberry.Info[Any, Any], days: Days = 365
    ) -> ServiceLevelFairness | None:
        """Whether levels are given and kept fairly. It is made of all customers, so whoever sees some may not ask."""
        validation.within(days, most=_LONGEST_DAYS, path="days")
        found: fairness.FairnessReport = await info.context.read(lambda uow: fairness.fairness(days, uow))
        return _fairness(found)

    @resolver(scope=SERVICE_LEVEL_DEFINE)
    async def service_level_change_simulate(
        self, info: strawberry.Info[Any, Any], changes: Changes
    ) -> ServiceLevelSimulation | None:
        """How many customers would rise or fall if rules had other thresholds. Nothing is written."""
        wanted = [_change(number, each) for number, each in enumerate(changes)]
        found: simulating.Simulation = await info.context.read(lambda uow: simulating.simulate(wanted, uow))
        return _simulation(found)

    @resolver(scope=SERVICE_LEVEL_READ)
    async def channel_for(
        self, info: strawberry.Info[Any, Any], customer_id: Whose, purpose: What
    ) -> ChannelChoice | None:
        """Which channel to offer a customer: what it asked for before any policy, and nothing that consent forbids."""
        wanted: uuid.UUID = decode_id(customer_id, Customer.id_prefix)
        found: channels.ChannelChoice = await info.context.read(lambda uow: channels.channel_for(wanted, purpose, uow))
        return ChannelChoice(
            channel=found.channel,
            origin=found.origin,
            reason=found.reason,
            considered=[
                ConsideredChannel(channel=c.channel, origin=c.origin, allowed=c.allowed, reason=c.reason)
                for c in found.considered
            ],
        )


def explained(found: explaining.Explanation, *, words: bool) -> ServiceLevelExplanation:
    """An explanation as the API shows it. words: whether the reason somebody wrote may be shown."""
    level = found.level
    return ServiceLevelExplanation(
        level_code=None if level is None else level.code,
        level_rank=None if level is None else level.rank,
        origin=found.origin,
        reason=found.reason if words or found.origin is not models.AssignmentOrigin.MANUAL else None,
        decided_by=found.decided_by,
        since=found.since,
        until=found.until,
        next_level_code=None if found.next_level is None else found.next_level.code,
        rules=[
            RuleExplanation(
                rule_code=each.rule.code,
                level_code=each.level.code,
                metric=each.rule.metric,
                window_days=each.rule.window_days,
                holds=each.holds,
                measured=shown(each.measured),
                missing=shown(each.missing),
            )
            for each in found.rules
        ],
    )


def _fairness(found: fairness.FairnessReport) -> ServiceLevelFairness:
    return ServiceLevelFairness(
        since=found.since,
        as_of=found.as_of,
        shares=[
            ServiceLevelShare(
                level_code=None if s.level is None else s.level.code,
                kind=s.kind,
                age=s.age,
                customers=s.customers,
                by_hand=s.by_hand,
            )
            for s in found.shares
        ],
        performance=[
            ServiceLevelPerformance(
                level_code=None if s.level is None else s.level.code,
                cases=s.cases,
                complaints=s.complaints,
                reopened=s.reopened,
                answered_late=s.answered_late,
                solved_late=s.solved_late,
                mean_response_minutes=s.mean_response_minutes,
                mean_resolution_minutes=s.mean_resolution_minutes,
            )
            for s in found.service
        ],
        deciders=[
            ServiceLevelDecider(subject=d.subject, assignments=d.assignments, above_floor=d.above_floor)
            for d in found.deciders
        ],
    )


def _change(number: int, given: ThresholdChangeInput) -> simulating.ChangedThreshold:
    least, path = given.amount, ("changes", number, "amount")
    return simulating.ChangedThreshold(
        rule_code=given.rule_code,
        amount=None if least is None else validation.money(least.amount, least.currency_code, path=path),
        count=given.count,
        window_days=given.window_days,
        active=given.active,
    )


def _simulation(found: simulating.Simulation) -> ServiceLevelSimulation:
    return ServiceLevelSimulation(
        customers=found.customers,
        gaining=found.gaining,
        losing=found.losing,
        decided_by_hand=found.decided_by_hand,
        moves=[
            ServiceLevelMove(
                from_level_code=move.from_level.code, to_level_code=move.to_level.code, customers=move.customers
            )
            for move in found.moves
        ],
        targets=[
            ServiceTargetEffect(
                severity=each.severity,
                response_minutes_before=each.response_before,
                response_minutes_after=each.response_after,
                resolution_minutes_before=each.resolution_before,
                resolution_minutes_after=each.resolution_after,
            )
            for each in found.targets
        ],
        as_of=found.as_of,
    )


EXTENSIONS = (ServiceReportQuery,)
