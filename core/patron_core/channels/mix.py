"""How contacts divide over channels in a time, and what they cost: counted in one statement, never adding two currencies.

A contact costs what its channel's unit cost says today. Contacts that name no channel of ours, or one without a unit cost, are
counted and cost nothing that is known: the figure says so. Customers and partners are told no cost at all.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from patron_core.access.kept_back import is_outside
from patron_core.access.row_limits import seen_customers
from patron_core.channels.models import Channel, ChannelDefinition
from patron_core.customers.models import Customer
from patron_core.figures import Figure, Input
from patron_core.touchpoints.models import Touchpoint
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import in_order
from patron_core.values import Money

__all__ = ["ChannelMix", "ChannelShare", "channel_mix"]

_SHARE: Final = "Contacts of the channel divided by all contacts of the time."
_COST: Final = "Contacts times the unit cost of their channel as it is now; each currency by itself."


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelShare:
    """A channel's part. definition_id, code, name: null for contacts that named none of our channels."""

    channel: Channel
    definition_id: uuid.UUID | None
    code: str | None
    name: str | None
    contacts: int
    share: Figure
    cost: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelMix:
    """All channels of a time, the one with the most contacts first. costs: a figure for each currency."""

    contacts: int
    shares: tuple[ChannelShare, ...]
    costs: tuple[Figure, ...]


def channel_mix(
    uow: UnitOfWork, *, since: dt.datetime, until: dt.datetime, customer_id: uuid.UUID | None = None
) -> ChannelMix:
    """The mix of [since, until), of one customer or of all. NOT_FOUND for an unknown customer."""
    in_order(since, until, path="to")
    if customer_id is not None:
        uow.get(Customer, customer_id, path=("customerId",))
    definition = ChannelDefinition
    grouped = (
        select(
            Touchpoint.channel,
            definition.id,
            definition.code,
            definition.name,
            definition.unit_cost_minor,
            definition.unit_cost_currency,
            func.count().label("contacts"),
        )
        .outerjoin(definition, definition.id == Touchpoint.channel_definition_id)
        .where(Touchpoint.occurred_at >= since, Touchpoint.occurred_at < until)
        .group_by(Touchpoint.channel, definition.id, definition.code, definition.name)
        .group_by(definition.unit_cost_minor, definition.unit_cost_currency)
        .order_by(func.count().desc(), Touchpoint.channel, definition.code)
    )
    if customer_id is not None:
        grouped = grouped.where(Touchpoint.customer_id == customer_id)
    if uow.actor.limits:
        grouped = grouped.join(Customer, Customer.id == Touchpoint.customer_id).where(*seen_customers(uow))
    rows = uow.rows(grouped)
    as_of = min(until, uow.now)
    total = sum(row.contacts for row in rows)
    outside = is_outside(uow.actor)
    spent: dict[str, list[Input]] = defaultdict(list)
    shares = []
    for row in rows:
        unit_cost = (
            None if outside or row.unit_cost_minor is None else Money(row.unit_cost_minor, row.unit_cost_currency)
        )
        cost = None if unit_cost is None else Money(unit_cost.minor * row.contacts, unit_cost.currency_code)
        name = row.code or row.channel.name
        if cost is not None:
            ids = (f"{definition.id_prefix}_{row.id}",)
            counted = Input(name=name, value=cost, description="Cost of this channel.", ids=ids, rows=row.contacts)
            spent[cost.currency_code].append(counted)
        shares.append(
            ChannelShare(
                channel=row.channel,
                definition_id=row.id,
                code=row.code,
                name=row.name,
                contacts=row.contacts,
                share=_share(row.contacts, total, as_of),
                cost=_cost(cost, row.contacts, unit_cost, as_of, hidden=outside),
            )
        )
    costs = tuple(_sum(currency, inputs, as_of) for currency, inputs in sorted(spent.items()))
    return ChannelMix(contacts=total, shares=tuple(shares), costs=costs)


def _share(contacts: int, total: int, as_of: dt.datetime) -> Figure:
    counted = Input(name="contacts", value=contacts, description="Contacts over the channel.", rows=contacts)
    reason = f"{contacts} of {total} contacts."
    return Figure.share(contacts, total, reason=reason, method=_SHARE, as_of=as_of, inputs=(counted,))


def _cost(cost: Money | None, contacts: int, unit_cost: Money | None, as_of: dt.datetime, *, hidden: bool) -> Figure:
    if cost is None:
        reason = "What it costs us is not told to customers." if hidden else "No unit cost is known."
        return Figure.none(reason, sample_size=contacts, method=_COST, as_of=as_of)
    inputs = (
        Input(name="contacts", value=contacts, description="Contacts over the channel.", rows=contacts),
        Input(name="unitCost", value=unit_cost, description="What one contact costs."),
    )
    reason = f"{contacts} contacts at the unit cost."
    return Figure.of(cost, reason=reason, sample_size=contacts, method=_COST, as_of=as_of, inputs=inputs)


def _sum(currency: str, inputs: list[Input], as_of: dt.datetime) -> Figure:
    amounts = [each.value for each in inputs if isinstance(each.value, Money)]
    total = Money(sum(amount.minor for amount in amounts), currency)
    contacts = sum(each.rows for each in inputs)
    reason = f"{len(inputs)} channels have a unit cost in {currency}."
    return Figure.of(total, reason=reason, sample_size=contacts, method=_COST, as_of=as_of, inputs=inputs)
