"""Which schema a request sees: one per combination of plugins and mode, chosen by the tenant of the credential.

A tenant's plugins narrow the deployment's; its mode narrows a hybrid deployment and is ignored by any other.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import select

from patron_core.access.models import Tenant
from patron_core.cache import Cache
from patron_core.customers.models import EngagementMode
from patron_core.database import Database
from patron_core.errors import Unauthenticated
from patron_core.flights import Flights
from patron_core.plugins import Plugins
from patron_core.values import Clock

from .compose import Composed, build_schema
from .resolvers import attach

__all__ = ["Schemas", "TenantSchema"]

_PROFILE_AGE: Final = dt.timedelta(seconds=5)
_LOOK_AHEAD: Final = dt.timedelta(seconds=4)
_PROFILES: Final = 10_000
_COMPOSED: Final = 64  # some ten megabytes each; one that is needed again is composed again


@dataclass(frozen=True, slots=True)
class TenantSchema:
    """What a tenant's requests run on. mode: the default of its customers, too."""

    tenant_id: uuid.UUID
    name: str
    mode: EngagementMode
    plugins: Plugins
    composed: Composed


class Schemas:
    """Composes schemas when first needed and keeps them; keeps what it knows of tenants for five seconds."""

    def __init__(
        self, *, plugins: Plugins, mode: EngagementMode, database: Database, clock: Clock, page_default: int
    ) -> None:
        self._plugins = plugins
        self._mode = mode
        self._database = database
        self._clock = clock
        self._page_default = page_default
        self._composed: Cache[tuple[tuple[str, ...], EngagementMode], Composed] = Cache(
            "schemas", most_entries=_COMPOSED, most_weight=_COMPOSED
        )
        self._tenants: Cache[uuid.UUID, tuple[dt.datetime, TenantSchema]] = Cache(
            "tenants", most_entries=_PROFILES, most_weight=_PROFILES
        )
        self._flights: Flights[uuid.UUID, TenantSchema] = Flights()
        self.figures = (self._composed.figures, self._tenants.figures)

    def compose(self, names: tuple[str, ...] | None, mode: EngagementMode) -> Composed:
        """The schema of some of the deployment's plugins in a mode. Raises `StartupError`."""
        plugins = self._plugins if names is None else self._plugins.only(names)
        effective = mode if self._mode is EngagementMode.HYBRID else self._mode
        key = (plugins.names, effective)
        composed = self._composed.get(key)
        if composed is None:
            composed = build_schema(plugins, effective, page_default=self._page_default)
            attach(composed)
            self._composed.put(key, composed)
        return composed

    async def of(self, tenant_id: uuid.UUID) -> TenantSchema:
        """The schema of a tenant. Raises UNAUTHENTICATED when the tenant is gone."""
        now = self._clock.now()
        known = self._tenants.get(tenant_id)
        age = _PROFILE_AGE if known is None else now - known[0]
        if known is not None and age < _LOOK_AHEAD:
            return known[1]
        flight = self._flights.begin(tenant_id, partial(self._look_up, tenant_id, now))
        if known is not None and age < _PROFILE_AGE:
            return known[1]  # it is looked up meanwhile, and nobody waits for it
        if known is not None:
            self._tenants.outlived(tenant_id)
        return await asyncio.shield(flight)

    async def _look_up(self, tenant_id: uuid.UUID, now: dt.datetime) -> TenantSchema:
        tenant = await self._database.read(
            tenant_id, lambda session: session.scalars(select(Tenant).where(Tenant.id == tenant_id)).one_or_none()
        )
        if tenant is None:
            self._tenants.drop(tenant_id)
            raise Unauthenticated("The credential is not valid. Its tenant is gone. Ask for a new one.")
        names = tuple(sorted(tenant.plugins))
        composed = self.compose(names, tenant.mode)
        found = TenantSchema(tenant_id, tenant.name, tenant.mode, self._plugins.only(names), composed)
        self._tenants.put(tenant_id, (now, found))
        return found
