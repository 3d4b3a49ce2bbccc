"""Setting up sources that push records: made, changed, given another secret, disabled."""

from __future__ import annotations

import strawberry

from patron_core.inbound import commands

from ..declare import Mutation, extends, mutation, payload
from ..types.inbound import InboundSource

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class InboundSourcePayload:
    """What a mutation of a source gives."""

    inbound_source: InboundSource | None = strawberry.field(description="The source, as it is now.")


@payload
class IssuedInboundSourcePayload:
    """What a mutation that draws a secret gives."""

    inbound_source: InboundSource | None = strawberry.field(description="The source, as it is now.")
    path: str | None = strawberry.field(description="Where it posts to, below this server's address.")
    secret: str | None = strawberry.field(
        description="What it signs with, by Standard Webhooks. It is shown this once."
    )


@extends(Mutation)
class InboundMutation:
    inbound_source_create: IssuedInboundSourcePayload = mutation(
        commands.CreateInboundSource,
        description="Sets up a source that pushes records. Nobody lets a source write more than they may.",
    )
    inbound_source_update: InboundSourcePayload = mutation(
        commands.UpdateInboundSource, description="Changes a source. What is left out stays."
    )
    inbound_source_secret_rotate: IssuedInboundSourcePayload = mutation(
        commands.RotateInboundSecret,
        description="Gives a source a new secret; the old one may work for some hours more.",
    )
    inbound_source_disable: InboundSourcePayload = mutation(
        commands.DisableInboundSource, description="Takes nothing more from a source, at once; or takes it again."
    )


TYPES = (InboundSourcePayload, IssuedInboundSourcePayload)
EXTENSIONS = (InboundMutation,)
