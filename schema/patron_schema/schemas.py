"""Which schema a request sees: one per combination of plugins and mode, chosen by the tenant of the credential.

A tenant's plugins narrow the deployment's; its mode narrows a hybrid deployment and is ignored by any other.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeAlias, TypeVar
from weakref import WeakValueDictionary

from sqlalchemy import select

from patron_core.access.models import Tenant
from patron_core.cache import Cache
from patron_core.customers.models import EngagementMode
from patron_core.database import Database
from patron_core.errors import Unauthenticated
from patron_core.flights import Flights
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.predicates import Matcher
from patron_core.values import Clock

from .compose import Composed, build_schema
from .compose.visibility import visible
from .resolvers import attach

__all__ = ["ComposedSchemas", "Schemas", "TenantSchema", "new_composed"]

_PROFILE_AGE: Final = dt.timedelta(seconds=5)
_LOOK_AHEAD: Final = dt.timedelta(seconds=4)
_PROFILES: Final = 10_000
_VISIBLE: Final = 256  # schemas as actors see them: some megabytes each, for each different set of rights
_COMPOSED: Final = 64  # some ten megabytes each; one that is needed again is composed again


K = TypeVar("K", bound=Hashable)
_Key: TypeAlias = tuple[tuple[str, ...], EngagementMode, int]
ComposedSchemas: TypeAlias = Cache[_Key, Composed]


def new_composed() -> ComposedSchemas:
    """An empty, bounded cache of composed schemas, by plugins, mode and size of a page."""
    return Cache("schemas", most_entries=_COMPOSED, most_weight=_COMPOSED)


#: Where schemas are made that a request waits for, one after the other: composing stops the collector of the process.
_MAKER: Final = ThreadPoolExecutor(1, thread_name_prefix="patron-schemas")
#: A schema depends on nothing else: deployments of a process that have the same plugins share theirs, by names and modules, which
#: stay as long as a deployment that has them.
_OF_PLUGINS: Final[WeakValueDictionary[tuple[tuple[str, int], ...], ComposedSchemas]] = WeakValueDictionary()


def _composed_of(plugins: Plugins) -> ComposedSchemas:
    return _OF_PLUGINS.setdefault(tuple((name, id(module)) for name, module in plugins.modules.items()), new_composed())


@dataclass(frozen=True, slots=True)
class TenantSchema:
    """What a tenant's requests run on. mode: the default of its customers, too."""

    tenant_id: uuid.UUID
    name: str
    mode: EngagementMode
    plugins: Plugins
    composed: Composed


class Schemas:
    """Composes schemas when first needed and keeps them; keeps what it knows of tenants for five seconds.

    composed: where composed schemas of these plugins are kept; None shares what the process has of them.
    """

    def __init__(
        self,
        *,
        plugins: Plugins,
        mode: EngagementMode,
        database: Database,
        clock: Clock,
        page_default: int,
        composed: ComposedSchemas | None = None,
    ) -> None:
        self._plugins = plugins
        self._mode = mode
        self._database = database
        self._clock = clock
        self._page_default = page_default
        self._composed = _composed_of(plugins) if composed is None else composed
        self._tenants: Cache[uuid.UUID, tuple[dt.datetime, TenantSchema]] = Cache(
            "tenants", most_entries=_PROFILES, most_weight=_PROFILES
        )
        self._flights: Flights[uuid.UUID, TenantSchema] = Flights()
        self._making: Flights[Hashable, Composed] = Flights()
        self._visible: Cache[tuple[str, tuple[str, ...], str], Composed] = Cache(
            "visible", most_entries=_VISIBLE, most_weight=_VISIBLE
        )
        self.figures = (self._composed.figures, self._tenants.figures, self._visible.figures)

    def compose(self, names: tuple[str, ...] | None, mode: EngagementMode) -> Composed:
        """The schema of some of the deployment's plugins in a mode, made on this thread: seconds. Raises `StartupError`."""
        plugins = self._plugins if names is None else self._plugins.only(names)
        key = self._key(plugins, mode)
        composed = self._composed.get(key)
        if composed is None:
            composed = _new(plugins, *key[1:])
            self._composed.put(key, composed)
        return composed

    def lend(self, matcher: Matcher) -> None:
        """Gives the deployment's plugins what turns stored conditions into SQL."""
        self._plugins.lend(matcher)

    async def seen_by(self, actor: Actor) -> TenantSchema:
        """The schema of an actor's tenant, with what the actor sees of it. Raises UNAUTHENTICATED when the tenant is gone."""
        tenant = await self.of(actor.tenant_id)
        key = (tenant.composed.key, tenant.plugins.names, actor.fingerprint)
        found = self._visible.get(key)
        if found is None:
            permissions = {command: handler.permission for command, handler in tenant.plugins.handlers.items()}
            make = partial(visible, tenant.composed, actor, permissions=permissions)
            found = await self._making.once(key, partial(_beside, self._visible, key, make))
        return tenant if found is tenant.composed else replace(tenant, composed=found)

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
        plugins = self._plugins.only(names)
        key = self._key(plugins, tenant.mode)
        composed = self._composed.get(key)
        if composed is None:
            make = partial(_new, plugins, *key[1:])
            composed = await self._making.once(key, partial(_beside, self._composed, key, make))
        found = TenantSchema(tenant_id, tenant.name, tenant.mode, plugins, composed)
        self._tenants.put(tenant_id, (now, found))
        return found

    def _key(self, plugins: Plugins, mode: EngagementMode) -> _Key:
        return plugins.names, mode if self._mode is EngagementMode.HYBRID else self._mode, self._page_default


def _new(plugins: Plugins, mode: EngagementMode, page_default: int) -> Composed:
    composed = build_schema(plugins, mode, page_default=page_default)
    attach(composed)
    return composed


async def _beside(cache: Cache[K, Composed], key: K, make: Callable[[], Composed]) -> Composed:
    """Makes and keeps a schema while the event loop goes on with what others ask."""
    made = await asyncio.get_running_loop().run_in_executor(_MAKER, make)
    cache.put(key, made)
    return made
