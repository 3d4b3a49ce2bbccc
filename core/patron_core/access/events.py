"""What can have happened to access."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event

__all__ = ["KeyIssued", "KeyRevoked", "TenantCreated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantCreated(Event):
    """A tenant was made."""

    type: ClassVar[str] = "tenant.created"
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyIssued(Event):
    """An API key was issued."""

    type: ClassVar[str] = "key.issued"
    key_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRevoked(Event):
    """An API key was taken back."""

    type: ClassVar[str] = "key.revoked"
    key_id: uuid.UUID
