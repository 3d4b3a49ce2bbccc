"""What may be asked about access: tenants, API keys, acting as somebody else, signing out. Secrets never travel in a command.

Roles have their commands in `role_commands`, agreements theirs in `agreements`.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from dataclasses import dataclass
from typing import Annotated, Final

from patron_core.access.models import ApiKey
from patron_core.access.networks import check_networks
from patron_core.audit.purposes import PurposeOfUse
from patron_core.customers.models import EngagementMode
from patron_core.errors import InvalidInput
from patron_core.ids import IdOf
from patron_core.messages import Command, argument
from patron_core.parties.commands import PartyId
from patron_core.validation import aware, one_line, within

__all__ = [
    "ApiKeyId",
    "CreateApiKey",
    "CreateTenant",
    "Impersonate",
    "IssueKey",
    "RevokeKey",
    "RotateApiKey",
    "SignOutUser",
    "check_names",
]

ApiKeyId = Annotated[uuid.UUID, IdOf(ApiKey)]

_LONGEST_NAME: Final = 200
_LONGEST_SUBJECT: Final = 255
_MOST_OVERLAP_HOURS: Final = 24
_MOST_MINUTES: Final = 60
_MOST_NAMES: Final = 100
_SCOPE: Final = re.compile(r"\*:read|[a-z][a-z0-9_]*(:[a-z][a-z0-9_]*)*(:\*)?")


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
    purposes: tuple[str, ...] = argument("Purposes of use it may choose.", default=())
    networks: tuple[str, ...] = argument("Networks it may be used from; none for all.", default=())
    party_id: uuid.UUID | None = argument("The party it is, for a portal or a partner.", default=None)
    acts_as: str | None = argument("Whom it acts as.", default=None)
    impersonator: str | None = argument("Who acts as that one.", default=None)
    reason: str | None = argument("Why.", default=None)

    def __post_init__(self) -> None:
        _check_name(self.name, of="key")
        check_names(self.roles, self.scopes)
        _check_purposes((*self.purposes, *((self.purpose,) if self.purpose is not None else ())))
        check_networks(self.networks)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateApiKey(Command):
    """Makes an API key. Its text is shown once, in the answer; only a hash of its secret is kept."""

    name: str = argument("What the key is for.")
    roles: tuple[str, ...] = argument("Names of roles, bundled or the tenant's own.", default=())
    scopes: tuple[str, ...] = argument("Names of scopes, such as party:read or retail:*.", default=())
    purposes: tuple[PurposeOfUse, ...] = argument("Purposes of use it may choose.", default=())
    purpose: PurposeOfUse | None = argument("The purpose of use where none is chosen.", default=None)
    expires_at: dt.datetime | None = argument("When it stops working; never when left out.", default=None)
    networks: tuple[str, ...] = argument(
        "Networks it may be used from, such as 203.0.113.0/24; from anywhere when left out.", default=()
    )
    party_id: PartyId | None = argument("The party it is, for a customer's portal or a partner.", default=None)

    def __post_init__(self) -> None:
        _check_name(self.name, of="key")
        aware(self, "expires_at")
        check_names(self.roles, self.scopes)
        check_networks(self.networks)
        if not self.roles and not self.scopes:
            raise InvalidInput(
                "The key would open nothing. Neither roles nor scopes were given. Name at least one.", path=("roles",)
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateApiKey(Command):
    """Gives an API key a new secret. The old one works for the hours of overlap, and none before it."""

    id: ApiKeyId = argument("The key.")
    overlap_hours: int = argument("How many hours the old secret still works, 0 to 24.", default=0)

    def __post_init__(self) -> None:
        within(self.overlap_hours, least=0, most=_MOST_OVERLAP_HOURS, path="overlap_hours")


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeKey(Command):
    """Takes an API key back, at once and for good."""

    id: ApiKeyId = argument("The key.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Impersonate(Command):
    """Gives a short-lived key to act as somebody else: as a key there is, or as a subject with roles."""

    key_id: ApiKeyId | None = argument("The key to act as; or else give subject and roles.", default=None)
    subject: str | None = argument("Whom to act as, as the audit names them.", default=None)
    roles: tuple[str, ...] = argument("The roles to act with, where no key is named.", default=())
    party_id: PartyId | None = argument("The party to be, for roles of a portal or partner.", default=None)
    reason: str = argument("Why; kept in the audit.")
    minutes: int = argument("For how many minutes, 1 to 60.", default=15)

    def __post_init__(self) -> None:
        one_line(self, "reason", "subject", maximum=_LONGEST_SUBJECT)
        check_names(self.roles, ())
        within(self.minutes, most=_MOST_MINUTES, path="minutes")
        by_key = self.key_id is not None
        if by_key == bool(self.subject and self.roles) or (by_key and (self.subject or self.roles or self.party_id)):
            raise InvalidInput(
                "Whom to act as is not clear. Either a key is named, or a subject with roles. Give one of the two.",
                path=("key_id",),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOutUser(Command):
    """Signs a user of an identity provider out everywhere: every token issued until now is refused."""

    subject: str = argument("The user, as `viewer { subject }` and the audit name them.")

    def __post_init__(self) -> None:
        one_line(self, "subject", maximum=_LONGEST_SUBJECT + _LONGEST_NAME)


def check_names(roles: tuple[str, ...], scopes: tuple[str, ...]) -> None:
    """Refuses what can be no name of a role or scope, and too many of them."""
    for path, names in (("roles", roles), ("scopes", scopes)):
        if len(names) > _MOST_NAMES:
            raise InvalidInput(
                f"There are too many {path}. {len(names)} were given. Give at most {_MOST_NAMES}.", path=(path,)
            )
        for name in names:
            if not _SCOPE.fullmatch(name):
                raise InvalidInput(
                    "A scope or role is lower-case words joined by colons. One of the given ones is not. "
                    "Write them like party:read or retail:*.",
                    path=(path,),
                )


def _check_purposes(purposes: tuple[str, ...]) -> None:
    if not PurposeOfUse.__members__.keys() >= set(purposes):
        raise InvalidInput(
            "There is no such purpose of use. One of the given ones is none. "
            f"Choose among {', '.join(PurposeOfUse.__members__)}.",
            path=("purposes",),
        )


def _check_name(name: str, *, of: str) -> None:
    if not 1 <= len(name.strip()) <= _LONGEST_NAME or name != name.strip() or not name.isprintable():
        raise InvalidInput(
            f"The name of a {of} has 1 to {_LONGEST_NAME} printable characters, without spaces around it. "
            f"The given one has {len(name)} or breaks that. Choose another.",
            path=("name",),
        )
