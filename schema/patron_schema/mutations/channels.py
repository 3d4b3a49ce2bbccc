"""Define channels and what a contact over each costs."""

from __future__ import annotations

import strawberry

from patron_core.channels import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.channels import ChannelDefinition

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class ChannelDefinitionPayload:
    """What a mutation of a channel gives."""

    channel_definition: ChannelDefinition | None = strawberry.field(description="The channel, as it is now.")


@extends(Mutation)
class ChannelMutation:
    channel_define: ChannelDefinitionPayload = mutation(
        commands.DefineChannel, description="Defines a channel and what a contact over it costs."
    )
    channel_update: ChannelDefinitionPayload = mutation(commands.UpdateChannel, description="Changes a channel.")


TYPES: tuple[type, ...] = (ChannelDefinitionPayload,)
EXTENSIONS: tuple[type, ...] = (ChannelMutation,)
