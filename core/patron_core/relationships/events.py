"""What can have happened to relationships. Events carry ids, never what the fields hold."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event, Named
from patron_core.parties.models import Party
from patron_core.records import INTERNAL, Classification

__all__ = ["RelationshipCreated", "RelationshipEnded", "RelationshipTypeDefined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationshipTypeDefined(Event):
    """A kind of relationship exists."""

    type: ClassVar[str] = "relationship_type.defined"
    classes: ClassVar[Mapping[str, Classification]] = {"code": INTERNAL}
    relationship_type_id: uuid.UUID
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationshipCreated(Event):
    """Two parties are related."""

    type: ClassVar[str] = "relationship.created"
    names: ClassVar[Named] = {"source_id": Party, "target_id": Party}
    classes: ClassVar[Mapping[str, Classification]] = {"type_code": INTERNAL}
    relationship_id: uuid.UUID
    type_code: str
    source_id: uuid.UUID
    target_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationshipEnded(Event):
    """A relationship has an end."""

    type: ClassVar[str] = "relationship.ended"
    relationship_id: uuid.UUID
    ended_at: dt.datetime
