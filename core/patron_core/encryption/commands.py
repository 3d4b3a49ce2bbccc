"""What may be asked about a tenant's keys: a new one, the end of old ones, the end of all, another master key."""

from __future__ import annotations

from dataclasses import dataclass

from patron_core.messages import Command, argument

__all__ = ["DestroyRetiredKeys", "RetireEncryptionKey", "RewrapKeys", "ShredKeys"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireEncryptionKey(Command):
    """Makes a new key, which encrypts from now on; the one before only decrypts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyRetiredKeys(Command):
    """Destroys keys that encrypt nothing any more; whoever asks has made sure that no row needs them."""

    numbers: tuple[int, ...] = argument("Numbers of the keys.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShredKeys(Command):
    """Destroys all keys of the tenant: nothing that was encrypted for it is ever read again, in any backup but of the keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RewrapKeys(Command):
    """Wraps all keys of the tenant with the master key that is set now."""
