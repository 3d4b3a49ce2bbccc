"""What can have happened to a tenant's keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from patron_core.messages import Event

__all__ = ["EncryptionKeyMade", "EncryptionKeysDestroyed", "EncryptionKeysRewrapped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionKeyMade(Event):
    """A new key encrypts from now on. number: the how manieth of its purpose it is."""

    type: ClassVar[str] = "encryption.key_made"
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionKeysDestroyed(Event):
    """Keys were destroyed. count: how many. shredded: all of the tenant, so that nothing encrypted is readable."""

    type: ClassVar[str] = "encryption.keys_destroyed"
    count: int
    shredded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionKeysRewrapped(Event):
    """Keys are wrapped by another master key. count: how many."""

    type: ClassVar[str] = "encryption.keys_rewrapped"
    count: int
