"""Declarations that are wrong on purpose, one fault each; see test_compose.py."""

from __future__ import annotations

from sqlalchemy import literal_column

from patron_core.customers.models import Customer as CustomerModel
from patron_core.customers.models import LifecycleChange
from patron_core.parties.models import Party as PartyModel
from patron_core.touchpoints.models import TouchpointParticipant
from patron_core.values import Code
from patron_schema.declare import (
    Connection,
    Query,
    expression,
    extends,
    payload,
    planned,
    related,
    resolver,
    root,
    total,
)
from patron_schema.nodes import Node
from patron_schema.types.customers import Customer


class Channel(Code):
    """Shares its name with an enum of the core."""

    RADIO = "radio", "On air."


@planned(LifecycleChange)
class AdvertType(Node):
    customer: Customer
    reason: str | None


@planned(LifecycleChange)
class AdvertTypeList(Node):
    """Makes a filter that is called like that of lists of AdvertType."""

    reason: str | None


@planned(LifecycleChange)
class CustomerEdge(Node):
    """Called like an edge of a list of customers."""

    reason: str | None


@payload
class CustomerAggregate:
    """What a mutation gives, called like a group of customers."""


@extends(Customer)
class First:
    adverts: Connection[AdvertType] = related(LifecycleChange.customer, description="Adverts.")


@extends(Customer)
class Second:
    adverts: Connection[AdvertType] = related(LifecycleChange.customer, description="Adverts again.")


@extends(Customer)
class Twins:
    fan_club: int | None = expression(CustomerModel.version + 1, description="One.")
    fanClub: int | None = expression(CustomerModel.version + 2, description="Another.")


@extends(Customer)
class Figured:
    transactions_aggregate: int | None = expression(CustomerModel.version + 1, description="Not the figures.")


@extends(Query)
class FiguredRoot:
    @resolver()
    def customers_aggregate(self) -> int:
        """Not the figures either."""
        return 0


@extends(Customer)
class NoDescription:
    @resolver("owner")
    def shouted(self) -> str | None:
        return None


@extends(Customer)
class NotNullable:
    is_new: bool = expression(CustomerModel.version < 2, description="Whether it never changed.")


@extends(Customer)
class UnknownType:
    club: Connection[FanClub] = related(LifecycleChange.customer, description="No such type.")  # type: ignore[name-defined]  # noqa: F821


@extends(Customer)
class Unlisted:
    latest: AdvertType | None = related(LifecycleChange.customer, description="There may be many.")


@extends(Customer)
class RawText:
    raw: str | None = expression(CustomerModel.owner + literal_column("'x'"), description="Raw.")


@extends(Customer)
class OtherTable:
    other: str | None = expression(PartyModel.display_name, description="Not its own table.")


@extends(Customer)
class WrongTotal:
    sum_of_titles: int = total(
        TouchpointParticipant.version, via=TouchpointParticipant.party, description="Points elsewhere."
    )


@planned(LifecycleChange)
class WrongAnnotation(Node):
    reason: int | None


@extends(Customer)
class ReservedWord:
    @resolver("owner")
    def not_(self) -> str | None:
        """Named like a word of filters."""
        return None


@extends(Customer)
class Channelled:
    @resolver("owner")
    def heard_on(self) -> Channel | None:
        """Where the customer heard of us."""
        return Channel.RADIO


@extends(Query)
class Nowhere:
    adverts: Connection[AdvertType]


@extends(Query)
class Roots:
    adverts: Connection[AdvertType] = root(description="All adverts.")
