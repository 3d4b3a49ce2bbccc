"""What an account does not buy while comparable customers do, as the API shows it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import strawberry

from patron_core.access.permissions import require
from patron_core.accounts import whitespace
from patron_core.accounts.permissions import ACCOUNT_READ
from patron_core.accounts.whitespace import WhitespaceBy
from patron_core.customers.models import Customer as CustomerModel
from patron_core.outbox.telling import outer_id
from patron_core.parties.models import Party as PartyModel
from patron_core.transactions.permissions import TRANSACTION_READ
from patron_core.unit_of_work import UnitOfWork

from ..compose.commands import decode_id
from ..declare import Query, extends, resolver
from .figures import Figure, shown

__all__ = ["EXTENSIONS"]


@strawberry.type(description="Something that a part of an account does not buy while comparable customers do.")
class WhitespacePosition:
    key: str = strawberry.field(description="The stock-keeping unit, or the category.")
    name: str = strawberry.field(description="Its name in the catalogue, or what lines of sales call it.")
    customer_id: strawberry.ID = strawberry.field(description="Who does not buy it: the customer or a part of it.")
    party_id: strawberry.ID = strawberry.field(description="The same, as a party; `node` shows it.")
    buyers: int = strawberry.field(description="How many comparable customers buy it.")
    comparable: int = strawberry.field(description="Of how many that bought anything.")
    share: Decimal = strawberry.field(description="Their share, 0 to 1.")
    reason: str = strawberry.field(description="Why it is listed, in a sentence.")


@strawberry.type(description="What an account does not buy while comparable customers do.")
class AccountWhitespace:
    open_positions: Figure = strawberry.field(
        description="How many positions are open, and of which customers that tells."
    )
    positions: list[WhitespacePosition] = strawberry.field(description="What most comparable customers buy first.")
    truncated: bool = strawberry.field(description="Whether there are more than were asked for.")


Whose = Annotated[strawberry.ID, strawberry.argument(description="The customer.")]
By = Annotated[WhitespaceBy, strawberry.argument(description="Products or categories.")]
Days = Annotated[int, strawberry.argument(description="How far back purchases count, 1 to 3,650 days.")]
Share = Annotated[
    Decimal, strawberry.argument(description="Which share of comparable customers must buy it, above 0 to 1.")
]
First = Annotated[int, strawberry.argument(description=f"How many positions, 1 to {whitespace.MOST_POSITIONS}.")]


@extends(Query)
class WhitespaceQuery:
    @resolver(scope=ACCOUNT_READ)
    async def account_whitespace(
        self,
        info: strawberry.Info[Any, Any],
        customer_id: Whose,
        by: By = WhitespaceBy.PRODUCT,
        days: Days = whitespace.DAYS,
        minimum_share: Share = whitespace.SHARE,
        first: First = 50,
    ) -> AccountWhitespace | None:
        """What a customer, and each part of it that is a customer, does not buy while comparable customers do."""
        wanted = decode_id(customer_id, CustomerModel.id_prefix)

        def find(uow: UnitOfWork) -> AccountWhitespace:
            require(uow.actor, TRANSACTION_READ)
            search = whitespace.Search(by=by, days=days, share=minimum_share, first=first)
            found = whitespace.whitespace_of(uow, wanted, search)
            return AccountWhitespace(
                open_positions=shown(found.open_positions),
                positions=[_position(each) for each in found.positions],
                truncated=found.truncated,
            )

        made: AccountWhitespace = await info.context.read(find)
        return made


def _position(each: whitespace.Position) -> WhitespacePosition:
    return WhitespacePosition(
        key=each.key,
        name=each.name,
        customer_id=strawberry.ID(outer_id(each.unit_id, CustomerModel)),
        party_id=strawberry.ID(outer_id(each.party_id, PartyModel)),
        buyers=each.buyers,
        comparable=each.comparable,
        share=each.share,
        reason=each.reason,
    )


EXTENSIONS = (WhitespaceQuery,)
