"""What a credential is worth: the rows of a key, or the claims of a token, become an actor, its tenant and where it may be used.

In come rows of the database and what plugins say of themselves, out comes a `Credential`, or nothing where it opens none.
Reading the rows and remembering the outcome is left to `authentication`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from patron_core.access.key_service import subject_of
from patron_core.access.keys import KeyText
from patron_core.access.models import AccessRole, ApiKey, Tenant, TokenEpoch
from patron_core.access.networks import lies_in
from patron_core.access.opened import Opened, opened, own_roles
from patron_core.access.roles import BUNDLED, Role
from patron_core.access.tokens import TokenClaims
from patron_core.customers.models import EngagementMode
from patron_core.database import TenantSession
from patron_core.hookspecs import Manifest
from patron_core.messages import Actor

__all__ = ["Credential", "StoredKey", "TenantProfile", "of_key", "of_token", "stored_keys"]

_NEVER: Final = "0" * 64  # compared with where no key was found, so that an unknown id takes as long as a wrong secret


@dataclass(frozen=True, slots=True)
class TenantProfile:
    """What a request needs to know of its tenant: which schema it gets. plugins: sorted names."""

    id: uuid.UUID
    name: str
    mode: EngagementMode
    plugins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential that is good. key_id: None for a token. networks: where it may be used from; none for everywhere."""

    actor: Actor
    tenant: TenantProfile
    key_id: uuid.UUID | None = None
    networks: tuple[str, ...] = ()

    def may_come_from(self, address: str | None) -> bool:
        """Whether it may be used from an address; one that is bound to networks is not good from nowhere."""
        return not self.networks or lies_in(address, self.networks)


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as the database has it, with its tenant and those of its roles that are the tenant's own."""

    key: ApiKey
    tenant: Tenant
    own: Mapping[str, Role]


def stored_keys(key_ids: Sequence[uuid.UUID], session: TenantSession) -> list[StoredKey]:
    """The keys of the session's tenant that there are; a second statement only where one of them has a role of its own."""
    statement = select(ApiKey, Tenant).join(Tenant, Tenant.id == ApiKey.tenant_id).where(ApiKey.id.in_(key_ids))
    rows = [(key, tenant) for key, tenant in session.execute(statement)]
    own = _own(session, {name for key, _ in rows for name in key.roles.split()})
    return [StoredKey(key, tenant, own) for key, tenant in rows]


def of_key(
    text: KeyText, stored: StoredKey | None, *, manifests: Mapping[str, Manifest], now: dt.datetime
) -> Credential | None:
    """What a key's text is worth; None where its secret is wrong or it was taken back. Takes the same time for every text."""
    current = text.opens(_NEVER if stored is None else stored.key.secret_sha256)
    earlier = text.opens((stored.key.previous_sha256 if stored is not None else None) or _NEVER)
    if stored is None or stored.key.revoked_at is not None:
        return None
    key, ends = stored.key, stored.key.expires_at
    if not current:
        if not earlier or key.previous_until is None or key.previous_until <= now:
            return None
        ends = min(key.previous_until, ends or key.previous_until)
    opens = opened(
        key.roles.split(), key.scopes.split(), own=stored.own, manifests=_manifests_of(stored.tenant, manifests)
    )
    actor = Actor(
        tenant_id=key.tenant_id,
        subject=subject_of(key),
        kind="user" if key.acts_as and not key.acts_as.startswith(f"{ApiKey.id_prefix}_") else "app",
        roles=opens.roles,
        scopes=opens.scopes,
        grants=opens.grants,
        rows=opens.rows,
        party_id=key.party_id,
        purpose=key.purpose,
        purposes=tuple(key.purposes.split()),
        expires_at=ends,
        reason=key.reason,
        impersonator=key.impersonator,
    )
    return Credential(actor, _profile(stored.tenant), key.id, tuple(key.networks.split()))


def of_token(claims: TokenClaims, session: TenantSession, *, manifests: Mapping[str, Manifest]) -> Credential | None:
    """What a token's claims are worth; None where its tenant is unknown, its user signed out later, or a party is missing."""
    tenant = session.scalars(select(Tenant).where(Tenant.id == claims.tenant_id)).one_or_none()
    epoch = session.scalars(select(TokenEpoch).where(TokenEpoch.subject == claims.subject)).one_or_none()
    if tenant is None or (epoch is not None and claims.issued_at < epoch.signed_out_at):
        return None
    opens: Opened = opened(
        claims.roles, (), own=_own(session, claims.roles), manifests=_manifests_of(tenant, manifests)
    )
    if opens.needs_party and claims.party_id is None:
        return None
    actor = Actor(
        tenant_id=tenant.id,
        subject=claims.subject,
        kind="user",
        roles=opens.roles,
        scopes=opens.scopes,
        grants=opens.grants,
        rows=opens.rows,
        party_id=claims.party_id,
        purpose=claims.issuer.purpose,
        purposes=claims.issuer.purposes,
        expires_at=claims.expires_at,
    )
    return Credential(actor, _profile(tenant))


def _own(session: TenantSession, names: Iterable[str]) -> Mapping[str, Role]:
    wanted = [name for name in names if name not in BUNDLED]
    return own_roles(session.scalars(select(AccessRole).where(AccessRole.name.in_(wanted)))) if wanted else {}


def _manifests_of(tenant: Tenant, manifests: Mapping[str, Manifest]) -> list[Manifest]:
    return [manifests[name] for name in tenant.plugins if name in manifests]


def _profile(tenant: Tenant) -> TenantProfile:
    return TenantProfile(tenant.id, tenant.name, tenant.mode, tuple(tenant.plugins))
