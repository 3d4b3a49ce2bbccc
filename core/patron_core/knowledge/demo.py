"""Demo rows: a guide and a course, given to customers, of which some were opened and finished."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from patron_core.channels.models import Channel
from patron_core.customers.models import Customer
from patron_core.hookspecs import DemoContext
from patron_core.knowledge.commands import (
    DeliverKnowledge,
    NoteKnowledgeProgress,
    PublishKnowledge,
    WriteKnowledge,
)
from patron_core.knowledge.models import KnowledgeKind

__all__ = ["fill"]


def fill(demo: DemoContext, people: Sequence[Customer], companies: Sequence[Customer]) -> None:
    """Publishes both, and gives companies and some people the course: each second opened it, each third finished it."""
    uow = demo.uow
    guide = WriteKnowledge(
        code="CARE", title="How to care for wood", kind=KnowledgeKind.GUIDE, language="en", body="Oil it once a year."
    )
    course = WriteKnowledge(
        code="JOINTS",
        title="Joints that hold",
        kind=KnowledgeKind.COURSE,
        language="en",
        url="https://learn.example.com/joints",
    )
    for written in (guide, course):
        asset = uow.handle(written)
        uow.flush()
        uow.handle(PublishKnowledge(id=asset.id, version=asset.version))
        uow.flush()
    given_at = demo.clock.now() - dt.timedelta(days=20)
    for number, customer in enumerate([*companies, *people[:6]]):
        delivery = uow.handle(
            DeliverKnowledge(asset_id=asset.id, customer_id=customer.id, channel=Channel.EMAIL, occurred_at=given_at)
        )
        uow.flush()
        came = given_at + dt.timedelta(days=3)
        if number % 3 == 0:
            uow.handle(NoteKnowledgeProgress(id=delivery.id, version=delivery.version, finished_at=came))
        elif number % 2 == 0:
            uow.handle(NoteKnowledgeProgress(id=delivery.id, version=delivery.version, opened_at=came))
