"""Which channel to offer a customer: what the customer asked for, where consent allows it, and only then what a policy offers.

In come a customer and a purpose, out come the channel and why, with every one that was considered. A policy never overrides a
stated wish: where one is stated, policies are not even asked unless consent forbids that channel.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from patron_core.customers.models import Customer
from patron_core.preferences.service import contact_channel
from patron_core.privacy.consent import Standing, standings
from patron_core.privacy.models import ConsentPurpose
from patron_core.segments.models import SegmentMembership
from patron_core.service_levels.assigning import level_of
from patron_core.service_levels.models import ChannelPolicy, CustomerService, ServiceLevel
from patron_core.touchpoints.models import Channel
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Code

__all__ = ["ChannelChoice", "ChannelOrigin", "Considered", "channel_for"]

_MOST_POLICIES: Final = 100


class ChannelOrigin(Code):
    """Why a channel is considered."""

    WISH = "wish", "The customer asked for it."
    POLICY = "policy", "A policy offers it to customers of this level."


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """A channel that was considered. allowed: by consent."""

    channel: Channel
    origin: ChannelOrigin
    allowed: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelChoice:
    """The channel to offer; None where nothing may be offered. considered: all in their order, the chosen one too."""

    channel: Channel | None
    origin: ChannelOrigin | None
    reason: str
    considered: tuple[Considered, ...]


def channel_for(customer_id: uuid.UUID, purpose: ConsentPurpose, uow: UnitOfWork) -> ChannelChoice:
    """The channel to offer a customer for a purpose, in a fixed number of statements. NOT_FOUND without such a customer."""
    customer = uow.get(Customer, customer_id, path=("customerId",))
    service = uow.find(CustomerService, customer_id=customer.id)
    wish = service.preferred_channel if service is not None else None
    if wish is None:
        wish = contact_channel(customer.id, uow, said=True)
    policies = _policies(customer, level_of(customer.id, uow), purpose, uow)
    channels = {*([] if wish is None else [wish]), *(policy.channel for policy in policies)}
    allowed = standings(uow, customer.party_id, purpose, sorted(channels))
    return decide(wish, [(policy.channel, policy.reason) for policy in policies], allowed)


def decide(
    wish: Channel | None, offered: Sequence[tuple[Channel, str]], consent: dict[Channel, Standing]
) -> ChannelChoice:
    """The first that consent allows: the wish before what policies offer, in their order. A decision on values."""
    wished = [] if wish is None else [(wish, ChannelOrigin.WISH, "The customer asked for it.")]
    candidates = [*wished, *((channel, ChannelOrigin.POLICY, reason) for channel, reason in offered)]
    considered = tuple(
        Considered(
            channel=channel,
            origin=origin,
            allowed=consent[channel].may_contact,
            reason=f"{why} {consent[channel].reason}",
        )
        for channel, origin, why in candidates
    )
    chosen = next((each for each in considered if each.allowed), None)
    if chosen is None:
        why = "Nothing is allowed that was considered." if considered else "No wish is known and no policy applies."
        return ChannelChoice(channel=None, origin=None, reason=why, considered=considered)
    return ChannelChoice(channel=chosen.channel, origin=chosen.origin, reason=chosen.reason, considered=considered)


def _policies(
    customer: Customer, level: ServiceLevel | None, purpose: ConsentPurpose, uow: UnitOfWork
) -> list[ChannelPolicy]:
    inside = select(SegmentMembership.segment_id).where(
        SegmentMembership.party_id == customer.party_id, SegmentMembership.left_at.is_(None)
    )
    statement = select(ChannelPolicy).where(
        ChannelPolicy.service_level_id.is_(None) | (ChannelPolicy.service_level_id == (level.id if level else None)),
        ChannelPolicy.segment_id.is_(None) | ChannelPolicy.segment_id.in_(inside),
        ChannelPolicy.purpose.is_(None) | (ChannelPolicy.purpose == purpose),
    )
    return uow.select(statement.order_by(ChannelPolicy.position).limit(_MOST_POLICIES))
