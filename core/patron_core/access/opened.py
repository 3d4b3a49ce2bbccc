"""What roles and scopes open to one credential of one tenant: bundled roles, the tenant's own, and what plugins add to roles.

In come names, the tenant's rows and its plugins' manifests; out comes `Opened`, from which an actor is made. A name that
nobody knows any more opens nothing, and everything else of the credential neither: a role that is gone may have limited
its rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from patron_core.access.grants import PARTY_BOUND, Grant, Rows, grants_of_scopes, opens
from patron_core.access.models import AccessRole
from patron_core.access.role_commands import role_of
from patron_core.access.roles import BUNDLED, Role
from patron_core.errors import Forbidden, InvalidInput
from patron_core.hookspecs import Manifest
from patron_core.messages import Actor

__all__ = ["NOTHING", "Opened", "check_may_give", "opened", "own_roles"]

_log: Final = structlog.stdlib.get_logger("patron.access")


@dataclass(frozen=True, slots=True)
class Opened:
    """What a credential opens, as an actor takes it. grants: beside those of bundled roles. all_*: bundled ones included."""

    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()
    rows: frozenset[Rows] = frozenset()
    all_scopes: frozenset[str] = frozenset()
    all_grants: tuple[Grant, ...] = ()

    @property
    def needs_party(self) -> bool:
        """Whether its rows are limited to those of a party."""
        return bool(self.rows & PARTY_BOUND)


NOTHING: Final = Opened()


def opened(
    roles: Iterable[str], scopes: Iterable[str], *, own: Mapping[str, Role], manifests: Iterable[Manifest]
) -> Opened:
    """What these roles and scopes open. own: the tenant's roles by name. manifests: of its plugins."""
    names = tuple(roles)
    if any(name not in BUNDLED and name not in own for name in names):
        return NOTHING
    bundled = [BUNDLED[name] for name in names if name in BUNDLED]
    mine = [own[name] for name in names if name not in BUNDLED]
    added = {scope for manifest in manifests for role in bundled for scope in _added(manifest, role)}
    given = {*scopes, *added, *(scope for role in mine for scope in role.scopes)}
    grants = tuple(grant for role in mine for grant in (role.grants or grants_of_scopes(role.scopes)))
    all_scopes = frozenset(given).union(*(role.scopes for role in bundled))
    of_bundled = tuple(grant for role in bundled for grant in role.grants)
    all_grants = (*grants, *of_bundled) if bundled or grants else grants_of_scopes(given)
    rows: frozenset[Rows] = frozenset(role.rows for role in (*bundled, *mine) if role.rows is not None)
    return Opened(names, tuple(sorted(given)), grants, rows, all_scopes, all_grants)


def own_roles(rows: Iterable[AccessRole]) -> dict[str, Role]:
    """The stored roles by name. One that cannot be read any more is left out, and whoever has it may do nothing."""
    found: dict[str, Role] = {}
    for row in rows:
        try:
            found[row.name] = role_of(row)
        except (InvalidInput, KeyError, TypeError, ValueError):
            _log.error("role_unreadable", role=row.name, tenant_id=str(row.tenant_id))
    return found


def check_may_give(actor: Actor, wanted: Opened, *, party_is_own: bool = False) -> None:
    """Refuses giving more than one has oneself, with FORBIDDEN; who may do everything gives everything.

    party_is_own: whether the rows given are limited to the actor's own party.
    """
    if actor.impersonator is not None or actor.break_glass is not None:
        raise Forbidden(
            "You act as somebody else or in an emergency. Nobody sets up access in that time. Use your own credential."
        )
    everything = "*" in actor.permissions and not actor.limits
    if actor.kind == "system" or everything:
        return
    missing = sorted(scope for scope in wanted.all_scopes if not opens(actor.permissions, scope))
    if missing:
        raise _refusal(f"the scope {missing[0]}")
    if not all(_covered(grant, actor.opened) for grant in wanted.all_grants):
        raise _refusal("columns")
    if not actor.limits <= wanted.rows or (actor.limits & PARTY_BOUND and not party_is_own):
        raise _refusal("rows")


def _added(manifest: Manifest, role: Role) -> Iterable[str]:
    """What a plugin adds to a bundled role: of its own scopes only, whatever its manifest says."""
    own = {f"{manifest.name}:read", *(name for name, _ in manifest.scopes)}
    own |= {f"{name.partition(':')[0]}:*" for name in own}
    return own.intersection(manifest.roles.get(role.name, ()))


def _covered(wanted: Grant, held: Iterable[Grant]) -> bool:
    """Whether every class and field of a grant is open to each of its uses by one of those held."""
    fitting = [grant for grant in held if grant.type in ("*", wanted.type)]
    return all(
        any(use in grant.uses and what in part(grant) for grant in fitting)
        for use in wanted.uses
        for whats, part in ((wanted.classes, _classes), (wanted.fields, _fields))
        for what in whats
    )


def _classes(grant: Grant) -> frozenset[object]:
    return frozenset(grant.classes)


def _fields(grant: Grant) -> frozenset[object]:
    return frozenset(grant.fields)


def _refusal(what: str) -> Forbidden:
    return Forbidden(
        f"Nobody gives more than they have. What was to be given opens {what} beyond yours. Leave that out, or ask an owner."
    )
