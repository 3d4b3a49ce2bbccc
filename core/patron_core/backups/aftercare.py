"""What has to be done after a restore, of either database: whoever was erased is erased again, and the audit is followed.

A database and lists of erasures come in, what was done and found goes out, a `Restored` for each tenant. Restoring itself is
left to `files` and to PostgreSQL's own tools.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from patron_core.access.models import Tenant
from patron_core.access.permissions import ADMINISTRATOR
from patron_core.audit.sealing import seal_all
from patron_core.audit.verification import Verdict, verify
from patron_core.database import Database
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.privacy.replay import Erased, erase_again, erased
from patron_core.unit_of_work import UnitOfWork, execute
from patron_core.values import Clock, IdSource

__all__ = ["Restored", "care_for", "erasures_of"]


@dataclass(frozen=True, slots=True)
class Restored:
    """A tenant after a restore. erased: how many parties were erased again."""

    tenant: str
    erased: int
    verdict: Verdict


async def erasures_of(
    database: Database, tenants: Iterable[Tenant], *, clock: Clock, ids: IdSource, plugins: Plugins
) -> list[Erased]:
    """Everybody who was erased, of all these tenants: asked of a database before it goes."""
    found: list[Erased] = []
    for tenant in tenants:
        outcome = await execute(
            database, erased, actor=_actor(tenant), clock=clock, ids=ids, plugins=plugins.only(tuple(tenant.plugins))
        )
        found += outcome.value
    return found


async def care_for(
    database: Database,
    tenants: Sequence[Tenant],
    *,
    listed: Sequence[Erased],
    heads: Mapping[str, tuple[int, str]],
    clock: Clock,
    ids: IdSource,
    plugins: Plugins,
    progress: Callable[[], None] = lambda: None,
) -> list[Restored]:
    """Erases again whom the lists name, seals what has no seal yet, and follows the audit of each tenant.

    listed: erasures since the backup. heads: of the audit when the backup was made, by tenant; a chain without its head
    was cut.
    """
    done = []
    for tenant in tenants:

        def again(uow: UnitOfWork) -> int:
            return len(erase_again(uow, listed))

        count = 0
        if listed:
            mine = plugins.only(tuple(tenant.plugins))
            actor = _actor(tenant)
            count = (await execute(database, again, actor=actor, clock=clock, ids=ids, plugins=mine)).value
        await seal_all(database, tenant.id, clock=clock)
        head = heads.get(str(tenant.id))
        verdict = await verify(database, tenant.id, anchors=None if head is None else dict([head]))
        done.append(Restored(tenant.name, count, verdict))
        progress()
    return done


def _actor(tenant: Tenant) -> Actor:
    reason = "Erasures are done again after a restore. On the command line."
    return Actor(uuid.UUID(str(tenant.id)), "patron restore", "system", roles=(ADMINISTRATOR,), reason=reason)
