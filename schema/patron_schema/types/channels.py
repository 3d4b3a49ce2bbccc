"""Channels, and what a contact over each costs, as the API shows them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from patron_core.channels import mix, models
from patron_core.channels.permissions import CHANNEL_READ
from patron_core.touchpoints.models import Touchpoint as TouchpointModel
from patron_core.values import Money

from ..compose.commands import decode_id
from ..declare import Connection, Query, extends, planned, related, resolver, root
from ..nodes import Node
from .figures import Figure, shown

if TYPE_CHECKING:
    from .touchpoints import Touchpoint

__all__ = ["EXTENSIONS", "TYPES", "ChannelDefinition"]


@planned(models.ChannelDefinition)
class ChannelDefinition(Node):
    """A channel of ours over which contacts take place, such as one of several telephone lines."""

    code: str
    kind: models.Channel
    name: str
    unit_cost: Money | None
    active: bool
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    touchpoints: Connection[Touchpoint] = related(
        TouchpointModel.channel_definition, description="Contacts that were logged over it."
    )


@strawberry.type(description="A channel's part in the contacts of a time.")
class ChannelShare:
    channel: models.Channel = strawberry.field(description="What kind of channel.")
    channel_definition_id: strawberry.ID | None = strawberry.field(
        description="Which of our channels; null for contacts that named none."
    )
    code: str | None = strawberry.field(description="Its code.")
    name: str | None = strawberry.field(description="Its name.")
    contacts: int = strawberry.field(description="How many contacts.")
    share: Figure = strawberry.field(description="Its part of all contacts, 0 to 1.")
    cost: Figure = strawberry.field(description="What its contacts cost, at the unit cost it has now.")


@strawberry.type(description="How the contacts of a time divide over channels, and what they cost.")
class ChannelMix:
    contacts: int = strawberry.field(description="How many contacts.")
    shares: list[ChannelShare] = strawberry.field(description="By channel, the one with the most contacts first.")
    costs: list[Figure] = strawberry.field(description="What they cost together, for each currency by itself.")


def _mix(made: mix.ChannelMix) -> ChannelMix:
    prefix = models.ChannelDefinition.id_prefix
    shares = [
        ChannelShare(
            channel=each.channel,
            channel_definition_id=None
            if each.definition_id is None
            else strawberry.ID(f"{prefix}_{each.definition_id}"),
            code=each.code,
            name=each.name,
            contacts=each.contacts,
            share=shown(each.share),
            cost=shown(each.cost),
        )
        for each in made.shares
    ]
    return ChannelMix(contacts=made.contacts, shares=shares, costs=[shown(each) for each in made.costs])


Since = Annotated[dt.datetime, strawberry.argument(name="from", description="From when on.")]
Until = Annotated[dt.datetime, strawberry.argument(name="to", description="Until when, that instant not included.")]
Whose = Annotated[strawberry.ID | None, strawberry.argument(description="Of this customer alone.")]


@extends(Query)
class ChannelQuery:
    channel_definitions: Connection[ChannelDefinition] = root(description="The channels of this tenant.")

    @resolver(scope=CHANNEL_READ)
    async def channel_mix(
        self, info: strawberry.Info[Any, Any], since: Since, until: Until, customer_id: Whose = None
    ) -> ChannelMix | None:
        """How the contacts of a time divide over channels, and what they cost; currencies are never added."""
        wanted = None if customer_id is None else decode_id(customer_id, "cus")
        made = await info.context.read(lambda uow: mix.channel_mix(uow, since=since, until=until, customer_id=wanted))
        return _mix(made)


TYPES: tuple[type, ...] = (ChannelDefinition,)
EXTENSIONS: tuple[type, ...] = (ChannelQuery,)
