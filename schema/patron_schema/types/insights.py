"""What a customer of the portal sees of itself, made for the party of the credential and for no other."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

import strawberry

from patron_core import validation
from patron_core.access.grants import reads
from patron_core.cases.models import Case
from patron_core.customers.models import Customer
from patron_core.records import PII
from patron_core.service_levels import insights as core
from patron_core.service_levels.models import CaseSeverity
from patron_core.service_levels.permissions import SERVICE_LEVEL_READ

from ..declare import Query, extends, resolver
from .service_reports import ServiceLevelExplanation, explained
from .values import MoneyValue

__all__ = ["EXTENSIONS"]

_MOST_MONTHS = 24


@strawberry.type(description="What you bought in a month, in a currency, refunds taken away.")
class InsightMonth:
    month: dt.date = strawberry.field(description="Its first day; months are those of UTC.")
    amount: MoneyValue = strawberry.field(description="How much.")
    purchases: int = strawberry.field(description="How many purchases.")


@strawberry.type(description="A benefit your level of service brings.")
class InsightEntitlement:
    code: str = strawberry.field(description="Its stable code.")
    name: str = strawberry.field(description="What it is.")
    quantity: Decimal | None = strawberry.field(description="How much; null for as much as is wanted.")


@strawberry.type(description="How fast we promise to answer and to solve your cases.")
class InsightTarget:
    severity: CaseSeverity = strawberry.field(description="Of which cases.")
    first_response_minutes: int = strawberry.field(description="Minutes until the first answer.")
    resolution_minutes: int = strawberry.field(description="Minutes until the case is solved.")


@strawberry.type(description="A case of yours that is not done with.")
class InsightCase:
    id: strawberry.ID = strawberry.field(description="Identifies it.")
    kind: str = strawberry.field(description="Complaint, request or question.")
    state: str = strawberry.field(description="Where it stands.")
    topic: str | None = strawberry.field(description="What it is about; null where you may not read it.")
    occurred_at: dt.datetime = strawberry.field(description="When it came in.")
    resolution_due_at: dt.datetime | None = strawberry.field(description="By when it has to be solved.")


@strawberry.type(description="A contract of yours whose term comes to its end.")
class InsightRenewal:
    contract_number: str = strawberry.field(description="Its number.")
    contract_name: str = strawberry.field(description="What it is about.")
    term_ends_on: dt.date = strawberry.field(description="First day after the term.")
    notice_by: dt.date = strawberry.field(description="Last day on which notice can be given.")


@strawberry.type(description="What a customer sees of itself.")
class CustomerInsights:
    customer_id: strawberry.ID = strawberry.field(description="You.")
    unlocked: bool = strawberry.field(
        description="Whether your level of service opens the figures; else they are empty."
    )
    reason: str = strawberry.field(description="Why it does or not.")
    service_level: ServiceLevelExplanation = strawberry.field(
        description="Your level of service, why you have it, and what is missing to the next one."
    )
    entitlements: list[InsightEntitlement] = strawberry.field(description="What your level brings.")
    targets: list[InsightTarget] = strawberry.field(description="What it promises.")
    months: list[InsightMonth] = strawberry.field(description="What you bought, the latest month first.")
    cases: list[InsightCase] = strawberry.field(description="Your cases, the latest first, at most 50.")
    renewals: list[InsightRenewal] = strawberry.field(description="Your contracts that end, at most 50.")
    as_of: dt.datetime = strawberry.field(description="As of when.")


Months = Annotated[int, strawberry.argument(description=f"How many months up to this one, 1 to {_MOST_MONTHS}.")]


@extends(Query)
class InsightQuery:
    @resolver(scope=SERVICE_LEVEL_READ)
    async def my_insights(self, info: strawberry.Info[Any, Any], months: Months = 12) -> CustomerInsights | None:
        """What the customer that asks sees of itself: purchases, promises, cases, renewals; of its own party alone."""
        validation.within(months, most=_MOST_MONTHS, path="months")
        found: core.Insights = await info.context.read(lambda uow: core.insights(months, uow))
        return _shown(found, words=reads(info.context.actor.opened, PII))


def _shown(found: core.Insights, *, words: bool) -> CustomerInsights:
    return CustomerInsights(
        customer_id=strawberry.ID(f"{Customer.id_prefix}_{found.customer_id}"),
        unlocked=found.unlocked,
        reason=found.reason,
        service_level=explained(found.explanation, words=words),
        entitlements=[
            InsightEntitlement(code=each.code, name=each.name, quantity=each.quantity) for each in found.entitlements
        ],
        targets=[
            InsightTarget(
                severity=each.severity,
                first_response_minutes=each.first_response_minutes,
                resolution_minutes=each.resolution_minutes,
            )
            for each in found.targets
        ],
        months=[
            InsightMonth(
                month=each.month,
                amount=MoneyValue(amount=each.amount.amount, currency_code=each.amount.currency_code),
                purchases=each.purchases,
            )
            for each in found.months
        ],
        cases=[
            InsightCase(
                id=strawberry.ID(f"{Case.id_prefix}_{each.id}"),
                kind=each.kind,
                state=each.state,
                topic=each.topic if words else None,
                occurred_at=each.occurred_at,
                resolution_due_at=each.resolution_due_at,
            )
            for each in found.cases
        ],
        renewals=[
            InsightRenewal(
                contract_number=each.contract_number,
                contract_name=each.contract_name,
                term_ends_on=each.term_ends_on,
                notice_by=each.notice_by,
            )
            for each in found.renewals
        ],
        as_of=found.as_of,
    )


EXTENSIONS = (InsightQuery,)
