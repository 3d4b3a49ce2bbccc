"""Noting what customers need, and what would meet it."""

from __future__ import annotations

import strawberry

from patron_core.needs import commands, events

from ..declare import Mutation, Subscription, extends, mutation, payload, subscription
from ..types.needs import Need, NeedMatch

__all__ = ["EXTENSIONS", "TYPES"]


@payload
class NeedPayload:
    """What a mutation of a need gives."""

    need: Need | None = strawberry.field(description="The need, as it is now.")


@payload
class NeedMatchPayload:
    """What a mutation of a product for a need gives."""

    need_match: NeedMatch | None = strawberry.field(description="The match, as it is now.")


@extends(Mutation)
class NeedMutation:
    need_create: NeedPayload = mutation(
        commands.CreateNeed, description="Notes something that a customer, a division or a person of it needs."
    )
    need_update: NeedPayload = mutation(commands.UpdateNeed, description="Changes a need.")
    need_match: NeedMatchPayload = mutation(
        commands.MatchNeed, description="Proposes a product of the catalogue for a need, with its reason."
    )
    need_match_decide: NeedMatchPayload = mutation(
        commands.DecideNeedMatch, description="Keeps what the customer says to a product; what suits matches the need."
    )


@extends(Subscription)
class NeedSubscription:
    need_changed: Need = subscription(
        events.NeedNoted,
        events.NeedChanged,
        events.NeedMatched,
        node_id="need_id",
        description="Each need that was noted or changed, or that a product was proposed for.",
    )


TYPES = (NeedPayload, NeedMatchPayload)
EXTENSIONS = (NeedMutation, NeedSubscription)
