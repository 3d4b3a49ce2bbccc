"""API keys, roles and sharing agreements as the API shows them. A secret is nowhere among them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import strawberry
from sqlalchemy import select

from patron_core.access import models
from patron_core.access.grants import Grant
from patron_core.access.opened import opened
from patron_core.access.permissions import ACCESS_READ
from patron_core.access.role_commands import role_of
from patron_core.access.role_service import manifests_of
from patron_core.access.roles import BUNDLED
from patron_core.access.roles import Role as CoreRole
from patron_core.unit_of_work import UnitOfWork
from patron_core.values import Period

from ..declare import Connection, Query, extends, planned, resolver, root
from ..nodes import Node

if TYPE_CHECKING:
    from .customers import Customer
    from .parties import Party

__all__ = ["EXTENSIONS", "TYPES", "ApiKey", "Role", "RoleGrant", "SharingAgreement"]


@planned(models.ApiKey)
class ApiKey(Node):
    """A credential for programs; its secret was shown once and is not kept."""

    name: str
    last_four: str
    roles: str
    scopes: str
    purpose: str | None
    purposes: str
    networks: str
    party: Party | None
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None
    last_used_at: dt.datetime | None
    previous_until: dt.datetime | None
    acts_as: str | None
    impersonator: str | None
    reason: str | None
    created_at: dt.datetime
    version: int


@planned(models.SharingAgreement)
class SharingAgreement(Node):
    """An agreement by which a partner sees a customer, for a period."""

    partner: Party
    customer: Customer
    validity: Period
    version: int


@strawberry.type(description="Columns that a role opens.")
class RoleGrant:
    type: str = strawberry.field(description="Name of a type or interface; * for all.")
    classes: list[str] = strawberry.field(description="Classes of columns.")
    fields: list[str] = strawberry.field(description="Names of fields that are open beyond those classes.")
    uses: list[str] = strawberry.field(description="What for: READ, FILTER, ORDER, AGGREGATE.")

    @staticmethod
    def of(grant: Grant) -> RoleGrant:
        """What a grant opens, in words."""
        return RoleGrant(
            type=grant.type,
            classes=[each.name for each in sorted(grant.classes)],
            fields=sorted(grant.fields),
            uses=sorted(use.name for use in grant.uses),
        )


@strawberry.type(description="A set of grants with a name: bundled with Patron, or the tenant's own.")
class Role:
    id: strawberry.ID | None = strawberry.field(description="Of a role of the tenant's own, to change it.")
    name: str = strawberry.field(description="What keys and tokens call it by.")
    description: str = strawberry.field(description="What it is for.")
    bundled: bool = strawberry.field(description="Whether it comes with Patron and cannot be changed.")
    scopes: list[str] = strawberry.field(description="What it opens of types and commands, what plugins add included.")
    grants: list[RoleGrant] = strawberry.field(description="The columns it opens.")
    rows: str | None = strawberry.field(description="Whose rows it sees: OWN, SHARED or OWNED; null for all.")
    version: int | None = strawberry.field(description="Of a role of the tenant's own; pass it back to change it.")

    @staticmethod
    def of(row: models.AccessRole) -> Role:
        """A role of the tenant's own."""
        role = role_of(row)
        return _shown(role, scopes=role.scopes, row=row)


def _shown(role: CoreRole, *, scopes: frozenset[str], row: models.AccessRole | None = None) -> Role:
    return Role(
        id=None if row is None else strawberry.ID(f"{row.id_prefix}_{row.id}"),
        name=role.name,
        description=role.description,
        bundled=row is None,
        scopes=sorted(scopes),
        grants=[RoleGrant.of(grant) for grant in role.grants],
        rows=None if role.rows is None else role.rows.upper(),
        version=None if row is None else row.version,
    )


def _roles(uow: UnitOfWork) -> list[Role]:
    manifests = manifests_of(uow)
    bundled = [
        _shown(role, scopes=opened([role.name], (), own={}, manifests=manifests).all_scopes)
        for role in BUNDLED.values()
    ]
    rows = uow.select(select(models.AccessRole).order_by(models.AccessRole.name))
    return [*bundled, *(Role.of(row) for row in rows)]


@extends(Query)
class AccessQuery:
    api_keys: Connection[ApiKey] = root(description="The tenant's API keys, those taken back included.")
    sharing_agreements: Connection[SharingAgreement] = root(
        description="Which customers are shared with which partners."
    )

    @resolver(scope=ACCESS_READ)
    async def roles(self, info: strawberry.Info[Any, Any]) -> list[Role]:
        """The roles there are: bundled ones with what the tenant's plugins add, then the tenant's own, by name."""
        found: list[Role] = await info.context.read(_roles)
        return found


TYPES = (ApiKey, SharingAgreement)
EXTENSIONS = (AccessQuery,)
