"""Which scopes and roles there are: the core's permissions, and what the manifests of a tenant's plugins declare.

In come the names for a new key, out comes nothing or INVALID_INPUT that lists what there is. Whether an actor holds a
permission is left to `permissions`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Final

from patron_core.access.grants import CLASS_SCOPES
from patron_core.access.roles import BUNDLED
from patron_core.errors import InvalidInput
from patron_core.hookspecs import Manifest
from patron_core.records import Record
from patron_core.slices import modules

__all__ = ["PAGE_LARGE", "ROLES", "check_roles", "check_scopes", "known_scopes", "read_scope", "read_scope_of"]

PAGE_LARGE: Final = "page:large"
ROLES: Final = tuple(BUNDLED)


def known_scopes(manifests: Iterable[Manifest]) -> tuple[str, ...]:
    """Every scope a key can have, sorted: the core's, those the manifests declare, and reading for each of these."""
    manifests = list(manifests)
    core = [name for slice_ in modules("permissions") for name in slice_.PERMISSIONS]
    plugins = [name for manifest in manifests for name, _ in manifest.scopes]
    reading = [f"{manifest.name}:read" for manifest in manifests]
    return tuple(sorted({*core, *plugins, *reading, *CLASS_SCOPES, PAGE_LARGE}))


def read_scope(model: type[Record], *, owner: str) -> str:
    """The scope that opens the type of a model: the reading of its slice, or of the plugin it belongs to.

    A model may name another one. A slice whose permissions name no reading is opened by the first of them.
    """
    return model.opened_by if model.opened_by is not None else read_scope_of(model, owner=owner)


def read_scope_of(declared: type, *, owner: str) -> str:
    """The scope that opens what a slice of the core or a plugin declares, by the place of the declaration."""
    package = declared.__module__.rpartition(".")[0]
    if not package.startswith("patron_core."):
        return f"{owner}:read"
    permissions: Mapping[str, str] = import_module(f"{package}.permissions").PERMISSIONS
    return next((name for name in permissions if name.endswith(":read")), next(iter(permissions)))


def check_scopes(scopes: Iterable[str], *, manifests: Iterable[Manifest]) -> None:
    """Refuses scopes nobody declares, with INVALID_INPUT; `party:*` stands for every permission of party."""
    known = known_scopes(manifests)
    # A large page is asked for by its whole name, so a wildcard would open nothing.
    wildcards = {f"{name.partition(':')[0]}:*" for name in known if name != PAGE_LARGE} | {"*:read"}
    for scope in scopes:
        if scope not in known and scope not in wildcards:
            raise _refusal("scope", scope, known=known, also=" or all of a kind, such as party:*")


def check_roles(roles: Iterable[str], *, own: Iterable[str] = ()) -> None:
    """Refuses roles there are not, with INVALID_INPUT. own: names of the tenant's own roles."""
    known = (*ROLES, *sorted(own))
    for role in roles:
        if role not in known:
            raise _refusal("role", role, known=known)


def _refusal(noun: str, name: str, *, known: tuple[str, ...], also: str = "") -> InvalidInput:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    return InvalidInput(
        f"There is no such {noun}. Neither the core nor a plugin of the tenant declares {name}. "
        f"{hint}Choose among {', '.join(known)}{also}.",
        path=(f"{noun}s",),
    )
