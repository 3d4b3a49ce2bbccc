"""Values the API shows as objects: money and periods."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import strawberry

__all__ = ["MoneyValue", "PeriodValue", "UserError"]


@strawberry.type(name="Money", description="An exact amount of money.")
class MoneyValue:
    amount: Decimal = strawberry.field(description="Amount in major units, with exactly the currency's decimals.")
    currency_code: str = strawberry.field(description="Currency, ISO 4217.")


@strawberry.type(name="Period", description="A half-open stretch of time [from, to).")
class PeriodValue:
    from_: dt.datetime | None = strawberry.field(
        name="from", description="First instant; null when it has no beginning."
    )
    to: dt.datetime | None = strawberry.field(description="First instant after it; null when it has no end.")


@strawberry.type(description="What the caller can mend in the input of a mutation.")
class UserError:
    message: str = strawberry.field(description="What happened, what was given and what to do.")
    code: str = strawberry.field(
        description="INVALID_INPUT, CONFLICT, NOT_FOUND, or the code of a rule such as KYC_REQUIRED."
    )
    path: list[str] = strawberry.field(description="Where in the arguments, from `input` on.")
