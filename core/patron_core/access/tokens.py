"""JWT access tokens: a text becomes claims that a configured issuer signed, or nothing, without saying why.

Nothing in a token chooses how it is checked: its issuer says which algorithms, its `kid` is looked up among keys that are
there already, and headers that name other keys (jku, jwk, x5u, x5c) are refused with every other unknown one (RFC 8725).
What the claims open is left to `credentials`.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from patron_core.access.token_issuers import TokenIssuer
from patron_core.access.token_keys import Fetch, IssuerKeys, PublicKey, fetch
from patron_core.values import Clock

__all__ = ["MOST_BYTES", "TokenClaims", "Tokens"]

MOST_BYTES: Final = 8_192
_FORM: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_HEADERS: Final = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})  # thumbprints name no key we do not have
#: Claims of an ID token (OpenID Connect Core section 2), which says who signed in and not what a client may.
_OF_ID_TOKENS: Final = frozenset({"nonce", "at_hash", "c_hash"})
_LONGEST_SUB: Final = 255


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """What a token says. subject: the user, with the issuer's name before it. roles: of the tenant, by the issuer's map."""

    issuer: TokenIssuer
    subject: str
    tenant_id: uuid.UUID
    roles: tuple[str, ...]
    party_id: uuid.UUID | None
    issued_at: dt.datetime
    expires_at: dt.datetime


class _Refused(Exception):
    """The token is not taken; why is nobody's business."""


class Tokens:
    """Checks tokens of the configured issuers. read: how a URL of keys is read."""

    def __init__(self, issuers: Sequence[TokenIssuer], *, clock: Clock, read: Fetch = fetch) -> None:
        self._issuers = {each.issuer: (each, IssuerKeys(each, fetch=read)) for each in issuers}
        self._clock = clock

    async def load(self) -> None:
        """Reads the keys of every issuer, before the first token comes."""
        for _, keys in self._issuers.values():
            await keys.load()

    async def verify(self, text: str) -> TokenClaims | None:
        """What a token says, where a configured issuer signed it for us and it is valid now; None for every other text."""
        if not self._issuers or len(text) > MOST_BYTES:
            return None
        match = _FORM.fullmatch(text)
        if match is None:
            return None
        try:
            header, payload, signature = _object(match[1]), _object(match[2]), _bytes(match[3])
            issuer, keys = self._issuer(payload)
            kid = _checked_header(header, issuer)
            claims = _checked_claims(payload, issuer, self._clock.now())
            key = await keys.find(kid)
            signed = f"{match[1]}.{match[2]}".encode()
            if key is None or not _is_signed(signed, signature, header["alg"], key):
                return None
        except _Refused:
            return None
        return claims

    def _issuer(self, payload: Mapping[str, Any]) -> tuple[TokenIssuer, IssuerKeys]:
        name = payload.get("iss")
        found = self._issuers.get(name) if isinstance(name, str) else None
        if found is None:
            raise _Refused
        return found


def _is_signed(signed: bytes, signature: bytes, algorithm: str, key: PublicKey) -> bool:
    if algorithm not in key.algorithms:
        return False
    try:  # the algorithm itself, because the library's parser would read the token a second time, and less strictly
        return bool(JWSRegistry.algorithms[algorithm].verify(signed, signature, key.key))
    except (JoseError, ValueError, TypeError):
        return False


def _checked_header(header: Mapping[str, Any], issuer: TokenIssuer) -> str:
    """The id of the key."""
    kid, typ = header.get("kid"), header.get("typ")
    if not header.keys() <= _HEADERS or not isinstance(kid, str) or not isinstance(typ, str):
        raise _Refused
    if typ.lower().removeprefix("application/") != issuer.typ.lower() or header.get("alg") not in issuer.algorithms:
        raise _Refused
    return kid


def _checked_claims(payload: Mapping[str, Any], issuer: TokenIssuer, now: dt.datetime) -> TokenClaims:
    audience = payload.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if issuer.audience not in audiences or not payload.keys().isdisjoint(_OF_ID_TOKENS):
        raise _Refused
    issued_at, expires_at, begins = (_moment(payload.get(name)) for name in ("iat", "exp", "nbf"))
    leeway = dt.timedelta(seconds=issuer.leeway_seconds)
    if not (issued_at <= now + leeway and begins <= now + leeway and now < expires_at + leeway):
        raise _Refused
    if not dt.timedelta(0) < expires_at - issued_at <= dt.timedelta(seconds=issuer.max_age_seconds):
        raise _Refused
    subject = payload.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= _LONGEST_SUB or not subject.isprintable():
        raise _Refused
    tenant_id = issuer.tenant or _identifier(payload.get(issuer.tenant_claim or ""))
    party = None if issuer.party_claim is None else payload.get(issuer.party_claim)
    return TokenClaims(
        issuer,
        f"{issuer.name}|{subject}",
        tenant_id,
        _roles(payload.get(issuer.roles_claim), issuer),
        None if party is None else _identifier(party),
        issued_at,
        expires_at + leeway,
    )


def _roles(claim: Any, issuer: TokenIssuer) -> tuple[str, ...]:
    """The roles the issuer's names stand for; names may come as a list or separated by spaces."""
    names = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
    if not all(isinstance(name, str) for name in names):
        raise _Refused
    return tuple(sorted({issuer.roles[name] for name in names if name in issuer.roles}))


def _moment(value: Any) -> dt.datetime:
    """A NumericDate (RFC 7519 section 2); whole seconds, as issuers write it."""
    if type(value) is not int or not 0 < value < 2**35:
        raise _Refused
    return dt.datetime.fromtimestamp(value, dt.UTC)


def _identifier(value: Any) -> uuid.UUID:
    """A uuid, alone or behind a prefix as in `pty_…`."""
    if not isinstance(value, str) or len(value) > 64:
        raise _Refused
    try:
        return uuid.UUID(value.rpartition("_")[2])
    except ValueError:
        raise _Refused from None


def _object(part: str) -> dict[str, Any]:
    try:
        value = json.loads(_bytes(part).decode(), object_pairs_hook=_without_twins, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):  # a UnicodeDecodeError is a ValueError
        raise _Refused from None
    if not isinstance(value, dict):
        raise _Refused
    return value


def _bytes(part: str) -> bytes:
    """The bytes of base64url without padding; one text for each, so that a token has no twins (RFC 4648 section 3.5)."""
    try:
        found = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise _Refused from None
    if base64.urlsafe_b64encode(found).rstrip(b"=").decode() != part:
        raise _Refused
    return found


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Refused
    return found


def _refuse_constant(_: str) -> Any:
    raise _Refused
