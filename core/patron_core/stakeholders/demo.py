"""Demo rows: a deal with three companies each, whose people are for it and against it, and who of them signs."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.opportunities.commands import AddApprovalStep, CreateOpportunity
from patron_core.relationships.models import Relationship
from patron_core.stakeholders.commands import AddStakeholder, NewConcern
from patron_core.stakeholders.models import StakeholderRole, Stance
from patron_core.touchpoints.commands import LogTouchpoint, NewParticipant
from patron_core.touchpoints.models import Channel, Direction
from patron_core.values import Money

__all__ = ["fill"]

_COMPANIES: Final = 3
_ROLES: Final = (
    (StakeholderRole.ECONOMIC_BUYER, Stance.NEUTRAL, "Has the budget of the year."),
    (StakeholderRole.CHAMPION, Stance.SUPPORT, "Runs the workshop."),
    (StakeholderRole.USER, Stance.SKEPTICAL, "Works at the old machines."),
)


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Makes a deal with the first three companies, and names who has a say in it."""
    for company in companies[:_COMPANIES]:
        employed = select(Relationship.target_id).where(Relationship.source_id == company.party_id)
        staff = demo.uow.select(employed.order_by(Relationship.id).limit(len(_ROLES)))
        if len(staff) == len(_ROLES):
            _deal(demo, company, staff)


def _deal(demo: DemoContext, company: Customer, staff: Sequence[uuid.UUID]) -> None:
    deal = demo.uow.handle(
        CreateOpportunity(
            customer_id=company.id,
            name="A new workshop",
            amount=Money(demo.random.randrange(20, 90) * 100_000, "EUR"),
            owner="key accounts",
            expected_close_on=demo.clock.now().date() + dt.timedelta(days=60),
        )
    )
    demo.uow.flush()
    steps = [demo.uow.handle(AddApprovalStep(opportunity_id=deal.id, name=name)) for name in ("Budget", "Board")]
    demo.uow.flush()
    for person, (role, stance, responsibility) in zip(staff, _ROLES, strict=True):
        signs = role is StakeholderRole.ECONOMIC_BUYER
        demo.uow.handle(
            AddStakeholder(
                opportunity_id=deal.id,
                person_id=person,
                role=role,
                stance=stance,
                influence=demo.random.randrange(20, 100),
                responsibility=responsibility,
                concerns=(NewConcern(text="Who trains us?"),) if stance is Stance.SKEPTICAL else (),
                approves_step_id=steps[0].id if signs else None,
            )
        )
        demo.uow.flush()
    demo.uow.handle(
        LogTouchpoint(
            customer_id=company.id,
            channel=Channel.FIELD,
            direction=Direction.OUTBOUND,
            occurred_at=demo.clock.now().replace(microsecond=0) - dt.timedelta(days=demo.random.randrange(5, 60)),
            topic="Looked at the workshop",
            participants=(NewParticipant(party_id=staff[1]),),
        )
    )
