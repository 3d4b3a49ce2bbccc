"""What can have happened to knowledge. Events carry ids and codes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.knowledge.models import KnowledgeState
from patron_core.messages import Event

__all__ = ["KnowledgeChanged", "KnowledgeDelivered", "KnowledgeFinished", "KnowledgeOpened"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeChanged(Event):
    """An edition was begun, changed, published or retired."""

    type: ClassVar[str] = "knowledge.changed"
    knowledge_asset_id: uuid.UUID
    state: KnowledgeState


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeDelivered(Event):
    """Knowledge was given to a customer. `customer_id` is set."""

    type: ClassVar[str] = "knowledge.delivered"
    knowledge_delivery_id: uuid.UUID
    knowledge_asset_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeOpened(Event):
    """A customer opened what was given. `customer_id` is set."""

    type: ClassVar[str] = "knowledge.opened"
    knowledge_delivery_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeFinished(Event):
    """A customer finished what was given. `customer_id` is set."""

    type: ClassVar[str] = "knowledge.finished"
    knowledge_delivery_id: uuid.UUID
