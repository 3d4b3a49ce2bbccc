"""Demo rows: leads in every state, answered in time and late, one that became a customer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.leads.commands import (
    ConvertLead,
    DisqualifyLead,
    NewLeadConsent,
    QualifyLead,
    ReceiveLead,
    RespondLead,
    SetLeadResponseTarget,
)
from patron_core.leads.models import Lead
from patron_core.opportunities.models import Motivation
from patron_core.privacy.models import ConsentPurpose
from patron_core.touchpoints.models import Channel
from patron_core.values import Money

__all__ = ["fill"]

_NAMES: Final = ("Aspen", "Beech", "Cypress", "Damson", "Ebony", "Fig", "Guava", "Holly")
_CHANNELS: Final = (Channel.WEB, Channel.PHONE, Channel.CHAT, Channel.PARTNER)
#: Minutes until the first answer; None for those that still wait.
_MINUTES: Final = (4, 12, 25, 48, 90, 300, None, None)


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Makes eight leads; whatever the demo's customers are, they are others."""
    demo.uow.handle(SetLeadResponseTarget(channel=Channel.CHAT, minutes=10))
    demo.uow.flush()
    leads = [_lead(demo, at) for at in range(len(_NAMES))]
    demo.uow.handle(ConvertLead(id=leads[0].id))
    demo.uow.flush()
    demo.uow.handle(QualifyLead(id=leads[1].id, version=leads[1].version))
    demo.uow.handle(DisqualifyLead(id=leads[2].id, version=leads[2].version, reason="Only looked around."))
    demo.uow.flush()


def _lead(demo: DemoContext, at: int) -> Lead:
    received_at = demo.clock.now().replace(microsecond=0) - dt.timedelta(days=at, hours=6)
    more: dict[str, Any] = {}
    if at % 2:
        more = {"budget": Money(demo.random.randrange(5, 90) * 100_00, "EUR"), "motivators": ("price", "warranty")}
    if at % 3:
        decides = demo.clock.now().date() + dt.timedelta(days=20 * at)
        more |= {"decision_on": decides, "interest": "Wants to know more about lamps."}
    lead: Lead = demo.uow.handle(
        ReceiveLead(
            given_name="Robin",
            family_name=_NAMES[at],
            email=f"robin.{_NAMES[at]}@example.com".lower(),
            source="website",
            source_key=f"form-{at + 1}",
            channel=_CHANNELS[at % len(_CHANNELS)],
            motivation=list(Motivation)[at % len(Motivation)],
            owner=("north team", "south team")[at % 2],
            received_at=received_at,
            consents=(NewLeadConsent(purpose=ConsentPurpose.MARKETING),) if at % 2 == 0 else (),
            **more,
        )
    )
    minutes = _MINUTES[at]
    if minutes is not None:
        answered = received_at + dt.timedelta(minutes=minutes)
        demo.uow.handle(RespondLead(id=lead.id, responded_at=answered))
    demo.uow.flush()
    return lead
