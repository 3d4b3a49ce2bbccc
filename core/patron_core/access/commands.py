"""What may be asked about access: make a tenant, issue a key, take a key back. Secrets never travel in a command."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from dataclasses import dataclass
from typing import Final

from patron_core.customers.models import EngagementMode
from patron_core.errors import InvalidInput
from patron_core.messages import Command, argument

__all__ = ["CreateTenant", "IssueKey", "RevokeKey"]

_LONGEST_NAME: Final = 200
_SCOPE: Final = re.compile(r"[a-z][a-z0-9_]*(:[a-z][a-z0-9_]*)*(:\*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTenant(Command):
    """Makes the tenant of the actor's own id."""

    name: str = argument("The name to show, unique in the installation.")
    mode: EngagementMode = argument("Default engagement mode of its customers.", default=EngagementMode.HYBRID)
    plugins: tuple[str, ...] = argument("Names of its plugins.", default=())

    def __post_init__(self) -> None:
        _check_name(self.name, of="tenant")


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueKey(Command):
    """Makes an API key whose secret the caller has drawn and shows once."""

    id: uuid.UUID = argument("The key's id; part of its text.")
    name: str = argument("What the key is for.")
    secret_sha256: str = argument("SHA-256 of the secret, in hex.")
    last_four: str = argument("The secret's last four characters.")
    roles: tuple[str, ...] = argument("Names of roles.", default=())
    scopes: tuple[str, ...] = argument("Names of scopes, such as party:read or retail:*.", default=())
    purpose: str | None = argument("Default purpose of use for health information.", default=None)
    expires_at: dt.datetime | None = argument("When it stops working.", default=None)

    def __post_init__(self) -> None:
        _check_name(self.name, of="key")
        for scope in (*self.roles, *self.scopes):
            if not _SCOPE.fullmatch(scope):
                raise InvalidInput(
                    "A scope or role is lower-case words joined by colons. One of the given ones is not. "
                    "Write them like party:read or retail:*."
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeKey(Command):
    """Takes an API key back, at once and for good."""

    id: uuid.UUID = argument("The key.")


def _check_name(name: str, *, of: str) -> None:
    if not 1 <= len(name.strip()) <= _LONGEST_NAME or name != name.strip() or not name.isprintable():
        raise InvalidInput(
            f"The name of a {of} has 1 to {_LONGEST_NAME} printable characters, without spaces around it. "
            f"The given one has {len(name)} or breaks that. Choose another.",
            path=("name",),
        )
