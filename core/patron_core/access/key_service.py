"""What happens to API keys: issued, rotated, taken back, made to act as somebody else; and users who are signed out.

Secrets are drawn here, go out in what a handler returns, and are kept as hashes. Nobody gives a key more than they have.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import or_

from patron_core.access.commands import CreateApiKey, Impersonate, IssueKey, RevokeKey, RotateApiKey, SignOutUser
from patron_core.access.events import ImpersonationBegan, KeyIssued, KeyRevoked, KeyRotated, UserSignedOut
from patron_core.access.keys import KeyText, new_secret, secret_hash
from patron_core.access.models import ApiKey, TokenEpoch
from patron_core.access.opened import Opened, check_may_give, opened, own_roles
from patron_core.access.role_service import manifests_of, own_roles_of
from patron_core.access.roles import BUNDLED
from patron_core.access.scopes import check_roles, check_scopes
from patron_core.errors import Conflict, Forbidden, InvalidInput
from patron_core.messages import Actor
from patron_core.parties.models import Party
from patron_core.unit_of_work import UnitOfWork

__all__ = [
    "IssuedKey",
    "create_api_key",
    "impersonate",
    "issue_key",
    "revoke_key",
    "rotate_api_key",
    "sign_out_user",
    "subject_of",
]

Draw: TypeAlias = Callable[[], str]


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key and its text, which is shown once and not part of `repr`."""

    api_key: ApiKey
    text: str = field(repr=False)


def issue_key(command: IssueKey, uow: UnitOfWork) -> ApiKey:
    """Makes a key.

    INVALID_INPUT: it would have expired already, a scope or role that nobody declares, a role limited to a party's rows
    without the party. FORBIDDEN: it would open more than the actor has. NOT_FOUND: the party.
    """
    if command.expires_at is not None and command.expires_at <= uow.now:
        raise InvalidInput(
            "The key would have expired already. Its expiry is in the past. Give a later time.", path=("expires_at",)
        )
    opens = _opened_by(command.roles, command.scopes, uow)
    if opens.needs_party and command.party_id is None:
        raise InvalidInput(
            "The key would see nothing. One of its roles shows the rows of a party, and none was given. Name the party.",
            path=("party_id",),
        )
    _check_may_issue(uow.actor, opens, party_id=command.party_id, purposes=_all_purposes(command))
    if command.party_id is not None:
        uow.get(Party, command.party_id, path=("party_id",))
    key = uow.add(
        ApiKey(
            id=command.id,
            name=command.name,
            secret_sha256=command.secret_sha256,
            last_four=command.last_four,
            roles=_joined(command.roles),
            scopes=_joined(command.scopes),
            purpose=command.purpose,
            purposes=_joined(_all_purposes(command)),
            networks=_joined(command.networks),
            party_id=command.party_id,
            expires_at=command.expires_at,
            acts_as=command.acts_as,
            impersonator=command.impersonator,
            reason=command.reason,
        )
    )
    uow.emit(KeyIssued(key_id=key.id))
    return key


def create_api_key(command: CreateApiKey, uow: UnitOfWork, *, secret: Draw = new_secret) -> IssuedKey:
    """Draws a secret and makes a key of it; errors as of `issue_key`."""
    text = KeyText(uow.tenant_id, uow.ids.new(), secret())
    key = issue_key(
        IssueKey(
            id=text.key_id,
            name=command.name,
            secret_sha256=secret_hash(text.secret),
            last_four=text.secret[-4:],
            roles=command.roles,
            scopes=command.scopes,
            purpose=None if command.purpose is None else command.purpose.name,
            purposes=tuple(purpose.name for purpose in command.purposes),
            networks=command.networks,
            party_id=command.party_id,
            expires_at=command.expires_at,
        ),
        uow,
    )
    return IssuedKey(key, text.text())


def rotate_api_key(command: RotateApiKey, uow: UnitOfWork, *, secret: Draw = new_secret) -> IssuedKey:
    """Gives a key a new secret. CONFLICT: it was taken back or has expired. FORBIDDEN: it opens more than the actor has."""
    key = uow.get(ApiKey, command.id, lock=True, path=("id",))
    _check_works(key, uow)
    if key.impersonator is not None:
        raise Conflict(
            "The key is of somebody who acts as another. It ends by itself within the hour. Begin again instead.",
            path=("id",),
        )
    opens = _opened_by(key.roles.split(), key.scopes.split(), uow)
    _check_may_issue(uow.actor, opens, party_id=key.party_id, purposes=key.purposes.split())
    text = KeyText(uow.tenant_id, key.id, secret())
    overlaps = command.overlap_hours > 0
    key.previous_sha256 = key.secret_sha256 if overlaps else None
    key.previous_until = uow.now + dt.timedelta(hours=command.overlap_hours) if overlaps else None
    key.secret_sha256, key.last_four = secret_hash(text.secret), text.secret[-4:]
    uow.emit(KeyRotated(key_id=key.id))
    return IssuedKey(key, text.text())


def revoke_key(command: RevokeKey, uow: UnitOfWork) -> ApiKey:
    """Takes a key back, and the keys of who acts as it or acted with it; a second time changes nothing."""
    key = uow.get(ApiKey, command.id, lock=True, path=("id",))
    if key.revoked_at is None:
        _end_impersonations(subject_of(key), uow)
        key.revoked_at = uow.now
        uow.emit(KeyRevoked(key_id=key.id))
    return key


def impersonate(command: Impersonate, uow: UnitOfWork, *, secret: Draw = new_secret) -> IssuedKey:
    """Makes a key that acts as another key, or as a subject with roles, for some minutes.

    FORBIDDEN: the actor acts as somebody else already, or would open more than it has. CONFLICT: the other key does not
    work, or is itself of somebody who acts as another. NOT_FOUND, INVALID_INPUT as of `issue_key`.
    """
    text = KeyText(uow.tenant_id, uow.ids.new(), secret())
    expires_at = _end_of_acting(command.minutes, uow)
    common: dict[str, Any] = {
        "id": text.key_id,
        "name": "acting as somebody else",
        "secret_sha256": secret_hash(text.secret),
        "last_four": text.secret[-4:],
        "impersonator": uow.actor.subject,
        "reason": command.reason,
    }
    if command.key_id is None:
        issue = IssueKey(
            **common, roles=command.roles, party_id=command.party_id, acts_as=command.subject, expires_at=expires_at
        )
    else:
        other = uow.get(ApiKey, command.key_id, lock=True, path=("key_id",))
        _check_works(other, uow)
        if other.impersonator is not None:
            raise Conflict(
                "That key is itself of somebody who acts as another. Nobody acts as two at once. Name the other key.",
                path=("key_id",),
            )
        issue = IssueKey(
            **common,
            roles=tuple(other.roles.split()),
            scopes=tuple(other.scopes.split()),
            purpose=other.purpose,
            purposes=tuple(other.purposes.split()),
            party_id=other.party_id,
            acts_as=subject_of(other),
            expires_at=min(expires_at, other.expires_at or expires_at),
        )
    key = issue_key(issue, uow)
    uow.emit(ImpersonationBegan(key_id=key.id))
    return IssuedKey(key, text.text())


def _end_of_acting(minutes: int, uow: UnitOfWork) -> dt.datetime:
    """Not after the key that begins it; a user's token is renewed all the time, so its end says nothing."""
    end, own = uow.now + dt.timedelta(minutes=minutes), uow.actor.expires_at
    return min(end, own) if own is not None and uow.actor.kind == "app" else end


def sign_out_user(command: SignOutUser, uow: UnitOfWork) -> TokenEpoch:
    """Refuses every token of a user that was issued until now, and ends what they do as others."""
    _end_impersonations(command.subject, uow)
    epoch = uow.find(TokenEpoch, subject=command.subject)
    if epoch is None:
        epoch = uow.add(TokenEpoch(subject=command.subject, signed_out_at=uow.now))
    else:
        epoch.signed_out_at = uow.now
    uow.emit(UserSignedOut(epoch_id=epoch.id))
    return epoch


def subject_of(key: ApiKey) -> str:
    """How a key's actor is called."""
    return key.acts_as or f"{ApiKey.id_prefix}_{key.id}"


def _opened_by(roles: Iterable[str], scopes: Iterable[str], uow: UnitOfWork) -> Opened:
    """What names open in this tenant; INVALID_INPUT for one nobody declares."""
    names, manifests = list(roles), manifests_of(uow)
    rows = own_roles_of(uow, [name for name in names if name not in BUNDLED])
    check_roles(names, own=rows)
    check_scopes(scopes := list(scopes), manifests=manifests)
    return opened(names, scopes, own=own_roles(rows.values()), manifests=manifests)


def _check_may_issue(actor: Actor, opens: Opened, *, party_id: uuid.UUID | None, purposes: Collection[str]) -> None:
    check_may_give(actor, opens, party_is_own=party_id is not None and party_id == actor.party_id)
    if (
        actor.kind != "system"
        and "*" not in actor.permissions
        and not set(purposes) <= {*actor.purposes, actor.purpose}
    ):
        raise Forbidden(
            "Nobody gives more than they have. A purpose of use was to be given that you may not choose. Leave it out."
        )


def _check_works(key: ApiKey, uow: UnitOfWork) -> None:
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= uow.now):
        raise Conflict("The key does not work any more. It was taken back or has expired. Issue another.", path=("id",))


def _end_impersonations(subject: str, uow: UnitOfWork) -> None:
    ended = uow.update_rows(
        ApiKey,
        ApiKey.revoked_at.is_(None),
        ApiKey.impersonator.is_not(None),
        or_(ApiKey.impersonator == subject, ApiKey.acts_as == subject),
        values={"revoked_at": uow.now},
    )
    for key_id in ended:
        uow.emit(KeyRevoked(key_id=key_id))


def _all_purposes(command: IssueKey) -> tuple[str, ...]:
    """The default among them, so that one list says what may be chosen."""
    return (*command.purposes, *((command.purpose,) if command.purpose is not None else ()))


def _joined(names: Iterable[str]) -> str:
    return " ".join(sorted(set(names)))
