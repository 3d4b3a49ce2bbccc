"""The public keys of an issuer, by their `kid`: loaded before they are needed, looked up and never computed from a token.

In comes a JWK set (RFC 7517) from a file or URL, out come keys with the algorithms each may check. A set that cannot be
read leaves the old keys in place; it is asked for again at most once a minute, however many tokens name unknown keys.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from patron_core.access.token_issuers import TokenIssuer

__all__ = ["Fetch", "IssuerKeys", "PublicKey", "fetch", "keys_of"]

#: From a URL to the bytes found there; blocks, and raises OSError.
Fetch: TypeAlias = Callable[[str], bytes]

_log: Final = structlog.stdlib.get_logger("patron.tokens")
_LARGEST_SET: Final = 262_144
_FETCH_SECONDS: Final = 5.0
_AGAIN_SECONDS: Final = 60.0
_FRESH_SECONDS: Final = 300.0  # then it is asked for again in the background, so that a key that was withdrawn goes
_SMALLEST_RSA: Final = 2_048  # bits of the modulus (NIST SP 800-131A)
_BITS_OF_A_LETTER: Final = 6  # of base64url
_LONGEST_KID: Final = 256


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key and the names of the algorithms it may check."""

    key: RSAKey | ECKey | OKPKey
    algorithms: frozenset[str]


class IssuerKeys:
    """The keys of one issuer. fetch: how a URL is read. now: seconds that only grow."""

    def __init__(self, issuer: TokenIssuer, *, fetch: Fetch, now: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._now = now
        self._keys: Mapping[str, PublicKey] = {}
        self._asked_at: float | None = None
        self._loading: asyncio.Task[None] | None = None

    async def find(self, kid: str) -> PublicKey | None:
        """The key with this id; one that is unknown is looked for anew, at most once a minute."""
        found = self._keys.get(kid)
        age = None if self._asked_at is None else self._now() - self._asked_at
        if age is None or age >= (_FRESH_SECONDS if found is not None else _AGAIN_SECONDS):
            self._begin()
        if found is None and self._loading is not None and not self._loading.done():
            await asyncio.shield(self._loading)
        return found or self._keys.get(kid)

    async def load(self) -> None:
        """Reads the set now; one that cannot be read is told to the log and leaves the keys as they are."""
        await asyncio.shield(self._begin())

    def _begin(self) -> asyncio.Task[None]:
        if self._loading is None or self._loading.done():
            self._asked_at = self._now()
            self._loading = asyncio.create_task(self._load())
        return self._loading

    async def _load(self) -> None:
        try:
            self._keys = keys_of(await asyncio.to_thread(self._read), self._issuer)
        except (OSError, ValueError, JoseError, RecursionError) as error:
            _log.warning("keys_not_loaded", issuer=self._issuer.name, error=type(error).__name__)

    def _read(self) -> bytes:
        if self._issuer.is_remote:
            return self._fetch(self._issuer.jwks)
        return Path(self._issuer.jwks).read_bytes()


def keys_of(data: bytes, issuer: TokenIssuer) -> Mapping[str, PublicKey]:
    """The keys of a JWK set that an issuer's tokens may be checked with. Raises ValueError where it is no set.

    Symmetric and private keys, those for encryption, small ones and those without an id are passed over.
    """
    if len(data) > _LARGEST_SET:
        raise ValueError("the set is too large")
    document = json.loads(data)
    keys = document.get("keys") if isinstance(document, dict) else None
    found: dict[str, PublicKey] = {}
    for each in keys if isinstance(keys, list) else ():
        key = _public_key(each, issuer) if isinstance(each, dict) else None
        if key is not None:
            if each["kid"] in found:
                raise ValueError("two keys have the same id")
            found[each["kid"]] = key
    if not found:
        raise ValueError("the set has no key that fits")
    return found


def _public_key(jwk: dict[str, Any], issuer: TokenIssuer) -> PublicKey | None:
    kid = jwk.get("kid")
    if not isinstance(kid, str) or not 1 <= len(kid) <= _LONGEST_KID or "d" in jwk or jwk.get("use", "sig") != "sig":
        return None
    fitting = _ALGORITHMS.get((jwk.get("kty"), jwk.get("crv")), frozenset()) & set(issuer.algorithms)
    if "alg" in jwk:
        fitting &= {jwk["alg"]} if jwk["alg"] not in _EDWARDS else _EDWARDS
    if not fitting or (jwk["kty"] == "RSA" and len(str(jwk.get("n"))) * _BITS_OF_A_LETTER < _SMALLEST_RSA):
        return None
    return PublicKey(_KINDS[jwk["kty"]].import_key(jwk), frozenset(fitting))


_EDWARDS: Final = frozenset({"EdDSA", "Ed25519"})
_ALGORITHMS: Final[Mapping[tuple[Any, Any], frozenset[str]]] = {
    ("RSA", None): frozenset({"RS256"}),
    ("EC", "P-256"): frozenset({"ES256"}),
    ("OKP", "Ed25519"): _EDWARDS,
}
_KINDS: Final[Mapping[str, Any]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}


def fetch(url: str) -> bytes:
    """What is at a URL that the operator configured; follows no redirect. Raises OSError."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_FETCH_SECONDS)
    try:
        connection.request("GET", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}")
        answer = connection.getresponse()
        if answer.status != 200:
            raise OSError(f"the answer was {answer.status}")
        return answer.read(_LARGEST_SET + 1)
    except http.client.HTTPException as error:
        raise OSError(type(error).__name__) from error
    finally:
        connection.close()
