"""Who somebody is: a credential's text becomes an actor, or is refused with one answer for every reason.

In comes an API key or an access token, out come an `Actor` and its tenant's profile. A small cache that lives for a second
spares the database under load; expiry and networks are checked on every call, and what is taken back in this process counts
at once. HTTP headers are left to `patron_schema.authentication`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import uuid
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from patron_core.access.credentials import Credential, TenantProfile, of_key, of_token, stored_keys
from patron_core.access.key_use import KeyUse
from patron_core.access.keys import KeyText
from patron_core.access.tokens import Tokens
from patron_core.cache import Cache
from patron_core.database import Database
from patron_core.errors import Unauthenticated
from patron_core.flights import Flights
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.values import Clock

__all__ = ["Authenticator", "TenantProfile", "authenticate"]


@dataclass(frozen=True, slots=True)
class _Known:
    credential: Credential
    until: dt.datetime


class Authenticator:
    """Authenticates keys and tokens against one database.

    plugins: those of the deployment, whose manifests add to bundled roles. tokens: whose access tokens are taken; None for
    nobody's. used: where uses of keys are noted. ttl_seconds: how long a credential is trusted without looking; size: how
    many are.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        plugins: Plugins | None = None,
        tokens: Tokens | None = None,
        used: KeyUse | None = None,
        ttl_seconds: float = 1.0,
        size: int = 1024,
    ) -> None:
        self._database = database
        self._clock = clock
        self._manifests = {} if plugins is None else plugins.manifests
        self._tokens = tokens
        self._used = used
        self._ttl = dt.timedelta(seconds=ttl_seconds)
        self._ahead = self._ttl / 4  # so long before a key in use is too old it is looked up, and nobody waits for it
        self._known: Cache[bytes, _Known] = Cache("keys", most_entries=size, most_weight=size)
        self._flights: Flights[bytes, _Known] = Flights()
        self.figures = self._known.figures

    async def authenticate(self, text: str, *, address: str | None = None) -> Actor:
        """The actor of a credential's text, sent from an IP address.

        UNAUTHENTICATED, in the same words, where it is malformed, unknown, expired, revoked, or not good from there.
        """
        return (await self._used_from(text, address)).actor

    async def identify(self, text: str, *, address: str | None = None) -> tuple[Actor, TenantProfile]:
        """The actor and the profile of its tenant, with one look-up."""
        credential = await self._used_from(text, address)
        return credential.actor, credential.tenant

    async def recheck(self, text: str) -> Actor:
        """The actor of a credential that was good from where it came, as it is now; counts as no use."""
        return (await self._know(text)).actor

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
            for stored in await self._database.read(tenant_id, partial(stored_keys, list(wanted))):
                for key, digest in wanted[stored.key.id]:
                    credential = of_key(key, stored, manifests=self._manifests, now=now)
                    if credential is not None:
                        self._known.put(digest, _Known(credential, now + self._ttl))

    def forget(self, key_id: uuid.UUID) -> None:
        """Stops trusting a key; called when it is revoked or has another secret."""
        self._forget(lambda credential: credential.key_id == key_id)

    def forget_tenant(self, tenant_id: uuid.UUID) -> None:
        """Stops trusting every credential of a tenant; called when one of its roles changes or a user is signed out."""
        self._forget(lambda credential: credential.tenant.id == tenant_id)

    def _forget(self, concerned: Callable[[Credential], bool]) -> None:
        for digest in [digest for digest, known in self._known.items() if concerned(known.credential)]:
            self._known.drop(digest)

    async def _used_from(self, text: str, address: str | None) -> Credential:
        credential = await self._know(text)
        if credential.networks and not credential.may_come_from(address):
            raise _refusal()
        if self._used is not None and credential.key_id is not None:
            self._used.note(credential.tenant.id, credential.key_id, self._clock.now())
        return credential

    async def _know(self, text: str) -> Credential:
        digest = hashlib.sha256(text.encode()).digest()
        now = self._clock.now()
        known = self._known.get(digest)
        if known is not None and known.until <= now:
            self._known.outlived(digest)
            known = None
        if known is None or now >= known.until - self._ahead:
            flight = self._flights.begin(digest, self._looker(text, digest, now))
            if known is None:
                known = await asyncio.shield(flight)
        expires_at = known.credential.actor.expires_at
        if expires_at is not None and expires_at <= now:
            raise _refusal()
        return known.credential

    def _looker(self, text: str, digest: bytes, now: dt.datetime) -> Callable[[], Coroutine[Any, Any, _Known]]:
        """What looks a credential up; UNAUTHENTICATED for a text that can be none."""
        key = KeyText.parse(text)
        if key is not None:
            return partial(self._look_up_key, key, digest, now)
        if self._tokens is None or text.count(".") != 2:
            raise _refusal()
        return partial(self._look_up_token, self._tokens, text, digest, now)

    async def _look_up_key(self, key: KeyText, digest: bytes, now: dt.datetime) -> _Known:
        rows = await self._database.read(key.tenant_id, partial(stored_keys, [key.key_id]))
        return self._keep(digest, of_key(key, rows[0] if rows else None, manifests=self._manifests, now=now), now)

    async def _look_up_token(self, tokens: Tokens, text: str, digest: bytes, now: dt.datetime) -> _Known:
        claims = await tokens.verify(text)
        found = None
        if claims is not None:
            found = await self._database.read(
                claims.tenant_id, lambda session: of_token(claims, session, manifests=self._manifests)
            )
        return self._keep(digest, found, now)

    def _keep(self, digest: bytes, found: Credential | None, now: dt.datetime) -> _Known:
        if found is None:
            self._known.drop(digest)
            raise _refusal()
        known = _Known(found, now + self._ttl)
        self._known.put(digest, known)
        return known


async def authenticate(database: Database, text: str, clock: Clock) -> Actor:
    """The actor of a key's text, asked from the database; see `Authenticator`, which serves many."""
    return await Authenticator(database, clock=clock, size=1).authenticate(text)


def _refusal() -> Unauthenticated:
    return Unauthenticated(
        "The credential is not valid. It is malformed, unknown, expired or revoked. Send a current API key."
    )
