"""What happens to roles of a tenant's own: made, changed, deleted; and the roles there are, bundled ones included.

Whoever makes a role gives it no more than they have. A change counts from the next request of whoever has the role.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import or_, select

from patron_core.access.events import RoleChanged
from patron_core.access.models import AccessRole, ApiKey, Tenant
from patron_core.access.opened import Opened, check_may_give, opened
from patron_core.access.role_commands import CreateRole, DeleteRole, UpdateRole, grants_to_store, role_of
from patron_core.access.scopes import check_scopes
from patron_core.errors import Conflict
from patron_core.hookspecs import Manifest
from patron_core.unit_of_work import UnitOfWork
from patron_core.validation import same_version
from patron_core.values import Unset

__all__ = ["DeletedRole", "create_role", "delete_role", "manifests_of", "own_roles_of", "update_role"]


@dataclass(frozen=True, slots=True)
class DeletedRole:
    """What is left of a deleted role: its name."""

    name: str


def create_role(command: CreateRole, uow: UnitOfWork) -> AccessRole:
    """Makes a role. INVALID_INPUT for a scope nobody declares, CONFLICT where the name is taken, FORBIDDEN beyond one's own."""
    if uow.find(AccessRole, name=command.name) is not None:
        raise Conflict("There is such a role already. The name is taken. Change that role, or choose another name.")
    check_scopes(command.scopes, manifests=manifests_of(uow))
    role = AccessRole(
        name=command.name,
        description=command.description,
        scopes=_joined(command.scopes),
        grants=grants_to_store(command.grants),
        rows=command.rows,
    )
    _check_own(role, uow)
    return _changed(uow.add(role), uow)


def update_role(command: UpdateRole, uow: UnitOfWork) -> AccessRole:
    """Changes a role. As `create_role`; FORBIDDEN too where the role as it was opens more than one has; CONFLICT where it
    changed in between.
    """
    role = uow.get(AccessRole, command.id, lock=True, path=("id",))
    same_version(role, version=command.version)
    _check_own(role, uow)
    if not isinstance(command.scopes, Unset):
        check_scopes(command.scopes, manifests=manifests_of(uow))
        role.scopes = _joined(command.scopes)
    if not isinstance(command.grants, Unset):
        role.grants = grants_to_store(command.grants)
    if not isinstance(command.rows, Unset):
        role.rows = command.rows
    if not isinstance(command.description, Unset):
        role.description = command.description
    _check_own(role, uow)
    return _changed(role, uow)


def delete_role(command: DeleteRole, uow: UnitOfWork) -> DeletedRole:
    """Deletes a role. CONFLICT where it changed in between, or where a key that works has it."""
    role = uow.get(AccessRole, command.id, lock=True, path=("id",))
    same_version(role, version=command.version)
    _check_own(role, uow)
    alive = select(ApiKey).where(
        ApiKey.revoked_at.is_(None), or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > uow.now)
    )
    users = sum(role.name in key.roles.split() for key in uow.select(alive))
    if users:
        raise Conflict(
            f"The role is in use. {users} keys that work have it. Take them back or issue others first.", path=("id",)
        )
    name = role.name
    _changed(role, uow)
    uow.delete(role)
    return DeletedRole(name)


def own_roles_of(uow: UnitOfWork, names: Iterable[str]) -> dict[str, AccessRole]:
    """The tenant's own roles with these names."""
    wanted = list(names)
    rows = uow.select(select(AccessRole).where(AccessRole.name.in_(wanted))) if wanted else []
    return {row.name: row for row in rows}


def manifests_of(uow: UnitOfWork) -> list[Manifest]:
    """What the plugins of the tenant say of themselves."""
    tenant = uow.session.get_one(Tenant, uow.tenant_id)
    return list(uow.plugins.only(tenant.plugins).manifests.values())


def _check_own(role: AccessRole, uow: UnitOfWork) -> None:
    opens: Opened = opened([role.name], (), own={role.name: role_of(role)}, manifests=())
    check_may_give(uow.actor, opens, party_is_own=True)


def _changed(role: AccessRole, uow: UnitOfWork) -> AccessRole:
    uow.emit(RoleChanged(role_id=role.id))
    return role


def _joined(names: Iterable[str]) -> str:
    return " ".join(sorted(set(names)))
