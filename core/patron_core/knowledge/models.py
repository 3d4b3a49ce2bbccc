"""What we know and can teach, in editions, and which customers got, opened and finished it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from ..channels.models import Channel
from ..customers.models import Customer
from ..parties.models import Party
from ..records import INTERNAL, PUBLIC, Record, column, reference, subject
from ..values import Code

__all__ = ["KnowledgeAsset", "KnowledgeDelivery", "KnowledgeKind", "KnowledgeState"]


class KnowledgeKind(Code):
    """What form knowledge has."""

    ARTICLE = "article", "Something to read."
    GUIDE = "guide", "How to do something, step by step."
    VIDEO = "video", "Something to watch."
    COURSE = "course", "Something to learn, with an end."
    CASE_STUDY = "case_study", "How it went with somebody else."


class KnowledgeState(Code):
    """Whether an edition may be given to customers."""

    DRAFT = "draft", "Being written."
    PUBLISHED = "published", "To be given."
    RETIRED = "retired", "No longer given; what was given stays."


class KnowledgeAsset(Record):
    """Something we know and can give to customers, in one edition."""

    __tablename__ = "knowledge_asset"
    id_prefix = "kna"
    not_about_a_party = "What we teach, the same for all customers."
    without_index = (("*", "A tenant has some hundreds at most."),)
    __table_args__ = (UniqueConstraint("tenant_id", "code", "edition"),)

    code: Mapped[str] = column(PUBLIC, doc="Code in capitals that its editions share.", filterable=True, orderable=True)
    edition: Mapped[int] = column(PUBLIC, doc="Which edition it is, from 1.", filterable=True, orderable=True)
    title: Mapped[str] = column(PUBLIC, doc="Its title.", filterable=True, orderable=True)
    kind: Mapped[KnowledgeKind] = column(PUBLIC, doc="What form it has.", filterable=True, orderable=True)
    language: Mapped[str] = column(PUBLIC, doc="In which language (BCP 47).", filterable=True, orderable=True)
    body: Mapped[str | None] = column(INTERNAL, doc="Its text; null where it lies elsewhere.")
    url: Mapped[str | None] = column(INTERNAL, doc="Where it lies; null where its text is here.")
    state: Mapped[KnowledgeState] = column(INTERNAL, doc="Whether it may be given.", filterable=True, orderable=True)
    published_at: Mapped[dt.datetime | None] = column(INTERNAL, doc="When it was published.", filterable=True)


class KnowledgeDelivery(Record):
    """Knowledge that was given to a customer, and how far they came with it."""

    __tablename__ = "knowledge_delivery"
    id_prefix = "knd"
    without_index = (
        (
            "channel delivered_by about_id opened_at finished_at title",
            "Asked within an asset's, a customer's or a time's.",
        ),
    )
    __table_args__ = (
        Index(None, "tenant_id", "customer_id", "occurred_at", "id"),
        Index(None, "tenant_id", "occurred_at", "id"),
    )

    asset: Mapped[KnowledgeAsset] = reference(KnowledgeAsset, doc="What was given.")
    customer: Mapped[Customer] = subject(Customer, doc="To which customer.")
    recipient: Mapped[Party | None] = subject(Party, optional=True, doc="To whom there.")
    title: Mapped[str] = column(PUBLIC, doc="Its title when it was given.")
    channel: Mapped[Channel | None] = column(PUBLIC, doc="Over which channel.", filterable=True)
    about_id: Mapped[str | None] = column(
        INTERNAL, doc="Id of what it was given for, such as a deal; `node` shows it.", filterable=True
    )
    delivered_by: Mapped[str] = column(INTERNAL, doc="Who of us gave it.", filterable=True)
    occurred_at: Mapped[dt.datetime] = column(INTERNAL, doc="When it was given.", filterable=True, orderable=True)
    opened_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When they opened it; null where they did not.", filterable=True, orderable=True
    )
    finished_at: Mapped[dt.datetime | None] = column(
        INTERNAL, doc="When they finished it; null where they did not.", filterable=True, orderable=True
    )

    if TYPE_CHECKING:  # the columns that references and composites make
        asset_id: Mapped[uuid.UUID]
        customer_id: Mapped[uuid.UUID]
        recipient_id: Mapped[uuid.UUID | None]
