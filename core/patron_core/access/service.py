"""What happens to access: tenants are made, keys issued and taken back, with audit and event like any other change.

`create_tenant` and `create_key` are what the command line and tests call: they act as the system, with a reason. Keys
themselves stand in `key_service`, roles in `role_service`. Proving who somebody is, is left to `authentication`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

from sqlalchemy import func, select

from patron_core.access.agreements import (
    CreateSharingAgreement,
    EndSharingAgreement,
    create_sharing_agreement,
    end_sharing_agreement,
)
from patron_core.access.commands import (
    CreateApiKey,
    CreateTenant,
    Impersonate,
    IssueKey,
    RevokeKey,
    RotateApiKey,
    SignOutUser,
)
from patron_core.access.events import TenantCreated
from patron_core.access.key_service import (
    create_api_key,
    impersonate,
    issue_key,
    revoke_key,
    rotate_api_key,
    sign_out_user,
)
from patron_core.access.keys import KeyText, new_secret, secret_hash
from patron_core.access.models import ApiKey, Tenant
from patron_core.access.permissions import ADMINISTER, ADMINISTRATOR, IMPERSONATE, SHARE
from patron_core.access.role_commands import CreateRole, DeleteRole, UpdateRole
from patron_core.access.role_service import create_role, delete_role, update_role
from patron_core.customers.models import EngagementMode
from patron_core.database import Database, TenantSession
from patron_core.errors import NotFound
from patron_core.hookspecs import CommandHandler
from patron_core.messages import Actor
from patron_core.plugins import Plugins
from patron_core.unit_of_work import UnitOfWork, execute
from patron_core.values import Clock, IdSource

__all__ = ["HANDLERS", "create_key", "create_tenant", "find_tenant", "issue_key", "make_tenant", "revoke_key"]

_NOBODY: Final = uuid.UUID(int=0)


def make_tenant(command: CreateTenant, uow: UnitOfWork) -> Tenant:
    """Makes the tenant the actor stands for; CONFLICT where its name is taken."""
    plugins = sorted(set(command.plugins))
    tenant = Tenant(id=uow.tenant_id, name=command.name, mode=command.mode, plugins=plugins, created_at=uow.now)
    uow.session.add(tenant)
    uow.flush()
    uow.changes.note("CREATE", Tenant.__tablename__, [tenant.id])
    uow.emit(TenantCreated(name=command.name))
    return tenant


HANDLERS: Final = (
    CommandHandler(command=CreateTenant, handler=make_tenant, permission=ADMINISTER),
    CommandHandler(command=IssueKey, handler=issue_key, permission=ADMINISTER),
    CommandHandler(command=CreateApiKey, handler=create_api_key, permission=ADMINISTER),
    CommandHandler(command=RotateApiKey, handler=rotate_api_key, permission=ADMINISTER),
    CommandHandler(command=RevokeKey, handler=revoke_key, permission=ADMINISTER),
    CommandHandler(command=Impersonate, handler=impersonate, permission=IMPERSONATE),
    CommandHandler(command=SignOutUser, handler=sign_out_user, permission=ADMINISTER),
    CommandHandler(command=CreateRole, handler=create_role, permission=ADMINISTER),
    CommandHandler(command=UpdateRole, handler=update_role, permission=ADMINISTER),
    CommandHandler(command=DeleteRole, handler=delete_role, permission=ADMINISTER),
    CommandHandler(command=CreateSharingAgreement, handler=create_sharing_agreement, permission=SHARE),
    CommandHandler(command=EndSharingAgreement, handler=end_sharing_agreement, permission=SHARE),
)


async def create_tenant(
    database: Database,
    *,
    name: str,
    mode: EngagementMode = EngagementMode.HYBRID,
    plugins: Sequence[str] = (),
    clock: Clock,
    ids: IdSource,
    reason: str = "A tenant is set up.",
) -> Tenant:
    """Makes a tenant and returns its row.

    plugins: names, not checked against what is installed. CONFLICT: name taken.
    """
    actor = Actor(ids.new(), "system", "system", reason=reason)
    command = CreateTenant(name=name, mode=mode, plugins=tuple(plugins))
    outcome = await execute(database, command, actor=actor, clock=clock, ids=ids, plugins=_no_plugins())
    tenant: Tenant = outcome.value
    return tenant


async def create_key(
    database: Database,
    *,
    tenant_id: uuid.UUID,
    name: str,
    roles: Sequence[str] = (),
    scopes: Sequence[str] = (),
    purpose: str | None = None,
    purposes: Sequence[str] = (),
    networks: Sequence[str] = (),
    party_id: uuid.UUID | None = None,
    expires_at: dt.datetime | None = None,
    plugins: Plugins | None = None,
    clock: Clock,
    ids: IdSource,
    secret: Callable[[], str] = new_secret,
    reason: str = "A key is issued.",
) -> tuple[ApiKey, str]:
    """Issues a key and returns its row and its text, which is nowhere kept.

    Without roles and scopes the key is an administrator's. plugins: what is installed; scopes of those the tenant has
    are known beside the core's. secret: draws a secret of 43 characters of base64url. INVALID_INPUT: unknown scope or
    role, or an expiry in the past.
    """
    text = KeyText(tenant_id, ids.new(), secret())
    command = IssueKey(
        id=text.key_id,
        name=name,
        secret_sha256=secret_hash(text.secret),
        last_four=text.secret[-4:],
        roles=tuple(roles) if roles or scopes else (ADMINISTRATOR,),
        scopes=tuple(scopes),
        purpose=purpose,
        purposes=tuple(purposes),
        networks=tuple(networks),
        party_id=party_id,
        expires_at=expires_at,
    )
    actor = Actor(tenant_id, "system", "system", reason=reason)
    silent = _no_plugins() if plugins is None else plugins.silent()
    outcome = await execute(database, command, actor=actor, clock=clock, ids=ids, plugins=silent)
    return outcome.value, text.text()


async def find_tenant(database: Database, name_or_id: str) -> Tenant:
    """The tenant with this exact name, or this id; NOT_FOUND where there is none. There is no list: nobody sees all."""
    try:
        wanted: uuid.UUID | None = uuid.UUID(name_or_id)
    except ValueError:
        wanted = None

    def look(session: TenantSession) -> Tenant | None:
        if wanted is not None:
            return session.scalars(select(Tenant).where(Tenant.id == wanted)).one_or_none()
        if session.get_bind().dialect.name == "postgresql":  # the policy `by_name` shows the row to who knows its name
            session.execute(select(func.set_config("app.tenant_name", name_or_id, True)))
        return session.scalars(select(Tenant).where(Tenant.name == name_or_id)).one_or_none()

    tenant = await database.read(wanted or _NOBODY, look)
    if tenant is None:
        raise NotFound("There is no such tenant. Neither a name nor an id fits. Create it with `patron tenant create`.")
    return tenant


@cache
def _no_plugins() -> Plugins:
    """Setting up access is the operator's business: no plugin's gate or hook takes part."""
    return Plugins.of({})
