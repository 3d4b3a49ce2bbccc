"""What is known and whom it was given to, as the API shows them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from patron_core.channels.models import Channel
from patron_core.knowledge import models

from ..declare import Connection, Query, expression, extends, planned, related, root
from ..nodes import Node
from .customers import Customer
from .timeline import TimelineEntry

if TYPE_CHECKING:
    from .parties import Party

__all__ = ["EXTENSIONS", "TYPES", "KnowledgeAsset", "KnowledgeDelivery"]


@planned(models.KnowledgeAsset)
class KnowledgeAsset(Node):
    """Something we know and can give to customers, in one edition."""

    code: str
    edition: int
    title: str
    kind: models.KnowledgeKind
    language: str
    body: str | None
    url: str | None
    state: models.KnowledgeState
    published_at: dt.datetime | None
    version: int
    deliveries: Connection[KnowledgeDelivery] = related(
        models.KnowledgeDelivery.asset, description="To whom it was given, and who opened and finished it."
    )


@planned(models.KnowledgeDelivery)
class KnowledgeDelivery(TimelineEntry):
    """Knowledge that was given to a customer, and how far they came with it."""

    asset: KnowledgeAsset
    customer: Customer
    recipient: Party | None
    title: str
    channel: Channel | None
    about_id: str | None
    delivered_by: str
    occurred_at: dt.datetime
    opened_at: dt.datetime | None
    finished_at: dt.datetime | None
    version: int
    summary: str = expression(
        models.KnowledgeDelivery.title, description="What was given.", filterable=False, orderable=False
    )


@extends(Customer)
class CustomerKnowledge:
    knowledge_deliveries: Connection[KnowledgeDelivery] = related(
        models.KnowledgeDelivery.customer, description="Knowledge that was given to the customer."
    )


@extends(Query)
class KnowledgeQuery:
    knowledge_assets: Connection[KnowledgeAsset] = root(description="What we know and can give, in all editions.")
    knowledge_deliveries: Connection[KnowledgeDelivery] = root(description="Knowledge that was given to customers.")


TYPES: tuple[type, ...] = (KnowledgeAsset, KnowledgeDelivery)
EXTENSIONS: tuple[type, ...] = (CustomerKnowledge, KnowledgeQuery)
