"""Which scopes and roles there are: the core's permissions, and what the manifests of a tenant's plugins declare.

In come the names for a new key, out comes nothing or INVALID_INPUT that lists what there is. Whether an actor holds a
permission is left to `permissions`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

from patron_core.access import permissions as access
from patron_core.audit import permissions as audit
from patron_core.customers import permissions as customers
from patron_core.documents import permissions as documents
from patron_core.errors import InvalidInput
from patron_core.hookspecs import Manifest
from patron_core.imports import permissions as imports
from patron_core.parties import permissions as parties
from patron_core.relationships import permissions as relationships
from patron_core.touchpoints import permissions as touchpoints
from patron_core.transactions import permissions as transactions

__all__ = ["PAGE_LARGE", "ROLES", "check_roles", "check_scopes", "known_scopes"]

PAGE_LARGE: Final = "page:large"
ROLES: Final = (access.ADMINISTRATOR,)

_SLICES: Final = (access, audit, customers, documents, imports, parties, relationships, touchpoints, transactions)


def known_scopes(manifests: Iterable[Manifest]) -> tuple[str, ...]:
    """Every scope a key can have, sorted: the core's and those the manifests declare."""
    core = [name for slice_ in _SLICES for name in slice_.PERMISSIONS]
    plugins = [name for manifest in manifests for name, _ in manifest.scopes]
    return tuple(sorted({*core, *plugins, PAGE_LARGE}))


def check_scopes(scopes: Iterable[str], *, manifests: Iterable[Manifest]) -> None:
    """Refuses scopes nobody declares, with INVALID_INPUT; `party:*` stands for every permission of party."""
    known = known_scopes(manifests)
    # A large page is asked for by its whole name, so a wildcard would open nothing.
    wildcards = {f"{name.partition(':')[0]}:*" for name in known if name != PAGE_LARGE}
    for scope in scopes:
        if scope not in known and scope not in wildcards:
            raise _refusal("scope", scope, known=known, also=" or all of a kind, such as party:*")


def check_roles(roles: Iterable[str]) -> None:
    """Refuses roles there are not, with INVALID_INPUT."""
    for role in roles:
        if role not in ROLES:
            raise _refusal("role", role, known=ROLES)


def _refusal(noun: str, name: str, *, known: tuple[str, ...], also: str = "") -> InvalidInput:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    return InvalidInput(
        f"There is no such {noun}. Neither the core nor a plugin of the tenant declares {name}. "
        f"{hint}Choose among {', '.join(known)}{also}.",
        path=(f"{noun}s",),
    )
