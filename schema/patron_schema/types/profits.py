"""What customers bring and cost by month, and what they are worth, as the API shows them.

Figures over all customers are resolved in Python, each in a fixed number of statements; only who sees all customers may ask.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar

import strawberry

from patron_core import validation
from patron_core.access.grants import reads
from patron_core.access.overview import require_class, require_overview
from patron_core.customers.models import Customer as CustomerModel
from patron_core.profits import best, distribution, models, repeats, worth
from patron_core.profits.checks import ProfitCheck as CoreCheck
from patron_core.profits.checks import check_month
from patron_core.profits.commands import check_days
from patron_core.profits.permissions import PROFIT_READ
from patron_core.records import FINANCIAL, PII
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Money

from ..compose.commands import decode_id
from ..declare import Connection, Query, extends, planned, related, resolver, root
from ..nodes import Node
from .customers import Customer
from .figures import Figure, shown
from .values import MoneyValue

__all__ = ["EXTENSIONS", "TYPES", "ProfitContribution"]

T = TypeVar("T")
_MOST: Final = 100


@planned(models.ProfitContribution)
class ProfitContribution(Node):
    """What a customer brought and cost in a month, in one currency, built transaction by transaction from the ledger.

    The rows it was built from are the customer's `transactions` of that month, in that currency.
    """

    customer: Customer
    month: dt.date
    revenue: Money
    cost_of_goods: Money
    cost_to_serve: Money
    contribution: Money
    allocated: Money
    granularity: models.Granularity
    coverage: Decimal | None
    ledger_rows: int
    updated_at: dt.datetime


@extends(Customer)
class CustomerProfits:
    profit_contributions: Connection[ProfitContribution] = related(
        models.ProfitContribution.customer, description="What the customer brought and cost by month."
    )


def _amount(money: Money) -> MoneyValue:
    return MoneyValue(amount=money.amount, currency_code=money.currency_code)


def _outer(id_: Any) -> strawberry.ID:
    return strawberry.ID(f"{CustomerModel.id_prefix}_{id_}")


@strawberry.type(description="A tenth of the customers, in the order of what they brought, most first.")
class ProfitTenth:
    number: int = strawberry.field(description="1 for those who brought most, to 10.")
    customers: int = strawberry.field(description="How many.")
    revenue: MoneyValue = strawberry.field(description="What they bought.")
    contribution: MoneyValue = strawberry.field(description="What they brought less what they cost.")
    smallest: MoneyValue = strawberry.field(description="The least that one of them brought.")
    largest: MoneyValue = strawberry.field(description="The most that one of them brought.")
    cumulative_share: Decimal | None = strawberry.field(
        description="Of the whole contribution, what it and those before it have; above 1 where later ones take from it."
    )


@strawberry.type(description="Customers who bring nothing and for whom the same may be done.")
class ProfitSuggestion:
    treatment: distribution.ProfitTreatment = strawberry.field(description="What may be done.")
    reason: str = strawberry.field(description="Which rule it follows from.")
    customers: int = strawberry.field(description="How many.")
    contribution: MoneyValue = strawberry.field(description="What they brought together.")


@strawberry.type(description="How profit is spread over customers.")
class ProfitDistribution:
    tenths: list[ProfitTenth] = strawberry.field(description="The tenths: with their shares, the whale curve.")
    not_profitable: Figure = strawberry.field(description="Share of the customers who brought nothing, or less.")
    peak: Figure = strawberry.field(description="The highest point of the curve, as a share of the whole.")
    suggestions: list[ProfitSuggestion] = strawberry.field(description="What may be done about those, by rule.")

    @staticmethod
    def of(found: distribution.Distribution) -> ProfitDistribution:
        """A distribution as it is shown."""
        return ProfitDistribution(
            tenths=[
                ProfitTenth(
                    number=tenth.number,
                    customers=tenth.customers,
                    revenue=_amount(tenth.revenue),
                    contribution=_amount(tenth.contribution),
                    smallest=_amount(tenth.smallest),
                    largest=_amount(tenth.largest),
                    cumulative_share=tenth.cumulative_share,
                )
                for tenth in found.tenths
            ],
            not_profitable=shown(found.not_profitable),
            peak=shown(found.peak),
            suggestions=[
                ProfitSuggestion(
                    treatment=each.treatment,
                    reason=each.reason,
                    customers=each.customers,
                    contribution=_amount(each.contribution),
                )
                for each in found.suggestions
            ],
        )


@strawberry.type(description="A customer who brings nothing, and what may be done.")
class UnprofitableCustomer:
    customer_id: strawberry.ID = strawberry.field(description="Who.")
    revenue: MoneyValue = strawberry.field(description="What was bought.")
    contribution: MoneyValue = strawberry.field(description="What was brought less what it cost.")
    treatment: distribution.ProfitTreatment = strawberry.field(description="What may be done.")
    reason: str = strawberry.field(description="Which rule it follows from.")


@strawberry.type(description="Whether the contributions of a month are what the ledger says.")
class ProfitCheck:
    month: dt.date = strawberry.field(description="First day of the month.")
    holds: bool = strawberry.field(description="Whether both are the same, of each customer.")
    kept: MoneyValue = strawberry.field(description="What the contributions add up to.")
    booked: MoneyValue = strawberry.field(description="What the ledger adds up to.")
    ledger_rows: int = strawberry.field(description="How many rows of the ledger were added up.")
    differing: list[strawberry.ID] = strawberry.field(description="Customers of whom they differ, at most 20.")

    @staticmethod
    def of(found: CoreCheck) -> ProfitCheck:
        """A check as it is shown."""
        return ProfitCheck(
            month=found.month,
            holds=found.holds,
            kept=_amount(found.kept),
            booked=_amount(found.booked),
            ledger_rows=found.ledger_rows,
            differing=[_outer(id_) for id_ in found.differing],
        )


@strawberry.type(description="A customer with its place among all.")
class BestCustomer:
    customer_id: strawberry.ID = strawberry.field(description="Who.")
    display_name: str | None = strawberry.field(description="The party's name; null for who may not read names.")
    rank: int = strawberry.field(description="Its place, from 1; those with the same value have the same.")
    previous_rank: int | None = strawberry.field(
        description="Its place on the day compared with; null without one, or where it had none."
    )
    value: Figure = strawberry.field(description="What it is ranked by, with the parts it was made from.")


@strawberry.type(description="What a customer is worth now, and what it may bring. The two are never added up.")
class CustomerValue:
    current: Figure = strawberry.field(description="What it brought less what it cost, in the last 365 days.")
    potential: Figure = strawberry.field(
        description="What may come: of consumers by the model of value, of others by their open deals."
    )


@strawberry.type(description="How often customers come again.")
class RepeatBusiness:
    repeat_purchase_rate: Figure = strawberry.field(
        description="Share of the customers who bought on two days or more."
    )
    purchase_interval: Figure = strawberry.field(description="Median of the days between two purchases of a customer.")


@strawberry.type(description="Whether a customer comes again.")
class CustomerMetrics:
    repeat: bool = strawberry.field(description="Whether it bought on two days or more.")
    purchase_interval: Figure = strawberry.field(description="Median of the days between two of its purchases.")


From = Annotated[dt.date, strawberry.argument(name="from", description="First day.")]
To = Annotated[dt.date, strawberry.argument(description="First day after the last; at most ten years later.")]
In = Annotated[str, strawberry.argument(description="Currency, ISO 4217; amounts in others are left out.")]
First = Annotated[int, strawberry.argument(description=f"How many, 1 to {_MOST}.")]
Whose = Annotated[strawberry.ID, strawberry.argument(description="The customer.")]
AsOf = Annotated[dt.date, strawberry.argument(description="The last day that counts.")]
By = Annotated[best.BestBy, strawberry.argument(description="What they are ranked by.")]
Days = Annotated[int, strawberry.argument(description="How many days up to that day count, 1 to 3,653.")]
Before = Annotated[dt.date | None, strawberry.argument(description="An earlier day to compare ranks with.")]


async def over_all(info: strawberry.Info[Any, Any], work: Callable[[UnitOfWork], T]) -> T:
    """Reads something about all customers, for who sees all of them and their money."""
    require_overview(info.context.actor, FINANCIAL)
    found: T = await info.context.read(work)
    return found


@extends(Query)
class ProfitQuery:
    profit_contributions: Connection[ProfitContribution] = root(description="What customers brought and cost by month.")

    @resolver(scope=PROFIT_READ)
    async def profit_distribution(
        self, info: strawberry.Info[Any, Any], from_: From, to: To, currency: In
    ) -> ProfitDistribution | None:
        """How profit is spread over customers, of the months in [from, to): tenths, the whale curve, who brings nothing."""
        return ProfitDistribution.of(
            await over_all(info, lambda uow: distribution.distribution(uow, from_, to, currency))
        )

    @resolver(scope=PROFIT_READ)
    async def unprofitable_customers(
        self, info: strawberry.Info[Any, Any], from_: From, to: To, currency: In, first: First = 20
    ) -> list[UnprofitableCustomer]:
        """Customers who brought nothing in the months in [from, to), those who cost most first, with what may be done."""
        validation.within(first, most=_MOST, path="first")
        found = await over_all(info, lambda uow: distribution.unprofitable(uow, from_, to, currency, first=first))
        return [
            UnprofitableCustomer(
                customer_id=_outer(each.customer_id),
                revenue=_amount(each.revenue),
                contribution=_amount(each.contribution),
                treatment=each.treatment,
                reason=each.reason,
            )
            for each in found
        ]

    @resolver(scope=PROFIT_READ)
    async def profit_check(
        self,
        info: strawberry.Info[Any, Any],
        month: Annotated[dt.date, strawberry.argument(description="A day of the month.")],
        currency: In,
    ) -> ProfitCheck | None:
        """Adds the ledger of a month up anew and compares it with the contributions that are kept."""
        return ProfitCheck.of(await over_all(info, lambda uow: check_month(uow, month, currency)))

    @resolver(scope=PROFIT_READ)
    async def best_customers(
        self,
        info: strawberry.Info[Any, Any],
        as_of: AsOf,
        currency: In,
        by: By = best.BestBy.CONTRIBUTION,
        first: First = 10,
        days: Days = 365,
        compared_with: Before = None,
    ) -> list[BestCustomer]:
        """The most valuable customers as of a day: from what the ledger had up to then."""
        validation.within(first, most=_MOST, path="first")

        def find(uow: UnitOfWork) -> list[best.Best]:
            return best.best_customers(
                uow, as_of, by, currency=currency, first=first, days=days, compared_with=compared_with
            )

        named = reads(info.context.actor.opened, PII)
        return [
            BestCustomer(
                customer_id=_outer(each.customer_id),
                display_name=each.display_name if named else None,
                rank=each.rank,
                previous_rank=each.previous_rank,
                value=shown(each.value),
            )
            for each in await over_all(info, find)
        ]

    @resolver(scope=PROFIT_READ)
    async def repeat_business(
        self, info: strawberry.Info[Any, Any], from_: From, to: To, currency: In
    ) -> RepeatBusiness | None:
        """How many customers came again within [from, to), and how long that takes."""
        check_days(from_, to, path="to")
        found = await over_all(info, lambda uow: repeats.repeats(uow, from_, to, currency))
        return RepeatBusiness(repeat_purchase_rate=shown(found.rate), purchase_interval=shown(found.interval))

    @resolver(scope=PROFIT_READ)
    async def customer_metrics(
        self, info: strawberry.Info[Any, Any], customer_id: Whose, currency: In
    ) -> CustomerMetrics | None:
        """Whether a customer comes again, and how long that takes."""
        wanted = decode_id(customer_id, CustomerModel.id_prefix)

        def find(uow: UnitOfWork) -> repeats.CustomerRepeats:
            uow.get(CustomerModel, wanted, path=("customerId",))
            return repeats.repeats_of(wanted, uow, currency)

        found: repeats.CustomerRepeats = await info.context.read(find)
        return CustomerMetrics(repeat=found.repeat, purchase_interval=shown(found.interval))

    @resolver(scope=PROFIT_READ)
    async def customer_value(
        self, info: strawberry.Info[Any, Any], customer_id: Whose, currency: In
    ) -> CustomerValue | None:
        """What a customer is worth now and what it may bring, each with where it comes from."""
        require_class(info.context.actor, FINANCIAL)
        validation.currency(currency)
        wanted = decode_id(customer_id, CustomerModel.id_prefix)

        def find(uow: UnitOfWork) -> worth.CustomerValue:
            return worth.value_of(uow.get(CustomerModel, wanted, path=("customerId",)), uow, currency=currency)

        found: worth.CustomerValue = await info.context.read(find)
        return CustomerValue(current=shown(found.current), potential=shown(found.potential))


TYPES = (ProfitContribution,)
EXTENSIONS = (CustomerProfits, ProfitQuery)
