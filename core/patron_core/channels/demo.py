"""Demo rows: a few channels with what a contact costs, and contacts of two teams over them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from patron_core.channels.commands import DefineChannel
from patron_core.channels.models import Channel, ChannelDefinition
from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.touchpoints.commands import LogTouchpoint
from patron_core.touchpoints.models import Direction, Sentiment
from patron_core.values import Money

__all__ = ["fill"]

_CHANNELS: Final = (
    ("HOTLINE", Channel.PHONE, "Hot line", 450),
    ("LETTERBOX", Channel.EMAIL, "Letter box", 40),
    ("VISITS", Channel.FIELD, "Visits", 8500),
)
_CONTACTS: Final = (
    ("HOTLINE", "ines", "sales", 12, "Asked how the new machine runs", Sentiment.POSITIVE),
    ("LETTERBOX", "omar", "marketing", 9, "Sent the catalogue of the season", None),
    ("VISITS", "ines", "sales", 60, "Saw the workshop", Sentiment.NEUTRAL),
)


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Defines the channels, and logs contacts of companies and some people; two teams meet within a week."""
    channels: dict[str, ChannelDefinition] = {}
    for code, kind, name, cost in _CHANNELS:
        channels[code] = demo.uow.handle(DefineChannel(code=code, kind=kind, name=name, unit_cost=Money(cost, "EUR")))
    demo.uow.flush()
    for customer in [*companies, *people[:6]]:
        for code, agent, team, days, topic, sentiment in _CONTACTS:
            demo.uow.handle(
                LogTouchpoint(
                    customer_id=customer.id,
                    channel=channels[code].kind,
                    channel_definition_id=channels[code].id,
                    direction=Direction.OUTBOUND,
                    occurred_at=demo.clock.now() - dt.timedelta(days=days),
                    topic=topic,
                    agent=agent,
                    team=team,
                    sentiment=sentiment,
                )
            )
