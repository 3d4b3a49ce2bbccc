"""Who somebody is: an API key's text becomes an actor, or is refused with one answer for every reason.

In comes a credential, out come an `Actor` and its tenant's profile. A small cache that lives for a second spares the
database under load; expiry is checked on every call, and a revocation in this process counts at once. HTTP headers are
left to `patron_schema.authentication`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select

from patron_core.access.keys import KeyText
from patron_core.access.models import ApiKey, Tenant
from patron_core.cache import Cache
from patron_core.customers.models import EngagementMode
from patron_core.database import Database, TenantSession
from patron_core.errors import Unauthenticated
from patron_core.flights import Flights
from patron_core.messages import Actor
from patron_core.values import Clock

__all__ = ["Authenticator", "TenantProfile", "authenticate"]

_NEVER = "0" * 64  # compared with where no key was found, so that an unknown id takes as long as a wrong secret


@dataclass(frozen=True, slots=True)
class TenantProfile:
    """What a request needs to know of its tenant: which schema it gets. plugins: sorted names."""

    id: uuid.UUID
    name: str
    mode: EngagementMode
    plugins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    actor: Actor
    tenant: TenantProfile
    key_id: uuid.UUID
    until: dt.datetime


class Authenticator:
    """Authenticates keys against one database.

    ttl_seconds: how long a key is trusted without looking; size: how many.
    """

    def __init__(self, database: Database, *, clock: Clock, ttl_seconds: float = 1.0, size: int = 1024) -> None:
        self._database = database
        self._clock = clock
        self._ttl = dt.timedelta(seconds=ttl_seconds)
        self._ahead = self._ttl / 4  # so long before a key in use is too old it is looked up, and nobody waits for it
        self._known: Cache[bytes, _Known] = Cache("keys", most_entries=size, most_weight=size)
        self._flights: Flights[bytes, _Known] = Flights()
        self.figures = self._known.figures

    async def authenticate(self, text: str) -> Actor:
        """The actor of a key's text.

        UNAUTHENTICATED, in the same words, where it is malformed, unknown, expired or revoked.
        """
        return (await self._know(text)).actor

    async def identify(self, text: str) -> tuple[Actor, TenantProfile]:
        """The actor and the profile of its tenant, with one look-up."""
        known = await self._know(text)
        return known.actor, known.tenant

    async def refresh(self, texts: Sequence[str]) -> None:
        """Looks many keys up with one statement for each tenant, so that `authenticate` finds them known.

        Nothing is said of a key that is malformed, unknown or revoked: it is known no more, and refused when it is asked.
        """
        now = self._clock.now()
        tenants: dict[uuid.UUID, dict[uuid.UUID, list[tuple[KeyText, bytes]]]] = {}
        for text in texts:
            key = KeyText.parse(text)
            if key is not None:
                digest = hashlib.sha256(text.encode()).digest()
                tenants.setdefault(key.tenant_id, {}).setdefault(key.key_id, []).append((key, digest))
        for tenant_id, wanted in tenants.items():
            for _, digest in (each for sent in wanted.values() for each in sent):
                self._known.drop(digest)
            for stored, tenant in await self._database.read(tenant_id, partial(_stored, list(wanted))):
                for key, digest in wanted[stored.id]:
                    if key.opens(stored.secret_sha256) and stored.revoked_at is None:
                        self._known.put(digest, self._trusted(stored, tenant, now))

    def forget(self, key_id: uuid.UUID) -> None:
        """Stops trusting a key; called when it is revoked."""
        for digest in [digest for digest, known in self._known.items() if known.key_id == key_id]:
            self._known.drop(digest)

    async def _know(self, text: str) -> _Known:
        digest = hashlib.sha256(text.encode()).digest()
        now = self._clock.now()
        known = self._known.get(digest)
        if known is not None and known.until <= now:
            self._known.outlived(digest)
            known = None
        if known is None or now >= known.until - self._ahead:
            key = KeyText.parse(text)
            if key is None:
                raise _refusal()
            flight = self._flights.begin(digest, partial(self._look_up, key, digest, now))
            if known is None:
                known = await asyncio.shield(flight)
        if known.actor.expires_at is not None and known.actor.expires_at <= now:
            raise _refusal()
        return known

    async def _look_up(self, key: KeyText, digest: bytes, now: dt.datetime) -> _Known:
        rows = await self._database.read(key.tenant_id, partial(_stored, [key.key_id]))
        found = rows[0] if rows else None
        opens = key.opens(_NEVER if found is None else found[0].secret_sha256)
        if found is None or not opens or found[0].revoked_at is not None:
            self._known.drop(digest)
            raise _refusal()
        known = self._trusted(*found, now)
        self._known.put(digest, known)
        return known

    def _trusted(self, stored: ApiKey, tenant: Tenant, now: dt.datetime) -> _Known:
        profile = TenantProfile(tenant.id, tenant.name, tenant.mode, tuple(tenant.plugins))
        return _Known(_actor(stored), profile, stored.id, now + self._ttl)


def _stored(key_ids: Sequence[uuid.UUID], session: TenantSession) -> list[tuple[ApiKey, Tenant]]:
    """The keys of the session's tenant that there are."""
    statement = select(ApiKey, Tenant).join(Tenant, Tenant.id == ApiKey.tenant_id).where(ApiKey.id.in_(key_ids))
    return [(key, tenant) for key, tenant in session.execute(statement)]


async def authenticate(database: Database, text: str, clock: Clock) -> Actor:
    """The actor of a key's text, asked from the database; see `Authenticator`, which serves many."""
    return await Authenticator(database, clock=clock, size=1).authenticate(text)


def _actor(key: ApiKey) -> Actor:
    return Actor(
        tenant_id=key.tenant_id,
        subject=f"{ApiKey.id_prefix}_{key.id}",
        kind="app",
        roles=tuple(key.roles.split()),
        scopes=tuple(key.scopes.split()),
        purpose=key.purpose,
        expires_at=key.expires_at,
    )


def _refusal() -> Unauthenticated:
    return Unauthenticated(
        "The credential is not valid. It is malformed, unknown, expired or revoked. Send a current API key."
    )
