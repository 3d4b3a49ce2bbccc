"""As whom the command line exports: somebody's API key, or roles of the tenant.

A key's text or names of roles come in, an actor goes out that may exactly what a request with them may; there is no export as the
system. The audit of reads has it under its subject.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from sqlalchemy import select

from patron_core.access.models import AccessRole, Tenant
from patron_core.access.opened import opened, own_roles
from patron_core.audit.purposes import PurposeOfUse
from patron_core.database import TenantSession
from patron_core.errors import Forbidden, InvalidInput, NotFound
from patron_core.hookspecs import Manifest
from patron_core.messages import Actor
from patron_schema.app import Deployment

__all__ = ["SUBJECT", "actor_of_key", "actor_of_roles"]

SUBJECT: Final = "patron export"
_REASON: Final = "Rows are exported on the command line."


async def actor_of_key(deployment: Deployment, text: str, *, tenant: Tenant) -> Actor:
    """The actor of an API key of that tenant. UNAUTHENTICATED, and FORBIDDEN where it is another tenant's."""
    actor = await deployment.keys.authenticate(text)
    if actor.tenant_id != tenant.id:
        raise Forbidden("The key is not of this tenant. It belongs to another one. Name the tenant of the key.")
    return actor


async def actor_of_roles(
    deployment: Deployment, names: Sequence[str], *, tenant: Tenant, purpose: str | None = None
) -> Actor:
    """An actor with these roles, bundled or the tenant's own.

    purpose: of use, for health information. NOT_FOUND for a role that is not there, INVALID_INPUT for one whose rows are
    those of a party, and for an unknown purpose.
    """
    if purpose is not None and purpose not in PurposeOfUse.__members__:
        raise InvalidInput(
            f"There is no such purpose of use. It is none of HL7's. Choose {', '.join(PurposeOfUse.__members__)}."
        )
    manifests = _manifests(deployment, tenant)
    own = own_roles(await deployment.database.read(tenant.id, partial(_roles, names)))
    opens = opened(names, (), own=own, manifests=manifests)
    if not opens.roles:
        raise NotFound(
            "There is no such role. One of those named is neither bundled nor the tenant's. See `patron role list`."
        )
    if opens.needs_party:
        raise InvalidInput(
            "This role sees the rows of one party. Nobody says of which. Export with a key of that party."
        )
    return Actor(
        tenant.id,
        SUBJECT,
        "app",
        roles=opens.roles,
        scopes=opens.scopes,
        grants=opens.grants,
        rows=opens.rows,
        purpose=purpose,
        reason=_REASON,
    )


def _roles(names: Sequence[str], session: TenantSession) -> list[AccessRole]:
    return list(session.scalars(select(AccessRole).where(AccessRole.name.in_(names))))


def _manifests(deployment: Deployment, tenant: Tenant) -> list[Manifest]:
    plugins = deployment.plugins.only(tuple(tenant.plugins))
    return list(plugins.manifests.values())
