"""Who asks, and which plugins their tenant has."""

from __future__ import annotations

from typing import Any

import strawberry

from ..declare import ANYONE, Query, extends, resolver

__all__ = ["EXTENSIONS"]


@strawberry.type(description="Who asks: the credential and its tenant.")
class Viewer:
    subject: str = strawberry.field(description="The credential or user.")
    kind: str = strawberry.field(description="user, app, job, plugin or system.")
    impersonator: str | None = strawberry.field(description="Who acts as that one, where somebody does.")
    roles: list[str] = strawberry.field(description="Names of roles.")
    scopes: list[str] = strawberry.field(description="Names of scopes.")
    tenant_name: str = strawberry.field(description="Name of the tenant whose data this is.")
    mode: str = strawberry.field(description="The tenant's engagement mode: RELATIONSHIP, TRANSACTION or HYBRID.")


@strawberry.type(description="A plugin that the caller's tenant has.")
class Plugin:
    name: str = strawberry.field(description="Its name.")
    label: str = strawberry.field(description="The name to show.")
    version: str = strawberry.field(description="Its own version.")
    facets: list[str] = strawberry.field(description="Which modes it adds to.")


@extends(Query)
class ViewerQuery:
    @resolver(scope=ANYONE)
    def viewer(self, info: strawberry.Info[Any, Any]) -> Viewer:
        """Who asks."""
        actor, tenant = info.context.actor, info.context.tenant
        return Viewer(
            subject=actor.subject,
            kind=actor.kind,
            impersonator=actor.impersonator,
            roles=list(actor.roles),
            scopes=sorted(actor.permissions),
            tenant_name=tenant.name,
            mode=tenant.mode.name,
        )

    @resolver(scope=ANYONE)
    def plugins(self, info: strawberry.Info[Any, Any]) -> list[Plugin]:
        """The plugins of the caller's tenant, by name."""
        manifests = info.context.tenant.plugins.manifests
        return [
            Plugin(name=name, label=m.label, version=m.version, facets=list(m.facets))
            for name, m in sorted(manifests.items())
        ]


EXTENSIONS = (ViewerQuery,)
