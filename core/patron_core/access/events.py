"""What can have happened to access. What happens to agreements stands with them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event
from patron_core.records import INTERNAL, Classification

__all__ = [
    "ImpersonationBegan",
    "KeyIssued",
    "KeyRevoked",
    "KeyRotated",
    "RoleChanged",
    "TenantCreated",
    "UserSignedOut",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantCreated(Event):
    """A tenant was made."""

    type: ClassVar[str] = "tenant.created"
    classes: ClassVar[Mapping[str, Classification]] = {"name": INTERNAL}
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyIssued(Event):
    """An API key was issued."""

    type: ClassVar[str] = "key.issued"
    key_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotated(Event):
    """An API key has a new secret."""

    type: ClassVar[str] = "key.rotated"
    key_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRevoked(Event):
    """An API key was taken back."""

    type: ClassVar[str] = "key.revoked"
    key_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpersonationBegan(Event):
    """Somebody acts as somebody else, with a key of its own."""

    type: ClassVar[str] = "impersonation.began"
    key_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChanged(Event):
    """A role of the tenant's own was made, changed or deleted."""

    type: ClassVar[str] = "role.changed"
    role_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSignedOut(Event):
    """A user was signed out everywhere."""

    type: ClassVar[str] = "user.signed_out"
    epoch_id: uuid.UUID
